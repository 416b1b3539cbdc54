use std::collections::HashMap;

use crate::{
    engine::Latest,
    model::{Caller, Instance, ResourceName, Result, Status, Subject},
    verbs::Verbs,
};

/// What was measured last, of everybody.
#[derive(Clone, Debug, PartialEq)]
pub struct LatestMetrics {
    /// The caller's instances, by name.
    pub instances: Vec<LatestOfInstance>,
    /// The host; absent until it was measured.
    pub host: Option<Latest>,
}

/// What was measured last of an instance, beside what it has.
#[derive(Clone, Debug, PartialEq)]
pub struct LatestOfInstance {
    /// Its name.
    pub name: ResourceName,
    /// What it is doing.
    pub status: Status,
    /// Virtual processors.
    pub cpu_count: u32,
    /// Memory in bytes.
    pub ram_bytes: u64,
    /// What was measured; absent of one that does not run.
    pub latest: Option<Latest>,
}

impl Verbs {
    /// What was measured last of all instances that the caller may see, and of the host.
    pub async fn get_latest_metrics(&self, caller: &Caller) -> Result<LatestMetrics> {
        let mut instances = self.ports.store.instances().await?;
        instances.retain(|instance| self.policy.access.allows(caller, &instance.owner));
        Ok(gather(instances, self.engine.latest(), self.ports.store.host_id().into()))
    }
}

/// Puts together what is known of each. What belongs to nobody of them, such as what was measured of another's, is left.
fn gather(instances: Vec<Instance>, mut latest: HashMap<Subject, Latest>, host: Subject) -> LatestMetrics {
    let instances = instances.into_iter().map(|instance| LatestOfInstance {
        status: instance.status,
        cpu_count: instance.cpu_count,
        ram_bytes: instance.ram_bytes(),
        latest: latest.remove(&Subject::from(instance.id)),
        name: instance.name,
    });
    let instances = instances.collect();
    LatestMetrics { instances, host: latest.remove(&host) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::Metric, testing};

    fn measured(value: f64) -> Latest {
        Latest { values: vec![(Metric::CpuUtilization, value)], ..Latest::default() }
    }

    #[test]
    fn each_has_its_own_and_nobody_elses() {
        let (web, db) = (testing::instance("web"), testing::instance("db"));
        let other = testing::instance("other");
        let host = Subject::from(testing::HOST);
        let latest = HashMap::from([
            (Subject::from(web.id), measured(1.0)),
            (Subject::from(other.id), measured(2.0)),
            (host, measured(3.0)),
        ]);
        let found = gather(vec![db, web], latest, host);
        let cpu = |latest: &Option<Latest>| latest.as_ref().map(|latest| latest.values[0].1);
        let named: Vec<_> = found.instances.iter().map(|one| (one.name.as_str(), cpu(&one.latest))).collect();
        assert_eq!(named, [("db", None), ("web", Some(1.0))]);
        assert_eq!(cpu(&found.host), Some(3.0));
        assert_eq!((found.instances[1].cpu_count, found.instances[1].ram_bytes), (2, 512 << 20));
    }

    #[test]
    fn before_the_first_measurement_there_is_nothing() {
        let found = gather(vec![testing::instance("web")], HashMap::new(), Subject::from(testing::HOST));
        assert_eq!((found.instances[0].latest.as_ref(), found.host), (None, None));
    }
}
