//! What the doors tell.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    ops::Sub,
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, Result, anyhow, ensure};
use jiff::Timestamp;
use serde_json::Value;
use sloop_lab::Lab;
use sloop_proto::v1::{
    GetInstanceMetricDataRequest, GetLatestMetricsRequest, GetLatestMetricsResult,
    InstanceMetricName as Name, MetricDatapoint, MetricStatistic,
    MetricUnit::{self, Bytes, Count, Percent},
    metrics_client::MetricsClient,
};
use tokio::runtime::Runtime;
use tonic::transport::Channel;

/// Where OpenMetrics are told.
const PLAIN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7566);
/// No lab is older, in minutes.
const PAST: u64 = 15;
const STATISTICS: [MetricStatistic; 3] =
    [MetricStatistic::Sum, MetricStatistic::SampleCount, MetricStatistic::Minimum];
/// A sample without one of these is not whole: a source did not answer in time.
const WHOLE: [&str; 3] = ["CPUUtilization", "NetworkIn", "DiskWriteBytes"];

/// A metric, as each door calls it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Metric {
    word: &'static str,
    name: Name,
    unit: MetricUnit,
    /// The counter that it is made of, in OpenMetrics.
    counter: &'static str,
}

const fn of(word: &'static str, name: Name, unit: MetricUnit, counter: &'static str) -> Metric {
    Metric { word, name, unit, counter }
}

pub(crate) const CPU: Metric =
    of("CPUUtilization", Name::CpuUtilization, Percent, "sloop_instance_cpu_seconds_total");
pub(crate) const NETWORK_IN: Metric =
    of("NetworkIn", Name::NetworkIn, Bytes, "sloop_instance_network_receive_bytes_total");
pub(crate) const NETWORK_OUT: Metric =
    of("NetworkOut", Name::NetworkOut, Bytes, "sloop_instance_network_transmit_bytes_total");
pub(crate) const READS: Metric =
    of("DiskReadOps", Name::DiskReadOps, Count, "sloop_instance_disk_reads_total");
pub(crate) const WRITES: Metric =
    of("DiskWriteOps", Name::DiskWriteOps, Count, "sloop_instance_disk_writes_total");
pub(crate) const READ: Metric =
    of("DiskReadBytes", Name::DiskReadBytes, Bytes, "sloop_instance_disk_read_bytes_total");
pub(crate) const WRITTEN: Metric =
    of("DiskWriteBytes", Name::DiskWriteBytes, Bytes, "sloop_instance_disk_written_bytes_total");
/// Without a counter of its own: it says of others that they began anew.
pub(crate) const RESETS: Metric = of("CounterResets", Name::CounterResets, Count, "");

/// A minute of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Minute {
    /// Its first second.
    start: i64,
    sum: f64,
    count: f64,
    /// The least of its samples.
    pub(crate) least: f64,
}

/// What is told of a metric up to some sample.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    /// All samples together, by the command line and by gRPC.
    pub(crate) sum: f64,
    /// How many.
    pub(crate) count: f64,
    /// The counter, by OpenMetrics.
    pub(crate) counter: f64,
}

impl Sub for Told {
    type Output = Self;
    fn sub(self, before: Self) -> Self {
        Self {
            sum: self.sum - before.sum,
            count: self.count - before.count,
            counter: self.counter - before.counter,
        }
    }
}

/// The doors of a lab's daemon.
pub(crate) struct Meter {
    runtime: Runtime,
    client: MetricsClient<Channel>,
}

impl Meter {
    pub(crate) fn of(lab: &Lab) -> Result<Self> {
        let runtime = Runtime::new()?;
        let client = MetricsClient::new(runtime.block_on(lab.channel())?);
        Ok(Self { runtime, client })
    }

    /// What was measured last.
    pub(crate) fn latest(&self) -> Result<GetLatestMetricsResult> {
        let mut client = self.client.clone();
        let asked = async move { client.get_latest_metrics(GetLatestMetricsRequest {}).await };
        Ok(self.runtime.block_on(asked)?.into_inner())
    }

    /// When the last sample was taken; none where it is not whole, for whichever instance.
    fn last_sample(&self) -> Result<Option<Timestamp>> {
        let latest = self.latest()?;
        let is_whole = latest
            .instances
            .iter()
            .all(|one| WHOLE.iter().all(|word| one.metrics.iter().any(|metric| metric.metric_name == *word)));
        let first = latest.instances.first().and_then(|one| one.metrics.first());
        let at = first.and_then(|metric| metric.measured_at).filter(|_| is_whole);
        Ok(at.map(|at| Timestamp::new(at.seconds, at.nanos)).transpose()?)
    }

