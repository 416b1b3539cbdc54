//! Thresholds that are watched: what an alarm is, what is said of it, and what it tells.

mod rule;
mod verdict;

use jiff::Timestamp;

pub use self::{
    rule::{AlarmRule, Comparison, MissingData},
    verdict::{Datum, Judgement, data, judge},
};
use super::{
    AlarmId, AlarmNotice, AlarmState, Channel, ContactMethod, Error, InstanceId, Letter, Metric, Notice,
    Owner, ResourceName, Result, Tags,
};

/// A threshold that is watched.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// Its identity.
    pub id: AlarmId,
    /// Its name.
    pub name: ResourceName,
    /// Whose it is: their contact methods are told.
    pub owner: Owner,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it was last said what it watches.
    pub put_at: Timestamp,
    /// The instance that it watches.
    pub watched: Watched,
    /// What it watches of it.
    pub metric: Metric,
    /// Length of its periods, in seconds.
    pub period: u32,
    /// When it says what.
    pub rule: AlarmRule,
    /// Who is told.
    pub telling: Telling,
    /// What it says.
    pub state: AlarmState,
    /// Why, in a sentence.
    pub reason: String,
    /// Since when.
    pub state_since: Timestamp,
    /// What it said before somebody tried it; none where nobody does.
    pub before_test: Option<AlarmState>,
    /// Labels.
    pub tags: Tags,
}

/// An instance that an alarm watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Its identity.
    pub id: InstanceId,
    /// Its name.
    pub name: ResourceName,
    /// Whose it is.
    pub owner: Owner,
}

/// Who is told when an alarm changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    /// By which ways, each once.
    pub channels: Vec<Channel>,
    /// When it comes to say one of these, each once.
    pub triggers: Vec<AlarmState>,
    /// Whether anybody is.
    pub enabled: bool,
}

impl Telling {
    /// What is said of it, by Lightsail's rule: who is told at all is told of `ALARM`, and of nothing else unless it is said.
    pub fn new(channels: &[Channel], triggers: Vec<AlarmState>, enabled: bool) -> Result<Self> {
        let triggers = if triggers.is_empty() { vec![AlarmState::Alarm] } else { triggers };
        if !triggers.contains(&AlarmState::Alarm) {
            let message = "ALARM must be among the states that people are told of";
            return Err(Error::invalid("notificationTriggers", message)
                .tip("add ALARM, or have nobody told: notificationEnabled false"));
        }
        let channels = Channel::ALL.iter().filter(|one| channels.contains(one)).copied().collect();
        let triggers = AlarmState::ALL.iter().filter(|one| triggers.contains(one)).copied().collect();
        Ok(Self { channels, triggers, enabled })
    }

    /// In words.
    fn sentence(&self) -> String {
        if !self.enabled || self.channels.is_empty() {
            return "nobody is told".to_owned();
        }
        let channels: Vec<_> = self.channels.iter().map(|one| one.word()).collect();
        let triggers: Vec<_> = self.triggers.iter().map(|one| one.word()).collect();
        format!("{} told of {}", channels.join(", "), triggers.join(", "))
    }
}

impl Alarm {
    /// What is said of it, in words: what it watches, when it goes off, and who is told.
    pub fn sentence(&self) -> String {
        let (rule, minutes) = (&self.rule, self.period / 60);
        let each = if minutes == 1 { "a minute".to_owned() } else { format!("{minutes} minutes") };
        format!(
            "{} of {} {} {:?} in {} of {} periods of {each}; {}",
            self.metric,
            self.watched.name,
            rule.comparison.sign(),
            rule.threshold,
            rule.datapoints,
            rule.periods,
            self.telling.sentence()
        )
    }

    /// What it says, whoever tries it.
    pub fn settled_state(&self) -> AlarmState {
        self.before_test.unwrap_or(self.state)
    }

    /// What is told when it comes to say that.
    pub fn notice(&self, now: AlarmState, reason: &str, at: Timestamp, host: String) -> AlarmNotice {
        AlarmNotice {
            alarm: self.name.to_string(),
            instance: self.watched.name.to_string(),
            metric: self.metric,
            before: self.state,
            now,
            reason: reason.to_owned(),
            at,
            test: false,
            host,
        }
    }

    /// To whom that is told: one letter for each of its owner's contact methods that it is told by.
    pub fn letters(&self, contacts: &[ContactMethod], notice: &AlarmNotice) -> Vec<Letter> {
        if !self.telling.enabled || !self.telling.triggers.contains(&notice.now) {
            return Vec::new();
        }
        let told = contacts.iter().filter(|contact| {
            contact.owner == self.owner
                && contact.is_valid
                && self.telling.channels.contains(&contact.endpoint.channel)
        });
        told.map(|contact| Letter::new(contact, Some(self.id), Notice::Alarm(notice.clone()), notice.at))
            .collect()
    }
}

#[cfg(test)]
mod tests;
