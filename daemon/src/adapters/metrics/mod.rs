//! What was measured, in a file of its own: `metrics.db`.
//!
//! What is recorded is in memory at once (`head`), and in the journal within a minute. When an hour is over it becomes blocks, one for each metric of each
//! subject (`chores`, `block`); of those the blocks of points of a minute are made every half day, and of these the ones of five minutes every five days. So
//! nothing is ever written twice but what somebody measured twice, and a question is answered from few blocks (`query`). What is too old goes, and what is too
//! much (`age`).
//!
//! It is not the truth about guests: where the file fails, that is said, and the daemon goes on.

mod age;
mod block;
mod cell;
mod chores;
mod column;
mod file;
mod head;
mod journal;
mod keeper;
mod level;
mod query;
mod shelf;
mod subjects;
mod track;
mod varint;

use std::{
    path::Path,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
};

use async_trait::async_trait;
use tokio::sync::oneshot;

use self::keeper::Keeper;
use crate::{
    model::{Error, Metric, Point, Result, Sample, Span, Subject, Tick},
    ports::Metrics,
};

type Task = Box<dyn FnOnce(&mut Keeper) + Send>;

/// The store of what was measured. One thread owns the file and does one thing after the other.
pub struct Measured {
    tasks: Sender<Task>,
}

impl Measured {
    /// A store in that file, which may become so large, in bytes. The file is looked at in the background: whatever is wrong with it, this succeeds.
    pub fn open(path: &Path, limit: u64) -> Result<Self> {
        let (tasks, inbox) = channel::<Task>();
        let keeper = Keeper::new(path.to_owned(), limit);
        std::thread::Builder::new()
            .name("metrics".into())
            .spawn(move || keep(keeper, &inbox))
            .map_err(|error| Error::unavailable(format!("no thread for what is measured: {error}")))?;
        Ok(Self { tasks })
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Keeper) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let task: Task = Box::new(move |keeper| {
            let _ = answer.send(work(keeper));
        });
        let gone = || Error::internal("the thread of what is measured has ended");
        self.tasks.send(task).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

/// Does what is asked, and between two questions a little of what is due.
fn keep(mut keeper: Keeper, inbox: &Receiver<Task>) {
    loop {
        match inbox.recv_timeout(keeper.patience()) {
            Ok(task) => task(&mut keeper),
            Err(RecvTimeoutError::Timeout) => {
                keeper.work();
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if let Err(error) = keeper.flush() {
        tracing::warn!(%error, "what was measured last is lost");
    }
}

#[async_trait]
impl Metrics for Measured {
    async fn record(&self, at: Tick, samples: Vec<Sample>) -> Result<()> {
        self.with(move |keeper| keeper.record(at, samples)).await
    }

    async fn points(&self, of: Subject, metric: Metric, span: Span, period: u32) -> Result<Vec<Point>> {
        self.with(move |keeper| keeper.points(of, metric, span, period)).await
    }

    async fn forget(&self, of: Subject) -> Result<()> {
        self.with(move |keeper| keeper.forget(of)).await
    }

    async fn flush(&self) -> Result<()> {
        self.with(Keeper::flush).await
    }

    async fn room(&self) -> Result<u64> {
        self.with(|keeper| Ok(keeper.room())).await
    }
}
