//! A real Prometheus reads what the daemon tells of real guests: it takes every line, and what it then knows is what the command line says.

use std::{
    collections::HashMap,
    fmt::Write as _,
    fs::File,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use sloop_lab::Lab;

/// Where the daemon tells its metrics.
const DAEMON: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7566);
/// Where Prometheus answers.
const PROMETHEUS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9090);
const CONFIGURATION: &str = "global: { scrape_interval: 2s, scrape_timeout: 2s }
scrape_configs:
  - job_name: sloop
    static_configs: [{ targets: ['127.0.0.1:7566'] }]
";

/// A program of Prometheus's, from where `make test` puts them, or from the directory that `SLOOP_PROMETHEUS` names.
fn program(name: &str) -> Result<PathBuf> {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let fetched = scratch.parent().unwrap_or(scratch).join("prometheus");
    let path = std::env::var_os("SLOOP_PROMETHEUS").map_or(fetched, PathBuf::from).join(name);
    ensure!(
        path.is_file(),
        "{} is missing: tools/test.sh fetches it, or set SLOOP_PROMETHEUS to a directory with prometheus and promtool",
        path.display()
    );
    Ok(path)
}

/// Prometheus in a lab. It ends with the value.
struct Prometheus {
    process: Child,
    log: PathBuf,
}

/// A series, and the last that is known of it.
#[derive(Debug)]
struct Series {
    labels: Value,
    value: f64,
}

impl Prometheus {
    fn start(lab: &Lab) -> Result<Self> {
        let (configuration, log) = (lab.dir().join("prometheus.yml"), lab.dir().join("prometheus.log"));
        std::fs::write(&configuration, CONFIGURATION)?;
        let written = File::create(&log)?;
        let mut command = lab.command(&program("prometheus")?);
        command.arg(format!("--config.file={}", configuration.display()));
        command.arg(format!("--storage.tsdb.path={}", lab.dir().join("prometheus").display()));
        command.arg(format!("--web.listen-address={PROMETHEUS}"));
        let process = command.stdin(Stdio::null()).stdout(written.try_clone()?).stderr(written).spawn()?;
        Ok(Self { process, log })
    }

    /// Waits until something is so of what it knows. As long as it does not answer, nothing is.
    fn until(&self, lab: &Lab, what: &str, so: impl Fn() -> Result<bool>) -> Result<()> {
        let mut last = None;
        let waited = lab.until(what, || {
            so().or_else(|error| {
                last = Some(error);
                Ok(false)
            })
        });
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        waited.with_context(|| format!("{what}: {last:?}\n{log}"))
    }

    /// Every series that it has for a question now.
    fn ask(lab: &Lab, question: &str) -> Result<Vec<Series>> {
        let answer = api(lab, &format!("query?query={}", encoded(question)))?;
        let found = answer["data"]["result"].as_array().with_context(|| format!("{question}: {answer}"))?;
        let series = found.iter().map(|one| -> Result<Series> {
            let value = one["value"][1].as_str().context("a value")?.parse::<f64>()?;
            Ok(Series { labels: one["metric"].clone(), value })
        });
        series.collect()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn api(lab: &Lab, path: &str) -> Result<Value> {
    let answer: Value = serde_json::from_str(&lab.get(PROMETHEUS, &format!("/api/v1/{path}"))?)?;
    ensure!(answer["status"] == "success", "{path}: {answer}");
    Ok(answer)
}

/// As a part of a URL.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "%{byte:02X}");
        out
    })
}

#[test]
fn prometheus_knows_what_the_command_line_says_and_what_is_deleted_is_stale() -> Result<()> {
    let lab = Lab::real()?;
    let prometheus = Prometheus::start(&lab)?;
    lab.must(&["launch", "web", "--blueprint", "tiny", "--bundle", "tiny_1_0", "--wait-for", "first-boot"])?;
    prometheus.until(&lab, "the target is up", || {
        let targets = api(&lab, "targets")?;
        let target = &targets["data"]["activeTargets"][0];
        Ok(target["health"] == "up" && target["lastError"] == "")
    })?;
    has_the_labels_of_the_instance(&lab, &prometheus)?;
    has_its_values(&lab, &prometheus)?;
    has_an_answer_for_every_panel(&lab, &prometheus)?;
    is_sound_to_promtool(&lab)?;

    lab.must(&["rm", "web", "--yes"])?;
    // Without a word of its end a series would be there for five minutes more.
    prometheus.until(&lab, "its series are stale", || {
        Ok(Prometheus::ask(&lab, "{__name__=~\"sloop_instance_.*\"}")?.is_empty())
    })?;
    let past = Prometheus::ask(&lab, "last_over_time(sloop_instance_up{name=\"web\"}[10m])")?;
    ensure!(past.len() == 1, "what was known of it is kept: {past:?}");
    prometheus.until(&lab, "the daemon is still read", || {
        let up = Prometheus::ask(&lab, "up{job=\"sloop\"}")?;
        Ok(matches!(&up[..], [one] if one.value > 0.0))
    })
}

