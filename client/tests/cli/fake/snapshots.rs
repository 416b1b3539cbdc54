//! Snapshots: `before` and `kept` of `web`, `nightly` of the disk `data` and `boot` of the disk that `web` boots from.

use prost_types::Timestamp;
use serde_json::json;
use sloop_proto::v1::snapshots_server::Snapshots;
use sloop_proto::v1::*;
use tonic::{Request, Status};

use super::work::{asked, done, operation};
use super::{Answer, Script, absent, answer, not_found, unused};

/// A quarter past ten on 23 November 2026, by UTC.
pub(super) const MOMENT: Timestamp = Timestamp { seconds: 1_795_428_900, nanos: 0 };

fn of_instance(name: &str) -> Result<InstanceSnapshot, Status> {
    if !matches!(name, "before" | "kept") {
        return Err(absent("InstanceSnapshot", name));
    }
    let data = Disk {
        name: Some("data".into()),
        path: Some("/dev/xvdf".into()),
        size_in_gb: Some(8),
        ..Disk::default()
    };
    Ok(InstanceSnapshot {
        name: Some(name.into()),
        created_at: Some(MOMENT),
        state: Some(InstanceSnapshotState::Available.into()),
        from_attached_disks: vec![data],
        from_instance_name: Some("web".into()),
        from_blueprint_id: Some("debian_12".into()),
        from_bundle_id: Some("nano_3_0".into()),
        is_from_auto_snapshot: Some(name == "kept"),
        size_in_gb: Some(28),
        quiesced: Some(name == "before"),
        ..InstanceSnapshot::default()
    })
}

fn of_disk(name: &str) -> Result<DiskSnapshot, Status> {
    let (from_disk_name, from_instance_name) = match name {
        "nightly" => (Some("data".into()), None),
        "boot" => (None, Some("web".into())),
        _ => return Err(absent("DiskSnapshot", name)),
    };
    Ok(DiskSnapshot {
        name: Some(name.into()),
        created_at: Some(MOMENT),
        size_in_gb: Some(16),
        state: Some(DiskSnapshotState::Pending.into()),
        progress: Some("40%".into()),
        from_disk_name,
        from_instance_name,
        ..DiskSnapshot::default()
    })
}

/// An instance that is there at once, which says what was asked for.
fn restored(name: &str, request: &CreateInstancesFromSnapshotRequest) -> Operation {
    if matches!(name, "late" | "broken" | "slow") {
        return operation(name, OperationStatus::Started);
    }
    let disks = request.attached_disk_mapping.iter().map(|(disk, list)| {
        let new = list.disk_maps.iter().map(|map| json!([map.original_disk_path, map.new_disk_name]));
        (disk.clone(), new.collect::<serde_json::Value>())
    });
    let mut details = json!({
        "names": request.instance_names, "snapshot": request.instance_snapshot_name,
        "bundle": request.bundle_id, "userData": request.user_data, "keyPair": request.key_pair_name,
        "tags": request.tags.iter().map(Tag::key).collect::<Vec<_>>(),
        "disks": disks.collect::<serde_json::Map<_, _>>(),
    });
    if let Some(source) = &request.source_instance_name {
        details["auto"] = json!([source, request.restore_date, request.use_latest_restorable_auto_snapshot]);
    }
    Operation { operation_details: Some(details.to_string()), ..operation(name, OperationStatus::Succeeded) }
}

#[tonic::async_trait]
impl Snapshots for Script {
    async fn create_instance_snapshot(
        &self,
        request: Request<CreateInstanceSnapshotRequest>,
    ) -> Answer<CreateInstanceSnapshotResult> {
        let request = request.into_inner();
        let (kind, instance) = ("CreateInstanceSnapshotRequest", &request.instance_name);
        if instance == "ghost" {
            return Err(not_found("ghost"));
        }
        unused(&request.instance_snapshot_name)?;
        let snapshot = asked(&request.instance_snapshot_name, kind, &request);
        answer(CreateInstanceSnapshotResult { operations: vec![snapshot, done(instance, kind, &request)] })
    }

