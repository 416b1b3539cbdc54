//! Whether instances are well: what was seen of them, and what follows from that.

use std::time::Duration;

use jiff::Timestamp;

use super::DomainState;

/// How a check ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CheckState {
    /// Nobody has looked yet, nobody could, or there is nothing to look at.
    #[default]
    Unknown,
    /// It is still starting.
    Initializing,
    /// All is well.
    Passed,
    /// It is not.
    Failed,
}

impl CheckState {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Initializing => "initializing",
            Self::Passed => "passed",
            Self::Failed => "failed",
        }
    }
}

/// One check of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusCheck {
    /// How it ended.
    pub state: CheckState,
    /// What failed, or why nobody knows, in words; empty while it passes.
    pub reason: String,
    /// Since when it is so.
    pub since: Option<Timestamp>,
}

impl StatusCheck {
    /// A check that ended so.
    pub fn new(state: CheckState, reason: impl Into<String>) -> Self {
        Self { state, reason: reason.into(), since: None }
    }

    /// Ends like `next` now. Says whether it ended otherwise before.
    pub fn become_like(&mut self, next: Self, now: Timestamp) -> bool {
        let changed = self.state != next.state;
        if changed || self.since.is_none() {
            self.since = Some(now);
        }
        (self.state, self.reason) = (next.state, next.reason);
        changed
    }
}

/// Both checks of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Whether the host runs it.
    pub system: StatusCheck,
    /// Whether the guest answers.
    pub instance: StatusCheck,
}

impl Health {
    /// That of an instance that has just been started.
    pub fn starting(now: Option<Timestamp>) -> Self {
        let check = StatusCheck { state: CheckState::Initializing, reason: String::new(), since: now };
        Self { system: check.clone(), instance: check }
    }

    /// That of an instance that nobody asks, for this reason.
    pub fn unknown(reason: &str) -> Self {
        let check = StatusCheck::new(CheckState::Unknown, reason);
        Self { system: check.clone(), instance: check }
    }

    /// Whether either check failed.
    pub fn has_failed(&self) -> bool {
        self.system.state == CheckState::Failed || self.instance.state == CheckState::Failed
    }
}

/// What was seen of an instance that should run.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The state of its machine; none when the hypervisor does not answer.
    pub state: Option<DomainState>,
    /// Its machine stands still because there was no room for what the guest wrote.
    pub is_halted: bool,
    /// What is wrong with what guests run on, if anything is.
    pub accelerator: Option<&'a str>,
    /// Whether the guest answers; none where it could not be asked.
    pub answers: Option<bool>,
    /// Whether it has answered since it was started.
    pub has_answered: bool,
    /// How long it has been up, as far as this daemon knows.
    pub up: Duration,
    /// How long a guest may take until it answers for the first time.
    pub boot: Duration,
}

/// How the checks end by that.
pub fn judge(seen: &Seen<'_>) -> Health {
    let instance = match seen.state {
        Some(DomainState::Running) | None => of_guest(seen),
        Some(_) => StatusCheck::new(
            CheckState::Unknown,
            "the guest cannot be asked: its machine does not run at the moment",
        ),
    };
    Health { system: of_host(seen), instance }
}

fn of_host(seen: &Seen<'_>) -> StatusCheck {
    let failed = |reason: &str| StatusCheck::new(CheckState::Failed, reason);
    match (seen.state, seen.accelerator) {
        // It comes and goes, and guests run on meanwhile.
        (None, _) => StatusCheck::new(CheckState::Unknown, "the hypervisor does not answer"),
        (Some(DomainState::Paused), _) if seen.is_halted => {
            failed("its machine stands still: the host's disk is full; it goes on when there is room")
        }
        (Some(DomainState::Paused), _) => failed("its machine is paused, and nobody here has paused it"),
        (Some(DomainState::Off | DomainState::Absent), _) => failed("its machine is off, and should run"),
        (Some(DomainState::Running), Some(fault)) => failed(fault),
        (Some(DomainState::Running), None) => StatusCheck::new(CheckState::Passed, ""),
    }
}

