use super::Verbs;
use crate::{
    model::{Caller, Error, Operation, OperationKind, Result},
    ports::Change,
};

impl Verbs {
    /// Forgets a key pair. Instances keep the keys they were made with. With `fingerprint`, only if it is that key.
    pub async fn delete_key_pair(
        &self,
        caller: &Caller,
        name: &str,
        fingerprint: Option<&str>,
    ) -> Result<Operation> {
        let pair = self.find_key_pair(caller, name).await?;
        if fingerprint.is_some_and(|expected| expected != pair.public.fingerprint) {
            let message = format!("The fingerprint of {} is {}", pair.name, pair.public.fingerprint);
            return Err(
                Error::invalid("expectedFingerprint", message).tip("look again which key pair you mean")
            );
        }
        let operation = self
            .done(caller, OperationKind::DeleteKeyPair, &pair, pair.name.as_str())
            .changing(pair.public.fingerprint.as_str());
        let changes = vec![Change::RemoveKeyPair(pair.id), Change::PutOperation(Box::new(operation.clone()))];
        self.ports.store.commit(changes).await?;
        Ok(operation)
    }
}
