//! Deleting a running instance, beside libvirt's own destroy and undefine of another one like it.

use std::time::Instant;

use anyhow::Result;
use sloop_lab::Lab;

use crate::{
    client::Client,
    report::{Figure, Goal},
    run::Run,
    stats::{Sample, millis},
    timing::{Mark, Steps},
    virsh,
};

/// The steps that are libvirt's own calls.
const LIBVIRT: [&str; 2] = ["cutting the power", "forgetting the machine"];

/// Deletes booted guests, one by Sloop and one by virsh in turn.
pub(crate) fn measure(run: &Run) -> Result<Vec<Figure>> {
    let lab = Lab::real()?;
    let client = Client::of(&lab)?;
    let (mut own, mut bare, mut share) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..run.times(10, 3) {
        boot(&client, "bare")?;
        bare.push(by_virsh(&lab)?);
        client.delete("bare")?;
        boot(&client, "own")?;
        let (total, steps) = by_sloop(&lab, &client)?;
        share.push(total - LIBVIRT.iter().filter_map(|step| steps.get(*step)).sum::<f64>());
        own.push(total);
    }
    let sample = |values: Vec<f64>| values.into_iter().collect::<Sample>();
    let (own, bare, share) = (sample(own), sample(bare), sample(share));
    let spread = |of: &Sample| format!("{:.0} to {:.0} ms", of.min(), of.max());
    let note = format!("beside virsh destroy and undefine; {} beside {}", spread(&own), spread(&bare));
    let figure = Figure::new("delete", own.p50(), "ms").beside(bare.p50()).goal(Goal::OverBaseline(50.0));
    let share = Figure::new("delete_own_share", share.p50(), "ms").note("without libvirt's own two calls");
    Ok(vec![figure.note(note), share])
}

fn boot(client: &Client, name: &str) -> Result<()> {
    client.launch(&[name.to_owned()], "tiny")?;
    client.reachable(name)
}

fn by_sloop(lab: &Lab, client: &Client) -> Result<(f64, Steps)> {
    let (mark, began) = (Mark::now(lab), Instant::now());
    client.delete("own")?;
    let total = millis(began.elapsed());
    Ok((total, mark.steps(lab)?))
}

/// Ends the only domain there is.
fn by_virsh(lab: &Lab) -> Result<f64> {
    let domain = virsh::only_domain(lab)?;
    let times = virsh::timed(lab, &[format!("destroy {domain}"), format!("undefine {domain}")])?;
    Ok(times.iter().sum())
}
