use sloop_proto::v1::{self as wire, snapshots_server::Snapshots};
use tonic::{Request, Response, Status};

use super::{Door, add_ons::daily, convert, failure::status, instances::not_served};
use crate::{
    model::{FrozenDisk, Origin, Place, ResourceType, Snapshot, SnapshotState},
    verbs::{AutoChoice, CopySnapshot, CreateFromSnapshot, CreateInstances, DiskSource, NewDiskName},
};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Snapshots for Door {
    async fn create_instance_snapshot(
        &self,
        request: Request<wire::CreateInstanceSnapshotRequest>,
    ) -> Answer<wire::CreateInstanceSnapshotResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::CreateInstanceSnapshotRequest { instance_snapshot_name, instance_name, tags } =
            request.into_inner();
        let tags = convert::pairs(tags);
        let create =
            self.verbs.create_instance_snapshot(&caller, &instance_name, &instance_snapshot_name, tags);
        let operations = self.operations(create.await.map_err(status)?);
        Ok(Response::new(wire::CreateInstanceSnapshotResult { operations }))
    }

    async fn delete_instance_snapshot(
        &self,
        request: Request<wire::DeleteInstanceSnapshotRequest>,
    ) -> Answer<wire::DeleteInstanceSnapshotResult> {
        let caller = self.caller(&request).map_err(status)?;
        let delete = self.verbs.delete_instance_snapshot(&caller, &request.get_ref().instance_snapshot_name);
        let operations = self.operations(delete.await.map_err(status)?);
        Ok(Response::new(wire::DeleteInstanceSnapshotResult { operations }))
    }

    async fn get_instance_snapshot(
        &self,
        request: Request<wire::GetInstanceSnapshotRequest>,
    ) -> Answer<wire::GetInstanceSnapshotResult> {
        let caller = self.caller(&request).map_err(status)?;
        let name = &request.get_ref().instance_snapshot_name;
        let get = self.verbs.get_snapshot(&caller, ResourceType::InstanceSnapshot, name);
        let instance_snapshot = Some(instance_snapshot(self.verbs.place(), get.await.map_err(status)?));
        Ok(Response::new(wire::GetInstanceSnapshotResult { instance_snapshot }))
    }

    async fn get_instance_snapshots(
        &self,
        request: Request<wire::GetInstanceSnapshotsRequest>,
    ) -> Answer<wire::GetInstanceSnapshotsResult> {
        let caller = self.caller(&request).map_err(status)?;
        let token = request.get_ref().page_token.as_deref();
        let page =
            self.verbs.get_snapshots(&caller, ResourceType::InstanceSnapshot, token).await.map_err(status)?;
        let place = self.verbs.place();
        let instance_snapshots = page.items.into_iter().map(|one| instance_snapshot(place, one)).collect();
        Ok(Response::new(wire::GetInstanceSnapshotsResult { instance_snapshots, next_page_token: page.next }))
    }

    async fn create_instances_from_snapshot(
        &self,
        request: Request<wire::CreateInstancesFromSnapshotRequest>,
    ) -> Answer<wire::CreateInstancesFromSnapshotResult> {
        let caller = self.caller(&request).map_err(status)?;
        let asked = from_snapshot(request.into_inner())?;
        let operations = self.verbs.create_instances_from_snapshot(&caller, asked).await.map_err(status)?;
        Ok(Response::new(wire::CreateInstancesFromSnapshotResult { operations: self.operations(operations) }))
    }

    async fn copy_snapshot(
        &self,
        request: Request<wire::CopySnapshotRequest>,
    ) -> Answer<wire::CopySnapshotResult> {
        let caller = self.caller(&request).map_err(status)?;
        let asked = request.into_inner();
        let (date, latest) = (asked.restore_date, asked.use_latest_restorable_auto_snapshot);
        let automatic = automatic(asked.source_resource_name, date, latest)?;
        let region = wire::RegionName::try_from(asked.source_region).unwrap_or_default();
        let region =
            region.as_str_name().trim_start_matches("REGION_NAME_").to_ascii_lowercase().replace('_', "-");
        let source = asked.source_snapshot_name.unwrap_or_default();
        let asked = CopySnapshot { source, automatic, target: asked.target_snapshot_name, region };
        let operations = self.verbs.copy_snapshot(&caller, asked).await.map_err(status)?;
        Ok(Response::new(wire::CopySnapshotResult { operations: self.operations(operations) }))
    }

    async fn create_disk_snapshot(
        &self,
        request: Request<wire::CreateDiskSnapshotRequest>,
    ) -> Answer<wire::CreateDiskSnapshotResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::CreateDiskSnapshotRequest { disk_name, disk_snapshot_name, instance_name, tags } =
            request.into_inner();
        let source = disk_source(disk_name, instance_name)?;
        let create =
            self.verbs.create_disk_snapshot(&caller, source, &disk_snapshot_name, convert::pairs(tags));
        let operations = self.operations(create.await.map_err(status)?);
        Ok(Response::new(wire::CreateDiskSnapshotResult { operations }))
    }

    async fn delete_disk_snapshot(
        &self,
        request: Request<wire::DeleteDiskSnapshotRequest>,
    ) -> Answer<wire::DeleteDiskSnapshotResult> {
        let caller = self.caller(&request).map_err(status)?;
        let delete = self.verbs.delete_disk_snapshot(&caller, &request.get_ref().disk_snapshot_name);
        let operations = self.operations(delete.await.map_err(status)?);
        Ok(Response::new(wire::DeleteDiskSnapshotResult { operations }))
    }

    async fn get_disk_snapshot(
        &self,
        request: Request<wire::GetDiskSnapshotRequest>,
    ) -> Answer<wire::GetDiskSnapshotResult> {
        let caller = self.caller(&request).map_err(status)?;
        let name = &request.get_ref().disk_snapshot_name;
        let get = self.verbs.get_snapshot(&caller, ResourceType::DiskSnapshot, name);
        let disk_snapshot = Some(disk_snapshot(self.verbs.place(), get.await.map_err(status)?));
        Ok(Response::new(wire::GetDiskSnapshotResult { disk_snapshot }))
    }

    async fn get_disk_snapshots(
        &self,
        request: Request<wire::GetDiskSnapshotsRequest>,
    ) -> Answer<wire::GetDiskSnapshotsResult> {
        let caller = self.caller(&request).map_err(status)?;
        let token = request.get_ref().page_token.as_deref();
        let page =
            self.verbs.get_snapshots(&caller, ResourceType::DiskSnapshot, token).await.map_err(status)?;
        let place = self.verbs.place();
        let disk_snapshots = page.items.into_iter().map(|one| disk_snapshot(place, one)).collect();
        Ok(Response::new(wire::GetDiskSnapshotsResult { disk_snapshots, next_page_token: page.next }))
    }
}

