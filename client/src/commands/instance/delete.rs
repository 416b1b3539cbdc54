//! `sloop rm` and `sloop instance delete`.

use std::time::Duration;

use clap::Args;
use sloop_proto::v1::{DeleteInstanceRequest, DeleteInstanceResult};

use super::Names;
use crate::commands::snapshot::auto;
use crate::commands::work::Work;
use crate::confirm::{DELETE, confirm};
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::wait::{LONGEST, Limits, duration};

/// Arguments of `delete`.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct DeleteArgs {
    #[command(flatten)]
    names: Names,
    /// Delete without being asked
    #[arg(long, short)]
    yes: bool,
    /// Delete add-ons, such as automatic snapshots, with it, which is what happens anyway
    #[arg(long, hide = true)]
    force: bool,
    /// Wait until it is gone, which is what happens anyway
    #[arg(long, hide = true)]
    wait: bool,
    /// Return as soon as the work is accepted
    #[arg(long, conflicts_with_all = ["wait", "timeout"])]
    no_wait: bool,
    /// How long to wait, such as 90s or 5m [default: 5m]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
}

/// Deletes instances, after asking.
pub(crate) async fn run(session: &Session, output: &Output, args: DeleteArgs) -> Outcome {
    if !args.yes {
        confirm(&DELETE, &auto::with_them(&args.names.names))?;
    }
    let limits = (!args.no_wait).then(|| Limits::new(args.timeout.unwrap_or(LONGEST), None));
    let mut work = Work::ask(args.names.names, async |instance_name| {
        // Whoever said yes was told of them.
        let request = DeleteInstanceRequest { instance_name, force_delete_add_ons: Some(true) };
        Ok(session.instances().delete_instance(request).await?.into_inner().operations)
    })
    .await;
    work.settle(session, output, limits).await;
    let result = DeleteInstanceResult { operations: work.operations.clone() };
    output.answer("DeleteInstanceResult", &result, || work.tell(limits, "deleted", "being deleted"))?;
    Ok(work.end(output))
}
