//! How far back, and how long a point is: times such as 90s, 6h, 2w or 15mo.

/// Nothing is older.
const LONGEST: u32 = 10 * YEAR;
const DAY: u32 = 86_400;
const YEAR: u32 = 31_557_600;

/// Parses such a time, in seconds. Several parts are added up: 1h30m.
pub(crate) fn seconds(text: &str) -> Result<u32, String> {
    let hint = || "write it like 90s, 30m, 6h, 7d, 2w or 15mo".to_owned();
    let (mut rest, mut sum) = (text.trim(), 0u32);
    while !rest.is_empty() {
        let (part, after) = part(rest).ok_or_else(hint)?;
        sum = sum.saturating_add(part);
        rest = after;
    }
    match sum {
        0 => Err(hint()),
        1..=LONGEST => Ok(sum),
        _ => Err("that is longer than ten years".to_owned()),
    }
}

/// The first number with its unit, and what comes behind. What is too much to be counted is as much as can be.
fn part(text: &str) -> Option<(u32, &str)> {
    let (number, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let (unit, rest) = rest.split_at(rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len()));
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => DAY,
        "w" => 7 * DAY,
        "mo" => YEAR / 12,
        "y" => YEAR,
        _ => return None,
    };
    if number.is_empty() {
        return None;
    }
    Some((number.parse::<u32>().unwrap_or(u32::MAX).saturating_mul(unit), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_numbers_with_units() {
        let cases = [
            ("90s", 90),
            ("30m", 1800),
            ("6h", 21_600),
            ("7d", 604_800),
            ("2w", 1_209_600),
            ("15mo", 39_447_000),
            ("1y", YEAR),
            ("1h30m", 5400),
            ("1d12h", 129_600),
            (" 5m ", 300),
            ("007s", 7),
        ];
        for (text, wanted) in cases {
            assert_eq!(seconds(text), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused_with_a_hint() {
        let wrong = [
            "", " ", "5", "h", "m5", "-5m", "+5m", "5 m", "5M", "5min", "1.5h", "5m-", "5mé", "é", "0s",
            "0d0h", "5µ",
        ];
        for text in wrong {
            let why = seconds(text).unwrap_err();
            assert!(why.contains("90s, 30m, 6h"), "{text:?}: {why}");
        }
        for text in ["11y", "99999999999999999999s", "4294967295y", "10y1s"] {
            assert_eq!(seconds(text), Err("that is longer than ten years".to_owned()), "{text}");
        }
        assert_eq!(seconds("10y"), Ok(LONGEST));
    }
}
