//! The account of one instance.

use std::time::Duration;

use crate::model::{Burst, BurstRecord, CpuShare, Error, InstanceId, Metric, NO_CPU_CONTROLLER, Sample};

/// What an instance has saved, and what it is held to.
#[derive(Debug)]
pub(super) struct Account {
    /// The instance's name, for people; empty until its plan is read.
    pub(super) name: String,
    pub(super) plan: Plan,
    /// None until it begins with what its plan gives.
    balance: Option<f64>,
    /// Whether it is to be held to its baseline.
    is_held: bool,
    stands: Stands,
    /// The number of the call that is under way for it.
    call: Option<u64>,
    /// Whether its record says that its processors may be held.
    is_recorded: bool,
    /// The last call failed, and the log says so.
    has_failed: bool,
}

/// What is known of an instance's plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Plan {
    /// Nothing: it is new, or has another plan now.
    Unread,
    /// It has no baseline.
    Free,
    /// It has these rules.
    Bound(Burst),
}

/// What its processors are held to, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    /// This share, or nothing.
    Known(Option<CpuShare>),
    /// A call has failed, or it was started meanwhile, or a daemon that ended had held it.
    Unknown,
    /// This host holds nobody. It may hold those that are started from now on.
    Impossible,
}

/// A call to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) number: u64,
    pub(super) id: InstanceId,
    /// What it is to be held to.
    pub(super) share: Option<CpuShare>,
}

impl Account {
    /// One that begins.
    pub(super) fn new() -> Self {
        Self {
            name: String::new(),
            plan: Plan::Unread,
            balance: None,
            is_held: false,
            stands: Stands::Known(None),
            call: None,
            is_recorded: false,
            has_failed: false,
        }
    }

    /// One as it was written down. While nobody looked its guest is taken to have used its baseline: it has neither gained nor lost.
    pub(super) fn kept(record: &BurstRecord) -> Self {
        let stands = if record.held { Stands::Unknown } else { Stands::Known(None) };
        Self {
            balance: Some(record.balance),
            is_held: record.held,
            is_recorded: record.held,
            stands,
            ..Self::new()
        }
    }

    /// One that has nothing to do any more but to let its instance go.
    pub(super) fn closed(record: &BurstRecord) -> Self {
        Self { plan: Plan::Free, is_held: false, ..Self::kept(record) }
    }

    /// Books what was used, and gives what is to be measured.
    pub(super) fn book(&mut self, id: InstanceId, elapsed: Duration, used: Duration) -> Option<[Sample; 2]> {
        let burst = match self.plan {
            Plan::Unread => return None,
            Plan::Free => {
                self.is_held = false;
                return None;
            }
            Plan::Bound(burst) => burst,
        };
        let before = self.balance.unwrap_or_else(|| burst.launch());
        let balance = burst.after(before, elapsed, used);
        let is_held = burst.quota(balance, self.is_held).is_some();
        if is_held && !self.is_held {
            tracing::info!(instance = self.name, baseline = %burst.baseline(), "it has used up its burst capacity: each of its processors is held to the baseline");
        } else if self.is_held && !is_held {
            tracing::info!(instance = self.name, "it has burst capacity again: it is let go");
        }
        (self.balance, self.is_held) = (Some(balance), is_held);
        let sample = |metric, value| Sample { subject: id.into(), metric, value };
        Some([
            sample(Metric::BurstCapacityTime, burst.time_left(balance).as_secs_f64()),
            sample(Metric::BurstCapacityPercentage, burst.percentage(balance)),
        ])
    }

    /// It was started anew, or may have been: nothing is held any more, and a call that was under way may still come.
    pub(super) fn restarted(&mut self) {
        let is_certain = self.call.take().is_none() && !self.is_held;
        self.stands = if is_certain { Stands::Known(None) } else { Stands::Unknown };
    }

    /// Whether it is to be held and its record does not say so yet.
    pub(super) fn wants_record(&self) -> bool {
        self.wanted().is_some() && !self.is_recorded
    }

    /// The call that is to be made now, with that number, if there is one. It is taken for made.
    pub(super) fn due(&mut self, id: InstanceId, number: u64) -> Option<Call> {
        let share = self.wanted();
        let is_so = match self.stands {
            Stands::Known(stands) => stands == share,
            Stands::Unknown => false,
            Stands::Impossible => true,
        };
        if is_so || self.call.is_some() || self.plan == Plan::Unread || self.wants_record() {
            return None;
        }
        self.call = Some(number);
        Some(Call { number, id, share })
    }

    /// A call has come back, with what went wrong. Says whether it is news that this host holds nobody.
    pub(super) fn answered(&mut self, call: Call, fault: Option<&Error>) -> bool {
        if self.call != Some(call.number) {
            // Made before the instance was started anew; it may have come after that.
            self.stands = Stands::Unknown;
            return false;
        }
        self.call = None;
        match fault {
            None => (self.stands, self.has_failed) = (Stands::Known(call.share), false),
            Some(fault) if fault.code == NO_CPU_CONTROLLER => {
                (self.stands, self.has_failed) = (Stands::Impossible, false);
                return call.share.is_some();
            }
            Some(fault) => self.complain(fault),
        }
        false
    }

    /// Once, until it works again.
    fn complain(&mut self, error: &Error) {
        self.stands = Stands::Unknown;
        if !std::mem::replace(&mut self.has_failed, true) {
            tracing::warn!(instance = self.name, %error, "its processors cannot be held to their share, or let go; it is tried every few seconds");
        }
    }

    /// What is to be written down; nothing of one that has no rules.
    pub(super) fn record(&self, id: InstanceId) -> Option<BurstRecord> {
        Some(BurstRecord { id, balance: self.balance?, held: self.may_be_held() })
    }

    /// That is written down.
    pub(super) fn recorded(&mut self, record: &BurstRecord) {
        self.is_recorded = record.held;
    }

    /// Whether its processors are held, or are to be, or nobody knows.
    pub(super) fn may_be_held(&self) -> bool {
        let is_let_go = matches!(self.stands, Stands::Known(None) | Stands::Impossible);
        self.is_held || !is_let_go || self.call.is_some()
    }

    /// What its processors are held to now.
    pub(super) fn held_to(&self) -> Option<CpuShare> {
        match self.stands {
            Stands::Known(share) => share,
            Stands::Unknown | Stands::Impossible => None,
        }
    }

    fn wanted(&self) -> Option<CpuShare> {
        match self.plan {
            Plan::Bound(burst) if self.is_held => Some(burst.baseline()),
            _ => None,
        }
    }
}
