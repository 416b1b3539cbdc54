//! `sloop snapshot auto on`.

use clap::Args;
use sloop_proto::v1::EnableAddOnRequest;

use super::time;
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
    #[arg(long, value_name = "HH:MM", default_value = time::DEFAULT, value_parser = time::parse)]
    at: String,
    #[command(flatten)]
    end: End,
}

/// Has a snapshot made every day.
pub(super) async fn run(session: &Session, output: &Output, args: OnArgs) -> Outcome {
    let (name, at) = (text::safe(&args.name), text::safe(&args.at));
    let request =
        EnableAddOnRequest { resource_name: args.name, add_on_request: Some(time::add_on(args.at)) };
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
