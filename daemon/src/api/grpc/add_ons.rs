use sloop_proto::v1::{self as wire, add_ons_server::AddOns};
use tonic::{Request, Response, Status};

use super::{Door, convert, failure::status, instances::not_served};
use crate::{
    model::{Error, Snapshot, SnapshotState, TimeOfDay},
    verbs::AutoSnapshots,
};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl AddOns for Door {
    async fn enable_add_on(
        &self,
        request: Request<wire::EnableAddOnRequest>,
    ) -> Answer<wire::EnableAddOnResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::EnableAddOnRequest { resource_name, add_on_request } = request.into_inner();
        let time = time(add_on_request.unwrap_or_default())?;
        let enable = self.verbs.enable_auto_snapshots(&caller, &resource_name, time);
        let operations = self.operations(enable.await.map_err(status)?);
        Ok(Response::new(wire::EnableAddOnResult { operations }))
    }

    async fn disable_add_on(
        &self,
        request: Request<wire::DisableAddOnRequest>,
    ) -> Answer<wire::DisableAddOnResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::DisableAddOnRequest { add_on_type, resource_name } = request.into_inner();
        not_served("addOnType", add_on_type != wire::AddOnType::AutoSnapshot as i32)?;
        let operations = self.verbs.disable_auto_snapshots(&caller, &resource_name).await.map_err(status)?;
        Ok(Response::new(wire::DisableAddOnResult { operations: self.operations(operations) }))
    }

    async fn get_auto_snapshots(
        &self,
        request: Request<wire::GetAutoSnapshotsRequest>,
    ) -> Answer<wire::GetAutoSnapshotsResult> {
        let caller = self.caller(&request).map_err(status)?;
        let get = self.verbs.get_auto_snapshots(&caller, &request.get_ref().resource_name);
        let AutoSnapshots { name, kind, snapshots } = get.await.map_err(status)?;
        Ok(Response::new(wire::GetAutoSnapshotsResult {
            resource_name: Some(name),
            resource_type: Some(convert::resource_type(kind).into()),
            auto_snapshots: snapshots.into_iter().map(details).collect(),
        }))
    }

    async fn delete_auto_snapshot(
        &self,
        request: Request<wire::DeleteAutoSnapshotRequest>,
    ) -> Answer<wire::DeleteAutoSnapshotResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::DeleteAutoSnapshotRequest { resource_name, date } = request.into_inner();
        let operations =
            self.verbs.delete_auto_snapshot(&caller, &resource_name, &date).await.map_err(status)?;
        Ok(Response::new(wire::DeleteAutoSnapshotResult { operations: self.operations(operations) }))
    }
}

/// When there are to be daily snapshots of something new, if there are.
pub(super) fn daily(add_ons: Vec<wire::AddOnRequest>) -> Result<Option<TimeOfDay>, Status> {
    let times = add_ons.into_iter().map(time).collect::<Result<Vec<_>, _>>()?;
    if times.len() > 1 {
        let error = Error::invalid("addOns", "The add-on AutoSnapshot is given more than once");
        return Err(status(error.tip("give it once, with one time of the day")));
    }
    Ok(times.first().copied())
}

/// The time that an add-on is asked for with, which must be automatic snapshots.
fn time(asked: wire::AddOnRequest) -> Result<TimeOfDay, Status> {
    not_served("addOnType", asked.add_on_type != wire::AddOnType::AutoSnapshot as i32)?;
    not_served("stopInstanceOnIdleRequest", asked.stop_instance_on_idle_request.is_some())?;
    let time = asked.auto_snapshot_add_on_request.and_then(|asked| asked.snapshot_time_of_day);
    time.map_or(Ok(TimeOfDay::DEFAULT), |time| time.parse::<TimeOfDay>()).map_err(status)
}

fn details(snapshot: Snapshot) -> wire::AutoSnapshotDetails {
    let state = match snapshot.state {
        SnapshotState::Pending => wire::AutoSnapshotStatus::InProgress,
        SnapshotState::Available => wire::AutoSnapshotStatus::Success,
    };
    let attached = snapshot.disks.iter().filter(|disk| disk.name.is_some() && snapshot.instance().is_some());
    wire::AutoSnapshotDetails {
        created_at: Some(convert::timestamp(snapshot.created_at)),
        status: Some(state.into()),
        from_attached_disks: attached
            .map(|disk| wire::AttachedDisk {
                path: disk.slot.map(|slot| slot.to_string()),
                size_in_gb: Some(convert::signed(disk.bytes >> 30)),
            })
            .collect(),
        date: snapshot.day,
    }
}
