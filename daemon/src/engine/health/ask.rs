//! Asks the host and the guests.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use futures::{FutureExt as _, StreamExt as _, stream};
use tokio::time::{Instant, timeout, timeout_at};

use super::{super::Engine, Patience};
use crate::model::{DomainState, Error, Instance, InstanceId, Result};

/// What the host says of all machines.
#[derive(Debug, Default)]
pub(super) struct Host {
    /// The states of all machines; none when the hypervisor does not answer.
    states: Option<HashMap<InstanceId, DomainState>>,
    halted: HashSet<InstanceId>,
    /// What is wrong with what guests run on, if anything is.
    pub(super) accelerator: Option<String>,
}

impl Host {
    /// The state of a machine; none when nobody knows.
    pub(super) fn state(&self, id: InstanceId) -> Option<DomainState> {
        let states = self.states.as_ref()?;
        Some(states.get(&id).copied().unwrap_or(DomainState::Absent))
    }

    pub(super) fn is_halted(&self, id: InstanceId) -> bool {
        self.halted.contains(&id)
    }
}

impl Engine {
    pub(super) async fn look_at_host(&self, patience: Patience) -> Host {
        let hypervisor = &self.ports().hypervisor;
        let states = match within(patience.each, hypervisor.list()).await {
            Ok(states) => states,
            Err(error) => {
                tracing::debug!(%error, "the hypervisor does not say which machines run");
                return Host::default();
            }
        };
        let halted = within(patience.each, hypervisor.halted()).await.unwrap_or_default();
        let accelerator = timeout(patience.each, hypervisor.accelerator_fault()).await.unwrap_or_default();
        Host { states: Some(states.into_iter().collect()), halted: halted.into_iter().collect(), accelerator }
    }

    /// Which of these guests answer; none of those that could not be asked.
    pub(super) async fn ask_guests(
        &self,
        instances: &[&Instance],
        host: &Host,
        patience: Patience,
    ) -> HashMap<InstanceId, Option<bool>> {
        let runs = |id| matches!(host.state(id), Some(DomainState::Running) | None);
        let mut asked = Vec::new();
        for instance in instances.iter().filter(|instance| runs(instance.id)) {
            asked.push(self.ask_on_wire(instance, patience).boxed());
        }
        let mut answers: HashMap<_, _> =
            stream::iter(asked).buffer_unordered(patience.at_once).collect().await;
        if host.states.is_some() {
            let silent: Vec<_> =
                answers.iter().filter(|(_, answer)| **answer != Some(true)).map(|(id, _)| *id).collect();
            for id in self.ask_agents(silent, patience).await {
                answers.insert(id, Some(true));
            }
        }
        answers
    }

    async fn ask_on_wire(&self, instance: &Instance, patience: Patience) -> (InstanceId, Option<bool>) {
        let asked = within(patience.each, self.ports().network.arp_answers(instance)).await;
        if let Err(error) = &asked {
            tracing::debug!(instance = %instance.name, %error, "cannot ask on its wire");
        }
        (instance.id, asked.ok())
    }

    async fn ask_agent(&self, id: InstanceId) -> (InstanceId, bool) {
        (id, self.ports().hypervisor.agent_answers(id).await.unwrap_or_default())
    }

    /// Those whose agents answer. Who keeps others waiting is left out.
    async fn ask_agents(&self, silent: Vec<InstanceId>, patience: Patience) -> Vec<InstanceId> {
        let deadline = Instant::now() + patience.agents;
        let asked: Vec<_> = silent.into_iter().map(|id| self.ask_agent(id).boxed()).collect();
        let mut asked = stream::iter(asked).buffer_unordered(patience.at_once);
        let mut answering = Vec::new();
        while let Ok(Some((id, answers))) = timeout_at(deadline, asked.next()).await {
            if answers {
                answering.push(id);
            }
        }
        answering
    }
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| Error::unavailable(format!("no answer within {} ms", limit.as_millis()));
    timeout(limit, work).await.map_err(late)?
}
