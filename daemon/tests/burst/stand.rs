//! A host where plans' baselines count, and guests that are as busy as the test wants.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sloopd::{
    adapters::catalogue,
    model::{BurstRecord, Instance, InstanceId, Metric, Sample, Subject},
    verbs::CreateInstances,
};

use crate::common::{self, Host, caller, order};

/// Between two looks of the sampler.
pub(crate) const ROUND: Duration = Duration::from_secs(10);

/// What a nano begins with, in seconds of one processor: half an hour of both.
pub(crate) const LAUNCH: f64 = 3600.0;
/// What a nano can save, and a micro.
pub(crate) const NANO: f64 = 8640.0;
pub(crate) const MICRO: f64 = 17280.0;
/// Rounds at full speed after which a nano has nothing left: each costs 20 seconds and earns one.
pub(crate) const ENOUGH: u32 = 190;

/// From now on plans' baselines count on this host.
pub(crate) fn meter(host: &Host) {
    let images = concat!(env!("CARGO_MANIFEST_DIR"), "/../images");
    let catalogue = catalogue::load(images.as_ref()).expect("the catalogue");
    host.engine.meter_bursts(catalogue.cpu_baselines());
}

/// A host with a nano, `web`, where baselines count.
pub(crate) async fn metered() -> Host {
    let host = unlimited().await;
    meter(&host);
    host
}

/// The same where they do not.
pub(crate) async fn unlimited() -> Host {
    let host = Host::new();
    make(&host, "web", "nano_3_0").await;
    host
}

pub(crate) async fn make(host: &Host, name: &str, bundle: &str) {
    let order = CreateInstances { bundle_id: bundle.into(), ..order(&[name]) };
    host.done(host.verbs.create_instances(&caller(), order).await.expect("accepted")).await;
}

/// The next daemon, where baselines count.
pub(crate) async fn restarted(host: Host) -> Host {
    let host = host.reborn(common::unbroken()).await;
    meter(&host);
    host
}

pub(crate) async fn instance(host: &Host, name: &str) -> Instance {
    host.verbs.get_instance(&caller(), name).await.expect("there")
}

pub(crate) async fn stop(host: &Host, name: &str) {
    host.done(host.verbs.stop_instance(&caller(), name, false).await.expect("it runs")).await;
}

pub(crate) async fn start(host: &Host, name: &str) {
    host.done(host.verbs.start_instance(&caller(), name).await.expect("it is stopped")).await;
}

/// The domains of these instances are as busy as that, in percent of all that they may have, for so many rounds. Gives the samples of
/// the last.
pub(crate) async fn run(host: &Host, names: &[&str], rounds: u32, percent: u32) -> Vec<Sample> {
    let mut instances = Vec::new();
    for name in names {
        instances.push(instance(host, name).await);
    }
    let mut samples = Vec::new();
    for _ in 0..rounds {
        let spent: Vec<_> = instances.iter().map(|one| (one.id, ROUND, used(host, one, percent))).collect();
        samples = host.engine.spend(&spent).await;
    }
    samples
}

/// Nobody uses more than they are held to.
fn used(host: &Host, instance: &Instance, percent: u32) -> Duration {
    let wanted = percent * 10;
    let limit = host.world.world().cpu_limits.get(&instance.id).map(|share| share.thousandths());
    ROUND * instance.cpu_count * limit.unwrap_or(1000).min(wanted) / 1000
}

/// `web` alone.
pub(crate) async fn web(host: &Host, rounds: u32, percent: u32) -> Vec<Sample> {
    run(host, &["web"], rounds, percent).await
}

/// What `web` is held to, in thousandths.
pub(crate) async fn held(host: &Host, name: &str) -> Option<u32> {
    let id = instance(host, name).await.id;
    host.world.world().cpu_limits.get(&id).map(|share| share.thousandths())
}

/// What was measured: seconds, and percent.
pub(crate) fn shown(samples: &[Sample], id: InstanceId) -> (f64, f64) {
    let value = |metric| {
        let is_it = |sample: &&Sample| sample.subject == Subject::from(id) && sample.metric == metric;
        samples.iter().find(is_it).expect("measured").value
    };
    (value(Metric::BurstCapacityTime), value(Metric::BurstCapacityPercentage))
}

/// Asserts that `web`, of two processors, has saved that much, in seconds of one.
pub(crate) async fn assert_saved(host: &Host, samples: &[Sample], balance: f64, capacity: f64) {
    let (seconds, percent) = shown(samples, instance(host, "web").await.id);
    assert!((seconds - balance / 2.0).abs() < 1e-6, "{seconds} s are not half of {balance} s");
    assert!((percent - balance / capacity * 100.0).abs() < 1e-6, "{percent} % of {capacity} s");
}

pub(crate) async fn written(host: &Host) -> Vec<BurstRecord> {
    host.ports.store.bursts().await.expect("readable")
}

/// Counts calls to hold or to let go from now on; they fail, or they do not.
pub(crate) fn calls(host: &Host, fail: bool) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    host.world.fail_when(move |call| {
        let is_one = call == "limit_cpu";
        counted.fetch_add(usize::from(is_one), Ordering::SeqCst);
        is_one && fail
    });
    count
}

pub(crate) fn count(calls: &AtomicUsize) -> usize {
    calls.load(Ordering::SeqCst)
}

/// What this thread logs.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Listens for as long as the other one lives.
    pub(crate) fn listen() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// How many lines say that.
    pub(crate) fn lines(&self, words: &str) -> usize {
        let text = String::from_utf8(self.0.lock().expect("unpoisoned").clone()).expect("text");
        text.lines().filter(|line| line.contains(words)).count()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("unpoisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
