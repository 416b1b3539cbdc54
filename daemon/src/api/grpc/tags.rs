use sloop_proto::v1::{self as wire, tags_server::Tags};
use tonic::{Request, Response, Status};

use super::{Door, convert, failure::status};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Tags for Door {
    async fn tag_resource(
        &self,
        request: Request<wire::TagResourceRequest>,
    ) -> Answer<wire::TagResourceResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::TagResourceRequest { resource_name, resource_arn, tags } = request.into_inner();
        let tag =
            self.verbs.tag_resource(&caller, &resource_name, resource_arn.as_deref(), convert::pairs(tags));
        let operations = self.operations(tag.await.map_err(status)?);
        Ok(Response::new(wire::TagResourceResult { operations }))
    }

    async fn untag_resource(
        &self,
        request: Request<wire::UntagResourceRequest>,
    ) -> Answer<wire::UntagResourceResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::UntagResourceRequest { resource_name, resource_arn, tag_keys } = request.into_inner();
        let untag = self.verbs.untag_resource(&caller, &resource_name, resource_arn.as_deref(), &tag_keys);
        let operations = self.operations(untag.await.map_err(status)?);
        Ok(Response::new(wire::UntagResourceResult { operations }))
    }
}
