//! Watches thresholds, and tells people when they are crossed.
//!
//! ```text
//!   a period is over ─▶ judge ─┬─▶ as before
//!                              └─▶ state, letters and history, in one transaction ─▶ post ─▶ sent, or given up
//! ```
//!
//! Who is told is decided with what the alarm says, and written down with it: a daemon that is killed in between sends the letters when it
//! is back, and each change is told to each once. That the other side has taken a letter is written down after it did: one may come twice,
//! none is lost.

mod post;
mod watch;

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;

pub(super) use self::{post::Post, watch::Watch};
use super::{Engine, run::Killed};
use crate::{
    model::{
        Alarm, AlarmState, Caller, ContactMethod, InstanceId, Judgement, Kind, Metric, Operation,
        OperationKind, Point, Result, Span, alarm_data, judge_alarm,
    },
    ports::{AlarmChange, Change},
};

/// What is measured may come late. A period is over so many seconds after its end.
const LATE: i64 = 15;

/// What was measured lately, for all alarms that watch it.
type Measured = HashMap<Series, Vec<Point>>;
/// A metric of an instance, in points of so many seconds.
type Series = (InstanceId, Metric, u32);

impl Engine {
    /// Evaluates alarms once a minute, and sends what they tell, until the engine is dropped. Call it once, behind [`Engine::recover`].
    pub fn keep_alarms(&self) {
        tokio::spawn(self.clone().keep_posting());
        let engine = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(until_next(engine.ports().clock.now())).await;
                if let Err(error) = engine.evaluate_alarms().await {
                    tracing::warn!(%error, "alarms cannot be evaluated now; in a minute");
                }
            }
        });
    }

    /// Evaluates every alarm of which a period is over that was not evaluated. What is past is not made up for: where nobody watched for a
    /// while, it begins anew.
    pub async fn evaluate_alarms(&self) -> Result<()> {
        let (ports, now) = (self.ports(), self.ports().clock.now());
        let watched = self.shared.watch.begin(now);
        let mut alarms = ports.store.alarms().await?;
        self.shared.watch.keep(&alarms);
        alarms.retain(|alarm| self.shared.watch.is_due(alarm, over(alarm.period, now)));
        if alarms.is_empty() {
            return Ok(());
        }
        let contacts = ports.store.contact_methods().await?;
        let measured = self.measured_for(&alarms, now).await;
        for alarm in alarms {
            let Some(points) = measured.get(&(alarm.watched.id, alarm.metric, alarm.period)) else {
                continue;
            };
            let end = over(alarm.period, now);
            // One that is put in the time to come is of a clock that has been set back since.
            let since = watched.max(alarm.put_at.min(now)).as_second();
            let data = alarm_data((alarm.metric, alarm.period), points, (alarm.rule.range(), end), since);
            let judged = judge_alarm(&alarm.rule, alarm.settled_state(), &data);
            match self.follow(&alarm, judged, &contacts).await {
                Ok(true) => self.shared.watch.evaluated(&alarm, end),
                Ok(false) => {}
                Err(Killed) => return Ok(()),
            }
        }
        Ok(())
    }

    /// What was measured of all that the alarms watch: each asked for once. What cannot be read is not there; it is asked for again.
    async fn measured_for(&self, alarms: &[Alarm], now: Timestamp) -> Measured {
        let mut ranges: HashMap<Series, u32> = HashMap::new();
        for alarm in alarms {
            let range = ranges.entry((alarm.watched.id, alarm.metric, alarm.period)).or_default();
            *range = alarm.rule.range().max(*range);
        }
        let mut measured = Measured::new();
        for ((id, metric, period), range) in ranges {
            let end = over(period, now);
            let span = Span { start: end - i64::from(range) * i64::from(period), end };
            match self.ports().metrics.points(id.into(), metric, span, period).await {
                Ok(points) => drop(measured.insert((id, metric, period), points)),
                Err(error) => {
                    tracing::warn!(instance = %id, %metric, %error, "cannot read what was measured");
                }
            }
        }
        measured
    }

    /// Has an alarm say what was judged; where nothing was, what it said before somebody tried it. Says whether that is done.
    async fn follow(
        &self,
        alarm: &Alarm,
        judged: Option<Judgement>,
        contacts: &[ContactMethod],
    ) -> Result<bool, Killed> {
        let judged = judged.unwrap_or_else(|| Judgement {
            state: alarm.settled_state(),
            reason: "The test is over, and nothing else is known.".to_owned(),
        });
        let Judgement { state, reason } = judged;
        if state == alarm.state && alarm.before_test.is_none() {
            return Ok(true);
        }
        let changes = self.changes(alarm, (state, &reason), contacts);
        self.alive("before", "an alarm changes")?;
        let written = self.ports().store.commit(changes).await;
        self.alive("after", "an alarm changed")?;
        match written {
            Ok(()) => {
                tracing::info!(alarm = %alarm.name, instance = %alarm.watched.name, state = state.word(), reason, "an alarm was evaluated");
                self.post_soon();
                Ok(true)
            }
            // It was changed or deleted meanwhile: that is looked at the next time.
            Err(error) if matches!(error.kind, Kind::WrongState | Kind::NotFound) => Ok(false),
            Err(error) => {
                tracing::error!(alarm = %alarm.name, %error, "cannot write what an alarm says; in a minute");
                Ok(false)
            }
        }
    }

    /// What is written when an alarm comes to say that: its state, who is told, and the history of the instance.
    fn changes(
        &self,
        alarm: &Alarm,
        (state, reason): (AlarmState, &str),
        contacts: &[ContactMethod],
    ) -> Vec<Change> {
        let now = self.ports().clock.now();
        let set = |since| {
            Change::Alarm(AlarmChange::SetState {
                was: Box::new(alarm.clone()),
                state,
                reason: reason.to_owned(),
                since,
                before_test: None,
            })
        };
        if state == alarm.state {
            // It is so indeed, as somebody tried it.
            return vec![set(alarm.state_since)];
        }
        let notice = alarm.notice(state, reason, now, self.ports().host.name());
        let letters = alarm.letters(contacts, &notice).into_iter();
        let mut changes = vec![set(now)];
        changes.extend(letters.map(|letter| Change::Alarm(AlarmChange::AddLetter(Box::new(letter)))));
        let daemon = Caller::daemon(&alarm.watched.owner);
        let kind = OperationKind::ChangeAlarmState;
        let told = Operation::accepted(kind, &daemon, &alarm.watched, alarm.name.as_str(), now).succeeded();
        let change = format!("{}: {} -> {}: {reason}", alarm.name, alarm.state.word(), state.word());
        changes.push(Change::PutOperation(Box::new(told.changing(change))));
        changes
    }
}

