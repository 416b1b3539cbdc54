//! A small plan behaves as a small plan: a real guest is held by its processors' quota, and let go again.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use sloop_lab::{Lab, Setup};
use sloopd::{
    adapters::sqlite::Sqlite,
    model::{BurstRecord, Layout},
    ports::{Change, Store as _},
};

/// The quota of each virtual processor, in microseconds of a tenth of a second; -1 where there is none.
fn quota(lab: &Lab) -> Result<String> {
    let uri = lab.libvirt_uri();
    let told = lab.shell(&format!("virsh -q -c '{uri}' schedinfo $(virsh -q -c '{uri}' list --name)"))?;
    let line = told.lines().find_map(|line| line.strip_prefix("vcpu_quota")).context(told.clone())?;
    Ok(line.trim_start_matches([' ', ':']).to_owned())
}

/// How long the guest's processors have run.
fn ran(lab: &Lab) -> Result<Duration> {
    let uri = lab.libvirt_uri();
    let told = lab.shell(&format!("virsh -q -c '{uri}' vcpuinfo $(virsh -q -c '{uri}' list --name)"))?;
    let times = told.lines().filter_map(|line| line.strip_prefix("CPU time:"));
    let seconds = times.map(|time| time.trim().trim_end_matches('s').parse::<f64>());
    Ok(Duration::from_secs_f64(seconds.collect::<Result<Vec<_>, _>>()?.iter().sum()))
}

/// Their share of one processor over some seconds.
fn share(lab: &Lab) -> Result<f64> {
    let (began, before) = (Instant::now(), ran(lab)?);
    lab.shell("sleep 5")?;
    Ok(ran(lab)?.saturating_sub(before).as_secs_f64() / began.elapsed().as_secs_f64())
}

/// The next daemon finds that the instance has spent all that it had saved.
async fn spend_all(lab: &Lab) -> Result<()> {
    let store = Sqlite::open(&Layout::new(lab.dir().join("state")).database())?;
    let id = store.instances().await?.first().context("an instance")?.id;
    Ok(store.commit(vec![Change::PutBurst(BurstRecord { id, balance: 0.0, held: false })]).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_spent_all_is_held_to_the_plans_baseline_and_let_go_when_plans_do_not_bind() -> Result<()> {
    let mut lab = Lab::start(Setup { configuration: "cpu = \"burst\"".into(), ..Setup::default() })?;
    lab.must(&["launch", "web", "--blueprint", "tiny", "--bundle", "nano_3_0"])?;
    lab.must(&["ssh", "web", "--", "yes > /dev/null 2>&1 < /dev/null & yes > /dev/null 2>&1 < /dev/null &"])?;
    ensure!(quota(&lab)? == "-1", "it begins with something saved");
    lab.stop_daemon()?;
    spend_all(&lab).await?;
    lab.start_daemon()?;
    lab.until("it is held", || Ok(quota(&lab)? == "5000"))?;
    // Two processors of 5 % each.
    let held = share(&lab)?;
    ensure!((0.05..0.14).contains(&held), "held to a tenth of a processor, it used {held}");
    ensure!(lab.sloop(&["doctor"])?.stdout.contains("web"), "the doctor names who is held");

    // It answers all the same, and the definition says nothing of it.
    lab.must(&["ssh", "web", "--", "true"])?;
    let uri = lab.libvirt_uri();
    let defined =
        lab.shell(&format!("virsh -q -c '{uri}' dumpxml --inactive $(virsh -q -c '{uri}' list --name)"))?;
    ensure!(!defined.contains("cputune"), "{defined}");

    lab.stop_daemon()?;
    let path = lab.configuration_path();
    let text = std::fs::read_to_string(&path)?.replace("cpu = \"burst\"", "cpu = \"unlimited\"");
    std::fs::write(path, text)?;
    lab.start_daemon()?;
    lab.until("it is let go", || Ok(quota(&lab)? == "-1"))?;
    let free = share(&lab)?;
    ensure!(free > 0.5, "let go, it used {free}");
    Ok(())
}
