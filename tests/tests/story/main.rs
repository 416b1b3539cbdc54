//! What becomes of a guest that has much to do and dies of it: its alarm tells, once, by webhook and by e-mail; it comes back by itself; and the
//! history has it all.

mod sinks;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use sloop_lab::{Lab, Setup};

use self::sinks::Told;

const HOOK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9000);
const MAIL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 2525);
/// Whom alarms of this host may tell, and how soon.
const TABLES: &str = "[smtp]
host = '127.0.0.1'
port = 2525
from = 'Sloop <sloop@example.com>'
tls = 'none'
[alarms]
period_seconds = 60
webhook_hosts = ['127.0.0.1:9000']";
/// The processor, the network and the disk have something to do.
const LOAD: &str = "(while :; do :; done) </dev/null >/dev/null 2>&1 & echo $! >/load
ping -q 172.26.0.1 </dev/null >/dev/null 2>&1 &
(while :; do dd if=/dev/zero of=/written bs=64k count=16; sync; sleep 1; done) </dev/null >/dev/null 2>&1 &";
/// A period of an alarm that is over, another one that began before the load did, and how late it is evaluated.
const PERIODS: Duration = Duration::from_secs(200);

fn launch() -> Result<Lab> {
    let lab = Lab::start(Setup { images: TABLES.into(), ..Setup::default() })?;
    lab.must(&["launch", "web", "--blueprint", "tiny", "--bundle", "tiny_1_0", "--wait-for", "first-boot"])?;
    lab.must(&["static-ip", "allocate", "front"])?;
    lab.must(&["static-ip", "attach", "front", "web"])?;
    Ok(lab)
}

/// Somebody wants to be told.
fn subscribe(lab: &Lab, mail: &Told) -> Result<()> {
    lab.must(&["contact", "set", "webhook", "http://127.0.0.1:9000/hook"])?;
    lab.must(&["contact", "set", "email", "ann@example.com"])?;
    lab.until("a code comes", || Ok(!mail.all().is_empty()))?;
    let message = mail.all().remove(0);
    let (_, code) = message.split_once("with this code:").with_context(|| message.clone())?;
    lab.must(&["contact", "confirm", code.trim().lines().next().unwrap_or_default()])?;
    let inside = lab.sloop(&["contact", "set", "webhook", "http://169.254.169.254/latest/meta-data/"])?;
    ensure!(inside.code != 0 && inside.stderr.contains("169.254.169.254"), "{inside}");
    Ok(())
}

/// What the guest's processor did in its last whole minute, in percent.
fn last_minute(lab: &Lab) -> Result<Option<f64>> {
    let words = ["metrics", "web", "--metric", "CPUUtilization", "--last", "10m", "--period", "1m"];
    let shown = lab.json(&words)?;
    let minutes = shown["metrics"][0]["metricData"].as_array().context("minutes")?;
    // The last one is still going on.
    let whole = minutes.iter().rev().nth(1);
    Ok(whole.and_then(|minute| minute["average"].as_f64()))
}

fn state(lab: &Lab) -> Result<String> {
    let shown = lab.json(&["alarm", "show", "busy"])?;
    let state = shown.pointer("/alarms/0/state").or(shown.pointer("/alarm/state"));
    Ok(state.and_then(Value::as_str).with_context(|| shown.to_string())?.to_owned())
}

/// The states that webhooks told of, in their order.
fn states(hook: &Told) -> Result<Vec<String>> {
    let state = |body: &String| -> Result<String> {
        let notice: Value = serde_json::from_str(body)?;
        ensure!(
            notice["alarm"] == "busy" && notice["instance"] == "web" && notice["test"] == false,
            "{notice}"
        );
        Ok(notice["state"].as_str().context("a state")?.to_owned())
    };
    hook.all().iter().map(state).collect()
}