/// The end of the last period that is over, in seconds since the epoch.
fn over(period: u32, now: Timestamp) -> i64 {
    let period = i64::from(period);
    (now.as_second() - LATE).div_euclid(period) * period
}

/// How long it is until another minute is over.
fn until_next(now: Timestamp) -> Duration {
    const MINUTE: i64 = 60_000;
    // Half a second behind it: a timer that is early does not miss it.
    let passed = (now.as_millisecond() - LATE * 1000 - 500).rem_euclid(MINUTE);
    Duration::from_millis((MINUTE - passed).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).expect("an instant")
    }

    #[test]
    fn a_period_is_over_when_what_is_late_has_come() {
        assert_eq!(over(300, at(900)), 600);
        assert_eq!(over(300, at(914)), 600);
        assert_eq!(over(300, at(915)), 900);
        assert_eq!(over(60, at(975)), 960);
        assert_eq!(over(60, at(-1)), -60, "before the epoch");
    }

    #[test]
    fn it_is_looked_at_once_a_minute() {
        for start in [-7, 0, 14, 15, 16, 59] {
            let next = at(start) + until_next(at(start));
            assert_eq!(next.as_millisecond().rem_euclid(60_000), 15_500, "{start}");
            assert!(until_next(at(start)) <= Duration::from_mins(1));
            assert_eq!(until_next(next), Duration::from_mins(1));
        }
    }
}
