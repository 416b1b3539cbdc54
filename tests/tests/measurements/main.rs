//! What is measured of real guests is what they did, at each of three doors: the command line, gRPC and OpenMetrics.

mod cpu;
mod disks;
mod libvirtd;
mod meter;
mod network;
mod truth;

use anyhow::Result;
use sloop_lab::Lab;

/// Sends what a command says out of the way, so that it goes on when its login has ended.
const AWAY: &str = "</dev/null >/dev/null 2>&1 &";

/// Starts guests with one virtual processor each, and returns when they have nothing more to do by themselves.
fn launch(lab: &Lab, names: &[&str]) -> Result<()> {
    let launch = ["launch", "--blueprint", "tiny", "--bundle", "tiny_1_0", "--wait-for", "first-boot"];
    lab.must(&[&launch[..], names].concat()).map(drop)
}

/// By how much a number is off another one, in hundredths of that.
fn off(found: f64, truth: f64) -> f64 {
    (found - truth).abs() / truth * 100.0
}

#[allow(clippy::cast_precision_loss)] // Nothing here is counted beyond 2^53.
fn float(number: u64) -> f64 {
    number as f64
}
