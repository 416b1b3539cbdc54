use super::Verbs;
use crate::{
    model::{Caller, Error, Operation, OperationKind, ResourceName, ResourceType, Result, Tags},
    ports::Change,
};

/// A resource that bears tags.
pub(super) struct Tagged {
    pub(super) kind: ResourceType,
    pub(super) id: uuid::Uuid,
    pub(super) tags: Tags,
    change: Box<dyn FnOnce(Tags) -> Change + Send>,
}

impl Verbs {
    /// Adds or changes tags of a resource of any type.
    pub async fn tag_resource(
        &self,
        caller: &Caller,
        name: &str,
        arn: Option<&str>,
        tags: Vec<(String, String)>,
    ) -> Result<Vec<Operation>> {
        let _alone = self.admission.lock().await;
        let mut tagged = self.tagged(caller, name, arn).await?;
        tagged.tags.put(tags, self.policy.quotas.tags)?;
        self.retag(caller, name, tagged, OperationKind::TagResource).await
    }

    pub(super) async fn tagged(&self, caller: &Caller, name: &str, arn: Option<&str>) -> Result<Tagged> {
        let name = ResourceName::parse("resourceName", name)?;
        let allowed = |owner: &_| self.policy.access.allows(caller, owner);
        let found = if let Some(instance) =
            self.ports.store.instance(&name).await?.filter(|i| allowed(&i.owner))
        {
            Tagged {
                kind: ResourceType::Instance,
                id: instance.id.0,
                tags: instance.tags,
                change: Box::new(move |tags| Change::SetInstanceTags(instance.id, tags)),
            }
        } else if let Some(pair) = self.ports.store.key_pair(&name).await?.filter(|pair| allowed(&pair.owner))
        {
            Tagged {
                kind: ResourceType::KeyPair,
                id: pair.id.0,
                tags: pair.tags,
                change: Box::new(move |tags| Change::SetKeyPairTags(pair.id, tags)),
            }
        } else {
            return Err(Error::not_found("Resource", &name).tip("see which names there are: sloop name list"));
        };
        if arn.is_some_and(|arn| arn != self.policy.place.arn(found.kind.word(), found.id)) {
            return Err(Error::invalid("resourceArn", format!("This is not the ARN of {name}")));
        }
        Ok(found)
    }

    pub(super) async fn retag(
        &self,
        caller: &Caller,
        name: &str,
        tagged: Tagged,
        kind: OperationKind,
    ) -> Result<Vec<Operation>> {
        let resource = (tagged.kind, tagged.id, name);
        let operation =
            Operation::accepted(kind, &caller.owner, resource, "", self.ports.clock.now()).succeeded();
        let changes = vec![(tagged.change)(tagged.tags), Change::PutOperation(Box::new(operation.clone()))];
        self.ports.store.commit(changes).await?;
        Ok(vec![operation])
    }
}
