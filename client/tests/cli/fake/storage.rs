//! Instances that get another bundle, go back and are cloned, and the room that it all takes.

use sloop_proto::v1::storage_server::Storage;
use sloop_proto::v1::*;
use tonic::{Request, Status};

use super::work::{asked, done, operation};
use super::{Answer, Script, absent, answer, invalid, not_found, unused};

fn known(name: &str) -> Result<(), Status> {
    if name == "ghost" { Err(not_found(name)) } else { Ok(()) }
}

fn takes(name: &str, kind: ResourceType, gibibytes: [u64; 3], layers: u32) -> StorageUse {
    let [size_bytes, own_bytes, shared_bytes] = gibibytes.map(|count| count << 30);
    StorageUse { name: name.into(), resource_type: kind.into(), size_bytes, own_bytes, shared_bytes, layers }
}

#[tonic::async_trait]
impl Storage for Script {
    async fn resize_instance(&self, request: Request<ResizeInstanceRequest>) -> Answer<ResizeInstanceResult> {
        let request = request.into_inner();
        known(&request.instance_name)?;
        if request.bundle_id == "nonesuch" {
            return Err(invalid("bundleId", "there is no bundle nonesuch"));
        }
        let operation = asked(&request.instance_name, "ResizeInstanceRequest", &request);
        answer(ResizeInstanceResult { operations: vec![operation] })
    }

    async fn roll_back_instance(
        &self,
        request: Request<RollBackInstanceRequest>,
    ) -> Answer<RollBackInstanceResult> {
        let request = request.into_inner();
        let (kind, name) = ("RollBackInstanceRequest", &request.instance_name);
        known(name)?;
        if request.instance_snapshot_name == "ghost" {
            return Err(absent("InstanceSnapshot", "ghost"));
        }
        unused(request.kept_snapshot_name())?;
        let made = format!("{name}-20261123-101500");
        let kept = request.kept_snapshot_name.as_deref().unwrap_or(&made);
        let resource_type = Some(ResourceType::InstanceSnapshot.into());
        let snapshot = Operation { resource_type, ..done(kept, kind, &request) };
        answer(RollBackInstanceResult { operations: vec![asked(name, kind, &request), snapshot] })
    }

    async fn clone_instance(&self, request: Request<CloneInstanceRequest>) -> Answer<CloneInstanceResult> {
        let request = request.into_inner();
        known(&request.instance_name)?;
        unused(&request.new_instance_name)?;
        let name = &request.new_instance_name;
        let made = match name.as_str() {
            "slow" => operation(name, OperationStatus::Started),
            name => asked(name, "CloneInstanceRequest", &request),
        };
        // Nobody waits for a disk to boot, or is told where it is.
        let resource_type = Some(ResourceType::Disk.into());
        let disk = Operation { resource_type, ..operation("ghost", OperationStatus::Succeeded) };
        answer(CloneInstanceResult { operations: vec![made, disk] })
    }

    async fn grow_disk(&self, request: Request<GrowDiskRequest>) -> Answer<GrowDiskResult> {
        let request = request.into_inner();
        if request.disk_name == "ghost" {
            return Err(absent("Disk", "ghost"));
        }
        if request.size_in_gb <= 8 {
            return Err(invalid("sizeInGb", "a disk only grows, and this one has 8 GB"));
        }
        let operation = asked(&request.disk_name, "GrowDiskRequest", &request);
        answer(GrowDiskResult { operations: vec![operation] })
    }

    async fn get_storage(&self, _: Request<GetStorageRequest>) -> Answer<GetStorageResult> {
        answer(GetStorageResult {
            total_bytes: 400 << 30,
            free_bytes: 300 << 30,
            headroom_bytes: 5 << 30,
            uses: vec![
                takes("web", ResourceType::Instance, [20, 2, 1], 3),
                takes("data", ResourceType::Disk, [8, 1, 0], 1),
            ],
        })
    }
}
