//! Deleting what is named, as disks and snapshots are.

use clap::Args;
use prost::Message;
use sloop_proto::v1::Operation;

use super::work::Work;
use crate::confirm::{DELETE, confirm};
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::wait::End;

/// Whether to ask first, and whether to wait until it is gone.
#[derive(Args, Debug)]
pub(super) struct Deletion {
    /// Delete without being asked
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    end: End,
}

impl Deletion {
    /// Deletes what has these names, after asking about `what`; each by itself, whatever becomes of the others. The answer is the
    /// message of that name.
    pub(super) async fn run<M: Message>(
        &self,
        (session, output): (&Session, &Output),
        (names, what): (Vec<String>, &str),
        verb: impl AsyncFn(String) -> Result<Vec<Operation>, Failure>,
        (message, of): (&str, impl FnOnce(Vec<Operation>) -> M),
    ) -> Outcome {
        if !self.yes {
            confirm(&DELETE, what)?;
        }
        let limits = self.end.limits(None);
        let mut work = Work::ask(names, verb).await;
        work.settle(session, output, limits).await;
        let result = of(work.operations.clone());
        output.answer(message, &result, || work.tell(limits, "deleted", "being deleted"))?;
        Ok(work.end(output))
    }
}