/// What was done to the guest, the oldest first: what, by whom, what changed, and how it ended.
fn history(lab: &Lab) -> Result<Vec<[String; 4]>> {
    let shown = lab.json(&["history", "web"])?;
    let entries = shown["entries"].as_array().context("entries")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = entries.iter().rev().map(|one| {
        let operation = &one["operation"];
        [&operation["operationType"], &one["caller"], &one["change"], &operation["status"]].map(text)
    });
    Ok(told.collect())
}

#[test]
fn an_alarm_tells_once_a_killed_guest_comes_back_and_the_history_has_it_all() -> Result<()> {
    let lab = launch()?;
    let (hook, mail) = (sinks::webhooks(&lab, HOOK)?, sinks::mail(&lab, MAIL)?);
    subscribe(&lab, &mail)?;
    lab.in_guest("web", LOAD)?;
    lab.within(PERIODS, "it is busy for a minute", || Ok(last_minute(&lab)?.is_some_and(|cpu| cpu > 80.0)))?;
    let alarm = ["alarm", "put", "busy", "--instance", "web", "--metric", "CPUUtilization", "--above", "60"];
    lab.must(&[&alarm[..], &["--notify-by", "email,webhook", "--on", "ALARM,OK"]].concat())?;
    lab.within(PERIODS, "it goes off", || Ok(state(&lab)? == "ALARM"))?;
    lab.until("both are told", || Ok(hook.all().len() == 1 && mail.all().len() == 2))?;

    lab.in_guest("web", "kill $(cat /load)")?;
    lab.within(PERIODS, "it recovers", || Ok(state(&lab)? == "OK"))?;
    lab.until("both are told", || Ok(hook.all().len() == 2 && mail.all().len() == 3))?;
    ensure!(states(&hook)? == ["ALARM", "OK"], "{:?}", hook.all());
    let subjects: Vec<bool> =
        mail.all()[1..].iter().map(|one| one.contains("Subject: ALARM: busy")).collect();
    ensure!(subjects == [true, false], "{:?}", mail.all());

    let kept =
        lab.in_guest("web", "dd if=/dev/urandom of=/blob bs=64k count=16 2>/dev/null; sync; md5sum </blob")?;
    let before = lab.json(&["instance", "show", "web"])?;
    // Not the shell that looks for it.
    lab.shell(&format!("pkill -9 -f 'qemu-syste[m].*guest=sloop-{},'", lab.id("web")?))?;
    lab.until("it was recovered", || {
        Ok(history(&lab)?.iter().any(|[what, _, _, end]| what == "RecoverInstance" && end == "Succeeded"))
    })?;
    ensure!(lab.in_guest("web", "md5sum </blob")? == kept, "its data");
    let after = lab.json(&["instance", "show", "web"])?;
    for address in ["publicIpAddress", "privateIpAddress", "ipv6Addresses", "isStaticIp"] {
        ensure!(before["instance"][address] == after["instance"][address], "{address}: {before} {after}");
    }
    tells_it_all(&history(&lab)?)
}

fn tells_it_all(history: &[[String; 4]]) -> Result<()> {
    let told: Vec<_> =
        history.iter().map(|[what, who, change, end]| (what.as_str(), who.as_str(), change, end)).collect();
    let mut rest = told.iter();
    for (wanted, who, part) in [
        ("CreateInstance", "root", "tiny"),
        ("AttachStaticIp", "root", ""),
        ("ChangeAlarmState", "sloopd", "busy: INSUFFICIENT_DATA -> ALARM"),
        ("ChangeAlarmState", "sloopd", "busy: ALARM -> OK"),
        ("RecoverInstance", "sloopd", ""),
    ] {
        let is_it = |(what, by, change, end): &&(&str, &str, &String, &String)| {
            *what == wanted && *by == who && change.contains(part) && end.as_str() == "Succeeded"
        };
        ensure!(rest.any(|one| is_it(&one)), "no {wanted} by {who} in its place: {told:#?}");
    }
    Ok(())
}
