//! How long the daemon says that each step took, read from its log.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use sloop_lab::Lab;

/// Milliseconds of each step, by its name.
pub(crate) type Steps = BTreeMap<String, f64>;

/// A place in the daemon's log.
pub(crate) struct Mark(usize);

impl Mark {
    /// The end of the log as it is now.
    pub(crate) fn now(lab: &Lab) -> Self {
        Self(lab.log().len())
    }

    /// The steps that were done since.
    pub(crate) fn steps(&self, lab: &Lab) -> Result<Steps> {
        let log = lab.log();
        let steps: Steps = log.get(self.0..).unwrap_or_default().lines().filter_map(step).collect();
        ensure!(!steps.is_empty(), "sloopd's log says nothing of its steps");
        Ok(steps)
    }
}

/// A step's name and its milliseconds, where the line tells of one.
fn step(line: &str) -> Option<(String, f64)> {
    let (_, fields) = line.split_once(" step done ")?;
    let (_, rest) = fields.split_once("step=\"")?;
    let (name, rest) = rest.split_once('"')?;
    let micros: String = rest.split_once("micros=")?.1.chars().take_while(char::is_ascii_digit).collect();
    Some((name.to_owned(), micros.parse::<f64>().ok()? / 1e3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_and_other_lines_passed_over() {
        let line = r#"2026-01-01T00:00:00Z DEBUG step done step="making the disk" micros=1250"#;
        assert_eq!(step(line), Some(("making the disk".to_owned(), 1.25)));
        assert_eq!(step("2026-01-01T00:00:00Z  INFO operation ended operation=\"CreateInstance\""), None);
    }
}
