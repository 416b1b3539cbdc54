//! Launching an application that is baked already, beside launching its operating system alone.

use std::time::Instant;

use anyhow::Result;
use sloop_lab::{Lab, Setup, Uplink};

use crate::{
    report::{Figure, Goal},
    run::Run,
    stats::Sample,
};

/// The smallest of them: what is measured is the image, not the application.
const APP: &str = "nginx";

/// Bakes once, and then launches one and the other in turn.
pub(crate) fn measure(run: &Run) -> Result<Vec<Figure>> {
    let images = format!("package_proxy = \"{}\"", Uplink::proxy());
    let lab = Lab::start(Setup { blueprints: &["debian_12"], images, ..Setup::default() })?;
    let uplink = Uplink::of(&lab)?;
    let began = Instant::now();
    lab.must(&["image", "bake", APP])?;
    let baked = began.elapsed().as_secs_f64();
    drop(uplink);
    let (mut app, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..run.times(3, 1) {
        plain.push(launch(&lab, "debian_12")?);
        app.push(launch(&lab, APP)?);
    }
    let (app, plain): (Sample, Sample) = (app.into_iter().collect(), plain.into_iter().collect());
    let note = format!("until SSH answers; beside debian_12; baking took {baked:.0} s, once");
    let figure = Figure::new("app_second_launch", app.p50(), "s").beside(plain.p50());
    Ok(vec![figure.goal(Goal::RatioAtMost(1.1)).note(note)])
}

fn launch(lab: &Lab, blueprint: &str) -> Result<f64> {
    let began = Instant::now();
    lab.must(&["launch", "one", "--blueprint", blueprint, "--wait-for", "ssh"])?;
    let took = began.elapsed().as_secs_f64();
    lab.must(&["rm", "one", "--yes"])?;
    Ok(took)
}
