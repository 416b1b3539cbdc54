use futures::{Stream, stream};

use super::Verbs;
use crate::model::{Caller, DomainState, Instance, Readiness, Result};

/// One moment of an instance.
#[derive(Clone, Debug)]
pub struct ReadinessMoment {
    /// The instance as it is recorded.
    pub instance: Instance,
    /// What was seen of it.
    pub readiness: Readiness,
    /// The last line on its serial console.
    pub console_line: String,
    /// The guest stands still: the host's disk is full.
    pub halted: bool,
}

/// As much of the console as surely holds its last line.
const TAIL: usize = 2048;

impl Verbs {
    /// The facts now and whenever one changes, and once a second while the guest boots, for its console's sake. Ends when
    /// the instance is gone.
    pub async fn watch_readiness(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<impl Stream<Item = Result<ReadinessMoment>> + Send + 'static + use<>> {
        let instance = self.find(caller, name).await?;
        let facts = self.engine.readiness().watch(instance.id);
        let (verbs, caller, name) = (self.clone(), caller.clone(), name.to_owned());
        Ok(stream::unfold((facts, true, false), move |(mut facts, first, ended)| {
            let (verbs, caller, name) = (verbs.clone(), caller.clone(), name.clone());
            async move {
                if ended {
                    return None;
                }
                if !first {
                    let changed = tokio::time::timeout(std::time::Duration::from_secs(1), facts.changed());
                    if let Ok(Err(_)) = changed.await {
                        return None; // Forgotten: the instance is gone.
                    }
                }
                let readiness = *facts.borrow_and_update();
                let moment = verbs.moment(&caller, &name, readiness).await;
                let ended = moment.is_err();
                Some((moment, (facts, false, ended)))
            }
        }))
    }

    async fn moment(&self, caller: &Caller, name: &str, readiness: Readiness) -> Result<ReadinessMoment> {
        let instance = self.find(caller, name).await?;
        let log = self.ports.hypervisor.console_log(instance.id, TAIL).await.unwrap_or_default();
        let text = String::from_utf8_lossy(&log);
        let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        let halted = self.ports.hypervisor.state(instance.id).await == Ok(DomainState::Paused);
        Ok(ReadinessMoment { console_line: line.to_owned(), instance, readiness, halted })
    }
}