#[allow(clippy::result_large_err)] // It is what a door answers with.
fn from_snapshot(asked: wire::CreateInstancesFromSnapshotRequest) -> Result<CreateFromSnapshot, Status> {
    let (date, latest) = (asked.restore_date, asked.use_latest_restorable_auto_snapshot);
    let automatic = automatic(asked.source_instance_name, date, latest)?;
    let ipv6_only = asked.ip_address_type == Some(wire::IpAddressType::Ipv6 as i32);
    not_served("ipAddressType", ipv6_only)?;
    let disk_names = asked.attached_disk_mapping.into_iter().flat_map(|(disk, list)| {
        list.disk_maps.into_iter().map(move |map| NewDiskName {
            disk: disk.clone(),
            path: map.original_disk_path.unwrap_or_default(),
            name: map.new_disk_name.unwrap_or_default(),
        })
    });
    Ok(CreateFromSnapshot {
        snapshot: asked.instance_snapshot_name.unwrap_or_default(),
        automatic,
        disk_names: disk_names.collect(),
        instances: CreateInstances {
            names: asked.instance_names,
            zone: asked.availability_zone,
            bundle_id: asked.bundle_id,
            user_data: asked.user_data.unwrap_or_default(),
            key_pair: asked.key_pair_name.filter(|name| !name.is_empty()),
            ipv4_only: asked.ip_address_type == Some(wire::IpAddressType::Ipv4 as i32),
            tags: convert::pairs(asked.tags),
            daily: daily(asked.add_ons)?,
            ..CreateInstances::default()
        },
    })
}

/// Which automatic snapshot is meant, if one is.
#[allow(clippy::result_large_err)] // It is what a door answers with.
pub(super) fn automatic(
    source: Option<String>,
    date: Option<String>,
    latest: Option<bool>,
) -> Result<Option<(String, AutoChoice)>, Status> {
    let Some(source) = source else { return Ok(None) };
    let choice = AutoChoice::of(date, latest).map_err(status)?;
    Ok(Some((source, choice)))
}

