//! How far a started instance has come: running, reachable and ready are separate facts.

/// What is known of the first boot, which runs user data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FirstBoot {
    /// The guest has not reported yet.
    #[default]
    Pending,
    /// The guest reported that all went well.
    Done,
    /// The guest reported faults.
    Failed(Vec<String>),
}

/// What a guest says at the end of its first boot. It is the guest's word: bounded here, and shown, never acted upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstBootReport {
    /// What went wrong; empty when nothing did.
    pub errors: Vec<String>,
}

impl FirstBootReport {
    /// Keeps at most 20 entries of 500 characters, with control characters escaped.
    pub fn bounded(errors: Vec<String>) -> Self {
        let tame = |text: String| {
            let plain = |c: char| {
                if c.is_control() { c.escape_default().to_string() } else { c.to_string() }
            };
            text.chars().take(500).map(plain).collect()
        };
        Self { errors: errors.into_iter().take(20).map(tame).collect() }
    }

    /// What follows from the report.
    pub fn outcome(self) -> FirstBoot {
        if self.errors.is_empty() { FirstBoot::Done } else { FirstBoot::Failed(self.errors) }
    }
}

/// What was seen of an instance since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// The guest asked for its address.
    pub network_up: bool,
    /// Its SSH server sent its banner.
    pub ssh_reachable: bool,
}
