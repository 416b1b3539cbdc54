//! A snapshot of a guest that runs, what is made from it, and the way back to it.

use std::time::Instant;

use anyhow::Result;
use sloop_lab::Lab;

use super::guest;
use crate::{
    client::Client,
    report::{Figure, Goal},
    run::Run,
    stats::{Sample, millis},
    virsh,
};

/// All of them, on one host.
pub(crate) fn measure(run: &Run) -> Result<Vec<Figure>> {
    let lab = Lab::real()?;
    let client = Client::of(&lab)?;
    client.launch(&["bare".to_owned()], "tiny")?;
    client.reachable("bare")?;
    let bare = by_virsh(&lab, run.times(15, 5))?;
    client.delete("bare")?;
    // Past its first boot, which would otherwise be gone through again after every way back.
    guest::launch(&lab, "own", "tiny_1_0")?;
    let live = times(run.times(15, 5), |number| client.snapshot("own", &format!("snapshot-{number}")))?;
    client.disk_snapshot("own", "root")?;
    let disks = times(run.times(30, 10), |number| client.disk_from("root", &format!("disk-{number}")))?;
    let restart = times(run.times(6, 2), |_| reachable_after(&client, || client.reboot("own")))?;
    let back = times(run.times(6, 2), |number| {
        let kept = format!("kept-{number}");
        reachable_after(&client, || client.roll_back("own", "snapshot-0", &kept))
    })?;
    let spread = |of: &Sample| format!("{:.1} to {:.1} ms", of.min(), of.max());
    let virsh = "median, beside virsh snapshot-create-as --disk-only";
    Ok(vec![
        Figure::new("live_snapshot", live.p50(), "ms")
            .beside(bare.p50())
            .goal(Goal::AtMost(15.0))
            .note(format!("{virsh}; {} beside {}", spread(&live), spread(&bare))),
        Figure::new("disk_from_snapshot", disks.p50(), "ms")
            .goal(Goal::AtMost(10.0))
            .note(format!("median; {}; its file is made when somebody is to write to it", spread(&disks))),
        Figure::new("roll_back", back.p50(), "ms")
            .beside(restart.p50())
            .goal(Goal::OverBaseline(20.0))
            .note(format!("to SSH, beside a restart; {} beside {}", spread(&back), spread(&restart))),
    ])
}

fn times(count: usize, mut work: impl FnMut(usize) -> Result<()>) -> Result<Sample> {
    let mut times = Vec::new();
    for number in 0..count {
        let began = Instant::now();
        work(number)?;
        times.push(millis(began.elapsed()));
    }
    Ok(times.into_iter().collect())
}

fn reachable_after(client: &Client, work: impl FnOnce() -> Result<()>) -> Result<()> {
    work()?;
    client.reachable("own")
}

/// Snapshots of the only domain there is, by virsh: its own files on top of each other.
fn by_virsh(lab: &Lab, count: usize) -> Result<Sample> {
    let domain = virsh::only_domain(lab)?;
    let commands: Vec<String> = (0..count).map(|number| by_hand(lab, &domain, number)).collect();
    Ok(virsh::timed(lab, &commands)?.into_iter().collect())
}

/// virsh's command that takes a snapshot of a domain without attached disks.
pub(super) fn by_hand(lab: &Lab, domain: &str, number: usize) -> String {
    let file = lab.dir().join(format!("state/layers/bare-{number}.img"));
    format!(
        "snapshot-create-as {domain} --disk-only --atomic --no-metadata --diskspec vda,file={} --diskspec vdb,snapshot=no",
        file.display()
    )
}
