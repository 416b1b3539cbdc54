//! A snapshot by its name, which does not say of which kind it is.

use sloop_proto::v1::{
    DiskSnapshot, GetDiskSnapshotRequest, GetDiskSnapshotResult, GetInstanceSnapshotRequest,
    GetInstanceSnapshotResult, InstanceSnapshot,
};

use crate::connect::Session;
use crate::failure::{Exit, Failure};

/// The answer about a snapshot of either kind.
pub(super) enum Found {
    Instance(GetInstanceSnapshotResult),
    Disk(GetDiskSnapshotResult),
}

/// The snapshot of that name.
pub(super) async fn find(session: &Session, name: &str) -> Result<Found, Failure> {
    either(name, ask_instances(session, name), ask_disks(session, name)).await
}

/// The snapshot of an instance that has that name.
pub(super) async fn of_instance(session: &Session, name: &str) -> Result<InstanceSnapshot, Failure> {
    match find(session, name).await? {
        Found::Instance(result) => Ok(result.instance_snapshot.unwrap_or_default()),
        Found::Disk(_) => Err(Failure::usage(format!("{name} is a snapshot of a disk"))
            .tip(format!("sloop disk create NAME --from {name}"))),
    }
}

/// The snapshot of a disk that has that name.
pub(in crate::commands) async fn of_disk(session: &Session, name: &str) -> Result<DiskSnapshot, Failure> {
    match find(session, name).await? {
        Found::Disk(result) => Ok(result.disk_snapshot.unwrap_or_default()),
        Found::Instance(_) => Err(Failure::usage(format!("{name} is a snapshot of an instance"))
            .tip(format!("sloop snapshot restore {name} NAME"))),
    }
}

/// What the first kind answers or, where that knows no such name, the second.
pub(super) async fn either<T>(
    name: &str,
    first: impl Future<Output = Result<T, Failure>>,
    second: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    match first.await {
        Err(failure) if failure.exit == Exit::NotFound => {}
        end => return end,
    }
    second.await.map_err(|failure| match failure.exit {
        Exit::NotFound => Failure {
            message: format!("there is no snapshot {name}").into(),
            tip: Some("sloop snapshot list".into()),
            ..failure
        },
        _ => failure,
    })
}

async fn ask_instances(session: &Session, name: &str) -> Result<Found, Failure> {
    let request = GetInstanceSnapshotRequest { instance_snapshot_name: name.to_owned() };
    Ok(Found::Instance(session.snapshots().get_instance_snapshot(request).await?.into_inner()))
}

async fn ask_disks(session: &Session, name: &str) -> Result<Found, Failure> {
    let request = GetDiskSnapshotRequest { disk_snapshot_name: name.to_owned() };
    Ok(Found::Disk(session.snapshots().get_disk_snapshot(request).await?.into_inner()))
}
