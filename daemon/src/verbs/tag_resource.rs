use super::Verbs;
use crate::{
    model::{
        Caller, Error, Operation, OperationKind, Owner, Resource, ResourceName, ResourceType, Result, Tags,
        changed,
    },
    ports::{AlarmChange, Change},
};

/// A resource that bears tags.
pub(super) struct Tagged {
    pub(super) kind: ResourceType,
    pub(super) id: uuid::Uuid,
    pub(super) owner: Owner,
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
        let tagged = self.tagged(caller, name, arn).await?;
        let mut after = tagged.tags.clone();
        after.put(tags, self.policy.quotas.tags)?;
        self.retag(caller, (OperationKind::TagResource, name), tagged, after).await
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
                owner: instance.owner,
                tags: instance.tags,
                change: Box::new(move |tags| Change::SetInstanceTags(instance.id, tags)),
            }
        } else if let Some(pair) = self.ports.store.key_pair(&name).await?.filter(|pair| allowed(&pair.owner))
        {
            Tagged {
                kind: ResourceType::KeyPair,
                id: pair.id.0,
                owner: pair.owner,
                tags: pair.tags,
                change: Box::new(move |tags| Change::SetKeyPairTags(pair.id, tags)),
            }
        } else if let Some(alarm) = self.ports.store.alarm(&name).await?.filter(|one| allowed(&one.owner)) {
            Tagged {
                kind: ResourceType::Alarm,
                id: alarm.id.0,
                owner: alarm.owner,
                tags: alarm.tags,
                change: Box::new(move |tags| Change::Alarm(AlarmChange::SetTags(alarm.id, tags))),
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
        (kind, name): (OperationKind, &str),
        tagged: Tagged,
        after: Tags,
    ) -> Result<Vec<Operation>> {
        let resource = Resource { kind: tagged.kind, id: tagged.id, name, owner: Some(&tagged.owner) };
        let operation = self.done(caller, kind, resource, "").changing(changed::tags(&tagged.tags, &after));
        let changes = vec![(tagged.change)(after), Change::PutOperation(Box::new(operation.clone()))];
        self.ports.store.commit(changes).await?;
        Ok(vec![operation])
    }
}
