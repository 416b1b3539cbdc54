use super::MetricData;
use crate::{
    model::{MetricQuery, MetricWindow, Result},
    verbs::Verbs,
};

impl Verbs {
    /// What was measured of the host. Everybody may know it.
    pub async fn get_host_metric_data(&self, metric: &str, stretch: &MetricWindow) -> Result<MetricData> {
        let query = MetricQuery::of_host(metric, stretch, self.ports.clock.now())?;
        self.measured(self.ports.store.host_id().into(), query).await
    }
}
