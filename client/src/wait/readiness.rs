//! Waiting until an instance is ready. Running, reachable and first boot over are three facts, and a machine that is late
//! with one of them is late, not broken.

use sloop_proto::v1::{FirstBoot, WatchReadinessRequest, WatchReadinessResult};
use tokio::time::{sleep, timeout_at};
use tokio_stream::StreamExt as _;
use tonic::Status;

use super::{Limits, Milestone, PAUSE, evidence, pass_over};
use crate::connect::Session;
use crate::failure::{Exit, Failure};
use crate::progress::Stage;

/// Waits until an instance is ready for what the caller wants, and gives the facts as they are then.
pub(crate) async fn ready(
    session: &Session,
    name: &str,
    goal: Milestone,
    limits: Limits,
    stage: &Stage,
) -> Result<WatchReadinessResult, Failure> {
    let mut facts = WatchReadinessResult::default();
    let reached = timeout_at(limits.deadline, reach(session, name, goal, &mut facts, stage)).await;
    if let Ok(reached) = reached {
        return reached.map(|()| facts);
    }
    Err(Failure::new(Exit::TimedOut, format!("{name}: still booting; {}", facts_text(&facts)))
        .tip(format!("sloop console {name}"))
        .lines(evidence(session, name).await))
}

async fn reach(
    session: &Session,
    name: &str,
    goal: Milestone,
    facts: &mut WatchReadinessResult,
    stage: &Stage,
) -> Result<(), Failure> {
    let mut was_up = false;
    loop {
        let request = WatchReadinessRequest { instance_name: name.to_owned() };
        let watched = session.readiness().watch_readiness(request).await;
        let end = match watched {
            Ok(moments) => watch_readiness(moments.into_inner(), goal, (facts, &mut was_up), stage).await,
            Err(status) => Err(status),
        };
        match end {
            Ok(true) => return judge(session, name, goal, facts, was_up).await,
            Ok(false) => {}
            Err(status) => pass_over(status, stage)?,
        }
        sleep(PAUSE).await;
    }
}

/// Takes in the facts until they settle the matter; false when the daemon stops telling before.
async fn watch_readiness(
    mut moments: tonic::Streaming<WatchReadinessResult>,
    goal: Milestone,
    (facts, was_up): (&mut WatchReadinessResult, &mut bool),
    stage: &Stage,
) -> Result<bool, Status> {
    let mut waited = false;
    while let Some(moment) = moments.next().await {
        *facts = moment?;
        *was_up |= facts.state == "running";
        let settled = is_reached(goal, facts) || is_down(facts);
        // Where nothing had to be waited for nothing is said.
        if waited || !settled {
            stage.at(stage_of(facts), &facts.console_line);
        }
        if settled {
            return Ok(true);
        }
        waited = true;
    }
    Ok(false)
}

fn stage_of(facts: &WatchReadinessResult) -> &'static str {
    match (facts.network_up, facts.ssh_reachable) {
        _ if facts.halted => "standing still: the host's disk is full",
        (_, true) => "SSH answers",
        (true, false) => "booting, on the network",
        (false, false) => "booting",
    }
}

fn is_reached(goal: Milestone, facts: &WatchReadinessResult) -> bool {
    match goal {
        Milestone::Running => facts.state == "running",
        Milestone::Ssh => facts.ssh_reachable && !facts.halted,
        Milestone::FirstBoot => matches!(facts.first_boot(), FirstBoot::Done | FirstBoot::Failed),
    }
}

fn is_down(facts: &WatchReadinessResult) -> bool {
    matches!(facts.state.as_str(), "stopping" | "stopped" | "shutting-down" | "terminated")
}

/// What the settled matter came to. A machine that ran while it was waited for and then went off has its last words told.
async fn judge(
    session: &Session,
    name: &str,
    goal: Milestone,
    facts: &WatchReadinessResult,
    was_up: bool,
) -> Result<(), Failure> {
    if facts.state == "stopped" && was_up {
        let failure = Failure::new(Exit::OperationFailed, format!("{name} went off while it booted"));
        let failure = failure.lines(evidence(session, name).await);
        return Err(failure.tip(format!("sloop start {name}")));
    }
    if is_down(facts) {
        let failure = Failure::new(Exit::Conflict, format!("{name} is {}", facts.state));
        return Err(failure.tip(format!("sloop start {name}")));
    }
    if goal == Milestone::FirstBoot && facts.first_boot() == FirstBoot::Failed {
        return Err(Failure::new(Exit::OperationFailed, format!("{name}: {}", first_boot_text(facts)))
            .tip(format!("sloop ssh {name} -- sudo cat /var/log/cloud-init-output.log")));
    }
    Ok(())
}

/// What is to be said of a first boot that ended with faults.
pub(super) fn first_boot_text(facts: &WatchReadinessResult) -> String {
    match facts.first_boot_errors.join("; ") {
        errors if errors.is_empty() => "the first boot ended with faults".to_owned(),
        errors => format!("the first boot ended with faults: {errors}"),
    }
}

/// The three facts in words.
fn facts_text(facts: &WatchReadinessResult) -> String {
    let state = if facts.state.is_empty() { "state unknown" } else { &facts.state };
    let ssh = match (facts.network_up, facts.ssh_reachable) {
        _ if facts.halted => "standing still because the host's disk is full",
        (_, true) => "SSH answers",
        (true, false) => "on the network, SSH does not answer yet",
        (false, false) => "not on the network yet",
    };
    let first_boot = match facts.first_boot() {
        FirstBoot::Done => "first boot done",
        FirstBoot::Failed => "first boot ended with faults",
        FirstBoot::Pending | FirstBoot::Unspecified => "first boot not over",
    };
    format!("{state}, {ssh}, {first_boot}")
}
