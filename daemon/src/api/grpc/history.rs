use jiff::Timestamp;
use sloop_proto::v1::{self as wire, history_server::History};
use tonic::{Request, Response, Status};

use super::{Door, convert, failure::status};
use crate::{
    model::{Error, Result},
    verbs::HistoryEntry,
};

#[tonic::async_trait]
impl History for Door {
    async fn get_history(
        &self,
        request: Request<wire::GetHistoryRequest>,
    ) -> Result<Response<wire::GetHistoryResult>, Status> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::GetHistoryRequest { resource_name, page_token, since } = request.into_inner();
        let since = since.map(instant).transpose().map_err(status)?;
        let history = self.verbs.get_history(&caller, resource_name.as_deref(), since, page_token.as_deref());
        let page = history.await.map_err(status)?;
        let entries = page.items.into_iter().map(|one| self.entry(one)).collect();
        Ok(Response::new(wire::GetHistoryResult { entries, next_page_token: page.next }))
    }
}

impl Door {
    fn entry(&self, entry: HistoryEntry) -> wire::HistoryEntry {
        let HistoryEntry { operation, took } = entry;
        wire::HistoryEntry {
            caller: operation.caller.clone(),
            door: operation.door.word().to_owned(),
            change: operation.change.clone(),
            took: prost_types::Duration::try_from(took).ok(),
            operation: Some(convert::operation(self.verbs.place(), operation)),
        }
    }
}

fn instant(time: prost_types::Timestamp) -> Result<Timestamp> {
    Timestamp::new(time.seconds, time.nanos)
        .map_err(|_| Error::invalid("since", "since is not a point in time"))
}
