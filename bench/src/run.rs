//! What this run is to measure, and how thoroughly.

use crate::figures::Bench;

/// What was asked for on the command line.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// The beginning of the names of the figures wanted; all when absent.
    pub(crate) only: Option<String>,
    /// Fewer repetitions.
    pub(crate) quick: bool,
}

impl Run {
    /// Whether the figure of that name is wanted.
    pub(crate) fn names(&self, figure: &str) -> bool {
        self.only.as_ref().is_none_or(|only| figure.starts_with(only.as_str()))
    }

    /// Whether any figure of a bench is wanted.
    pub(crate) fn wants(&self, bench: &Bench) -> bool {
        let skipped = self.quick && bench.slow && self.only.is_none();
        !skipped && bench.figures.iter().any(|figure| self.names(figure))
    }

    /// How often to repeat: thoroughly, or quickly.
    pub(crate) fn times(&self, thorough: usize, quick: usize) -> usize {
        if self.quick { quick } else { thorough }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW: Bench = Bench { figures: &["boot_a", "boot_b"], slow: true, measure: |_| Ok(Vec::new()) };

    #[test]
    fn a_quick_run_leaves_slow_figures_out_unless_they_are_named() {
        assert!(Run { only: None, quick: false }.wants(&SLOW));
        assert!(!Run { only: None, quick: true }.wants(&SLOW));
        assert!(Run { only: Some("boot_b".into()), quick: true }.wants(&SLOW));
        assert!(!Run { only: Some("create".into()), quick: false }.wants(&SLOW));
    }
}
