//! Which steps each kind of operation is made of.

use super::steps::{
    AskToStop, Cut, Disk, Domain, Grow, Link, Mark, NewTops, Pivot, Plug, Power, Replan, Retreat, Rules,
    Seed, Step, Tops,
};
use crate::model::{Operation, OperationKind, Order};

/// The way to an operation's goal.
pub(super) struct Plan {
    steps: &'static [&'static dyn Step],
    /// Go through the steps backwards, undoing each: this is how an instance is deleted.
    pub(super) tears_down: bool,
    /// Where an operation that was cut off goes on at the latest. Making something begins anew, which costs nothing where it
    /// is made already: what lived in the daemon only, such as DHCP on the wire, died with it.
    rejoin: usize,
    /// Undo what was done when a step fails. What only takes away is not undone but tried again.
    pub(super) undoes: bool,
}

/// Firewall before boot, always.
const MAKE: &[&dyn Step] = &[&Disk, &Seed, &Link, &Rules, &Domain, &Power];
const START: &[&dyn Step] = &[&Tops, &Seed, &Link, &Rules, &Domain, &Power];
const STOP: &[&dyn Step] = &[&AskToStop, &Cut];
/// Nobody is asked: who hangs does not answer, and who crashed is off.
const RECOVER: &[&dyn Step] = &[&AskToStop, &Tops, &Seed, &Link, &Rules, &Domain, &Power];
const REBOOT: &[&dyn Step] = &[&AskToStop, &Link, &Rules, &Domain, &Power];

const SNAPSHOT: &[&dyn Step] = &[&Mark, &NewTops, &Pivot];
/// One that is off stays off, and finds all new when it starts.
const RESIZE: &[&dyn Step] = &[&Replan];
const RESIZE_RUNNING: &[&dyn Step] = &[&AskToStop, &Replan, &Tops, &Link, &Rules, &Domain, &Power];
const ROLL_BACK: &[&dyn Step] = &[&Retreat];
const ROLL_BACK_RUNNING: &[&dyn Step] = &[&AskToStop, &Retreat, &Tops, &Link, &Rules, &Domain, &Power];

/// The way of an operation.
pub(super) fn plan(operation: &Operation) -> Plan {
    let plain = |steps, rejoin| Plan { steps, rejoin, tears_down: false, undoes: false };
    let restarts = matches!(
        operation.order,
        Order::Resize { restart: true, .. } | Order::RollBack { restart: true, .. }
    );
    match operation.kind {
        OperationKind::CreateInstance => Plan { undoes: true, ..plain(MAKE, 0) },
        OperationKind::StartInstance => Plan { undoes: true, ..plain(START, 0) },
        OperationKind::StopInstance => plain(STOP, 1),
        // Not before the first step once that is done: a guest is not shut down twice.
        OperationKind::RebootInstance => plain(REBOOT, 1),
        OperationKind::RecoverInstance => plain(RECOVER, 1),
        OperationKind::DeleteInstance => Plan { tears_down: true, ..plain(MAKE, MAKE.len()) },
        OperationKind::CreateInstanceSnapshot | OperationKind::CreateDiskSnapshot => {
            Plan { undoes: true, ..plain(SNAPSHOT, 0) }
        }
        OperationKind::AttachDisk => Plan { undoes: true, ..plain(&[&Plug], 0) },
        OperationKind::GrowDisk => plain(&[&Grow], 0),
        OperationKind::ResizeInstance if restarts => Plan { undoes: true, ..plain(RESIZE_RUNNING, 1) },
        OperationKind::ResizeInstance => Plan { undoes: true, ..plain(RESIZE, 0) },
        OperationKind::RollBackInstance if restarts => Plan { undoes: true, ..plain(ROLL_BACK_RUNNING, 1) },
        OperationKind::RollBackInstance => Plan { undoes: true, ..plain(ROLL_BACK, 0) },
        // Done by their verbs at once; the engine never sees them.
        OperationKind::CreateKeyPair
        | OperationKind::ImportKeyPair
        | OperationKind::DeleteKeyPair
        | OperationKind::TagResource
        | OperationKind::UntagResource
        | OperationKind::OpenInstancePublicPorts
        | OperationKind::PutInstancePublicPorts
        | OperationKind::CloseInstancePublicPorts
        | OperationKind::AllocateStaticIp
        | OperationKind::AttachStaticIp
        | OperationKind::DetachStaticIp
        | OperationKind::ReleaseStaticIp
        | OperationKind::DeleteInstanceSnapshot
        | OperationKind::DeleteDiskSnapshot
        | OperationKind::CreateDisk
        | OperationKind::CreateDiskFromSnapshot
        | OperationKind::DeleteDisk
        | OperationKind::DetachDisk
        | OperationKind::EnableAddOn
        | OperationKind::DisableAddOn
        | OperationKind::SetIpAddressType
        | OperationKind::SetRecoveryPolicy
        | OperationKind::PutAlarm
        | OperationKind::DeleteAlarm
        | OperationKind::TestAlarm
        | OperationKind::CreateContactMethod
        | OperationKind::DeleteContactMethod
        | OperationKind::SendContactMethodVerification
        | OperationKind::ConfirmContactMethod
        | OperationKind::ChangeAlarmState
        | OperationKind::PublishPort
        | OperationKind::UnpublishPort
        | OperationKind::PullImage
        | OperationKind::BakeImage
        | OperationKind::ImportImage
        | OperationKind::RemoveImage
        | OperationKind::PruneImages
        | OperationKind::ImportSnapshot
        | OperationKind::AttachConsole
        | OperationKind::ReportFirstBoot
        | OperationKind::UpdateInstanceMetadataOptions => plain(&[], 0),
    }
}

impl Plan {
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether it brings the instance's rules in or takes them out as it goes.
    pub(super) fn makes_or_removes_rules(&self) -> bool {
        (self.undoes || self.tears_down) && self.steps.iter().any(|step| step.sets_rules())
    }

    /// Whether a guest begins to run by it.
    pub(super) fn starts_guest(&self) -> bool {
        !self.tears_down && self.steps.iter().any(|step| step.starts_guest())
    }

    /// Where an operation that was cut off after `done` steps goes on.
    pub(super) fn resume_at(&self, done: usize) -> usize {
        done.min(self.rejoin)
    }

    /// The steps in the order in which they are taken.
    pub(super) fn step(&self, index: usize) -> Option<&'static dyn Step> {
        let at = if self.tears_down { self.len().checked_sub(index + 1)? } else { index };
        self.steps.get(at).copied()
    }
}
