//! Measuring goes on when libvirt's daemon has been away.

use anyhow::{Context as _, Result, ensure};
use sloop_lab::Lab;

use super::{
    AWAY, launch,
    meter::{CPU, Meter, NETWORK_IN, RESETS, Told, WRITTEN, counter, exposition},
    truth::{Processor, Ran},
};

/// In points, as elsewhere.
const MARGIN: f64 = 2.0;

/// The metrics of the last sample.
fn words(meter: &Meter) -> Result<Vec<String>> {
    let latest = meter.latest()?;
    let web = latest.instances.into_iter().next().context("an instance")?;
    Ok(web.metrics.into_iter().map(|metric| metric.metric_name).collect())
}

#[test]
fn what_cannot_be_read_while_libvirtd_is_away_is_missing_and_nothing_is_lost() -> Result<()> {
    let mut lab = Lab::real()?;
    launch(&lab, &["web"])?;
    lab.must(&["ssh", "web", "--", &format!("(while :; do :; done) {AWAY}")])?;
    let (meter, processor) = (Meter::of(&lab)?, Processor::of(&lab, "web")?);
    let look = |lab: &Lab| -> Result<(Ran, Vec<Told>)> {
        let ran = processor.ran()?;
        let told = [CPU, NETWORK_IN, WRITTEN].into_iter().map(|metric| meter.told(lab, "web", metric));
        Ok((ran, told.collect::<Result<_>>()?))
    };
    let (began, before) = meter.at_a_sample(&lab, || look(&lab))?;

    lab.stop_libvirtd()?;
    let has = |words: &[String], word: &str| words.iter().any(|one| one == word);
    lab.until("a sample without libvirt", || {
        let words = words(&meter)?;
        Ok(has(&words, "NetworkIn") && !has(&words, "CPUUtilization") && !has(&words, "DiskWriteBytes"))
    })?;
    let told = exposition(&lab)?;
    ensure!(counter(&told, "sloop_instance_up", "web") == Some(1.0), "{told}");
    ensure!(counter(&told, "sloop_instance_network_receive_bytes_total", "web").is_some(), "{told}");
    for family in ["sloop_instance_cpu_seconds_total", "sloop_instance_cpu_utilization_ratio"] {
        ensure!(counter(&told, family, "web").is_none(), "{family} is not known now\n{told}");
    }
    lab.start_libvirtd()?;

    let (ended, after) = meter.at_a_sample(&lab, || look(&lab))?;
    let [cpu, network, written] = [0, 1, 2].map(|at| after.1[at] - before.1[at]);
    ensure!(cpu.count >= 1.0 && cpu.count < network.count, "nothing is missing: {cpu:?}, {network:?}");
    // What happened meanwhile is in the first sample that there is again.
    let (given, seconds) = (after.0.share_since(&before.0), ended.duration_since(began).as_secs_f64());
    let counted = cpu.counter / seconds * 100.0;
    ensure!((counted - given).abs() <= MARGIN, "{counted} % counted, {given} % given");
    ensure!((written.sum - written.counter).abs() < 1.0, "{written:?}");
    let minutes = meter.minutes(&lab, "web", CPU)?;
    ensure!(minutes.iter().all(|minute| minute.least > 0.0), "missing, and not zero: {minutes:?}");
    let resets = meter.minutes(&lab, "web", RESETS)?;
    ensure!(resets.is_empty(), "the guest ran all the while: {resets:?}");
    Ok(())
}
