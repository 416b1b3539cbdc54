use super::{
    Page, Verbs,
    page::{SIZE, decode, encode},
};
use crate::{
    model::{Caller, Error, Operation, OperationId, Result},
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
        let before = token.map(decode).transpose()?.map(|id| id.parse::<OperationId>()).transpose();
        let before =
            before.map_err(|_| Error::invalid("pageToken", "This page token is not one of this list"))?;
        let filter = OperationFilter { resource: resource.map(str::to_owned), before, limit: SIZE + 1 };
        let mut items = self.ports.store.operations(filter).await?;
        let more = items.len() > SIZE;
        items.truncate(SIZE);
        let next = more.then(|| items.last().map(|last| encode(&last.id.to_string()))).flatten();
        items.retain(|operation| self.policy.access.allows(caller, &operation.owner));
        Ok(Page { items, next })
    }

    /// Operations on one resource, which must exist now or have existed.
    pub async fn get_operations_for_resource(
        &self,
        caller: &Caller,
        name: &str,
        token: Option<&str>,
    ) -> Result<Page<Operation>> {
        let name = crate::model::ResourceName::parse("resourceName", name)?;
        let page = self.get_operations(caller, Some(name.as_str()), token).await?;
        if page.items.is_empty() && token.is_none() {
            return Err(
                Error::not_found("Resource", &name).tip("see the latest operations: sloop operation list")
            );
        }
        Ok(page)
    }
}
