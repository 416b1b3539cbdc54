//! `sloop snapshot auto list`.

use clap::Args;
use sloop_proto::v1::{AttachedDisk, AutoSnapshotDetails, GetAutoSnapshotsRequest};

use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::text;

const HEADERS: [&str; 4] = ["DATE", "CREATED", "STATUS", "DISKS"];

/// Arguments of `list`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop snapshot auto list web
  sloop snapshot auto list web --quiet | tail -1   the oldest

To have one that stays: sloop snapshot copy --auto-of NAME --date DATE NEW_NAME")]
pub(crate) struct AutoListArgs {
    /// Name of the instance or the disk
    #[arg(add = complete::instances_or_disks())]
    name: String,
    /// Dates only, one a line
    #[arg(long, short)]
    quiet: bool,
}

/// Lists the automatic snapshots of one instance or disk, the newest first.
pub(super) async fn run(session: &Session, output: &Output, args: AutoListArgs) -> Outcome {
    let request = GetAutoSnapshotsRequest { resource_name: args.name };
    let mut result = session.add_ons().get_auto_snapshots(request).await?.into_inner();
    result.auto_snapshots.sort_by(|one, other| other.date().cmp(one.date()));
    let rows = result.auto_snapshots.iter().map(row).collect();
    output.list(("GetAutoSnapshotsResult", &result), args.quiet, &HEADERS, rows)?;
    Ok(0)
}

fn row(snapshot: &AutoSnapshotDetails) -> Vec<String> {
    let spell = |disk: &AttachedDisk| format!("{} ({} GB)", disk.path(), disk.size_in_gb());
    let disks: Vec<_> = snapshot.from_attached_disks.iter().map(spell).collect();
    vec![
        snapshot.date().to_owned(),
        text::moment(snapshot.created_at.as_ref()),
        text::word("AutoSnapshotStatus", snapshot.status),
        text::or_dash(&disks.join(", ")),
    ]
}