    /// Waits for the next sample that is whole.
    pub(crate) fn next_sample(&self, lab: &Lab) -> Result<Timestamp> {
        let (before, mut found) = (self.last_sample()?, None);
        lab.until("the next sample", || {
            found = self.last_sample()?.filter(|at| Some(*at) != before);
            Ok(found.is_some())
        })?;
        found.context("a sample")
    }

    /// What there is to see right after a sample and before the next one, and when that sample was taken. On a machine that is busy with other
    /// things a look may take longer; then it is taken once more.
    pub(crate) fn at_a_sample<T>(&self, lab: &Lab, look: impl Fn() -> Result<T>) -> Result<(Timestamp, T)> {
        let mut failed = anyhow!("to look takes longer than it is from one sample to the next");
        for _ in 0..3 {
            let at = self.next_sample(lab)?;
            match look() {
                Ok(seen) if self.last_sample()? == Some(at) => return Ok((at, seen)),
                Ok(_) => {}
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// What all doors tell of an instance's metric.
    pub(crate) fn told(&self, lab: &Lab, name: &str, metric: Metric) -> Result<Told> {
        let text = exposition(lab)?;
        let counter = counter(&text, metric.counter, name)
            .with_context(|| format!("no {} of {name} in\n{text}", metric.counter))?;
        let minutes = self.minutes(lab, name, metric)?;
        Ok(Told {
            sum: minutes.iter().map(|minute| minute.sum).sum(),
            count: minutes.iter().map(|minute| minute.count).sum(),
            counter,
        })
    }

    /// Every minute of an instance's metric since the lab began. The command line and gRPC must say the same.
    pub(crate) fn minutes(&self, lab: &Lab, name: &str, metric: Metric) -> Result<Vec<Minute>> {
        let last = format!("{PAST}m");
        let shown =
            lab.json(&["metrics", name, "--metric", metric.word, "--last", &last, "--period", "1m"])?;
        let told = &shown["metrics"][0];
        ensure!(told["metricName"] == metric.word, "{shown}");
        let shown = told["metricData"].as_array().context("points")?;
        let shown = shown.iter().map(shown_minute).collect::<Result<Vec<_>>>()?;
        let asked = self.data(name, metric)?.iter().map(minute).collect::<Option<Vec<_>>>();
        let asked = asked.context("all statistics")?;
        ensure!(shown == asked, "{}: {shown:?} at the command line, {asked:?} by gRPC", metric.word);
        Ok(asked)
    }

    fn data(&self, name: &str, metric: Metric) -> Result<Vec<MetricDatapoint>> {
        let now = SystemTime::now();
        let request = GetInstanceMetricDataRequest {
            instance_name: name.to_owned(),
            metric_name: metric.name.into(),
            period: 60,
            start_time: Some((now - Duration::from_mins(PAST)).into()),
            end_time: Some(now.into()),
            unit: metric.unit.into(),
            statistics: STATISTICS.map(i32::from).to_vec(),
        };
        let mut client = self.client.clone();
        let asked = async move { client.get_instance_metric_data(request).await };
        Ok(self.runtime.block_on(asked)?.into_inner().metric_data)
    }
}

/// What is told in OpenMetrics.
pub(crate) fn exposition(lab: &Lab) -> Result<String> {
    lab.get(PLAIN, "/metrics")
}

/// An instance's number of that name.
pub(crate) fn counter(exposition: &str, family: &str, name: &str) -> Option<f64> {
    let label = format!("name=\"{name}\"");
    let is_it = |line: &&str| {
        line.strip_prefix(family).is_some_and(|rest| rest.starts_with('{') && rest.contains(&label))
    };
    exposition.lines().find(is_it)?.rsplit(' ').next()?.parse().ok()
}

fn minute(point: &MetricDatapoint) -> Option<Minute> {
    Some(Minute {
        start: point.timestamp?.seconds,
        sum: point.sum?,
        count: point.sample_count?,
        least: point.minimum?,
    })
}

fn shown_minute(point: &Value) -> Result<Minute> {
    let number = |member: &str| point[member].as_f64().with_context(|| format!("{member} in {point}"));
    let start = point["timestamp"].as_str().context("a timestamp")?.parse::<Timestamp>()?;
    Ok(Minute {
        start: start.as_second(),
        sum: number("sum")?,
        count: number("sampleCount")?,
        least: number("minimum")?,
    })
}
