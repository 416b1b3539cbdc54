//! Writes what is told, as OpenMetrics 1.0 has it.

use std::fmt;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, text},
    metrics::MetricType,
    registry::Registry,
};

use super::families::{CHECKED, CHECKS, Family, Number, OF_HOST, OF_INSTANCE, OPERATIONS, checked};
use crate::{
    model::OperationStatus,
    verbs::{InstanceMetrics, MetricsReport},
};

/// A report in OpenMetrics.
///
/// An instance is told by its `id` and its `name`. None of its labels is called `instance`: that one is Prometheus's own, for
/// what it has asked. What is said by words rather than numbers is with `sloop_instance_info` alone.
pub fn exposition(report: MetricsReport) -> Result<String, fmt::Error> {
    // For each report anew: a registry that lives on would tell of what is gone.
    let mut registry = Registry::with_prefix("sloop");
    registry.register_collector(Box::new(Told(report)));
    let mut out = String::new();
    text::encode(&mut out, &registry)?;
    Ok(out)
}

#[derive(Debug)]
struct Told(MetricsReport);

impl Collector for Told {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Self(report) = self;
        let mut build =
            encoder.encode_descriptor("build", "The daemon that tells this.", None, MetricType::Info)?;
        build.encode_info(&[("version", report.version.as_str())])?;
        let rows: Vec<Row<'_>> = report.instances.iter().map(Row::of).collect();
        infos(&mut encoder, &rows, &report.zone)?;
        for family in OF_INSTANCE {
            numbers(&mut encoder, family, &rows)?;
        }
        checks(&mut encoder, &rows)?;
        for family in OF_HOST {
            let unit = family.unit();
            let mut samples =
                encoder.encode_descriptor(family.name, family.help, unit.as_ref(), family.metric_type())?;
            if let Some(number) = (family.number)(report) {
                family.write(&mut samples, number)?;
            }
        }
        operations(&mut encoder, report)
    }
}

/// An instance, and its identity as a label.
struct Row<'a> {
    instance: &'a InstanceMetrics,
    id: String,
}

impl<'a> Row<'a> {
    fn of(instance: &'a InstanceMetrics) -> Self {
        Self { instance, id: instance.id.to_string() }
    }

    fn labels(&self) -> [(&'static str, &str); 2] {
        [("id", self.id.as_str()), ("name", self.instance.name.as_str())]
    }
}

fn infos(encoder: &mut DescriptorEncoder<'_>, rows: &[Row<'_>], zone: &str) -> fmt::Result {
    let mut infos = encoder.encode_descriptor(
        "instance",
        "What each instance is, and what it is doing.",
        None,
        MetricType::Info,
    )?;
    for row in rows {
        let [id, name] = row.labels();
        let InstanceMetrics { owner, blueprint_id, bundle_id, status, .. } = row.instance;
        infos.encode_info(&[
            id,
            name,
            ("blueprint", blueprint_id.as_str()),
            ("bundle", bundle_id.as_str()),
            ("owner", owner.0.as_str()),
            ("state", status.word()),
            ("zone", zone),
        ])?;
    }
    Ok(())
}

/// A family with a number for each instance that has one.
fn numbers(
    encoder: &mut DescriptorEncoder<'_>,
    family: &Family<InstanceMetrics>,
    rows: &[Row<'_>],
) -> fmt::Result {
    let unit = family.unit();
    let mut samples =
        encoder.encode_descriptor(family.name, family.help, unit.as_ref(), family.metric_type())?;
    for row in rows {
        if let Some(number) = (family.number)(row.instance) {
            family.write(&mut samples.encode_family(&row.labels())?, number)?;
        }
    }
    Ok(())
}

fn checks(encoder: &mut DescriptorEncoder<'_>, rows: &[Row<'_>]) -> fmt::Result {
    let mut samples = encoder.encode_descriptor(CHECKS.name, CHECKS.help, None, CHECKS.metric_type())?;
    for row in rows {
        for (check, metric) in CHECKED {
            if let Some(number) = checked(row.instance, metric) {
                let [id, name] = row.labels();
                CHECKS.write(&mut samples.encode_family(&[id, name, ("check", check)])?, number)?;
            }
        }
    }
    Ok(())
}

fn operations(encoder: &mut DescriptorEncoder<'_>, report: &MetricsReport) -> fmt::Result {
    let mut samples =
        encoder.encode_descriptor(OPERATIONS.name, OPERATIONS.help, None, OPERATIONS.metric_type())?;
    for (status, count) in [
        (OperationStatus::NotStarted, report.operations_waiting),
        (OperationStatus::Started, report.operations_under_way),
    ] {
        let number = Number::Whole(u64::try_from(count).unwrap_or(u64::MAX));
        OPERATIONS.write(&mut samples.encode_family(&[("status", status.word())])?, number)?;
    }
    Ok(())
}
