//! Follows what happens by itself: guests that power off, wires that come up, first boots that end.

use tokio::sync::broadcast::error::RecvError;

use super::{
    Engine, Job,
    finish::set,
    run::{Killed, Outcome},
};
use crate::{
    model::{
        Caller, Error, FirstBoot, FirstBootReport, InstanceId, Operation, OperationKind, Result, Status,
    },
    ports::{Change, DomainEvent, LinkEvent},
};

impl Engine {
    /// Follows events until the engine is dropped. Call it once, before [`Engine::recover`].
    pub fn observe(&self) {
        let (engine, mut domains) = (self.clone(), self.ports().hypervisor.events());
        tokio::spawn(async move {
            loop {
                match domains.recv().await {
                    Ok(DomainEvent::Stopped(id) | DomainEvent::Started(id)) => engine.tell(id, Job::Look),
                    Ok(DomainEvent::Halted(id)) => engine.halted(id),
                    Ok(DomainEvent::Resync) | Err(RecvError::Lagged(_)) => {
                        engine.shared.alarm.notify_one();
                        engine.look_at_all().await;
                    }
                    Err(RecvError::Closed) => return,
                }
            }
        });
        let (engine, mut links) = (self.clone(), self.ports().network.events());
        tokio::spawn(async move {
            loop {
                match links.recv().await {
                    Ok(LinkEvent::Leased(id)) => {
                        engine.readiness().leased(id);
                        engine.watch_ssh(id);
                    }
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        });
    }

    /// A guest's first boot ended. The instance is the one on whose wire the report came.
    pub async fn first_boot_ended(&self, id: InstanceId, report: FirstBootReport) -> Result<()> {
        let Some(instance) = self.ports().store.instance_by_id(id).await? else {
            return Err(Error::not_found("Instance", id));
        };
        if instance.first_boot != FirstBoot::Pending {
            // There is one first boot; a guest that says so again changes nothing, and costs nothing.
            return Ok(());
        }
        let outcome = report.outcome();
        tracing::info!(instance = %instance.name, ?outcome, "first boot ended");
        let change = match &outcome {
            FirstBoot::Failed(errors) => format!("first boot with faults: {}", errors.join("; ")),
            FirstBoot::Done | FirstBoot::Pending => "first boot done".to_owned(),
        };
        let (kind, guest) = (OperationKind::ReportFirstBoot, Caller::guest(&instance.owner));
        let told = Operation::accepted(kind, &guest, &instance, "", self.ports().clock.now()).succeeded();
        let told = Change::PutOperation(Box::new(told.changing(change)));
        self.ports().store.commit(vec![Change::SetFirstBoot(id, outcome), told]).await?;
        self.readiness().touch(id);
        Ok(())
    }

    async fn look_at_all(&self) {
        match self.ports().store.instances().await {
            Ok(instances) => {
                for instance in instances {
                    self.leave_layers(&instance).await;
                    self.tell(instance.id, Job::Look);
                }
            }
            Err(error) => tracing::error!(%error, "cannot read the instances after events were lost"),
        }
    }

    /// Takes over the domain's state when it changed by itself. While an operation is unfinished nothing did: a reboot, for
    /// one, turns the guest off and on.
    pub(super) async fn look(&self, id: InstanceId) -> Outcome {
        let Ok(unfinished) = self.ports().store.unfinished().await else { return Outcome::Done };
        if unfinished.iter().any(|operation| operation.resource_id == id.0) {
            return Outcome::Done;
        }
        let instance = match self.ports().store.instance_by_id(id).await {
            Ok(Some(instance)) => instance,
            // Somebody else's domain, or one that has just been deleted.
            Ok(None) => return Outcome::Gone,
            Err(_) => return Outcome::Done,
        };
        let Ok(state) = self.ports().hypervisor.state(id).await else {
            return Outcome::Done;
        };
        let change = match (instance.status, state.is_alive()) {
            (Status::Running, false) => return self.ended(&instance).await.unwrap_or(Outcome::Killed),
            (Status::Running, true) => {
                if let Err(Killed) = self.runs_again(id).await {
                    return Outcome::Killed;
                }
                // Its wire may not have been taken up yet: the hypervisor was away when this daemon started.
                if let Err(error) = self.refresh_wires(&[id]).await {
                    tracing::warn!(instance = %instance.name, %error, "cannot take up its wire");
                }
                self.watch_ssh(id);
                return Outcome::Done;
            }
            (Status::Stopped, true) => {
                // Started behind the daemon's back. It has no public address and no rules, so nothing reaches it.
                tracing::warn!(instance = %instance.name, "domain was started by somebody else");
                set(&instance, Status::Running)
            }
            _ => return Outcome::Done,
        };
        match self.write(vec![unless_changed(change, instance.status)]).await {
            Ok(()) => {
                self.readiness().reset(id);
                Outcome::Done
            }
            Err(Killed) => Outcome::Killed,
        }
    }
}

/// A verb may have ordered something meanwhile; what was seen must not undo that.
fn unless_changed(change: Change, seen: Status) -> Change {
    match change {
        Change::SetStatus { id, status, address, .. } => {
            Change::SetStatus { id, expect: Some(seen), status, address }
        }
        other => other,
    }
}
