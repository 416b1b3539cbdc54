use super::Verbs;
use crate::{
    model::{
        Caller, Error, Instance, Operation, OperationId, OperationKind, OperationStatus, Resource, Result,
        changed,
    },
    ports::Change,
};

impl Verbs {
    /// An operation that somebody has still to carry out.
    pub(super) fn accept<'a>(
        &self,
        caller: &Caller,
        kind: OperationKind,
        resource: impl Into<Resource<'a>>,
        details: impl Into<String>,
    ) -> Operation {
        Operation::accepted(kind, caller, resource, details, self.ports.clock.now())
    }

    /// An operation that is done at once.
    pub(super) fn done<'a>(
        &self,
        caller: &Caller,
        kind: OperationKind,
        resource: impl Into<Resource<'a>>,
        details: impl Into<String>,
    ) -> Operation {
        self.accept(caller, kind, resource, details).succeeded()
    }

    /// Carries out work that takes a while and is no worker's. It is in the history from its beginning to its end, and then with what it
    /// changed; a daemon that is killed meanwhile leaves the end to the next one.
    pub(super) async fn traced<T>(
        &self,
        operation: Operation,
        work: impl Future<Output = Result<T>>,
        change: impl FnOnce(&T) -> String,
    ) -> Result<T> {
        let operation = self.begun(operation).await?;
        let result = work.await;
        let operation = match &result {
            Ok(done) => operation.changing(change(done)),
            Err(_) => operation,
        };
        self.ended_as(operation, result.as_ref().err()).await;
        result
    }

    /// Writes down that such work begins.
    pub(super) async fn begun(&self, mut operation: Operation) -> Result<Operation> {
        operation.advance(OperationStatus::Started, operation.created_at);
        self.ports.store.commit(vec![Change::PutOperation(Box::new(operation.clone()))]).await?;
        Ok(operation)
    }

    /// Writes down how such work ended.
    pub(super) async fn ended_as(&self, mut operation: Operation, error: Option<&Error>) {
        let status = if error.is_some() { OperationStatus::Failed } else { OperationStatus::Succeeded };
        if let Some(error) = error {
            operation.blame(error);
        }
        operation.advance(status, self.ports.clock.now());
        let (id, kind) = (operation.id, operation.kind.word());
        if let Err(unwritten) = self.ports.store.commit(vec![Change::PutOperation(Box::new(operation))]).await
        {
            tracing::error!(kind, %unwritten, "cannot write down how it ended; the next start takes it for cut off");
        }
        self.tell_end(id);
    }

    /// Those who watch such work look at it again.
    pub(super) fn tell_end(&self, id: OperationId) {
        self.engine.tell_waiting(id, 0, String::new(), String::new());
    }
}

/// What is told of the disks that are made with an instance, and are there or not as it is.
pub(super) fn disks_made_with(
    creation: &Operation,
    instance: &Instance,
    from: &str,
) -> impl Iterator<Item = Operation> {
    instance.drives.iter().filter_map(move |drive| {
        let other = creation.other_side(drive.resource(&instance.owner)?);
        let size = changed::size(drive.stack.bytes());
        let made = Operation { kind: OperationKind::CreateDiskFromSnapshot, ..other };
        Some(made.changing(format!("disk of {size}, {from}, at {} of {}", drive.slot, instance.name)))
    })
}

/// What is done to its end, even if whoever asked for it hangs up.
pub(super) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let ended = tokio::spawn(work).await;
    ended.map_err(|error| Error::internal(format!("the work broke off: {error}")))?
}
