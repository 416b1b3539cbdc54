use super::Verbs;
use crate::{
    model::{Caller, MetadataUpdate, Operation, OperationKind, Result, changed},
    ports::Change,
};

impl Verbs {
    /// Says how an instance may ask for its metadata, from its next request on.
    pub async fn update_instance_metadata_options(
        &self,
        caller: &Caller,
        name: &str,
        update: &MetadataUpdate,
    ) -> Result<Operation> {
        let _alone = self.admission.lock().await;
        let instance = self.find(caller, name).await?;
        let options = instance.metadata.updated(update)?;
        let operation = self
            .done(caller, OperationKind::UpdateInstanceMetadataOptions, &instance, "")
            .changing(changed::metadata(instance.metadata, options));
        let changes = vec![
            Change::SetMetadataOptions(instance.id, options),
            Change::PutOperation(Box::new(operation.clone())),
        ];
        self.ports.store.commit(changes).await?;
        Ok(operation)
    }
}
