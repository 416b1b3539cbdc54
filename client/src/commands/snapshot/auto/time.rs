//! The times of the day that automatic snapshots are made at.

use jiff::civil::Time;
use sloop_proto::v1::{AddOnRequest, AddOnType, AutoSnapshotAddOnRequest};

/// Where no other time is said.
pub(in crate::commands) const DEFAULT: &str = "06:00";

/// Parses a time of the day, such as `06:00`.
pub(in crate::commands) fn parse(text: &str) -> Result<String, String> {
    let time = Time::strptime("%H:%M", text).map_err(|_| "write it like 06:00".to_owned())?;
    Ok(time.strftime("%H:%M").to_string())
}

/// Asks for automatic snapshots at that time.
pub(in crate::commands) fn add_on(time: String) -> AddOnRequest {
    AddOnRequest {
        add_on_type: AddOnType::AutoSnapshot.into(),
        auto_snapshot_add_on_request: Some(AutoSnapshotAddOnRequest { snapshot_time_of_day: Some(time) }),
        ..AddOnRequest::default()
    }
}

/// What is asked for with something new, if a time is given.
pub(in crate::commands) fn add_ons(time: Option<String>) -> Vec<AddOnRequest> {
    time.map(add_on).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_hours_and_minutes() {
        assert_eq!(parse("00:00").as_deref(), Ok("00:00"));
        assert_eq!(parse("23:59").as_deref(), Ok("23:59"));
        for text in ["", "noon", "6", "24:00", "06:60", "06:00:00", "06:00Z"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
