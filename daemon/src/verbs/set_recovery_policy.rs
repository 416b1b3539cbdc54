use super::Verbs;
use crate::{
    model::{Caller, Operation, OperationKind, RecoveryPolicy, Result},
    ports::{Change, RecoveryChange},
};

impl Verbs {
    /// Says what is done when an instance ends without being told to. It holds at once, also for one that waits to be started again.
    pub async fn set_recovery_policy(
        &self,
        caller: &Caller,
        name: &str,
        policy: RecoveryPolicy,
    ) -> Result<Vec<Operation>> {
        let instance = self.find(caller, name).await?;
        let before = self
            .ports
            .store
            .recovery(instance.id)
            .await?
            .policy
            .unwrap_or(self.engine.recovery_rules().policy);
        let operation = self
            .done(caller, OperationKind::SetRecoveryPolicy, &instance, policy.word())
            .changing(format!("recovery: {} -> {}", before.word(), policy.word()));
        let changes = vec![
            Change::Recovery(instance.id, RecoveryChange::Policy(policy)),
            Change::PutOperation(Box::new(operation.clone())),
        ];
        self.ports.store.commit(changes).await?;
        self.engine.reconsider(instance.id);
        Ok(vec![operation])
    }
}
