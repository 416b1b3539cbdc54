//! Following work to its end: an operation until it is terminal, then an instance until it is ready for what the
//! caller wants. Waiting is by event; the daemon tells, and time only ends the wait.

mod end;
mod operation;
mod readiness;

use std::time::Duration;

use clap::{Args, ValueEnum};
use futures::future::join_all;
use sloop_proto::v1::{FirstBoot, GetConsoleLogRequest, Operation};
use tokio::time::Instant;
use tonic::Status;

pub(crate) use self::end::End;
pub(crate) use self::operation::operation;
pub(crate) use self::readiness::ready;
use crate::connect::Session;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::progress::{Progress, Stage};
use crate::text;

/// How long to leave a daemon that is being restarted before asking again.
const PAUSE: Duration = Duration::from_millis(500);
/// How the stages begin in which an image is fetched or baked.
const FETCHING: &str = "image: ";
/// As good as for ever.
const ENDLESS: Duration = Duration::from_hours(876_000);
/// How much of a console says what hangs.
const EVIDENCE_BYTES: u32 = 4096;
const EVIDENCE_LINES: usize = 8;

/// What an instance is waited for to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Milestone {
    /// The machine runs
    Running,
    /// Its SSH server answers
    Ssh,
    /// Its first boot is over, user data included
    FirstBoot,
}

/// How far to wait after starting something.
#[derive(Args, Clone, Debug)]
pub(crate) struct Until {
    /// What to wait for; implies --wait [default: ssh]
    #[arg(long, value_enum, value_name = "MILESTONE")]
    pub(crate) wait_for: Option<Milestone>,
    /// How long to wait, such as 90s or 5m; implies --wait [default: 5m]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
}

impl Until {
    /// Whether the caller asked to wait by saying how.
    pub(crate) fn is_given(&self) -> bool {
        self.wait_for.is_some() || self.timeout.is_some()
    }

    /// The limits that follow, counted from now.
    pub(crate) fn limits(&self) -> Limits {
        Limits::new(self.timeout.unwrap_or(LONGEST), Some(self.wait_for.unwrap_or(Milestone::Ssh)))
    }
}

/// How long people wait unless they say otherwise.
pub(crate) const LONGEST: Duration = Duration::from_mins(5);

/// Parses `90s`, `5m`, `1h30m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration =
        text.parse().map_err(|_| "write it like 90s, 5m or 1h30m".to_owned())?;
    Duration::try_from(parsed).map_err(|_| "a wait cannot be negative".to_owned())
}

/// When to stop waiting, and what an instance must be by then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    within: Duration,
    deadline: Instant,
    fetching: bool,
    goal: Option<Milestone>,
}

impl Limits {
    /// Limits that end `within` from now.
    pub(crate) fn new(within: Duration, goal: Option<Milestone>) -> Self {
        Self { within, deadline: from_now(within), fetching: false, goal }
    }

    /// Takes note of the stage that the work has come to. How long an image takes is for its publisher and the line to
    /// say: the time does not run while it is on its way, and begins anew when it is there.
    fn note(&mut self, stage: &str) {
        let before = std::mem::replace(&mut self.fetching, stage.starts_with(FETCHING));
        if self.fetching != before {
            self.deadline = from_now(if self.fetching { ENDLESS } else { self.within });
        }
    }
}

fn from_now(within: Duration) -> Instant {
    let now = Instant::now();
    // A time too far away to be counted is as good as a century.
    now.checked_add(within).unwrap_or_else(|| now + ENDLESS)
}

/// Follows all operations at once, each to its end and its instance to the goal. The operations become what they came
/// to; what failed is given back.
pub(crate) async fn settle(
    session: &Session,
    output: &Output,
    operations: &mut [Operation],
    limits: Limits,
) -> Vec<Failure> {
    let progress = Progress::new(output);
    let followed = operations.iter_mut().map(|operation| {
        let stage = progress.stage(operation.resource_name());
        follow(session, operation, limits, stage)
    });
    let ends = join_all(followed).await;
    // Told when no spinner is in the way any more.
    ends.iter().flatten().flatten().for_each(|warning| output.warn(warning));
    ends.into_iter().filter_map(Result::err).collect()
}

/// Follows work that is a matter of moments to its end. The first thing that went wrong is the failure.
pub(crate) async fn finish(
    session: &Session,
    output: &Output,
    operations: &mut [Operation],
) -> Result<(), Failure> {
    first(settle(session, output, operations, Limits::new(LONGEST, None)).await)
}

fn first(failures: Vec<Failure>) -> Result<(), Failure> {
    failures.into_iter().next().map_or(Ok(()), Err)
}

/// Follows one operation and then its instance, and gives what is to be warned of.
async fn follow(
    session: &Session,
    operation: &mut Operation,
    mut limits: Limits,
    stage: Stage,
) -> Result<Option<String>, Failure> {
    self::operation(session, operation, &mut limits, &stage).await?;
    // What is made beside an instance is as ready as it will ever be.
    let Some(goal) = limits.goal.filter(|_| operation::boots(operation)) else { return Ok(None) };
    let name = operation.resource_name();
    let facts = ready(session, name, goal, limits, &stage).await?;
    let warning = || text::safe(&format!("{name}: {}", readiness::first_boot_text(&facts)));
    Ok((facts.first_boot() == FirstBoot::Failed).then(warning))
}

/// A daemon that is restarted goes on where it was; so does the waiting.
fn pass_over(status: Status, stage: &Stage) -> Result<(), Failure> {
    let failure = Failure::from(status);
    if failure.exit != Exit::Unreachable {
        return Err(failure);
    }
    stage.at("waiting for sloopd to come back", "");
    Ok(())
}

/// The last lines of the console, if there are any to be had.
async fn evidence(session: &Session, name: &str) -> Vec<String> {
    let request = GetConsoleLogRequest { instance_name: name.to_owned(), tail_bytes: EVIDENCE_BYTES };
    let Ok(answer) = session.terminal().get_console_log(request).await else {
        return Vec::new();
    };
    let mut lines = text::console_lines(&answer.into_inner().log);
    lines.split_off(lines.len().saturating_sub(EVIDENCE_LINES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_does_not_run_while_an_image_is_on_its_way() {
        let within = Duration::from_mins(5);
        let mut limits = Limits::new(within, None);
        let first = limits.deadline;
        limits.note("making the disk");
        assert_eq!(limits.deadline, first, "nothing was fetched");
        limits.note("image: downloading");
        limits.note("image: checking");
        assert!(limits.deadline > first + within * 1000);
        limits.note("making the disk");
        let begun = limits.deadline;
        assert!(begun >= first && begun <= Instant::now() + within);
        limits.note("booting");
        assert_eq!(limits.deadline, begun, "it begins once");
    }
}
