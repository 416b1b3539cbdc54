//! Work that was asked for, and what people are told of it.

use sloop_proto::v1::{Operation, OperationStatus};

use super::worst;
use crate::connect::Session;
use crate::failure::Failure;
use crate::output::Output;
use crate::text;
use crate::wait::{self, Limits};

/// Work that was asked for: its operations, and what went wrong so far.
#[derive(Debug, Default)]
pub(super) struct Work {
    pub(super) operations: Vec<Operation>,
    failures: Vec<Failure>,
}

impl Work {
    /// Work that was accepted.
    pub(super) fn of(operations: Vec<Operation>) -> Self {
        Self { operations, failures: Vec::new() }
    }

    /// Asks for the same on each name, whatever becomes of the others.
    pub(super) async fn ask(
        names: Vec<String>,
        verb: impl AsyncFn(String) -> Result<Vec<Operation>, Failure>,
    ) -> Self {
        let mut work = Self::default();
        for name in names {
            match verb(name).await {
                Ok(operations) => work.operations.extend(operations),
                Err(failure) => work.failures.push(failure),
            }
        }
        work
    }

    /// Follows the work within the limits, if there are any.
    pub(super) async fn settle(&mut self, session: &Session, output: &Output, limits: Option<Limits>) {
        if let Some(limits) = limits {
            self.failures.extend(wait::settle(session, output, &mut self.operations, limits).await);
        }
    }

    /// One sentence for each operation that did not fail: done if it was waited for and has ended, doing otherwise.
    pub(super) fn tell(&self, limits: Option<Limits>, done: &str, doing: &str) -> String {
        let alive = self.operations.iter().filter(|operation| operation.status() != OperationStatus::Failed);
        let sentences = alive.map(|operation| {
            let word = if limits.is_some() && operation.is_terminal() { done } else { doing };
            format!("{}: {word}\n", text::safe(operation.resource_name()))
        });
        sentences.collect()
    }

    /// The exit code, after telling of everything that went wrong.
    pub(super) fn end(&self, output: &Output) -> u8 {
        worst(output, &self.failures)
    }
}

/// What is told of the operations of one request: what came of them or, while one goes on, what is going on and how to
/// follow it.
pub(super) fn told(operations: &[Operation], done: &str, doing: &str) -> String {
    match operations.iter().find(|operation| !operation.is_terminal()) {
        None => done.to_owned(),
        Some(open) => format!("{doing}\n  follow: sloop operation watch {}\n", text::safe(open.id())),
    }
}
