//! What is measured every ten seconds, of instances and of the host. Counters are read, and what happened between two readings (`delta`) is kept.
//!
//! Everything is seen from the host, so that a guest that hangs is measured as any other. What cannot be read is missing.

mod counts;
mod delta;

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;

pub(super) use self::counts::Counts;
use self::delta::{Base, Happened, Reading};
use super::Engine;
use crate::model::{
    Bytes, HostLoad, Instance, InstanceId, Metric, Result, Sample, Status, Subject, TICK, Tick, Usage,
};

/// How long reading all counters may take: what has not been read by then is missing.
const PATIENCE: Duration = Duration::from_secs(7);

/// What was measured last of an instance or of the host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Latest {
    /// When.
    pub at: Timestamp,
    /// What: each metric that was measured then.
    pub values: Vec<(Metric, f64)>,
    /// What its counters say. They begin anew with each start.
    pub usage: Usage,
    /// Bytes on its wire since that was made, where they could be read.
    pub traffic: Option<Bytes>,
}

/// What was measured last, of everybody. Nothing of those that do not run.
#[derive(Default)]
pub(super) struct Hub {
    latest: Mutex<HashMap<Subject, Latest>>,
    bases: tokio::sync::Mutex<HashMap<InstanceId, Base>>,
}

/// All counters at one moment.
struct Counters {
    usage: HashMap<InstanceId, Usage>,
    traffic: HashMap<InstanceId, Bytes>,
    at: Instant,
}

impl Engine {
    /// What was measured last. Instances that do not run are not there; the host has its own identity.
    pub fn latest(&self) -> HashMap<Subject, Latest> {
        self.shared.latest.lock().clone()
    }

    /// Measures in every tick from now on, until the engine is dropped. Call it once.
    pub fn keep_sampling(&self) {
        let engine = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(until_next(engine.ports().clock.now())).await;
                if let Err(error) = engine.sample().await {
                    tracing::warn!(%error, "what happened in the last seconds is not measured");
                }
            }
        });
    }

    /// Measures once.
    pub async fn sample(&self) -> Result<()> {
        let ports = self.ports();
        let instances = ports.store.instances().await?;
        let counters = self.read_counters().await;
        let now = ports.clock.now();
        let mut bases = self.shared.latest.bases.lock().await;
        let (mut samples, mut spent, mut latest) = (Vec::new(), Vec::new(), HashMap::new());
        let running = instances.iter().filter(|instance| instance.status == Status::Running);
        for instance in running.clone() {
            let base = bases.entry(instance.id).or_default();
            let (mut seen, ran) = counters.of(instance, base, self.no_token(instance.id), now);
            spent.extend(ran.map(|(used, pause)| (instance.id, pause, used)));
            samples.extend(samples_of(instance.id.into(), &seen.values));
            // Looked at once a minute, and what was seen holds until the next look. Kept by whoever looks.
            seen.values.extend(self.checks_of(instance));
            latest.insert(Subject::from(instance.id), seen);
        }
        let running: Vec<_> = running.map(|instance| instance.id).collect();
        bases.retain(|id, _| running.contains(id));
        drop(bases);
        for sample in self.spend(&spent).await {
            if let Some(seen) = latest.get_mut(&sample.subject) {
                seen.values.push((sample.metric, sample.value));
            }
            samples.push(sample);
        }
        let host = Subject::from(ports.store.host_id());
        let values = self.measure_host().await;
        samples.extend(samples_of(host, &values));
        latest.insert(host, Latest { at: now, values, ..Latest::default() });
        *self.shared.latest.lock() = latest;
        ports.metrics.record(Tick::of(now), samples).await
    }

    /// Reads what can be read in time.
    async fn read_counters(&self) -> Counters {
        let ports = self.ports();
        let usage = tokio::time::timeout(PATIENCE, ports.hypervisor.usage());
        let traffic = tokio::time::timeout(PATIENCE, ports.network.traffic());
        let (usage, traffic) = tokio::join!(usage, traffic);
        Counters {
            usage: read("processors and disks", usage).into_iter().collect(),
            traffic: read("wires", traffic).into_iter().collect(),
            at: Instant::now(),
        }
    }

    async fn measure_host(&self) -> Vec<(Metric, f64)> {
        let HostLoad { cpu_percent, memory_used, load } = self.ports().host.load();
        let free = self.ports().volumes.free_bytes().await.ok();
        let values = [
            (Metric::HostCpuUtilization, cpu_percent),
            (Metric::HostMemoryUsed, memory_used.map(delta::float)),
            (Metric::HostLoad, load),
            (Metric::HostDiskFree, free.map(delta::float)),
        ];
        values.into_iter().filter_map(|(metric, value)| Some((metric, value?))).collect()
    }

    /// Forgets what was measured of an instance that is no more.
    pub(super) async fn forget_measured(&self, id: InstanceId) {
        self.shared.counts.forget(id);
        self.shared.latest.lock().remove(&id.into());
        if let Err(error) = self.ports().metrics.forget(id.into()).await {
            tracing::warn!(%id, %error, "what was measured of an instance that is gone is left until it is too old");
        }
    }
}

impl Hub {
    fn lock(&self) -> MutexGuard<'_, HashMap<Subject, Latest>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counters {
    /// What happened to an instance since its base, which moves on; and how long its processors ran in which time.
    fn of(
        &self,
        instance: &Instance,
        base: &mut Base,
        no_token: u64,
        now: Timestamp,
    ) -> (Latest, Option<(Duration, Duration)>) {
        let (usage, traffic) =
            (self.usage.get(&instance.id).copied(), self.traffic.get(&instance.id).copied());
        let reading = Reading { at: self.at, usage, traffic, no_token };
        let Happened { values, ran } = base.advance(&reading, instance.cpu_count);
        let usage = usage.unwrap_or_default();
        (Latest { at: now, values, usage, traffic }, ran)
    }
}

fn read<T>(what: &str, result: Result<Result<Vec<T>>, tokio::time::error::Elapsed>) -> Vec<T> {
    match result {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            tracing::warn!(what, %error, "cannot be measured now");
            Vec::new()
        }
        Err(_) => {
            tracing::warn!(what, limit = ?PATIENCE, "could not be measured in time");
            Vec::new()
        }
    }
}

fn samples_of(subject: Subject, values: &[(Metric, f64)]) -> impl Iterator<Item = Sample> {
    values.iter().map(move |(metric, value)| Sample { subject, metric: *metric, value: *value })
}

/// How long it is to the middle of the next tick: there neither this one nor that is met when a timer is late.
fn until_next(now: Timestamp) -> Duration {
    let tick = TICK.unsigned_abs() * 1000;
    let passed = now.as_millisecond().rem_euclid(TICK * 1000).unsigned_abs();
    // From where in the tick it is now to the middle of the next one.
    let pause = (tick + tick / 2 - passed) % tick;
    // Once in a tick: what is in its middle now has been measured a moment ago.
    Duration::from_millis(if pause < tick / 4 { pause + tick } else { pause })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_measured_once_in_every_tick() {
        let start: Timestamp = "2026-11-24T00:00:03.7Z".parse().expect("an instant");
        let (mut now, mut last) = (start, None);
        for late in [0, 1, 40, 900, 2400, 3, 0, 2499].into_iter().cycle().take(500) {
            now += until_next(now) + Duration::from_millis(late);
            let tick = Tick::of(now);
            assert!(last.is_none_or(|last| tick.0 == last + 1), "{tick:?} after {last:?}");
            last = Some(tick.0);
        }
    }
}
