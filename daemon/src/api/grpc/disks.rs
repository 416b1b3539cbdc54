use sloop_proto::v1::{self as wire, disks_server::Disks};
use tonic::{Request, Response, Status};

use super::{Door, add_ons::daily, convert, failure::status, instances::not_served};
use crate::{
    model::{Disk, Place, TimeOfDay},
    verbs::{AutoChoice, CreateDisk, DiskOrigin},
};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Disks for Door {
    async fn create_disk(&self, request: Request<wire::CreateDiskRequest>) -> Answer<wire::CreateDiskResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::CreateDiskRequest { disk_name, availability_zone, size_in_gb, tags, add_ons } =
            request.into_inner();
        let asked = CreateDisk {
            name: disk_name,
            zone: availability_zone,
            size_gb: size_in_gb,
            origin: DiskOrigin::Empty,
            tags: convert::pairs(tags),
            daily: daily(add_ons)?,
        };
        let operations = self.verbs.create_disk(&caller, asked).await.map_err(status)?;
        Ok(Response::new(wire::CreateDiskResult { operations: self.operations(operations) }))
    }

    async fn create_disk_from_snapshot(
        &self,
        request: Request<wire::CreateDiskFromSnapshotRequest>,
    ) -> Answer<wire::CreateDiskFromSnapshotResult> {
        let caller = self.caller(&request).map_err(status)?;
        let asked = request.into_inner();
        let origin = match asked.source_disk_name {
            Some(disk) => {
                let choice = AutoChoice::of(asked.restore_date, asked.use_latest_restorable_auto_snapshot);
                DiskOrigin::Automatic(disk, choice.map_err(status)?)
            }
            None => DiskOrigin::Snapshot(asked.disk_snapshot_name.unwrap_or_default()),
        };
        let asked = CreateDisk {
            name: asked.disk_name,
            zone: asked.availability_zone,
            size_gb: asked.size_in_gb,
            origin,
            tags: convert::pairs(asked.tags),
            daily: daily(asked.add_ons)?,
        };
        let operations = self.verbs.create_disk(&caller, asked).await.map_err(status)?;
        Ok(Response::new(wire::CreateDiskFromSnapshotResult { operations: self.operations(operations) }))
    }

    async fn delete_disk(&self, request: Request<wire::DeleteDiskRequest>) -> Answer<wire::DeleteDiskResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::DeleteDiskRequest { disk_name, force_delete_add_ons } = request.into_inner();
        let force = force_delete_add_ons.unwrap_or_default();
        let operations = self.verbs.delete_disk(&caller, &disk_name, force).await.map_err(status)?;
        Ok(Response::new(wire::DeleteDiskResult { operations: self.operations(operations) }))
    }

    async fn attach_disk(&self, request: Request<wire::AttachDiskRequest>) -> Answer<wire::AttachDiskResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::AttachDiskRequest { disk_name, instance_name, disk_path, auto_mounting } =
            request.into_inner();
        not_served("autoMounting", auto_mounting == Some(true))?;
        let attach = self.verbs.attach_disk(&caller, &disk_name, &instance_name, &disk_path);
        let operations = self.operations(attach.await.map_err(status)?);
        Ok(Response::new(wire::AttachDiskResult { operations }))
    }

    async fn detach_disk(&self, request: Request<wire::DetachDiskRequest>) -> Answer<wire::DetachDiskResult> {
        let caller = self.caller(&request).map_err(status)?;
        let operations =
            self.verbs.detach_disk(&caller, &request.get_ref().disk_name).await.map_err(status)?;
        Ok(Response::new(wire::DetachDiskResult { operations: self.operations(operations) }))
    }

    async fn get_disk(&self, request: Request<wire::GetDiskRequest>) -> Answer<wire::GetDiskResult> {
        let caller = self.caller(&request).map_err(status)?;
        let found = self.verbs.get_disk(&caller, &request.get_ref().disk_name).await.map_err(status)?;
        let daily = self.verbs.get_daily_times().await.map_err(status)?.of(found.id.0);
        Ok(Response::new(wire::GetDiskResult { disk: Some(disk(self.verbs.place(), daily, found)) }))
    }

    async fn get_disks(&self, request: Request<wire::GetDisksRequest>) -> Answer<wire::GetDisksResult> {
        let caller = self.caller(&request).map_err(status)?;
        let page =
            self.verbs.get_disks(&caller, request.get_ref().page_token.as_deref()).await.map_err(status)?;
        let (place, daily) = (self.verbs.place(), self.verbs.get_daily_times().await.map_err(status)?);
        let disks = page.items.into_iter().map(|one| disk(place, daily.of(one.id.0), one)).collect();
        Ok(Response::new(wire::GetDisksResult { disks, next_page_token: page.next }))
    }
}

fn disk(place: &Place, daily: Option<TimeOfDay>, disk: Disk) -> wire::Disk {
    let Disk { id, name, owner: _, created_at, attachment, stack, tags } = disk;
    let is_attached = attachment.as_ref().is_some_and(|attachment| attachment.is_done);
    let state = match &attachment {
        None => wire::DiskState::Available,
        Some(attachment) if attachment.is_done => wire::DiskState::InUse,
        Some(_) => wire::DiskState::Pending,
    };
    wire::Disk {
        name: Some(name.to_string()),
        arn: Some(place.arn("Disk", id.0)),
        support_code: Some(format!("{}/vol-{}", place.account, &id.0.simple().to_string()[..17])),
        created_at: Some(convert::timestamp(created_at)),
        location: Some(convert::location(place, &place.zone)),
        resource_type: Some(wire::ResourceType::Disk.into()),
        tags: convert::tags(&tags),
        add_ons: convert::add_ons(daily),
        size_in_gb: Some(convert::signed(stack.bytes() >> 30)),
        is_system_disk: Some(false),
        iops: Some(convert::signed((stack.bytes() >> 30).saturating_mul(3).max(100))),
        path: attachment.as_ref().map(|attachment| attachment.slot.to_string()),
        state: Some(state.into()),
        attached_to: attachment.as_ref().map(|attachment| attachment.name.to_string()),
        is_attached: Some(is_attached),
        attachment_state: Some(if is_attached { "attached" } else { "detached" }.into()),
        gb_in_use: None,
        auto_mount_status: None,
    }
}
