use sloop_proto::v1::{self as wire, transfer_server::Transfer};
use tonic::{Request, Response, Status};

use super::{Door, failure::status};
use crate::model;

#[tonic::async_trait]
impl Transfer for Door {
    async fn get_instance_transfer(
        &self,
        request: Request<wire::GetInstanceTransferRequest>,
    ) -> Result<Response<wire::GetInstanceTransferResult>, Status> {
        let caller = self.caller(&request).map_err(status)?;
        let name = &request.get_ref().instance_name;
        let model::Transfer { month, inward, outward, allowed_bytes } =
            self.verbs.get_transfer(&caller, name).await.map_err(status)?;
        Ok(Response::new(wire::GetInstanceTransferResult {
            month: month.to_string(),
            bytes_in: inward,
            bytes_out: outward,
            bytes_allowed: allowed_bytes,
        }))
    }
}
