//! What many measurements come to.

use std::time::Duration;

/// Measurements in order of size.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample(Vec<f64>);

impl Sample {
    /// The value that half of the measurements do not exceed.
    pub(crate) fn p50(&self) -> f64 {
        self.percentile(50)
    }

    /// The value that 99 % of the measurements do not exceed; the greatest of fewer than a hundred.
    pub(crate) fn p99(&self) -> f64 {
        self.percentile(99)
    }

    /// The greatest.
    pub(crate) fn max(&self) -> f64 {
        self.percentile(100)
    }

    /// The smallest.
    pub(crate) fn min(&self) -> f64 {
        self.0.first().copied().unwrap_or(f64::NAN)
    }

    /// By nearest rank: always a value that was measured.
    fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or(f64::NAN)
    }
}

impl FromIterator<f64> for Sample {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Self(values)
    }
}

/// A time in milliseconds.
pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(values: &[f64]) -> Sample {
        values.iter().copied().collect()
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let hundred: Sample = (1..=100).rev().map(f64::from).collect();
        assert_eq!((hundred.p50(), hundred.p99(), hundred.max()), (50.0, 99.0, 100.0));
        let three = sample(&[9.0, 1.0, 5.0]);
        assert_eq!((three.min(), three.p50(), three.p99()), (1.0, 5.0, 9.0));
        assert!((sample(&[7.0]).p50() - 7.0).abs() < f64::EPSILON);
    }

    #[test]
    fn of_nothing_there_is_no_value() {
        assert!(sample(&[]).p50().is_nan() && sample(&[]).min().is_nan());
    }

    #[test]
    fn times_are_milliseconds() {
        assert!((millis(Duration::from_micros(1500)) - 1.5).abs() < 1e-9);
    }
}
