//! Disks: `data`, which is attached, and `spare`, of which there are automatic snapshots; `ghost` is none, and none is
//! smaller than 8 GB.

use sloop_proto::v1::disks_server::Disks;
use sloop_proto::v1::*;
use tonic::{Request, Status};

use super::add_ons::add_on;
use super::work::{asked, done};
use super::{Answer, Script, absent, answer, invalid, unused};

fn disk(name: &str) -> Disk {
    let attached_to = (name == "data").then(|| "web".to_owned());
    let state = if attached_to.is_some() { DiskState::InUse } else { DiskState::Available };
    Disk {
        name: Some(name.into()),
        size_in_gb: Some(8),
        path: attached_to.is_some().then(|| "/dev/xvdf".into()),
        is_attached: Some(attached_to.is_some()),
        state: Some(state.into()),
        tags: vec![Tag { key: Some("role".into()), value: Some("db".into()) }],
        add_ons: if name == "spare" { vec![add_on("Enabled")] } else { Vec::new() },
        attached_to,
        ..Disk::default()
    }
}

fn known(name: &str) -> Result<(), Status> {
    if name == "ghost" { Err(absent("Disk", name)) } else { Ok(()) }
}

fn large_enough(gigabytes: i32) -> Result<(), Status> {
    if gigabytes < 8 { Err(invalid("sizeInGb", "a disk has 8 to 16384 GB")) } else { Ok(()) }
}

#[tonic::async_trait]
impl Disks for Script {
    async fn create_disk(&self, request: Request<CreateDiskRequest>) -> Answer<CreateDiskResult> {
        let request = request.into_inner();
        unused(&request.disk_name)?;
        large_enough(request.size_in_gb)?;
        let operation = asked(&request.disk_name, "CreateDiskRequest", &request);
        answer(CreateDiskResult { operations: vec![operation] })
    }

    async fn create_disk_from_snapshot(
        &self,
        request: Request<CreateDiskFromSnapshotRequest>,
    ) -> Answer<CreateDiskFromSnapshotResult> {
        let request = request.into_inner();
        unused(&request.disk_name)?;
        large_enough(request.size_in_gb)?;
        let operation = asked(&request.disk_name, "CreateDiskFromSnapshotRequest", &request);
        answer(CreateDiskFromSnapshotResult { operations: vec![operation] })
    }

    async fn delete_disk(&self, request: Request<DeleteDiskRequest>) -> Answer<DeleteDiskResult> {
        let request = request.into_inner();
        known(&request.disk_name)?;
        if request.disk_name == "data" {
            return Err(Status::failed_precondition("data is attached to web"));
        }
        let operation = asked(&request.disk_name, "DeleteDiskRequest", &request);
        answer(DeleteDiskResult { operations: vec![operation] })
    }

    async fn attach_disk(&self, request: Request<AttachDiskRequest>) -> Answer<AttachDiskResult> {
        let request = request.into_inner();
        known(&request.disk_name)?;
        let kind = "AttachDiskRequest";
        let disk = asked(&request.disk_name, kind, &request);
        answer(AttachDiskResult { operations: vec![disk, done(&request.instance_name, kind, &request)] })
    }

    async fn detach_disk(&self, request: Request<DetachDiskRequest>) -> Answer<DetachDiskResult> {
        let request = request.into_inner();
        known(&request.disk_name)?;
        if request.disk_name == "data" {
            return Err(Status::failed_precondition("web is running"));
        }
        let operation = asked(&request.disk_name, "DetachDiskRequest", &request);
        answer(DetachDiskResult { operations: vec![operation] })
    }

    async fn get_disk(&self, request: Request<GetDiskRequest>) -> Answer<GetDiskResult> {
        let name = request.into_inner().disk_name;
        known(&name)?;
        answer(GetDiskResult { disk: Some(disk(&name)) })
    }

    async fn get_disks(&self, request: Request<GetDisksRequest>) -> Answer<GetDisksResult> {
        let (name, next) = match request.into_inner().page_token {
            None => ("data", Some("2".to_owned())),
            Some(_) => ("spare", None),
        };
        answer(GetDisksResult { disks: vec![disk(name)], next_page_token: next })
    }
}
