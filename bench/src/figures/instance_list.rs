//! Listing a hundred instances, beside libvirt listing a hundred domains.

use std::time::Instant;

use anyhow::{Result, ensure};
use sloop_lab::Lab;

use crate::{
    client::Client,
    fleet,
    report::{Figure, Goal},
    run::Run,
    stats::{Sample, millis},
    virsh,
};

const COUNT: usize = 100;
const CALLS: usize = 300;

/// The request alone beside virsh's own word of its call, and the programs beside each other.
pub(crate) fn measure(run: &Run) -> Result<Vec<Figure>> {
    let programs = run.times(20, 5);
    let (own, own_program) = by_sloop(programs)?;
    let (bare, bare_program) = by_virsh(programs)?;
    Ok(vec![
        Figure::new("instance_list_100", own.p99(), "ms")
            .beside(bare.p99())
            .goal(Goal::AtMost(20.0))
            .note(format!("99 of {CALLS} in a hundred, beside virsh list --all within one virsh")),
        Figure::new("instance_list_100_p50", own.p50(), "ms").beside(bare.p50()),
        Figure::new("instance_list_100_program", own_program.p50(), "ms")
            .beside(bare_program.p50())
            .note("sloop ls beside virsh list --all, the programs' start included"),
    ])
}

fn by_sloop(programs: usize) -> Result<(Sample, Sample)> {
    let lab = fleet::lab()?;
    let client = Client::of(&lab)?;
    fleet::fill(&client, COUNT)?;
    let call = || {
        let began = Instant::now();
        ensure!(client.list()?.len() == COUNT, "a page holds a hundred");
        Ok(millis(began.elapsed()))
    };
    let calls: Vec<f64> = (0..CALLS).map(|_| call()).collect::<Result<_>>()?;
    let program = || {
        let began = Instant::now();
        lab.must(&["ls"])?;
        Ok(millis(began.elapsed()))
    };
    let programs: Vec<f64> = (0..programs).map(|_| program()).collect::<Result<_>>()?;
    Ok((calls.into_iter().collect(), programs.into_iter().collect()))
}

fn by_virsh(programs: usize) -> Result<(Sample, Sample)> {
    let lab = Lab::real()?;
    let defined = (0..COUNT).map(|number| define(&lab, number)).collect::<Result<Vec<_>>>()?;
    virsh::timed(&lab, &defined)?;
    let calls = virsh::timed(&lab, &vec!["list --all".to_owned(); CALLS])?;
    let program = || {
        let began = Instant::now();
        virsh::run(&lab, &["list", "--all"])?;
        Ok(millis(began.elapsed()))
    };
    let programs: Vec<f64> = (0..programs).map(|_| program()).collect::<Result<_>>()?;
    Ok((calls.into_iter().collect(), programs.into_iter().collect()))
}

/// Writes a small domain down and gives virsh's command that defines it.
fn define(lab: &Lab, number: usize) -> Result<String> {
    let file = lab.dir().join(format!("listed-{number}.xml"));
    let domain = format!(
        "<domain type='qemu'><name>listed-{number}</name><memory unit='MiB'>64</memory>\
         <os><type arch='x86_64'>hvm</type></os></domain>"
    );
    std::fs::write(&file, domain)?;
    Ok(format!("define {}", file.display()))
}
