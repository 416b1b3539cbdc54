use super::{
    Page, Verbs,
    page::{SIZE, decode, encode},
};
use crate::{
    model::{Caller, Error, Operation, OperationId, Owner, ResourceName, Result},
    ports::OperationFilter,
};

impl Verbs {
    /// One operation.
    pub async fn get_operation(&self, caller: &Caller, id: &str) -> Result<Operation> {
        let parsed: OperationId =
            id.parse().map_err(|_| Error::invalid("operationId", "An operation's id is a UUID"))?;
        let operation = self.ports.store.operation(parsed).await?;
        operation
            .filter(|operation| self.policy.access.allows(caller, &operation.owner))
            .ok_or_else(|| Error::not_found("Operation", parsed).tip("see the latest: sloop operation list"))
    }

    /// Operations, newest first, a page at a time; on one resource if a name is given, whether or not it still exists.
    pub async fn get_operations(
        &self,
        caller: &Caller,
        resource: Option<&str>,
        token: Option<&str>,
    ) -> Result<Page<Operation>> {
        self.page_of_operations(self.operations_seen_by(caller, resource), token).await
    }

    /// Operations on one resource, which must exist now or have existed.
    pub async fn get_operations_for_resource(
        &self,
        caller: &Caller,
        name: &str,
        token: Option<&str>,
    ) -> Result<Page<Operation>> {
        let name = ResourceName::parse("resourceName", name)?;
        let page = self.get_operations(caller, Some(name.as_str()), token).await?;
        if page.items.is_empty() {
            self.known_resource(caller, &name).await?;
        }
        Ok(page)
    }

    /// The operations that the caller may see: on what is theirs, whoever asked for them, and on what is everybody's if they did.
    pub(super) fn operations_seen_by(&self, caller: &Caller, resource: Option<&str>) -> OperationFilter {
        OperationFilter {
            resource: resource.map(str::to_owned),
            owner: self.policy.access.only(caller).cloned(),
            ..OperationFilter::default()
        }
    }

    /// The page behind `token` of the operations that are wanted, the newest first.
    pub(super) async fn page_of_operations(
        &self,
        wanted: OperationFilter,
        token: Option<&str>,
    ) -> Result<Page<Operation>> {
        let before = token.map(decode).transpose()?.map(|id| id.parse::<OperationId>()).transpose();
        let before =
            before.map_err(|_| Error::invalid("pageToken", "This page token is not one of this list"))?;
        let filter = OperationFilter { before, limit: SIZE + 1, ..wanted };
        let mut items = self.ports.store.operations(filter).await?;
        let more = items.len() > SIZE;
        items.truncate(SIZE);
        let next = more.then(|| items.last().map(|last| encode(&last.id.to_string()))).flatten();
        Ok(Page { items, next })
    }

    /// Refuses a name that no resource of the caller's has or had. One that had nothing done to it for longer than the history is kept is
    /// there all the same.
    pub(super) async fn known_resource(&self, caller: &Caller, name: &ResourceName) -> Result<()> {
        let one = OperationFilter { limit: 1, ..self.operations_seen_by(caller, Some(name.as_str())) };
        if !self.ports.store.operations(one).await?.is_empty() || self.has(caller, name).await? {
            return Ok(());
        }
        Err(Error::not_found("Resource", name).tip("see the latest operations: sloop operation list"))
    }

    /// Whether the caller has a resource of that name now.
    async fn has(&self, caller: &Caller, name: &ResourceName) -> Result<bool> {
        let (store, theirs) = (&self.ports.store, |of: &Owner| self.policy.access.allows(caller, of));
        Ok(store.instance(name).await?.is_some_and(|one| theirs(&one.owner))
            || store.disk(name).await?.is_some_and(|one| theirs(&one.owner))
            || store.snapshot(name).await?.is_some_and(|one| theirs(&one.owner))
            || store.static_ip(name).await?.is_some_and(|one| theirs(&one.owner))
            || store.key_pair(name).await?.is_some_and(|one| theirs(&one.owner))
            || store.alarm(name).await?.is_some_and(|one| theirs(&one.owner))
            || self.has_contact(caller, name).await?)
    }
}
