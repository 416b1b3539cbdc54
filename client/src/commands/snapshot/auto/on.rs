//! `sloop snapshot auto on`.

use clap::Args;
use jiff::civil::Time;
use sloop_proto::v1::{AddOnRequest, AddOnType, AutoSnapshotAddOnRequest, EnableAddOnRequest};

use crate::commands::work::told;
use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::text;
use crate::wait::End;

/// Arguments of `on`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop snapshot auto on web
  sloop snapshot auto on data --at 23:00

Where they are on already, the time becomes another.")]
pub(crate) struct OnArgs {
    /// Name of the instance or the disk
    #[arg(add = complete::instances_or_disks())]
    name: String,
    /// Time of the day, by UTC
    #[arg(long, value_name = "HH:MM", default_value = "06:00", value_parser = time)]
    at: String,
    #[command(flatten)]
    end: End,
}

/// Has a snapshot made every day.
pub(super) async fn run(session: &Session, output: &Output, args: OnArgs) -> Outcome {
    let (name, at) = (text::safe(&args.name), text::safe(&args.at));
    let add_on = AddOnRequest {
        add_on_type: AddOnType::AutoSnapshot.into(),
        auto_snapshot_add_on_request: Some(AutoSnapshotAddOnRequest { snapshot_time_of_day: Some(args.at) }),
        ..AddOnRequest::default()
    };
    let request = EnableAddOnRequest { resource_name: args.name, add_on_request: Some(add_on) };
    let mut result = session.add_ons().enable_add_on(request).await?.into_inner();
    args.end.finish(session, output, &mut result.operations).await?;
    output.answer("EnableAddOnResult", &result, || {
        let done = format!(
            "{name}: automatic snapshots daily at {at} UTC\n  list: sloop snapshot auto list {name}\n"
        );
        told(&result.operations, &done, &format!("{name}: automatic snapshots are being turned on"))
    })?;
    Ok(0)
}

/// Parses a time of the day, such as `06:00`.
fn time(text: &str) -> Result<String, String> {
    let time = Time::strptime("%H:%M", text).map_err(|_| "write it like 06:00".to_owned())?;
    Ok(time.strftime("%H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_hours_and_minutes() {
        assert_eq!(time("00:00").as_deref(), Ok("00:00"));
        assert_eq!(time("23:59").as_deref(), Ok("23:59"));
        for text in ["", "noon", "6", "24:00", "06:60", "06:00:00", "06:00Z"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
