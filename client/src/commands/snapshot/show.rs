//! `sloop snapshot show`.

use sloop_proto::v1::{Disk, DiskSnapshot, InstanceSnapshot, Tag};

use super::find::{Found, find};
use super::summary::Summary;
use crate::commands::tag;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::{Output, facts};
use crate::text;

/// Shows one snapshot.
pub(super) async fn run(session: &Session, output: &Output, name: &str) -> Outcome {
    match find(session, name).await? {
        Found::Instance(result) => output.answer("GetInstanceSnapshotResult", &result, || {
            result.instance_snapshot.as_ref().map(instance).unwrap_or_default()
        })?,
        Found::Disk(result) => output.answer("GetDiskSnapshotResult", &result, || {
            result.disk_snapshot.as_ref().map(disk).unwrap_or_default()
        })?,
    }
    Ok(0)
}

fn instance(snapshot: &InstanceSnapshot) -> String {
    let spell = |disk: &Disk| format!("{} ({}, {} GB)", disk.name(), disk.path(), disk.size_in_gb());
    let attached = snapshot.from_attached_disks.iter().filter(|disk| !disk.is_system_disk());
    let made_of = [
        ("Blueprint", snapshot.from_blueprint_id().to_owned()),
        ("Bundle", snapshot.from_bundle_id().to_owned()),
        ("Disks", attached.map(spell).collect::<Vec<_>>().join(", ")),
    ];
    describe(snapshot.into(), &made_of, snapshot.progress(), (&snapshot.tags, snapshot.arn()))
}

fn disk(snapshot: &DiskSnapshot) -> String {
    describe(snapshot.into(), &[], snapshot.progress(), (&snapshot.tags, snapshot.arn()))
}

fn describe(
    snapshot: Summary,
    made_of: &[(&str, String)],
    progress: &str,
    (tags, arn): (&[Tag], &str),
) -> String {
    let tags: Vec<_> = tags.iter().map(tag::spell).collect();
    let auto = if snapshot.is_auto { "yes" } else { "" };
    let file_systems = match snapshot.quiesced {
        Some(true) => "held still by the guest's agent",
        Some(false) => "not held still: no agent answered in the guest",
        None => "",
    };
    let created = text::moment(snapshot.created_at.as_ref());
    let head = [("Name", snapshot.name), ("Kind", snapshot.kind.to_owned()), ("Of", snapshot.of)];
    let tail = [
        ("Size", snapshot.size),
        ("State", snapshot.state),
        ("Progress", progress.to_owned()),
        ("File systems", file_systems.to_owned()),
        ("Automatic", auto.to_owned()),
        ("Tags", tags.join(", ")),
        ("Created", created),
        ("ARN", arn.to_owned()),
    ];
    facts(&[&head[..], made_of, &tail[..]].concat())
}
