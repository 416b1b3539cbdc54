//! Automatic snapshots: three of every instance and disk, on 21 to 23 November 2026; `ghost` is neither.

use prost_types::Timestamp;
use sloop_proto::v1::add_ons_server::AddOns;
use sloop_proto::v1::*;
use tonic::{Request, Status};

use super::snapshots::MOMENT;
use super::work::asked;
use super::{Answer, Script, absent, answer, not_found};

/// The add-on that makes them at six.
pub(super) fn add_on(status: &str) -> AddOn {
    AddOn {
        name: Some("AutoSnapshot".into()),
        status: Some(status.into()),
        snapshot_time_of_day: Some("06:00".into()),
        ..AddOn::default()
    }
}

fn known(name: &str) -> Result<(), Status> {
    if name == "ghost" { Err(not_found(name)) } else { Ok(()) }
}

/// What was kept so many days ago; of the disk `data` there are no disks to tell of.
fn kept(name: &str, days: i64, status: AutoSnapshotStatus) -> AutoSnapshotDetails {
    let disk = |path: &str, size| AttachedDisk { path: Some(path.into()), size_in_gb: Some(size) };
    let disks = vec![disk("/dev/xvda", 20), disk("/dev/xvdf", 8)];
    AutoSnapshotDetails {
        date: Some(format!("2026-11-{}", 23 - days)),
        created_at: Some(Timestamp { seconds: MOMENT.seconds - days * 86_400, nanos: 0 }),
        status: Some(status.into()),
        from_attached_disks: if name == "data" { Vec::new() } else { disks },
    }
}

#[tonic::async_trait]
impl AddOns for Script {
    async fn enable_add_on(&self, request: Request<EnableAddOnRequest>) -> Answer<EnableAddOnResult> {
        let request = request.into_inner();
        known(&request.resource_name)?;
        let operation = asked(&request.resource_name, "EnableAddOnRequest", &request);
        answer(EnableAddOnResult { operations: vec![operation] })
    }

    async fn disable_add_on(&self, request: Request<DisableAddOnRequest>) -> Answer<DisableAddOnResult> {
        let request = request.into_inner();
        known(&request.resource_name)?;
        let operation = asked(&request.resource_name, "DisableAddOnRequest", &request);
        answer(DisableAddOnResult { operations: vec![operation] })
    }

    async fn get_auto_snapshots(
        &self,
        request: Request<GetAutoSnapshotsRequest>,
    ) -> Answer<GetAutoSnapshotsResult> {
        let name = request.into_inner().resource_name;
        known(&name)?;
        let auto_snapshots = vec![
            kept(&name, 1, AutoSnapshotStatus::Success),
            kept(&name, 0, AutoSnapshotStatus::InProgress),
            kept(&name, 2, AutoSnapshotStatus::Failed),
        ];
        let kind = if name == "data" { ResourceType::Disk } else { ResourceType::Instance };
        answer(GetAutoSnapshotsResult {
            resource_name: Some(name),
            resource_type: Some(kind.into()),
            auto_snapshots,
        })
    }

    async fn delete_auto_snapshot(
        &self,
        request: Request<DeleteAutoSnapshotRequest>,
    ) -> Answer<DeleteAutoSnapshotResult> {
        let request = request.into_inner();
        known(&request.resource_name)?;
        if !matches!(&*request.date, "2026-11-21" | "2026-11-22" | "2026-11-23") {
            return Err(absent("AutoSnapshot", &request.date));
        }
        let operation = asked(&request.resource_name, "DeleteAutoSnapshotRequest", &request);
        answer(DeleteAutoSnapshotResult { operations: vec![operation] })
    }
}
