use crate::{
    model::{
        Alarm, AlarmId, AlarmRule, AlarmState, Caller, Channel, Comparison, Error, Instance, Kind, Metric,
        MissingData, Operation, OperationKind, ResourceName, Result, Status, Tags, Telling, Watched, changed,
    },
    ports::{AlarmChange, Change},
    verbs::Verbs,
};

/// As many as Lightsail lets anybody have on a metric of an instance.
const MOST: usize = 2;

/// What somebody says of an alarm.
#[derive(Clone, Debug)]
pub struct PutAlarm {
    /// Its name. One that is there is changed.
    pub name: String,
    /// The instance that it watches.
    pub instance: String,
    /// What it watches of it; none where it is not one of an instance's.
    pub metric: Option<Metric>,
    /// How a value must stand to the threshold to be outside of it.
    pub comparison: Comparison,
    /// The threshold, in the metric's unit.
    pub threshold: f64,
    /// So many periods are looked at.
    pub periods: i32,
    /// So many of them must be outside; all where it is not said.
    pub datapoints: Option<i32>,
    /// What missing ones are taken for.
    pub missing: MissingData,
    /// By which ways its owner is told.
    pub channels: Vec<Channel>,
    /// Of which states; of `ALARM` where none is said.
    pub triggers: Vec<AlarmState>,
    /// Whether its owner is told at all.
    pub notify: bool,
    /// Labels, each a key and a value.
    pub tags: Vec<(String, String)>,
}

impl Verbs {
    /// Makes an alarm, or changes all that is said of one. What it says stays until it is evaluated again.
    pub async fn put_alarm(&self, caller: &Caller, asked: PutAlarm) -> Result<Vec<Operation>> {
        let name = ResourceName::parse("alarmName", &asked.name)?;
        ResourceName::parse("monitoredResourceName", &asked.instance)?;
        let metric = asked.metric.filter(|metric| !metric.is_of_host()).ok_or_else(no_metric)?;
        let compared = (asked.comparison, asked.threshold);
        let rule = AlarmRule::new(compared, asked.periods, asked.datapoints, asked.missing)?;
        let telling = Telling::new(&asked.channels, asked.triggers, asked.notify)?;
        let _alone = self.admission.lock().await;
        let instance = self.find(caller, &asked.instance).await?;
        if instance.status == Status::ShuttingDown {
            return Err(instance.status.refuse("watch", &instance.name, "it is being deleted"));
        }
        let before = self.ports.store.alarm(&name).await?;
        let before = before.filter(|alarm| self.policy.access.allows(caller, &alarm.owner));
        let is_new = before.is_none();
        let mut alarm =
            before.clone().unwrap_or_else(|| self.new_alarm(caller, name, &instance, metric, rule));
        (alarm.watched, alarm.metric, alarm.rule, alarm.telling) =
            (watched(&instance), metric, rule, telling);
        alarm.period = self.policy.alarm_period.min(metric.granularity());
        alarm.put_at = self.ports.clock.now();
        alarm.tags.put(asked.tags, self.policy.quotas.tags)?;
        self.admit_alarm(&alarm).await?;
        let change = match &before {
            Some(before) => changed::between(before.sentence(), alarm.sentence()),
            None => alarm.sentence(),
        };
        let details = alarm.watched.name.to_string();
        let operation = self.done(caller, OperationKind::PutAlarm, &alarm, details).changing(change);
        let alarm = Box::new(alarm);
        let put = if is_new { AlarmChange::Add(alarm) } else { AlarmChange::Put(alarm) };
        let changes = vec![Change::Alarm(put), Change::PutOperation(Box::new(operation.clone()))];
        self.ports.store.commit(changes).await?;
        Ok(vec![operation])
    }

    fn new_alarm(
        &self,
        caller: &Caller,
        name: ResourceName,
        instance: &Instance,
        metric: Metric,
        rule: AlarmRule,
    ) -> Alarm {
        let now = self.ports.clock.now();
        Alarm {
            id: AlarmId::fresh(),
            name,
            owner: caller.owner.clone(),
            created_at: now,
            put_at: now,
            watched: watched(instance),
            metric,
            period: metric.granularity(),
            rule,
            telling: Telling { channels: Vec::new(), triggers: Vec::new(), enabled: false },
            state: AlarmState::InsufficientData,
            reason: "Unchecked: Initial alarm creation".to_owned(),
            state_since: now,
            before_test: None,
            tags: Tags::default(),
        }
    }

    /// Lightsail's rule, for each owner.
    async fn admit_alarm(&self, alarm: &Alarm) -> Result<()> {
        let all = self.ports.store.alarms().await?;
        let same = |other: &&Alarm| {
            other.id != alarm.id
                && other.owner == alarm.owner
                && other.watched.id == alarm.watched.id
                && other.metric == alarm.metric
        };
        let others: Vec<_> = all.iter().filter(same).map(|other| other.name.as_str()).collect();
        if others.len() < MOST {
            return Ok(());
        }
        let (metric, instance) = (alarm.metric, &alarm.watched.name);
        let message = format!(
            "There are {MOST} alarms on {metric} of {instance} already, as many as there may be: {}",
            others.join(", ")
        );
        Err(Error::new(Kind::Quota, "AlarmLimitExceeded", message)
            .tip("change one of them, or delete it: sloop alarm rm"))
    }
}

fn watched(instance: &Instance) -> Watched {
    Watched { id: instance.id, name: instance.name.clone(), owner: instance.owner.clone() }
}

fn no_metric() -> Error {
    let words = Metric::ALL.iter().filter(|metric| !metric.is_of_host()).map(|metric| metric.word());
    let words = words.collect::<Vec<_>>().join(", ");
    Error::invalid("metricName", "No metric is named, or one that instances do not have")
        .tip(format!("name one of {words}"))
}
