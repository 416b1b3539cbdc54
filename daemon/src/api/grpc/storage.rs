use sloop_proto::v1::{self as wire, storage_server::Storage};
use tonic::{Request, Response, Status};

use super::{Door, convert, failure::status};
use crate::verbs::{StorageReport, StorageUse};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Storage for Door {
    async fn resize_instance(
        &self,
        request: Request<wire::ResizeInstanceRequest>,
    ) -> Answer<wire::ResizeInstanceResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::ResizeInstanceRequest { instance_name, bundle_id } = request.into_inner();
        let operations =
            self.verbs.resize_instance(&caller, &instance_name, &bundle_id).await.map_err(status)?;
        Ok(Response::new(wire::ResizeInstanceResult { operations: self.operations(operations) }))
    }

    async fn roll_back_instance(
        &self,
        request: Request<wire::RollBackInstanceRequest>,
    ) -> Answer<wire::RollBackInstanceResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::RollBackInstanceRequest { instance_name, instance_snapshot_name, kept_snapshot_name } =
            request.into_inner();
        let keep_as = kept_snapshot_name.as_deref();
        let back = self.verbs.roll_back_instance(&caller, &instance_name, &instance_snapshot_name, keep_as);
        let operations = self.operations(back.await.map_err(status)?);
        Ok(Response::new(wire::RollBackInstanceResult { operations }))
    }

    async fn clone_instance(
        &self,
        request: Request<wire::CloneInstanceRequest>,
    ) -> Answer<wire::CloneInstanceResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::CloneInstanceRequest { instance_name, new_instance_name, bundle_id } = request.into_inner();
        let clone =
            self.verbs.clone_instance(&caller, &instance_name, &new_instance_name, bundle_id.as_deref());
        let operations = self.operations(clone.await.map_err(status)?);
        Ok(Response::new(wire::CloneInstanceResult { operations }))
    }

    async fn grow_disk(&self, request: Request<wire::GrowDiskRequest>) -> Answer<wire::GrowDiskResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::GrowDiskRequest { disk_name, size_in_gb } = request.into_inner();
        let operations = self.verbs.grow_disk(&caller, &disk_name, size_in_gb).await.map_err(status)?;
        Ok(Response::new(wire::GrowDiskResult { operations: self.operations(operations) }))
    }

    async fn get_storage(&self, request: Request<wire::GetStorageRequest>) -> Answer<wire::GetStorageResult> {
        let caller = self.caller(&request).map_err(status)?;
        let StorageReport { total, free, headroom, uses } =
            self.verbs.get_storage(&caller).await.map_err(status)?;
        Ok(Response::new(wire::GetStorageResult {
            total_bytes: total,
            free_bytes: free,
            headroom_bytes: headroom,
            uses: uses.into_iter().map(storage_use).collect(),
        }))
    }
}

fn storage_use(one: StorageUse) -> wire::StorageUse {
    let StorageUse { name, kind, size, own, shared, depth } = one;
    wire::StorageUse {
        name,
        resource_type: convert::resource_type(kind).into(),
        size_bytes: size,
        own_bytes: own,
        shared_bytes: shared,
        layers: u32::try_from(depth).unwrap_or(u32::MAX),
    }
}