#[allow(clippy::result_large_err)] // It is what a door answers with.
fn disk_source(disk: Option<String>, instance: Option<String>) -> Result<DiskSource, Status> {
    match (disk, instance) {
        (Some(disk), None) => Ok(DiskSource::Disk(disk)),
        (None, Some(instance)) => Ok(DiskSource::SystemDisk(instance)),
        _ => {
            let message = "Give either diskName, or instanceName for its system disk";
            Err(status(crate::model::Error::invalid("diskName", message)))
        }
    }
}

fn instance_snapshot(place: &Place, snapshot: Snapshot) -> wire::InstanceSnapshot {
    let state = match snapshot.state {
        SnapshotState::Pending => wire::InstanceSnapshotState::Pending,
        SnapshotState::Available => wire::InstanceSnapshotState::Available,
    };
    let from = snapshot.instance().cloned();
    wire::InstanceSnapshot {
        arn: Some(place.arn("InstanceSnapshot", snapshot.id.0)),
        support_code: Some(support_code(place, &snapshot)),
        created_at: Some(convert::timestamp(snapshot.created_at)),
        location: Some(convert::location(place, "all")),
        resource_type: Some(wire::ResourceType::InstanceSnapshot.into()),
        tags: convert::tags(&snapshot.tags),
        state: Some(state.into()),
        progress: Some(progress(snapshot.state).into()),
        from_attached_disks: snapshot.disks.iter().filter_map(|disk| attached(place, disk)).collect(),
        from_instance_name: from.as_ref().map(|from| from.name.to_string()),
        from_instance_arn: from.as_ref().map(|from| place.arn("Instance", from.id.0)),
        from_blueprint_id: from.as_ref().map(|from| from.blueprint_id.clone()),
        from_bundle_id: from.as_ref().map(|from| from.bundle_id.clone()),
        is_from_auto_snapshot: Some(snapshot.is_from_auto),
        quiesced: snapshot.quiesced,
        size_in_gb: Some(convert::signed(snapshot.bytes() >> 30)),
        name: snapshot.name.map(|name| name.to_string()),
    }
}

/// A disk that was attached: Lightsail shows those beside the system disk.
fn attached(place: &Place, disk: &FrozenDisk) -> Option<wire::Disk> {
    let name = disk.name.as_ref()?;
    Some(wire::Disk {
        name: Some(name.to_string()),
        arn: Some(place.arn("Disk", disk.disk.0)),
        resource_type: Some(wire::ResourceType::Disk.into()),
        size_in_gb: Some(convert::signed(disk.bytes >> 30)),
        is_system_disk: Some(false),
        path: disk.slot.map(|slot| slot.to_string()),
        ..wire::Disk::default()
    })
}

fn disk_snapshot(place: &Place, snapshot: Snapshot) -> wire::DiskSnapshot {
    let state = match snapshot.state {
        SnapshotState::Pending => wire::DiskSnapshotState::Pending,
        SnapshotState::Available => wire::DiskSnapshotState::Completed,
    };
    let (disk, instance) = match &snapshot.origin {
        Origin::Disk { id, name, instance } => (name.as_ref().map(|name| (*id, name)), instance.as_ref()),
        Origin::Instance(_) => (None, None),
    };
    wire::DiskSnapshot {
        arn: Some(place.arn("DiskSnapshot", snapshot.id.0)),
        support_code: Some(support_code(place, &snapshot)),
        created_at: Some(convert::timestamp(snapshot.created_at)),
        location: Some(convert::location(place, "all")),
        resource_type: Some(wire::ResourceType::DiskSnapshot.into()),
        tags: convert::tags(&snapshot.tags),
        size_in_gb: Some(convert::signed(snapshot.bytes() >> 30)),
        state: Some(state.into()),
        progress: Some(progress(snapshot.state).into()),
        from_disk_name: disk.map(|(_, name)| name.to_string()),
        from_disk_arn: disk.map(|(id, _)| place.arn("Disk", id.0)),
        from_instance_name: instance.map(|(_, name)| name.to_string()),
        from_instance_arn: instance.map(|(id, _)| place.arn("Instance", id.0)),
        is_from_auto_snapshot: Some(snapshot.is_from_auto),
        quiesced: snapshot.quiesced,
        name: snapshot.name.map(|name| name.to_string()),
    }
}

fn support_code(place: &Place, snapshot: &Snapshot) -> String {
    format!("{}/snap-{}", place.account, &snapshot.id.0.simple().to_string()[..17])
}

/// It is there at once, or not yet.
fn progress(state: SnapshotState) -> &'static str {
    if state == SnapshotState::Available { "100%" } else { "0%" }
}
