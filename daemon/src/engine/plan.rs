//! Which steps each kind of operation is made of.

use super::steps::{AskToStop, Cut, Disk, Domain, Link, Power, Rules, Seed, Step};
use crate::model::OperationKind;

/// The way to an operation's goal.
pub(super) struct Plan {
    steps: &'static [&'static dyn Step],
    /// Go through the steps backwards, undoing each: this is how an instance is deleted.
    pub(super) tears_down: bool,
    /// Undo what was done when a step fails. What only takes away is not undone but tried again.
    pub(super) undoes: bool,
}

/// Firewall before boot, always.
const MAKE: &[&dyn Step] = &[&Disk, &Seed, &Link, &Rules, &Domain, &Power];
const START: &[&dyn Step] = &[&Seed, &Link, &Rules, &Domain, &Power];
const STOP: &[&dyn Step] = &[&AskToStop, &Cut];
const REBOOT: &[&dyn Step] = &[&AskToStop, &Domain, &Power];

pub(super) fn plan(kind: OperationKind) -> Plan {
    let (steps, tears_down, undoes) = match kind {
        OperationKind::CreateInstance => (MAKE, false, true),
        OperationKind::StartInstance => (START, false, true),
        OperationKind::StopInstance => (STOP, false, false),
        OperationKind::RebootInstance => (REBOOT, false, false),
        OperationKind::DeleteInstance => (MAKE, true, false),
        // Done by their verbs at once; the engine never sees them.
        OperationKind::CreateKeyPair
        | OperationKind::ImportKeyPair
        | OperationKind::DeleteKeyPair
        | OperationKind::TagResource
        | OperationKind::UntagResource => (&[] as &[&dyn Step], false, false),
    };
    Plan {
        steps,
        tears_down,
        undoes,
    }
}

impl Plan {
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// The steps in the order in which they are taken.
    pub(super) fn step(&self, index: usize) -> Option<&'static dyn Step> {
        let at = if self.tears_down {
            self.len().checked_sub(index + 1)?
        } else {
            index
        };
        self.steps.get(at).copied()
    }
}
