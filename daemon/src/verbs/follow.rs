use tokio::sync::OwnedMutexGuard;

use super::{Verbs, admission::Cursor};
use crate::{
    model::{Error, InstanceId, Operation, OperationStatus, Result},
    ports::Change,
};

/// What is written at once, with rules that follow it at once.
pub(super) struct Work {
    /// What shall be.
    pub(super) changes: Vec<Change>,
    /// What was, for when the rules cannot follow.
    pub(super) back: Vec<Change>,
    /// Instances whose rules follow.
    pub(super) touched: Vec<InstanceId>,
    /// Their wires follow too.
    pub(super) rewire: bool,
    /// What the caller is told, done already.
    pub(super) operations: Vec<Operation>,
}

impl Verbs {
    /// Writes what shall be and has the packet filter follow in one transaction. When it cannot, both are as they were.
    ///
    /// Goes on even if the caller hangs up between. A crash between is no harm: a start puts the rules up from what is
    /// written.
    pub(super) async fn follow(
        &self,
        alone: OwnedMutexGuard<Cursor>,
        mut work: Work,
    ) -> Result<Vec<Operation>> {
        let verbs = self.clone();
        let followed = tokio::spawn(async move {
            let _alone = alone;
            work.changes.extend(put(&work.operations));
            verbs.ports.store.commit(work.changes).await?;
            let mut followed = verbs.engine.refresh_rules(&work.touched).await;
            if followed.is_ok() && work.rewire {
                followed = verbs.engine.refresh_wires(&work.touched).await;
            }
            let Err(error) = followed else { return Ok(work.operations) };
            for operation in &mut work.operations {
                operation.blame(&error);
                operation.advance(OperationStatus::Failed, verbs.ports.clock.now());
            }
            work.back.extend(put(&work.operations));
            match verbs.ports.store.commit(work.back).await {
                Ok(()) => verbs.go_back(&work.touched, work.rewire).await,
                Err(unwritten) => {
                    tracing::error!(%unwritten, "cannot write that a change of the firewall failed; the next start applies it");
                }
            }
            Err(error)
        });
        followed.await.map_err(|error| Error::internal(format!("the change broke off: {error}")))?
    }
}

impl Verbs {
    /// What followed already, before something else could not, is as it was.
    async fn go_back(&self, touched: &[InstanceId], rewire: bool) {
        let mut gone_back = self.engine.refresh_rules(touched).await;
        if gone_back.is_ok() && rewire {
            gone_back = self.engine.refresh_wires(touched).await;
        }
        if let Err(error) = gone_back {
            tracing::error!(%error, "what could not follow stands half way; the next start puts up what is written");
        }
    }
}

fn put(operations: &[Operation]) -> impl Iterator<Item = Change> {
    operations.iter().map(|operation| Change::PutOperation(Box::new(operation.clone())))
}
