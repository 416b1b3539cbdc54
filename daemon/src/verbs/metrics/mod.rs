//! What was measured of instances and of the host: one file for each verb.

mod get_host_metric_data;
mod get_instance_metric_data;
mod get_latest_metrics;

pub use self::get_latest_metrics::{LatestMetrics, LatestOfInstance};
use super::Verbs;
use crate::model::{MetricQuery, Point, Result, Subject};

/// What was measured in a stretch of time.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricData {
    /// What was asked.
    pub query: MetricQuery,
    /// One for each period in which there was a sample, by time.
    pub points: Vec<Point>,
}

impl Verbs {
    /// What was measured of a subject.
    async fn measured(&self, of: Subject, query: MetricQuery) -> Result<MetricData> {
        let points = if query.is_empty() {
            Vec::new()
        } else {
            self.ports.metrics.points(of, query.metric, query.span, query.period).await?
        };
        Ok(MetricData { query, points })
    }
}
