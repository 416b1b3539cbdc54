//! Guests that stand still because the host's disk is full, and go on by themselves when there is room.

use std::time::Duration;

use tokio::sync::Notify;

use super::Engine;
use crate::model::{InstanceId, Result};

/// Told when a guest has come to stand still.
pub(super) type Alarm = Notify;

/// Between two looks whether there is room again.
const LOOK: Duration = Duration::from_secs(1);
/// With less than this guests would come to stand still again at once, in bytes.
const LEAST: u64 = 64 << 20;

impl Engine {
    /// Has guests that stand still go on when there is room, until the engine is dropped. Call it once.
    pub fn watch_room(&self) {
        let engine = self.clone();
        // Some may have come to stand still while no daemon was there.
        engine.shared.alarm.notify_one();
        tokio::spawn(async move {
            loop {
                engine.shared.alarm.notified().await;
                loop {
                    let left = engine.resume_halted().await;
                    // Also where all go on: one may come to stand still again at once.
                    tokio::time::sleep(LOOK).await;
                    match left {
                        Ok(0) => break,
                        Ok(_) => {}
                        Err(error) => tracing::warn!(%error, "cannot see whether guests can go on"),
                    }
                }
            }
        });
    }

    /// Room with which guests that stand still go on, in bytes: an eighth of the headroom, so that they do not take it all at once again.
    pub fn room_to_go_on(&self) -> u64 {
        (self.shared.limits.headroom / 8).max(LEAST)
    }

    /// Has those that stand still go on, if there is room. Says how many stand still after it.
    pub async fn resume_halted(&self) -> Result<usize> {
        let ports = self.ports();
        let halted = ports.hypervisor.halted().await?;
        if halted.is_empty() {
            return Ok(0);
        }
        let (free, needed) = (ports.volumes.free_bytes().await?, self.room_to_go_on());
        if free < needed {
            return Ok(halted.len());
        }
        for id in &halted {
            match ports.hypervisor.resume_halted(*id).await {
                Ok(()) => tracing::info!(instance = %id, "there is room again: the guest goes on"),
                Err(error) => tracing::warn!(instance = %id, %error, "the guest cannot go on"),
            }
            self.readiness().touch(*id);
        }
        Ok(ports.hypervisor.halted().await?.len())
    }

    /// A guest has come to stand still.
    pub(super) fn halted(&self, id: InstanceId) {
        tracing::error!(
            instance = %id,
            needed_mib = self.room_to_go_on() >> 20,
            "the host's disk is full: the guest stands still, and goes on when there is room"
        );
        self.readiness().touch(id);
        self.shared.alarm.notify_one();
    }
}
