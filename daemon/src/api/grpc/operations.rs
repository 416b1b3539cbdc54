use std::pin::Pin;

use futures::{Stream, StreamExt as _};
use sloop_proto::v1::{self as wire, operations_server::Operations};
use tonic::{Request, Response, Status};

use super::{Door, convert, failure::status};
use crate::verbs::OperationMoment;

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Operations for Door {
    async fn get_operation(
        &self,
        request: Request<wire::GetOperationRequest>,
    ) -> Answer<wire::GetOperationResult> {
        let caller = self.caller(&request).map_err(status)?;
        let operation =
            self.verbs.get_operation(&caller, &request.get_ref().operation_id).await.map_err(status)?;
        let operation = Some(convert::operation(self.verbs.place(), operation));
        Ok(Response::new(wire::GetOperationResult { operation }))
    }

    async fn get_operations(
        &self,
        request: Request<wire::GetOperationsRequest>,
    ) -> Answer<wire::GetOperationsResult> {
        let caller = self.caller(&request).map_err(status)?;
        let list = self.verbs.get_operations(&caller, None, request.get_ref().page_token.as_deref());
        let page = list.await.map_err(status)?;
        let operations = self.operations(page.items);
        Ok(Response::new(wire::GetOperationsResult { operations, next_page_token: page.next }))
    }

    async fn get_operations_for_resource(
        &self,
        request: Request<wire::GetOperationsForResourceRequest>,
    ) -> Answer<wire::GetOperationsForResourceResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::GetOperationsForResourceRequest { resource_name, page_token } = request.into_inner();
        let list = self.verbs.get_operations_for_resource(&caller, &resource_name, page_token.as_deref());
        let page = list.await.map_err(status)?;
        Ok(Response::new(wire::GetOperationsForResourceResult {
            operations: self.operations(page.items),
            // Deprecated at Lightsail, and no longer sent there.
            next_page_count: None,
            next_page_token: page.next,
        }))
    }

    type WatchOperationStream =
        Pin<Box<dyn Stream<Item = Result<wire::WatchOperationResult, Status>> + Send>>;

    async fn watch_operation(
        &self,
        request: Request<wire::WatchOperationRequest>,
    ) -> Answer<Self::WatchOperationStream> {
        let caller = self.caller(&request).map_err(status)?;
        let watch =
            self.verbs.watch_operation(&caller, &request.get_ref().operation_id).await.map_err(status)?;
        let door = self.clone();
        let moments = watch.map(move |moment| moment.map(|moment| door.moment(moment)).map_err(status));
        Ok(Response::new(Box::pin(moments)))
    }
}

impl Door {
    fn moment(&self, moment: OperationMoment) -> wire::WatchOperationResult {
        let OperationMoment { operation, stage, detail, done, total } = moment;
        wire::WatchOperationResult {
            operation: Some(convert::operation(self.verbs.place(), operation)),
            stage,
            detail,
            steps_done: convert::signed(done),
            steps_total: convert::signed(total),
        }
    }
}
