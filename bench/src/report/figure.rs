//! One figure, beside the bare tool's.

use std::fmt;

/// What a figure is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// At most so much.
    AtMost(f64),
    /// At least so much.
    AtLeast(f64),
    /// At most so much of the bare tool's.
    RatioAtMost(f64),
    /// At most so much more than the bare tool's.
    OverBaseline(f64),
}

/// One figure.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// Its name.
    pub(crate) name: String,
    /// What was measured; absent when it could not be.
    pub(crate) value: Option<f64>,
    /// What it is counted in.
    pub(crate) unit: &'static str,
    /// The bare tool's.
    pub(crate) baseline: Option<f64>,
    /// What it is to be.
    pub(crate) goal: Option<Goal>,
    /// What to know about it.
    pub(crate) note: String,
}

impl Figure {
    /// A figure that was measured.
    pub(crate) fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value: Some(value), unit, baseline: None, goal: None, note: String::new() }
    }

    /// One that could not be measured, and why.
    pub(crate) fn unmeasured(name: &str, why: &str) -> Self {
        Self { value: None, ..Self::new(name, 0.0, "").note(why) }
    }

    /// The same figure beside the bare tool's.
    #[must_use]
    pub(crate) fn beside(self, baseline: f64) -> Self {
        Self { baseline: Some(baseline), ..self }
    }

    /// The same figure with a goal.
    #[must_use]
    pub(crate) fn goal(self, goal: Goal) -> Self {
        Self { goal: Some(goal), ..self }
    }

    /// The same figure with something to know about it.
    #[must_use]
    pub(crate) fn note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    /// How much of the bare tool's, where that is anything.
    pub(crate) fn ratio(&self) -> Option<f64> {
        let ratio = self.value.zip(self.baseline).map(|(value, baseline)| value / baseline);
        ratio.filter(|ratio| ratio.is_finite())
    }

    /// Whether the goal is reached, where there is one and it can be told.
    pub(crate) fn pass(&self) -> Option<bool> {
        let value = self.value?;
        Some(match self.goal? {
            Goal::AtMost(most) => value <= most,
            Goal::AtLeast(least) => value >= least,
            Goal::RatioAtMost(most) => self.ratio()? <= most,
            Goal::OverBaseline(more) => value <= self.baseline? + more,
        })
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(out, "≤ {most}"),
            Self::AtLeast(least) => write!(out, "≥ {least}"),
            Self::RatioAtMost(most) => write!(out, "≤ {most}×"),
            Self::OverBaseline(more) => write!(out, "≤ bare + {more}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_judged() {
        let figure = Figure::new("a", 60.0, "ms").beside(80.0);
        assert_eq!(figure.pass(), None);
        for (goal, pass) in [
            (Goal::AtMost(60.0), true),
            (Goal::AtMost(59.9), false),
            (Goal::AtLeast(60.0), true),
            (Goal::AtLeast(60.1), false),
            (Goal::RatioAtMost(0.75), true),
            (Goal::RatioAtMost(0.74), false),
            (Goal::OverBaseline(-20.0), true),
            (Goal::OverBaseline(-21.0), false),
        ] {
            assert_eq!(figure.clone().goal(goal).pass(), Some(pass), "{goal}");
        }
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        assert_eq!(Figure::unmeasured("a", "why").goal(Goal::AtMost(1.0)).pass(), None);
        assert_eq!(Figure::new("a", 1.0, "s").goal(Goal::RatioAtMost(1.0)).pass(), None);
        assert_eq!(Figure::new("a", 1.0, "s").beside(0.0).ratio(), None, "so much more cannot be said");
    }
}
