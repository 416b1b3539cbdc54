//! `sloop snapshot list`.

use serde_json::Value as Json;
use sloop_proto::v1::{GetDiskSnapshotsResult, GetInstanceSnapshotsResult};

use super::summary::Summary;
use super::{disks, instances};
use crate::commands::instance::list::ListArgs;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::{Output, rendered};
use crate::text;

const HEADERS: [&str; 7] = ["NAME", "KIND", "OF", "SIZE", "STATE", "CREATED", "AUTO"];

/// Lists all snapshots, of instances and of disks.
pub(super) async fn run(session: &Session, output: &Output, args: &ListArgs) -> Outcome {
    let (instances, disks) = (instances(session).await?, disks(session).await?);
    let of_instances = instances.instance_snapshots.iter().map(Summary::from);
    let rows = of_instances.chain(disks.disk_snapshots.iter().map(Summary::from)).map(row).collect();
    output.list_json(|| together(&instances, &disks), args.quiet, &HEADERS, rows)?;
    Ok(0)
}

/// The members of both answers in one.
fn together(instances: &GetInstanceSnapshotsResult, disks: &GetDiskSnapshotsResult) -> Json {
    let mut all = rendered("GetInstanceSnapshotsResult", instances);
    if let (Json::Object(all), Json::Object(more)) = (&mut all, rendered("GetDiskSnapshotsResult", disks)) {
        all.extend(more);
    }
    all
}

fn row(snapshot: Summary) -> Vec<String> {
    let (created, auto) = (text::moment(snapshot.created_at.as_ref()), snapshot.auto().to_owned());
    vec![snapshot.name, snapshot.kind.to_owned(), snapshot.of, snapshot.size, snapshot.state, created, auto]
}
