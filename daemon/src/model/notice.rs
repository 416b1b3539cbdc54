//! What is told to people when an alarm changes, and how they are reached.

use std::{fmt, str::FromStr};

use jiff::Timestamp;

use super::Metric;

/// By which way somebody is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// A message by SMTP.
    Email,
    /// An HTTP request with a JSON body. Beyond Lightsail.
    Webhook,
    /// A program that the host's administrator allows. Beyond Lightsail.
    Command,
}

impl Channel {
    /// Every one of them.
    pub const ALL: &'static [Self] = &[Self::Email, Self::Webhook, Self::Command];

    /// Its word: Lightsail's, where Lightsail has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Email => "Email",
            Self::Webhook => "Webhook",
            Self::Command => "Command",
        }
    }
}

impl FromStr for Channel {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().copied().find(|channel| channel.word() == word);
        known.ok_or_else(|| format!("no such protocol: {word:?}"))
    }
}

/// By which way, and where: an e-mail address, a URL, or the name of a command in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// By which way.
    pub channel: Channel,
    /// Where.
    pub address: String,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.channel.word(), self.address)
    }
}

/// What an alarm says of its metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AlarmState {
    /// The metric is within its threshold.
    Ok,
    /// It is outside.
    Alarm,
    /// Too little is known of it.
    InsufficientData,
}

impl AlarmState {
    /// Every one of them.
    pub const ALL: &'static [Self] = &[Self::Ok, Self::Alarm, Self::InsufficientData];

    /// Lightsail's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

impl FromStr for AlarmState {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().copied().find(|state| state.word() == word);
        known.ok_or_else(|| format!("no such state of an alarm: {word:?}"))
    }
}

/// What is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// An alarm changed, or somebody tries it.
    Alarm(AlarmNotice),
    /// Whoever reads this can say that they want to be told: with this code.
    Confirm {
        /// The code.
        code: String,
        /// On which host: its name.
        host: String,
    },
}

/// That an alarm changed, or that somebody tries it.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmNotice {
    /// Its name.
    pub alarm: String,
    /// The instance that it watches.
    pub instance: String,
    /// The metric that it watches.
    pub metric: Metric,
    /// What it said before.
    pub before: AlarmState,
    /// What it says now.
    pub now: AlarmState,
    /// Why, in a sentence.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
    /// Whether it is only tried.
    pub test: bool,
    /// On which host: its name.
    pub host: String,
}
