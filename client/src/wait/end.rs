//! Waiting for work that is waited for unless somebody says otherwise.

use std::time::Duration;

use clap::Args;
use sloop_proto::v1::Operation;

use super::{LONGEST, Limits, Milestone, duration, first, settle};
use crate::connect::Session;
use crate::failure::Failure;
use crate::output::Output;

/// Whether to wait until the work has ended, and how long.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct End {
    /// Return as soon as the work is accepted
    #[arg(long, conflicts_with = "timeout")]
    no_wait: bool,
    /// How long to wait, such as 90s or 5m [default: 5m]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
}

impl End {
    /// The limits that follow, counted from now; none where nothing is waited for.
    pub(crate) fn limits(self, goal: Option<Milestone>) -> Option<Limits> {
        (!self.no_wait).then(|| Limits::new(self.timeout.unwrap_or(LONGEST), goal))
    }

    /// Follows the operations of one request to their end, if that is waited for. The first thing that went wrong is the
    /// failure.
    pub(crate) async fn finish(
        self,
        session: &Session,
        output: &Output,
        operations: &mut [Operation],
    ) -> Result<(), Failure> {
        match self.limits(None) {
            Some(limits) => first(settle(session, output, operations, limits).await),
            None => Ok(()),
        }
    }
}
