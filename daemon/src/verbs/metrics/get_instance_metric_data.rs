use super::MetricData;
use crate::{
    model::{Caller, MetricQuery, MetricQuestion, Result},
    verbs::Verbs,
};

impl Verbs {
    /// What was measured of an instance.
    pub async fn get_instance_metric_data(
        &self,
        caller: &Caller,
        name: &str,
        asked: &MetricQuestion,
    ) -> Result<MetricData> {
        let instance = self.find(caller, name).await?;
        let query = MetricQuery::of_instance(asked, self.ports.clock.now())?;
        self.measured(instance.id.into(), query).await
    }
}
