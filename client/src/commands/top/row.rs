//! What is shown of an instance in one row, and of the host in one line.

use sloop_proto::v1::{GetLatestMetricsResult, InstanceMetrics, LatestMetric};

use crate::commands::metrics::TICK;
use crate::commands::metrics::dress::{Dress, bytes};
use crate::text;

/// What is older was not measured just now, in seconds.
const FRESH: i64 = 30;

/// An instance.
pub(super) struct Row<'a>(pub(super) &'a InstanceMetrics);

impl Row<'_> {
    pub(super) fn name(&self) -> &str {
        &self.0.instance_name
    }

    /// A value, if it is known.
    pub(super) fn value(&self, metric: &str) -> Option<f64> {
        value(&self.0.metrics, metric)
    }

    /// What is in each column.
    pub(super) fn cells(&self) -> Vec<String> {
        // What was counted is of ten seconds.
        let rate = |metric| known(self.value(metric), |count| bytes(count / TICK));
        vec![
            self.name().to_owned(),
            text::or_dash(&self.0.state),
            known(self.value("CPUUtilization"), |percent| format!("{percent:.1}")),
            self.memory(),
            rate("NetworkIn"),
            rate("NetworkOut"),
            rate("DiskReadBytes"),
            rate("DiskWriteBytes"),
            self.checks().to_owned(),
            known(self.value("BurstCapacityPercentage"), |percent| Dress::Percent.show(percent)),
        ]
    }

    /// What it takes, of what its plan has.
    #[allow(clippy::cast_precision_loss)] // Exact up to nine petabytes.
    fn memory(&self) -> String {
        let plan = bytes(self.0.ram_bytes as f64);
        known(self.value("MemoryResident"), |resident| format!("{} of {plan}", bytes(resident)))
    }

    fn checks(&self) -> &'static str {
        let failed = |metric| self.value(metric).map(|failed| failed > 0.0);
        match (failed("StatusCheckFailed_System"), failed("StatusCheckFailed_Instance")) {
            (Some(true), Some(true)) => "both failed",
            (Some(true), _) => "system failed",
            (_, Some(true)) => "instance failed",
            (None, None) => "-",
            _ => "passed",
        }
    }
}

/// The host, and how many instances there are.
pub(super) fn host(latest: &GetLatestMetricsResult, now: i64) -> String {
    let of = |metric, dress: Dress| known(value(&latest.host, metric), |value| dress.show(value));
    let running = latest.instances.iter().filter(|one| one.state == "running").count();
    let measured = latest.host.iter().filter_map(|one| one.measured_at.as_ref()).map(|then| then.seconds);
    let age = measured.max().map_or(0, |then| now.saturating_sub(then));
    let stale = if age > FRESH {
        format!("; measured {} ago", text::span(age.unsigned_abs()))
    } else {
        String::new()
    };
    format!(
        "host: CPU {}, load {}, memory {} used, disk {} free; {running} of {} running{stale}",
        of("HostCPUUtilization", Dress::Percent),
        known(value(&latest.host, "HostLoad"), |load| format!("{load:.2}")),
        of("HostMemoryUsed", Dress::Bytes),
        of("HostDiskFree", Dress::Bytes),
        latest.instances.len(),
    )
}

fn value(metrics: &[LatestMetric], name: &str) -> Option<f64> {
    let found = metrics.iter().find(|one| one.metric_name == name)?;
    Some(found.value).filter(|value| value.is_finite())
}

fn known(value: Option<f64>, show: impl FnOnce(f64) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), show)
}
