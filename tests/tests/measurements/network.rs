//! Wires.

use std::{fs::File, process::Stdio};

use anyhow::{Context as _, Result, ensure};
use sloop_lab::Lab;

use super::{
    float, launch,
    meter::{Meter, NETWORK_IN, NETWORK_OUT, Told},
    off,
    truth::numbers,
};

/// What is sent each way.
const PAYLOAD: u64 = 16 << 20;
/// In hundredths. The wire is read by everybody at another moment, and carries a login or two in between: some kilobytes.
const MARGIN: f64 = 1.0;
/// What SSH, TCP, IP and Ethernet put around it comes to at most so many hundredths, where every packet is sent by itself; and next to nothing where
/// the kernel hands over sixty-four kilobytes in one. The answers to what comes the other way are in it.
const HEADERS: f64 = 10.0;

/// What has gone to and from the guest, by its own interface and by the host's.
fn wire(lab: &Lab, tap: &str) -> Result<[(f64, f64); 2]> {
    let own = numbers(lab, "web", "cd /sys/class/net/eth0/statistics; cat rx_bytes tx_bytes")?;
    // What one end sends the other one receives.
    let told = lab.shell(&format!("cd /sys/class/net/{tap}/statistics; cat tx_bytes rx_bytes"))?;
    let host = told.split_whitespace().map(|word| word.parse().map(float)).collect::<Result<Vec<_>, _>>()?;
    let pair = |numbers: &[f64]| match numbers {
        [inward, outward] => Some((*inward, *outward)),
        _ => None,
    };
    Ok([pair(&own).context("two numbers of the guest")?, pair(&host).context("two numbers of the host")?])
}

fn send(lab: &Lab) -> Result<()> {
    let file = lab.dir().join("payload");
    File::create(&file)?.set_len(PAYLOAD)?;
    let mut up = lab.sloop_command(&["ssh", "web", "--", "wc -c"]);
    let arrived = up.stdin(File::open(file)?).stderr(Stdio::inherit()).output()?;
    let arrived: u64 = String::from_utf8_lossy(&arrived.stdout).trim().parse()?;
    ensure!(arrived == PAYLOAD, "{arrived} bytes came to the guest");
    let down = lab.must(&["ssh", "web", "--", &format!("head -c {PAYLOAD} /dev/zero")])?;
    ensure!(u64::try_from(down.len())? == PAYLOAD, "{} bytes came from the guest", down.len());
    Ok(())
}

#[test]
fn traffic_is_what_was_really_sent() -> Result<()> {
    let lab = Lab::real()?;
    launch(&lab, &["web"])?;
    let tap = format!("slp-{}", &lab.id("web")?[..8]);
    let meter = Meter::of(&lab)?;
    let look = || -> Result<(Told, Told)> {
        Ok((meter.told(&lab, "web", NETWORK_IN)?, meter.told(&lab, "web", NETWORK_OUT)?))
    };
    let (_, before) = meter.at_a_sample(&lab, look)?;
    let wire_before = wire(&lab, &tap)?;
    send(&lab)?;
    let wire_after = wire(&lab, &tap)?;
    let (_, after) = meter.at_a_sample(&lab, look)?;
    let (inward, outward) = (after.0 - before.0, after.1 - before.1);
    for (whose, before, after) in
        [("guest", wire_before[0], wire_after[0]), ("host", wire_before[1], wire_after[1])]
    {
        for (told, truth) in [(inward, after.0 - before.0), (outward, after.1 - before.1)] {
            ensure!(off(told.sum, truth) <= MARGIN, "{told:?}, and {truth} by the {whose}'s interface");
        }
    }
    for told in [inward, outward] {
        ensure!(off(told.counter, told.sum) < 1e-9, "{told:?}: the doors tell different things");
        let around = (told.sum / float(PAYLOAD) - 1.0) * 100.0;
        ensure!((0.0..HEADERS).contains(&around), "{told:?}: {around} % around the payload");
    }
    Ok(())
}
