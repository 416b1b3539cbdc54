use super::Verbs;
use crate::model::{Caller, Operation, OperationKind, Result};

impl Verbs {
    /// Takes tags off a resource of any type. Keys that it does not bear are no fault.
    pub async fn untag_resource(
        &self,
        caller: &Caller,
        name: &str,
        arn: Option<&str>,
        keys: &[String],
    ) -> Result<Vec<Operation>> {
        let _alone = self.admission.lock().await;
        let tagged = self.tagged(caller, name, arn).await?;
        let mut after = tagged.tags.clone();
        after.remove(keys);
        self.retag(caller, (OperationKind::UntagResource, name), tagged, after).await
    }
}