    async fn delete_instance_snapshot(
        &self,
        request: Request<DeleteInstanceSnapshotRequest>,
    ) -> Answer<DeleteInstanceSnapshotResult> {
        let request = request.into_inner();
        let name = &request.instance_snapshot_name;
        of_instance(name)?;
        let operation = done(name, "DeleteInstanceSnapshotRequest", &request);
        answer(DeleteInstanceSnapshotResult { operations: vec![operation] })
    }

    async fn get_instance_snapshot(
        &self,
        request: Request<GetInstanceSnapshotRequest>,
    ) -> Answer<GetInstanceSnapshotResult> {
        let snapshot = of_instance(&request.into_inner().instance_snapshot_name)?;
        answer(GetInstanceSnapshotResult { instance_snapshot: Some(snapshot) })
    }

    async fn get_instance_snapshots(
        &self,
        request: Request<GetInstanceSnapshotsRequest>,
    ) -> Answer<GetInstanceSnapshotsResult> {
        let (name, next_page_token) = match request.into_inner().page_token {
            None => ("before", Some("2".to_owned())),
            Some(_) => ("kept", None),
        };
        answer(GetInstanceSnapshotsResult { instance_snapshots: vec![of_instance(name)?], next_page_token })
    }

    async fn create_instances_from_snapshot(
        &self,
        request: Request<CreateInstancesFromSnapshotRequest>,
    ) -> Answer<CreateInstancesFromSnapshotResult> {
        let request = request.into_inner();
        assert_eq!(request.availability_zone, "us-east-1a");
        request.instance_names.iter().try_for_each(|name| unused(name))?;
        let operations = request.instance_names.iter().map(|name| restored(name, &request)).collect();
        answer(CreateInstancesFromSnapshotResult { operations })
    }

    async fn copy_snapshot(&self, request: Request<CopySnapshotRequest>) -> Answer<CopySnapshotResult> {
        let request = request.into_inner();
        unused(&request.target_snapshot_name)?;
        if [request.source_snapshot_name(), request.source_resource_name()].contains(&"ghost") {
            return Err(absent("Snapshot", "ghost"));
        }
        let operation = asked(&request.target_snapshot_name, "CopySnapshotRequest", &request);
        answer(CopySnapshotResult { operations: vec![operation] })
    }

    async fn create_disk_snapshot(
        &self,
        request: Request<CreateDiskSnapshotRequest>,
    ) -> Answer<CreateDiskSnapshotResult> {
        let request = request.into_inner();
        if request.disk_name() == "ghost" {
            return Err(absent("Disk", "ghost"));
        }
        unused(&request.disk_snapshot_name)?;
        let operation = asked(&request.disk_snapshot_name, "CreateDiskSnapshotRequest", &request);
        answer(CreateDiskSnapshotResult { operations: vec![operation] })
    }

    async fn delete_disk_snapshot(
        &self,
        request: Request<DeleteDiskSnapshotRequest>,
    ) -> Answer<DeleteDiskSnapshotResult> {
        let request = request.into_inner();
        let name = &request.disk_snapshot_name;
        of_disk(name)?;
        let operation = done(name, "DeleteDiskSnapshotRequest", &request);
        answer(DeleteDiskSnapshotResult { operations: vec![operation] })
    }

    async fn get_disk_snapshot(
        &self,
        request: Request<GetDiskSnapshotRequest>,
    ) -> Answer<GetDiskSnapshotResult> {
        let snapshot = of_disk(&request.into_inner().disk_snapshot_name)?;
        answer(GetDiskSnapshotResult { disk_snapshot: Some(snapshot) })
    }

    async fn get_disk_snapshots(
        &self,
        request: Request<GetDiskSnapshotsRequest>,
    ) -> Answer<GetDiskSnapshotsResult> {
        let (name, next_page_token) = match request.into_inner().page_token {
            None => ("nightly", Some("2".to_owned())),
            Some(_) => ("boot", None),
        };
        answer(GetDiskSnapshotsResult { disk_snapshots: vec![of_disk(name)?], next_page_token })
    }
}
