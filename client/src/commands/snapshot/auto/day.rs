//! The days that automatic snapshots are told apart by.

use jiff::civil::Date;

/// Parses a day, such as `2026-11-23`.
pub(in crate::commands) fn parse(text: &str) -> Result<String, String> {
    let day = Date::strptime("%Y-%m-%d", text).map_err(|_| "write it like 2026-11-23".to_owned())?;
    Ok(day.strftime("%Y-%m-%d").to_string())
}

/// Whether the latest automatic snapshot is asked for: one of a source, and no day said.
pub(in crate::commands) fn latest(source: Option<&str>, day: Option<&str>) -> Option<bool> {
    (source.is_some() && day.is_none()).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(parse("2026-11-23").as_deref(), Ok("2026-11-23"));
        for text in ["", "yesterday", "2026-11", "2026-11-31", "2026-11-23T10:15", "23.11.2026"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_latest_is_that_of_a_source_without_a_day() {
        assert_eq!(latest(Some("web"), None), Some(true));
        assert_eq!(latest(Some("web"), Some("2026-11-23")), None);
        assert_eq!(latest(None, None), None);
    }
}
