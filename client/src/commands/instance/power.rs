//! `sloop start`, `stop` and `reboot`, for one instance or several.

use std::time::Duration;

use clap::Args;
use sloop_proto::v1::{
    RebootInstanceRequest, RebootInstanceResult, StartInstanceRequest, StartInstanceResult,
    StopInstanceRequest, StopInstanceResult,
};

use super::Names;
use crate::commands::work::Work;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::wait::{LONGEST, Limits, Until, duration};

/// Arguments of `start`.
#[derive(Args, Debug)]
pub(crate) struct StartArgs {
    #[command(flatten)]
    names: Names,
    /// Wait until SSH answers
    #[arg(long)]
    wait: bool,
    /// Return at once; the short form waits otherwise
    #[arg(long, conflicts_with = "wait")]
    no_wait: bool,
    #[command(flatten)]
    until: Until,
}

/// Arguments of `reboot`.
#[derive(Args, Debug)]
pub(crate) struct RebootArgs {
    #[command(flatten)]
    names: Names,
    /// Wait until SSH answers again
    #[arg(long)]
    wait: bool,
    /// Return at once; the short form waits otherwise
    #[arg(long, conflicts_with = "wait")]
    no_wait: bool,
    #[command(flatten)]
    until: Until,
}

/// Arguments of `stop`.
#[derive(Args, Debug)]
pub(crate) struct StopArgs {
    #[command(flatten)]
    names: Names,
    /// Cut the power of an instance that does not shut down
    #[arg(long)]
    force: bool,
    /// Wait until it is stopped
    #[arg(long)]
    wait: bool,
    /// Return at once; the short form waits otherwise
    #[arg(long, conflicts_with = "wait")]
    no_wait: bool,
    /// How long to wait, such as 90s or 5m; implies --wait [default: 5m]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
}

impl StartArgs {
    /// As the short form has it: `sloop start` waits unless it is told not to.
    pub(crate) fn short(self) -> Self {
        Self { wait: !self.no_wait, ..self }
    }
}

/// Starts stopped instances.
pub(crate) async fn start(session: &Session, output: &Output, args: StartArgs) -> Outcome {
    let limits = (args.wait || args.until.is_given()).then(|| args.until.limits());
    let mut work = Work::ask(args.names.names, async |instance_name| {
        let request = StartInstanceRequest { instance_name, ..StartInstanceRequest::default() };
        Ok(session.instances().start_instance(request).await?.into_inner().operations)
    })
    .await;
    work.settle(session, output, limits).await;
    let result = StartInstanceResult { operations: work.operations.clone() };
    output.answer("StartInstanceResult", &result, || work.tell(limits, "started", "starting"))?;
    Ok(work.end(output))
}

impl StopArgs {
    /// As the short form has it: `sloop stop` waits unless it is told not to.
    pub(crate) fn short(self) -> Self {
        Self { wait: !self.no_wait, ..self }
    }
}

/// Shuts instances down.
pub(crate) async fn stop(session: &Session, output: &Output, args: StopArgs) -> Outcome {
    let waits = args.wait || args.timeout.is_some();
    let limits = waits.then(|| Limits::new(args.timeout.unwrap_or(LONGEST), None));
    let force = args.force.then_some(true);
    let mut work = Work::ask(args.names.names, async |instance_name| {
        let request = StopInstanceRequest { instance_name, force };
        Ok(session.instances().stop_instance(request).await?.into_inner().operations)
    })
    .await;
    work.settle(session, output, limits).await;
    let result = StopInstanceResult { operations: work.operations.clone() };
    output.answer("StopInstanceResult", &result, || work.tell(limits, "stopped", "stopping"))?;
    Ok(work.end(output))
}

impl RebootArgs {
    /// As the short form has it: `sloop reboot` waits unless it is told not to.
    pub(crate) fn short(self) -> Self {
        Self { wait: !self.no_wait, ..self }
    }
}

/// Restarts running instances.
pub(crate) async fn reboot(session: &Session, output: &Output, args: RebootArgs) -> Outcome {
    let limits = (args.wait || args.until.is_given()).then(|| args.until.limits());
    let mut work = Work::ask(args.names.names, async |instance_name| {
        let request = RebootInstanceRequest { instance_name };
        Ok(session.instances().reboot_instance(request).await?.into_inner().operations)
    })
    .await;
    work.settle(session, output, limits).await;
    let result = RebootInstanceResult { operations: work.operations.clone() };
    output.answer("RebootInstanceResult", &result, || work.tell(limits, "rebooted", "rebooting"))?;
    Ok(work.end(output))
}
