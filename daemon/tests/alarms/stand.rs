//! A host whose clock and measurements the tests have in hand.

use std::sync::Arc;

use jiff::SignedDuration;
use sloopd::{
    engine::Lifeline,
    model::{
        Alarm, AlarmState, Caller, Channel, Comparison, Endpoint, InstanceId, Metric, MissingData, Notice,
        Operation, OperationKind, ResourceName, Sample, Tick,
    },
    ports::{Clock as _, OperationFilter},
    verbs::PutAlarm,
};

use crate::common::{Host, caller, create, dial::Dial};

/// A host with the instance `web`, whose owner has a webhook.
pub(crate) struct Stand {
    pub(crate) host: Host,
    pub(crate) clock: Arc<Dial>,
    pub(crate) id: InstanceId,
}

impl Stand {
    /// Twenty seconds behind a full hour: all of the period before has come.
    pub(crate) async fn new() -> Self {
        let clock = Dial::at("2026-11-05T10:00:20Z");
        let host = Host::by_clock(clock.clone());
        host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
        let id = host.verbs.get_instance(&caller(), "web").await.expect("there").id;
        let stand = Self { host, clock, id };
        stand.contact(&caller(), Channel::Webhook, "https://example.org/hook").await;
        stand
    }

    /// The same world under a new daemon.
    pub(crate) async fn reborn(self, line: Arc<dyn Lifeline>) -> Self {
        Self { host: self.host.reborn(line).await, ..self }
    }

    pub(crate) async fn contact(&self, who: &Caller, channel: Channel, address: &str) {
        let endpoint = Endpoint { channel, address: address.into() };
        self.host.verbs.create_contact_method(who, endpoint, Vec::new()).await.expect("admitted");
    }

    pub(crate) async fn put(&self, asked: PutAlarm) {
        self.host.verbs.put_alarm(&caller(), asked).await.expect("accepted");
    }

    pub(crate) fn turn(&self, seconds: i64) {
        self.clock.turn(SignedDuration::from_secs(seconds));
    }

    pub(crate) async fn evaluate(&self) {
        self.host.engine.evaluate_alarms().await.expect("evaluated");
    }

    pub(crate) async fn measure(&self, metric: Metric, value: f64) {
        let sample = Sample { subject: self.id.into(), metric, value };
        self.host.ports.metrics.record(Tick::of(self.clock.now()), vec![sample]).await.expect("kept");
    }

    /// So many minutes pass, in each of which that is measured of the processors; nothing where there is nothing.
    pub(crate) async fn minutes(&self, count: u32, cpu: Option<f64>) {
        for _ in 0..count {
            if let Some(value) = cpu {
                self.measure(Metric::CpuUtilization, value).await;
            }
            self.turn(60);
            self.evaluate().await;
        }
    }

    /// Sends what is due, until nothing is.
    pub(crate) async fn deliver(&self) {
        loop {
            let (tasks, _) = self.host.engine.send_due().await.expect("looked");
            if tasks.is_empty() {
                return;
            }
            for task in tasks {
                task.await.expect("sent, or not");
            }
        }
    }

    pub(crate) async fn alarm(&self, name: &str) -> Alarm {
        let name = ResourceName::parse("alarmName", name).expect("a name");
        self.host.ports.store.alarm(&name).await.expect("readable").expect("there")
    }

    pub(crate) async fn state(&self, name: &str) -> AlarmState {
        self.alarm(name).await.state
    }

    /// What was told: by which way, of which alarm, and what that said.
    pub(crate) fn told(&self) -> Vec<String> {
        let world = self.host.world.world();
        let told = world.told.iter().map(|(endpoint, notice)| match notice {
            Notice::Alarm(told) => {
                let test = if told.test { " (test)" } else { "" };
                format!("{} {} {}{test}", endpoint.channel.word(), told.alarm, told.now.word())
            }
            Notice::Confirm { .. } => format!("{} code", endpoint.channel.word()),
        });
        told.collect()
    }

    /// What the history tells of changes of alarms on `web`, the oldest first.
    pub(crate) async fn changes(&self) -> Vec<Operation> {
        let filter =
            OperationFilter { resource: Some("web".into()), limit: 1000, ..OperationFilter::default() };
        let mut all = self.host.ports.store.operations(filter).await.expect("readable");
        all.retain(|one| one.kind == OperationKind::ChangeAlarmState);
        all.reverse();
        all
    }
}

/// An alarm on the processors of `web`, at more than 80 percent, that tells everything by webhook.
pub(crate) fn asked(name: &str) -> PutAlarm {
    PutAlarm {
        name: name.into(),
        instance: "web".into(),
        metric: Some(Metric::CpuUtilization),
        comparison: Comparison::Above,
        threshold: 80.0,
        periods: 1,
        datapoints: None,
        missing: MissingData::Missing,
        channels: vec![Channel::Webhook],
        triggers: AlarmState::ALL.to_vec(),
        notify: true,
        tags: Vec::new(),
    }
}
