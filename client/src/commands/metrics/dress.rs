//! Values as people read them, and the round numbers that axes end at.

use crate::text;

const KIB: f64 = 1024.0;
const BYTES: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
const COUNTS: [&str; 5] = ["", "k", "M", "G", "T"];
/// Where axes of bytes end, in whichever unit.
const BINARY: [f64; 21] = [
    1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0, 96.0, 128.0, 192.0, 256.0, 384.0,
    512.0, 768.0, 1024.0,
];
/// Where all other axes end, in whichever power of ten.
const DECIMAL: [f64; 5] = [1.0, 2.0, 2.5, 5.0, 10.0];

/// What a value is, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dress {
    /// Hundredths of a whole.
    Percent,
    /// Bytes.
    Bytes,
    /// Bytes in a second.
    ByteRate,
    /// Things.
    Count,
    /// Things in a second.
    CountRate,
    /// Seconds of waiting in a second.
    WaitRate,
    /// A time, in seconds.
    Time,
    /// Whether a check failed.
    Check,
}

impl Dress {
    /// The value, in a unit that makes it short.
    pub(crate) fn show(self, value: f64) -> String {
        // Nothing that is measured is less than nothing.
        let value = if value.is_finite() { value.max(0.0) } else { 0.0 };
        match self {
            Self::Percent => format!("{} %", short(value)),
            Self::Bytes => scaled(value, KIB, &BYTES),
            Self::ByteRate => format!("{}/s", scaled(value, KIB, &BYTES)),
            Self::Count => counted(value),
            Self::CountRate => format!("{}/s", counted(value)),
            Self::WaitRate => format!("{} ms/s", short(value * 1000.0)),
            Self::Time => text::span(whole(value)),
            Self::Check if value > 0.0 => "failed".to_owned(),
            Self::Check => "passed".to_owned(),
        }
    }

    /// Where an axis ends that begins at nothing and has room for the value.
    pub(crate) fn top(self, greatest: f64) -> f64 {
        let least = match self {
            Self::Percent | Self::Count | Self::CountRate | Self::Check => 1.0,
            Self::Bytes | Self::ByteRate => KIB,
            Self::WaitRate => 0.001,
            Self::Time => 60.0,
        };
        let greatest = if greatest.is_finite() { greatest.max(least) } else { least };
        match self {
            Self::Bytes | Self::ByteRate => binary(greatest),
            _ => decimal(greatest),
        }
    }
}

/// Bytes in their largest unit.
pub(crate) fn bytes(count: f64) -> String {
    Dress::Bytes.show(count)
}

fn counted(value: f64) -> String {
    scaled(value, 1000.0, &COUNTS).replace(' ', "")
}

/// The value in the largest unit that it is at least one of.
fn scaled(value: f64, step: f64, units: &[&str]) -> String {
    let (mut value, mut left) = (value, units);
    while let [_, larger @ ..] = left
        && !larger.is_empty()
        && value >= step - 0.5
    {
        (value, left) = (value / step, larger);
    }
    format!("{} {}", short(value), left.first().unwrap_or(&""))
}

/// Two digits, or as many as there are before the point. What is beyond all units is no number to read.
fn short(value: f64) -> String {
    let text = if value < 9.95 {
        format!("{value:.1}")
    } else if value < 1e6 {
        format!("{value:.0}")
    } else {
        format!("{value:.0e}")
    };
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A cast that is at its end stays there, and nothing is negative.
fn whole(value: f64) -> u64 {
    value.round() as u64
}

fn binary(greatest: f64) -> f64 {
    let mut unit = 1.0;
    while greatest > unit * KIB && unit < KIB.powi(6) {
        unit *= KIB;
    }
    first_above(&BINARY, unit, greatest)
}

fn decimal(greatest: f64) -> f64 {
    first_above(&DECIMAL, 10f64.powf(greatest.log10().floor()), greatest)
}

fn first_above(steps: &[f64], unit: f64, greatest: f64) -> f64 {
    let mut ends = steps.iter().map(|step| step * unit);
    ends.find(|end| *end >= greatest && end.is_finite()).unwrap_or(greatest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_short_and_have_their_unit() {
        let cases = [
            (Dress::Percent, 0.0, "0 %"),
            (Dress::Percent, 0.04, "0 %"),
            (Dress::Percent, 7.24, "7.2 %"),
            (Dress::Percent, 99.6, "100 %"),
            (Dress::Bytes, 0.0, "0 B"),
            (Dress::Bytes, 512.0, "512 B"),
            (Dress::Bytes, 1023.6, "1 KiB"),
            (Dress::Bytes, 1536.0, "1.5 KiB"),
            (Dress::Bytes, 209_715_200.0, "200 MiB"),
            (Dress::Bytes, 1e30, "9e11 EiB"),
            (Dress::Bytes, 1e300, "9e281 EiB"),
            (Dress::ByteRate, 1_363_148.8, "1.3 MiB/s"),
            (Dress::Count, 3.0, "3"),
            (Dress::Count, 12_345.0, "12k"),
            (Dress::CountRate, 1500.0, "1.5k/s"),
            (Dress::WaitRate, 0.0123, "12 ms/s"),
            (Dress::Time, 43_200.0, "12h"),
            (Dress::Time, 1e300, "213503982334601d"),
            (Dress::Check, 0.0, "passed"),
            (Dress::Check, 1.0, "failed"),
            (Dress::Count, f64::NAN, "0"),
            (Dress::Count, f64::INFINITY, "0"),
            (Dress::Bytes, -5.0, "0 B"),
        ];
        for (dress, value, wanted) in cases {
            assert_eq!(dress.show(value), wanted, "{dress:?} {value}");
        }
    }

    #[test]
    fn axes_end_at_round_numbers() {
        let cases = [
            (Dress::Percent, 0.0, "1 %"),
            (Dress::Percent, 3.0, "5 %"),
            (Dress::Percent, 51.0, "100 %"),
            (Dress::Percent, 100.0, "100 %"),
            (Dress::Bytes, 0.0, "1 KiB"),
            (Dress::Bytes, 1025.0, "1.5 KiB"),
            (Dress::ByteRate, 1_000_000.0, "1 MiB/s"),
            (Dress::Bytes, 1_048_577.0, "1.5 MiB"),
            (Dress::Count, 21.0, "25"),
            (Dress::CountRate, 1000.0, "1k/s"),
            (Dress::Check, 1.0, "failed"),
            (Dress::Time, 3601.0, "83m"),
            (Dress::Count, f64::NAN, "1"),
        ];
        for (dress, greatest, wanted) in cases {
            assert_eq!(dress.show(dress.top(greatest)), wanted, "{dress:?} {greatest}");
        }
    }

    #[test]
    fn there_is_always_room_for_the_greatest() {
        let dresses = [Dress::Percent, Dress::Bytes, Dress::CountRate, Dress::WaitRate, Dress::Time];
        for dress in dresses {
            for power in -320..=308 {
                for digit in [1.0, 1.1, 3.3, 9.9] {
                    let value = digit * 10f64.powi(power);
                    let top = dress.top(value);
                    assert!(
                        top.is_finite() && top > 0.0 && (top >= value || value.is_infinite()),
                        "{dress:?} {value}"
                    );
                    assert!(dress.show(top).len() < 24, "{dress:?} {value}");
                }
            }
        }
    }
}
