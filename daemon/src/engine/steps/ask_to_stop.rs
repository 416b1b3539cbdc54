use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::{Scene, Step};
use crate::{
    model::{DomainState, Instance, InstanceId, Result},
    ports::{DomainEvent, Hypervisor},
};

/// Power off: by asking the guest, and by force when it does not follow within the limit, or is not to be asked.
pub(in crate::engine) struct AskToStop;

#[async_trait]
impl Step for AskToStop {
    fn stage(&self) -> &'static str {
        "shutting down"
    }

    async fn ensure(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        let hypervisor = scene.ports.hypervisor.as_ref();
        // Listen first, so that an event between the look and the wait is not missed.
        let events = hypervisor.events();
        let state = hypervisor.state(instance.id).await?;
        if state == DomainState::Running && !scene.force {
            tokio::select! {
                stopped = until_off(hypervisor, events, instance.id) => return stopped,
                asked = keep_asking(hypervisor, instance.id) => return asked,
                () = tokio::time::sleep(scene.shutdown) => {
                    tracing::warn!(instance = %instance.name, limit = ?scene.shutdown, "guest did not shut down in time; cutting its power");
                }
                () = scene.hurry.notified() => {}
            }
        }
        hypervisor.ensure_off(instance.id).await
    }
}

/// Between two presses of the power button.
const AGAIN: Duration = Duration::from_secs(1);

/// Presses the power button until the guest is off: one that is still booting does not hear the first press.
async fn keep_asking(hypervisor: &dyn Hypervisor, id: InstanceId) -> Result<()> {
    loop {
        hypervisor.request_shutdown(id).await?;
        tokio::time::sleep(AGAIN).await;
    }
}

async fn until_off(
    hypervisor: &dyn Hypervisor,
    mut events: Receiver<DomainEvent>,
    id: InstanceId,
) -> Result<()> {
    loop {
        match events.recv().await {
            Ok(DomainEvent::Stopped(stopped)) if stopped == id => return Ok(()),
            Ok(DomainEvent::Started(_) | DomainEvent::Stopped(_) | DomainEvent::Halted(_)) => {}
            // Events were lost, or never will come: look.
            Ok(DomainEvent::Resync) | Err(RecvError::Lagged(_)) => {
                if !hypervisor.state(id).await?.is_alive() {
                    return Ok(());
                }
            }
            Err(RecvError::Closed) => return hypervisor.ensure_off(id).await,
        }
    }
}
