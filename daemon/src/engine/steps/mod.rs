//! Steps: each makes one thing so, can be taken twice, and has its undo beside it.

mod ask_to_stop;
mod cut;
mod disk;
mod domain;
mod link;
mod mark;
mod pivot;
mod plug;
mod power;
mod replan;
mod retreat;
mod rules;
mod seed;
mod tops;

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;

pub(super) use self::{
    ask_to_stop::AskToStop,
    cut::Cut,
    disk::Disk,
    domain::Domain,
    link::Link,
    mark::Mark,
    pivot::{NewTops, Pivot, new_tops},
    plug::{Grow, Plug},
    power::Power,
    replan::Replan,
    retreat::Retreat,
    rules::Rules,
    seed::Seed,
    tops::Tops,
};
use super::rules::RulesLock;
use crate::{
    model::{Error, Instance, Order, Result},
    ports::Ports,
};

/// What a step works with.
pub(super) struct Scene<'a> {
    pub(super) ports: &'a Ports,
    pub(super) rules: &'a RulesLock,
    /// What exactly was ordered.
    pub(super) order: &'a Order,
    /// The operation asks for no courtesy.
    pub(super) force: bool,
    /// Somebody wants the guest off now.
    pub(super) hurry: &'a Notify,
    /// How long a guest has to shut down.
    pub(super) shutdown: Duration,
}

impl Scene<'_> {
    /// The order is not of the kind that the step is for.
    fn odd_order(&self) -> Error {
        Error::internal(format!("the operation was ordered as {:?}", self.order))
    }
}

/// One thing to make so.
#[async_trait]
pub(super) trait Step: Send + Sync {
    /// What it does, for people who wait: "making the disk".
    fn stage(&self) -> &'static str;

    /// Whether a guest begins to run by it.
    fn starts_guest(&self) -> bool {
        false
    }

    /// Whether the instance's rules come in by it, and go out when it is undone.
    fn sets_rules(&self) -> bool {
        false
    }

    /// Whether it changes the record of the instance: what follows must read it again.
    fn rewrites(&self) -> bool {
        false
    }

    /// What its undo does: "removing the disk".
    fn undo_stage(&self) -> &'static str {
        "undoing"
    }

    /// Makes it so, or finds it so.
    async fn ensure(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()>;

    /// Takes it away, or finds nothing to take away.
    async fn undo(&self, _: &Scene<'_>, _: &Instance) -> Result<()> {
        Ok(())
    }
}
