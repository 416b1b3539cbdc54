//! `sloop top`: what all instances do now.

mod row;

use std::time::{Duration, SystemTime};

use clap::{Args, ValueEnum};
use sloop_proto::v1::{GetLatestMetricsRequest, GetLatestMetricsResult};

use self::row::Row;
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::{Output, table};
use crate::screen::{self, Size};

/// Samples come every ten seconds; so none is seen more than half of that too late.
const EVERY: Duration = Duration::from_secs(5);
const HEADERS: [&str; 10] =
    ["NAME", "STATE", "CPU%", "MEMORY", "NET IN/s", "NET OUT/s", "DISK R/s", "DISK W/s", "CHECKS", "BURST"];

/// Arguments of `top`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop top                    refreshed every five seconds, until q or Ctrl-C
  sloop top --sort memory      who takes most of the host's memory first
  sloop top --once             print it and end, as it is done where there is no terminal
  sloop top -o json            the same for a program

CPU% is of the plan's virtual processors, MEMORY what the instance takes of the host and what its plan has.
CHECKS are the status checks, and BURST is what is saved of what can be saved. What is not known is a dash.")]
pub(crate) struct TopArgs {
    /// Print it once and end
    #[arg(long)]
    once: bool,
    /// What comes first
    #[arg(long, value_enum, value_name = "ORDER", default_value = "cpu")]
    sort: Sort,
}

/// What comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Sort {
    /// Who uses most of its processors
    Cpu,
    /// Who takes most memory
    Memory,
    /// Who sends and receives most
    Network,
    /// Who reads and writes most
    Disk,
    /// By name
    Name,
}

/// Shows it, again and again where somebody looks.
pub(crate) async fn run(session: &Session, output: &Output, args: &TopArgs) -> Outcome {
    if args.once || output.is_json() || !screen::is_possible() {
        let latest = fetch(session).await?;
        output.answer("GetLatestMetricsResult", &latest, || lines(&latest, args.sort, now()).join("\n"))?;
        return Ok(0);
    }
    let frame = async |_: Size| Ok::<_, Failure>(lines(&fetch(session).await?, args.sort, now()));
    screen::watch(EVERY, frame).await?;
    Ok(0)
}

async fn fetch(session: &Session) -> Result<GetLatestMetricsResult, Failure> {
    Ok(session.metrics().get_latest_metrics(GetLatestMetricsRequest {}).await?.into_inner())
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.ok().and_then(|since| since.as_secs().try_into().ok()).unwrap_or_default()
}

/// The host in one line, and the table below.
fn lines(latest: &GetLatestMetricsResult, sort: Sort, now: i64) -> Vec<String> {
    let mut rows: Vec<Row<'_>> = latest.instances.iter().map(Row).collect();
    rows.sort_by(|one, other| match sort {
        Sort::Name => one.name().cmp(other.name()),
        _ => other.weight(sort).total_cmp(&one.weight(sort)).then_with(|| one.name().cmp(other.name())),
    });
    let cells = rows.iter().map(Row::cells).collect();
    let mut lines = vec![row::host(latest, now), String::new()];
    lines.extend(table(&HEADERS, cells).lines().map(str::to_owned));
    lines
}

impl Row<'_> {
    /// How far above it stands. Of whom nothing is known stands below.
    fn weight(&self, sort: Sort) -> f64 {
        let sum = |names: [&str; 2]| {
            names.iter().filter_map(|name| self.value(name)).reduce(|one, other| one + other)
        };
        let weight = match sort {
            Sort::Cpu => self.value("CPUUtilization"),
            Sort::Memory => self.value("MemoryResident"),
            Sort::Network => sum(["NetworkIn", "NetworkOut"]),
            Sort::Disk => sum(["DiskReadBytes", "DiskWriteBytes"]),
            Sort::Name => None,
        };
        weight.unwrap_or(-1.0)
    }
}

#[cfg(test)]
mod tests;