fn has_the_labels_of_the_instance(lab: &Lab, prometheus: &Prometheus) -> Result<()> {
    let shown = lab.json(&["instance", "show", "web"])?;
    let shown = &shown["instance"];
    let labels = json!({
        "__name__": "sloop_instance_info",
        "instance": DAEMON.to_string(),
        "job": "sloop",
        "id": lab.id("web")?,
        "name": shown["name"],
        "blueprint": shown["blueprintId"],
        "bundle": shown["bundleId"],
        "state": shown["state"]["name"],
        "zone": shown["location"]["availabilityZone"],
        // Labs are root's.
        "owner": "root",
    });
    prometheus.until(lab, "it has the labels of the instance", || {
        let found = Prometheus::ask(lab, "sloop_instance_info")?;
        ensure!(matches!(&found[..], [one] if one.labels == labels), "{found:?}, and not {labels}");
        Ok(true)
    })
}

/// The latest values, until both speak of the same sample.
fn has_its_values(lab: &Lab, prometheus: &Prometheus) -> Result<()> {
    prometheus.until(lab, "it has the values of the instance", || {
        let top = lab.json(&["top", "--once"])?;
        let web = &top["instances"][0];
        let measured = |word: &str| {
            let mut all = web["metrics"].as_array().into_iter().flatten();
            all.find(|one| one["metricName"] == word).and_then(|one| one["value"].as_f64())
        };
        for (question, shown) in [
            ("sloop_instance_up", Some(1.0)),
            ("sloop_instance_vcpus", web["cpuCount"].as_f64()),
            ("sloop_instance_memory_bytes", web["ramBytes"].as_f64()),
            ("sloop_instance_cpu_utilization_ratio * 100", measured("CPUUtilization")),
            ("sloop_instance_memory_resident_bytes", measured("MemoryResident")),
            ("sloop_instance_disk_queue_length", measured("DiskQueueLength")),
        ] {
            let shown = shown.with_context(|| format!("what is shown for {question} in {top}"))?;
            let known = Prometheus::ask(lab, question)?;
            let is_so = |one: &Series| (one.value - shown).abs() <= shown.abs() * 1e-9;
            ensure!(matches!(&known[..], [one] if is_so(one)), "{question}: {known:?}, and {shown} is shown");
        }
        Ok(true)
    })
}

/// What panels of the dashboard in docs/grafana ask for, as Grafana would ask.
fn questions() -> Result<Vec<String>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/grafana/sloop.json");
    let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let panels = dashboard["panels"].as_array().context("panels")?;
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    let questions = targets.filter_map(|target| target["expr"].as_str());
    let asked =
        |text: &str| text.replace("$__rate_interval", "30s").replace("$host", ".*").replace("$name", ".*");
    Ok(questions.map(asked).collect())
}

fn has_an_answer_for_every_panel(lab: &Lab, prometheus: &Prometheus) -> Result<()> {
    // Nothing is saved up where plans do not bind, and checks are made once a minute.
    let may_be_empty = |question: &str| question.contains("_burst_") || question.contains("_status_check_");
    let questions = questions()?;
    ensure!(questions.len() > 30, "{questions:?}");
    prometheus.until(lab, "it has an answer for every panel", || {
        for question in &questions {
            let is_empty = Prometheus::ask(lab, question)?.is_empty();
            ensure!(!is_empty || may_be_empty(question), "nothing for {question}");
        }
        Ok(true)
    })
}

/// Names, types and units follow Prometheus's conventions.
fn is_sound_to_promtool(lab: &Lab) -> Result<()> {
    let told = lab.get(DAEMON, "/metrics")?;
    let file = lab.dir().join("metrics.prom");
    std::fs::write(&file, in_the_older_format(&told))?;
    let mut promtool = Command::new(program("promtool")?);
    let output = promtool.args(["check", "metrics"]).stdin(File::open(file)?).output()?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    ensure!(output.status.success() && said.is_empty(), "{said}");
    Ok(())
}

/// The same in the older format, the only one that promtool reads: there a family is called as its samples are, and there are fewer types.
fn in_the_older_format(told: &str) -> String {
    let typed = told.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let types: HashMap<&str, &str> = typed.collect();
    let line = |line: &str| {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", word @ ("HELP" | "TYPE"), family, rest] => {
                let (ending, rest) = match types.get(family) {
                    Some(&"counter") => ("_total", rest),
                    Some(&"info") => ("_info", if word == "TYPE" { "gauge" } else { rest }),
                    _ => ("", rest),
                };
                Some(format!("# {word} {family}{ending} {rest}\n"))
            }
            // Units, and the end.
            ["#", ..] => None,
            _ => Some(format!("{line}\n")),
        }
    };
    told.lines().filter_map(line).collect()
}
