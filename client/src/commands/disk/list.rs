//! `sloop disk list` and `show`.

use sloop_proto::v1::{Disk, GetDiskRequest};

use super::fetch;
use crate::commands::instance::list::ListArgs;
use crate::commands::snapshot::auto;
use crate::commands::tag;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::{Output, facts};
use crate::text;

const HEADERS: [&str; 7] = ["NAME", "SIZE", "STATE", "ATTACHED TO", "PATH", "DAILY SNAPSHOT", "AGE"];

/// Lists all disks.
pub(super) async fn run(session: &Session, output: &Output, args: &ListArgs) -> Outcome {
    let all = fetch(session).await?;
    let rows = all.disks.iter().map(row).collect();
    output.list(("GetDisksResult", &all), args.quiet, &HEADERS, rows)?;
    Ok(0)
}

/// Shows one disk.
pub(super) async fn show(session: &Session, output: &Output, name: &str) -> Outcome {
    let request = GetDiskRequest { disk_name: name.to_owned() };
    let result = session.disks().get_disk(request).await?.into_inner();
    output.answer("GetDiskResult", &result, || result.disk.as_ref().map(describe).unwrap_or_default())?;
    Ok(0)
}

fn row(disk: &Disk) -> Vec<String> {
    vec![
        disk.name().to_owned(),
        format!("{} GB", disk.size_in_gb()),
        text::word("DiskState", disk.state),
        text::or_dash(disk.attached_to()),
        text::or_dash(disk.path()),
        text::or_dash(auto::at(&disk.add_ons).unwrap_or_default()),
        text::age(disk.created_at.as_ref()),
    ]
}

fn describe(disk: &Disk) -> String {
    let location = disk.location.clone().unwrap_or_default();
    let tags: Vec<_> = disk.tags.iter().map(tag::spell).collect();
    let head = [
        ("Name", disk.name().to_owned()),
        ("Size", format!("{} GB", disk.size_in_gb())),
        ("State", text::word("DiskState", disk.state)),
        ("Attached to", text::or_dash(disk.attached_to())),
        ("Path", disk.path().to_owned()),
        ("Zone", location.availability_zone().to_owned()),
    ];
    let tail = [
        ("Tags", tags.join(", ")),
        ("Age", text::age(disk.created_at.as_ref())),
        ("ARN", disk.arn().to_owned()),
    ];
    facts(&[&head[..], auto::fact(&disk.add_ons).as_slice(), &tail[..]].concat())
}
