use futures::{Stream, StreamExt, stream};
use tokio::sync::broadcast::error::RecvError;

use super::Verbs;
use crate::{
    engine::Engine,
    model::{Caller, Operation, Result},
};

/// One moment of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationMoment {
    /// The operation as it is recorded.
    pub operation: Operation,
    /// What is being done, in a few words.
    pub stage: String,
    /// More about it, such as how much is downloaded.
    pub detail: String,
    /// Steps done.
    pub done: usize,
    /// Steps in all.
    pub total: usize,
}

impl Verbs {
    /// The operation now and at every step, ending when it is terminal.
    pub async fn watch_operation(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<impl Stream<Item = Result<OperationMoment>> + Send + 'static + use<>> {
        // Subscribe before reading, so that nothing falls between.
        let moments = self.engine.moments();
        let operation = self.get_operation(caller, id).await?;
        let (verbs, caller, wanted) = (self.clone(), caller.clone(), operation.id);
        // Of the other side of an operation nothing is told: it ends when that one ends.
        let leader = match operation.follows {
            Some(leader) => self.ports.store.operation(leader).await?.unwrap_or_else(|| operation.clone()),
            None => operation.clone(),
        };
        let (total, told) = (Engine::steps_of(&leader), leader.id);
        let first = OperationMoment {
            done: leader.steps_done.min(total),
            operation,
            stage: String::new(),
            detail: String::new(),
            total,
        };
        let ended = first.operation.status.is_terminal();
        let rest = stream::unfold((moments, ended), move |(mut moments, ended)| {
            let (verbs, caller) = (verbs.clone(), caller.clone());
            async move {
                if ended {
                    return None;
                }
                let (stage, detail, done) = loop {
                    match moments.recv().await {
                        Ok(moment) if moment.operation == told => {
                            break (moment.stage, moment.detail, moment.done);
                        }
                        Ok(_) => {}
                        // Moments were lost; the record is right all the same.
                        Err(RecvError::Lagged(_)) => break (String::new(), String::new(), 0),
                        Err(RecvError::Closed) => return None,
                    }
                };
                let next = verbs.get_operation(&caller, &wanted.to_string()).await;
                let ended = next.as_ref().map_or(true, |operation| operation.status.is_terminal());
                Some((
                    next.map(|operation| OperationMoment { operation, stage, detail, done, total }),
                    (moments, ended),
                ))
            }
        });
        Ok(stream::once(async { Ok(first) }).chain(rest))
    }
}
