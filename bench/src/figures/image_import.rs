//! Taking an image in, beside what it takes to do the least of it by hand: a digest and a conversion.

use std::{path::Path, time::Instant};

use anyhow::{Context as _, Result};
use sloop_lab::{Lab, Setup};

use crate::{
    by_hand,
    report::{Figure, Goal},
    run::Run,
    stats::Sample,
};

/// By hand: know the file, make a base of it.
const SCRIPT: &str =
    "set -e; sha256sum image.qcow2 >sum; qemu-img convert -f qcow2 -O qcow2 image.qcow2 base.qcow2";

/// Imports the image of debian_12 and does the same by hand, in turn.
pub(crate) fn measure(run: &Run) -> Result<Vec<Figure>> {
    let lab = Lab::start(Setup { blueprints: &[], ..Setup::default() })?;
    let dir = lab.dir().join("bare");
    std::fs::create_dir(&dir)?;
    let file = dir.join("image.qcow2");
    std::fs::copy(by_hand::image("debian_12")?, &file)?;
    let sum = lab.shell(&format!("sha256sum {}", file.display()))?;
    let digest = sum.split(' ').next().context("a digest")?.to_owned();
    let (mut own, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..run.times(5, 3) {
        bare.push(by_tools(&lab, &dir)?);
        own.push(by_sloop(&lab, &file, &digest)?);
    }
    let (own, bare): (Sample, Sample) = (own.into_iter().collect(), bare.into_iter().collect());
    let note = format!(
        "digest, gate, conversion, check and digest of the result, beside sha256sum and qemu-img convert; {:.1} to {:.1} s beside {:.1} to {:.1} s",
        own.min(),
        own.max(),
        bare.min(),
        bare.max()
    );
    let figure = Figure::new("image_import", own.p50(), "s").beside(bare.p50());
    Ok(vec![figure.goal(Goal::RatioAtMost(1.1)).note(note)])
}

fn by_tools(lab: &Lab, dir: &Path) -> Result<f64> {
    let began = Instant::now();
    lab.shell(&format!("cd {}; {SCRIPT}", dir.display()))?;
    let took = began.elapsed().as_secs_f64();
    std::fs::remove_file(dir.join("base.qcow2"))?;
    Ok(took)
}

fn by_sloop(lab: &Lab, file: &Path, digest: &str) -> Result<f64> {
    let began = Instant::now();
    let file = file.display().to_string();
    lab.must(&["image", "import", &file, "--name", "mine", "--user", "admin", "--digest", digest])?;
    let took = began.elapsed().as_secs_f64();
    lab.must(&["image", "remove", "mine", "--yes"])?;
    Ok(took)
}