fn of_guest(seen: &Seen<'_>) -> StatusCheck {
    match seen.answers {
        Some(true) => StatusCheck::new(CheckState::Passed, ""),
        None => StatusCheck::new(CheckState::Unknown, "the guest could not be asked"),
        Some(false) if seen.has_answered => StatusCheck::new(
            CheckState::Failed,
            "the guest answers neither on its wire nor by its agent any more",
        ),
        Some(false) if seen.up < seen.boot => StatusCheck::new(CheckState::Initializing, ""),
        Some(false) => StatusCheck::new(
            CheckState::Failed,
            format!(
                "the guest has answered neither on its wire nor by its agent for {} minutes, since it was started",
                seen.up.as_secs() / 60
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const WELL: Seen<'static> = Seen {
        state: Some(DomainState::Running),
        is_halted: false,
        accelerator: None,
        answers: Some(true),
        has_answered: true,
        up: Duration::from_mins(10),
        boot: Duration::from_mins(5),
    };

    fn states(seen: &Seen<'_>) -> (CheckState, CheckState) {
        let Health { system, instance } = judge(seen);
        (system.state, instance.state)
    }

    #[rstest]
    #[case::well(WELL, (CheckState::Passed, CheckState::Passed))]
    #[case::boots(
        Seen { answers: Some(false), has_answered: false, up: Duration::from_mins(4), ..WELL },
        (CheckState::Passed, CheckState::Initializing)
    )]
    #[case::never_came(
        Seen { answers: Some(false), has_answered: false, ..WELL },
        (CheckState::Passed, CheckState::Failed)
    )]
    #[case::hangs(
        Seen { answers: Some(false), up: Duration::from_mins(1), ..WELL },
        (CheckState::Passed, CheckState::Failed)
    )]
    #[case::not_asked(Seen { answers: None, ..WELL }, (CheckState::Passed, CheckState::Unknown))]
    #[case::hypervisor_away(Seen { state: None, ..WELL }, (CheckState::Unknown, CheckState::Passed))]
    #[case::off(
        Seen { state: Some(DomainState::Off), answers: Some(false), ..WELL },
        (CheckState::Failed, CheckState::Unknown)
    )]
    #[case::no_room(
        Seen { state: Some(DomainState::Paused), is_halted: true, answers: Some(false), ..WELL },
        (CheckState::Failed, CheckState::Unknown)
    )]
    #[case::no_accelerator(
        Seen { accelerator: Some("it is gone"), ..WELL },
        (CheckState::Failed, CheckState::Passed)
    )]
    fn what_is_seen_decides(#[case] seen: Seen<'static>, #[case] expected: (CheckState, CheckState)) {
        assert_eq!(states(&seen), expected);
    }

    #[test]
    fn a_machine_that_stands_still_says_which_way() {
        let paused = Seen { state: Some(DomainState::Paused), ..WELL };
        assert!(judge(&Seen { is_halted: true, ..paused }).system.reason.contains("disk is full"));
        assert!(judge(&paused).system.reason.contains("paused"));
    }

    #[test]
    fn since_is_when_it_became_so() {
        let (one, two) = (Timestamp::UNIX_EPOCH, Timestamp::from_second(60).expect("an instant"));
        let mut check = StatusCheck::default();
        assert!(check.become_like(StatusCheck::new(CheckState::Failed, "this"), one));
        assert!(!check.become_like(StatusCheck::new(CheckState::Failed, "that"), two));
        assert_eq!((check.reason.as_str(), check.since), ("that", Some(one)));
        assert!(check.become_like(StatusCheck::new(CheckState::Passed, ""), two));
        assert_eq!(check.since, Some(two));
    }

    fn any_state() -> impl Strategy<Value = Option<DomainState>> {
        prop_oneof![
            Just(None),
            Just(Some(DomainState::Absent)),
            Just(Some(DomainState::Off)),
            Just(Some(DomainState::Running)),
            Just(Some(DomainState::Paused)),
        ]
    }

    proptest! {
        /// A guest is said to have failed only where it was asked, did not answer, and had its time.
        #[test]
        fn nobody_is_failed_without_a_reason(
            state in any_state(),
            is_halted in any::<bool>(),
            broken in any::<bool>(),
            answers in any::<Option<bool>>(),
            has_answered in any::<bool>(),
            up in 0_u64..3600,
        ) {
            let up = Duration::from_secs(up);
            let accelerator = broken.then_some("it is gone");
            let seen = Seen { state, is_halted, accelerator, answers, has_answered, up, ..WELL };
            let Health { system, instance } = judge(&seen);
            for check in [&system, &instance] {
                prop_assert_eq!(check.reason.is_empty(), matches!(check.state, CheckState::Passed | CheckState::Initializing));
            }
            if instance.state == CheckState::Failed {
                prop_assert_eq!(answers, Some(false));
                prop_assert!(has_answered || up >= WELL.boot);
                prop_assert!(!matches!(state, Some(DomainState::Paused | DomainState::Off | DomainState::Absent)));
            }
            if system.state == CheckState::Passed {
                prop_assert_eq!((state, broken), (Some(DomainState::Running), false));
            }
        }
    }
}
