use std::time::Duration;

use jiff::Timestamp;

use super::{Page, Verbs};
use crate::{
    model::{Caller, Operation, ResourceName, Result},
    ports::OperationFilter,
};

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// What, by whom, from where, what it changed, and how it ended.
    pub operation: Operation,
    /// How long it took, or has taken up to now.
    pub took: Duration,
}

impl Verbs {
    /// What was done, newest first, a page at a time: to one resource if a name is given, whether or not it still exists, and since a time
    /// if one is given. It is the same that the operations on it are; requests that were refused did nothing and are not in it.
    pub async fn get_history(
        &self,
        caller: &Caller,
        resource: Option<&str>,
        since: Option<Timestamp>,
        token: Option<&str>,
    ) -> Result<Page<HistoryEntry>> {
        let name = resource.map(|name| ResourceName::parse("resourceName", name)).transpose()?;
        let wanted = OperationFilter {
            since,
            ..self.operations_seen_by(caller, name.as_ref().map(ResourceName::as_str))
        };
        let page = self.page_of_operations(wanted, token).await?;
        if let Some(name) = name.as_ref().filter(|_| page.items.is_empty()) {
            self.known_resource(caller, name).await?;
        }
        let now = self.ports.clock.now();
        let entry = |operation: Operation| HistoryEntry { took: operation.took(now), operation };
        Ok(Page { items: page.items.into_iter().map(entry).collect(), next: page.next })
    }
}
