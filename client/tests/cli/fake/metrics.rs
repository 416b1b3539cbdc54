//! What was measured: more in each period than in the one before, but for a gap of two, and nothing of what is saved for
//! bursts.

use prost_types::Timestamp;
use sloop_proto::v1::metrics_server::Metrics;
use sloop_proto::v1::*;
use tonic::{Request, Status};

use super::snapshots::MOMENT;
use super::{Answer, Script, answer, invalid, not_found};

/// The periods in which nothing was measured.
const GAP: std::ops::Range<u32> = 3..5;

fn points(
    (start, end): (Option<Timestamp>, Option<Timestamp>),
    period: i32,
    (step, unit): (f64, MetricUnit),
) -> Result<Vec<MetricDatapoint>, Status> {
    if !(60..=86_400).contains(&period) || period % 60 != 0 {
        return Err(invalid("period", "periods are whole minutes of a day"));
    }
    let (start, end) = (start.unwrap_or_default().seconds, end.unwrap_or_default().seconds);
    assert!(start < end && start % i64::from(period) == 0 && end % i64::from(period) == 0);
    let point = |(place, seconds): (u32, i64)| {
        let value = step * f64::from(place);
        MetricDatapoint {
            average: Some(value),
            maximum: Some(value),
            minimum: Some(value),
            sample_count: Some(6.0),
            sum: Some(value * 6.0),
            timestamp: Some(Timestamp { seconds, nanos: 0 }),
            unit: Some(unit.into()),
        }
    };
    let starts = (start..end).step_by(usize::try_from(period).unwrap());
    Ok((0..).zip(starts).filter(|(place, _)| !GAP.contains(place)).map(point).collect())
}

fn latest(values: &[(&str, f64, MetricUnit)]) -> Vec<LatestMetric> {
    let metric = |(name, value, unit): &(&str, f64, MetricUnit)| LatestMetric {
        metric_name: (*name).into(),
        value: *value,
        unit: (*unit).into(),
        measured_at: Some(MOMENT),
    };
    values.iter().map(metric).collect()
}

#[tonic::async_trait]
impl Metrics for Script {
    async fn get_instance_metric_data(
        &self,
        request: Request<GetInstanceMetricDataRequest>,
    ) -> Answer<GetInstanceMetricDataResult> {
        let request = request.into_inner();
        if request.instance_name == "ghost" {
            return Err(not_found("ghost"));
        }
        assert_eq!(request.statistics.len(), 5);
        let step = if request.unit() == MetricUnit::Bytes { 10_240.0 } else { 10.0 };
        let stretch = (request.start_time, request.end_time);
        let mut metric_data = points(stretch, request.period, (step, request.unit()))?;
        if request.metric_name() == InstanceMetricName::BurstCapacityPercentage {
            metric_data.clear();
        }
        answer(GetInstanceMetricDataResult { metric_name: Some(request.metric_name), metric_data })
    }

    async fn get_host_metric_data(
        &self,
        request: Request<GetHostMetricDataRequest>,
    ) -> Answer<GetHostMetricDataResult> {
        let GetHostMetricDataRequest { metric_name, period, start_time, end_time } = request.into_inner();
        let metric_data = points((start_time, end_time), period, (1.0, MetricUnit::Count))?;
        answer(GetHostMetricDataResult { metric_name, metric_data })
    }

    async fn get_latest_metrics(
        &self,
        _: Request<GetLatestMetricsRequest>,
    ) -> Answer<GetLatestMetricsResult> {
        let instance = |name: &str, state: &str, metrics| InstanceMetrics {
            instance_name: name.into(),
            state: state.into(),
            cpu_count: 2,
            ram_bytes: 512 << 20,
            metrics,
        };
        let busy = latest(&[
            ("CPUUtilization", 37.5, MetricUnit::Percent),
            ("NetworkIn", 15_360.0, MetricUnit::Bytes),
            ("StatusCheckFailed_System", 0.0, MetricUnit::Count),
        ]);
        answer(GetLatestMetricsResult {
            instances: vec![instance("db", "stopped", Vec::new()), instance("web", "running", busy)],
            host: latest(&[("HostCPUUtilization", 12.0, MetricUnit::Percent)]),
        })
    }
}
