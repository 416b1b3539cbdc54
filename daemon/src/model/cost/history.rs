//! What a resource was at which time, as far as its operations tell.

use jiff::Timestamp;

use super::Stretch;
use crate::model::{Instance, Operation, OperationStatus, Order};

/// A plan that an instance had for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanTime {
    /// When it had it.
    pub stretch: Stretch,
    /// Which plan.
    pub bundle_id: String,
    /// Its monthly transfer allowance in GB.
    pub transfer_gb: u32,
}

/// The plans that an instance had up to now, one after another, given the operations on its name, the newest first. Those on others
/// that had the name before do not count.
pub fn plan_times(instance: &Instance, operations: &[Operation], now: Timestamp) -> Vec<PlanTime> {
    let resized =
        |one: &&Operation| one.resource_id == instance.id.0 && one.status == OperationStatus::Succeeded;
    let mut changes: Vec<_> = operations
        .iter()
        .rev()
        .filter(resized)
        .filter_map(|one| match &one.order {
            Order::Resize { from, .. } => Some((one.status_changed_at, from)),
            _ => None,
        })
        .collect();
    // A clock that was set back must not have a plan end before it began.
    changes.sort_by_key(|(at, _)| *at);
    let present = instance.size();
    let mut start = instance.created_at;
    let mut plans = Vec::new();
    for (end, size) in changes.into_iter().chain([(now, &present)]) {
        let stretch = Stretch { start, end: end.min(now) };
        if stretch.start < stretch.end {
            let (bundle_id, transfer_gb) = (size.bundle_id.clone(), size.transfer_gb);
            plans.push(PlanTime { stretch, bundle_id, transfer_gb });
            start = stretch.end;
        }
    }
    plans
}

/// When nothing had a static address up to now, given when instances got it (`true`) and lost it (`false`), in this order, as far as that is
/// remembered, and whether one has it now.
pub fn idle_stretches(
    created_at: Timestamp,
    turns: &[(Timestamp, bool)],
    is_held: bool,
    now: Timestamp,
) -> Vec<Stretch> {
    // What lost it first had got it before, at a time that nobody remembers.
    let was_held = turns.first().map_or(is_held, |(_, got)| !got);
    let mut since = (!was_held).then_some(created_at);
    let mut idle = Vec::new();
    for (at, is_held) in turns.iter().copied().chain([(now, true)]) {
        if !is_held {
            since = since.or(Some(at));
        } else if let Some(start) = since.take() {
            idle.push(Stretch { start, end: at.min(now) });
        }
    }
    idle.retain(|stretch| stretch.start < stretch.end);
    idle
}
