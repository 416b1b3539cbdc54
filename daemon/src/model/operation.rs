//! What was asked for, and how far it has come.

use std::str::FromStr;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Caller, Door, Error, OperationId, Order, Owner, Resource, Result};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Lightsail's word.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),+ }
            }
        }

        impl FromStr for $name {
            type Err = Error;
            fn from_str(word: &str) -> Result<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
                    .ok_or_else(|| Error::internal(format!("no such {}: {word:?}", stringify!($name))))
            }
        }
    };
}

words!(
    /// Which verb made the operation, with Lightsail's `operationType` words.
    OperationKind {
        /// Make and start an instance.
        CreateInstance,
        /// Start a stopped instance.
        StartInstance,
        /// Shut an instance down.
        StopInstance,
        /// Shut down and start again.
        RebootInstance,
        /// Remove an instance and all that is its own.
        DeleteInstance,
        /// Make a key pair.
        CreateKeyPair,
        /// Take in a public key.
        ImportKeyPair,
        /// Forget a key pair.
        DeleteKeyPair,
        /// Add or change tags.
        TagResource,
        /// Take tags off.
        UntagResource,
        /// Open a range of ports.
        OpenInstancePublicPorts,
        /// Open these ranges of ports and close every other.
        PutInstancePublicPorts,
        /// Close a range of ports.
        CloseInstancePublicPorts,
        /// Take a static address.
        AllocateStaticIp,
        /// Make a static address an instance's.
        AttachStaticIp,
        /// Take a static address from its instance.
        DetachStaticIp,
        /// Give a static address back.
        ReleaseStaticIp,
        /// Say how an instance may ask for its metadata.
        UpdateInstanceMetadataOptions,
        /// Keep what an instance holds.
        CreateInstanceSnapshot,
        /// Delete a snapshot of an instance.
        DeleteInstanceSnapshot,
        /// Keep what a disk holds.
        CreateDiskSnapshot,
        /// Delete a snapshot of a disk.
        DeleteDiskSnapshot,
        /// Make a disk.
        CreateDisk,
        /// Make a disk with what a snapshot holds.
        CreateDiskFromSnapshot,
        /// Delete a disk.
        DeleteDisk,
        /// Hand a disk to an instance.
        AttachDisk,
        /// Take a disk from its instance.
        DetachDisk,
        /// Make a disk larger.
        GrowDisk,
        /// Begin automatic snapshots.
        EnableAddOn,
        /// End them.
        DisableAddOn,
        /// Give an instance another plan.
        ResizeInstance,
        /// Take an instance back to a snapshot.
        RollBackInstance,
        /// Give an instance an IPv6 address, or take it away.
        SetIpAddressType,
        /// Start an instance again that ended without being told to. The daemon does so by itself.
        RecoverInstance,
        /// Say what is done when an instance ends without being told to.
        SetRecoveryPolicy,
        /// Make an alarm, or change it.
        PutAlarm,
        /// Delete an alarm.
        DeleteAlarm,
        /// Try what an alarm would do.
        TestAlarm,
        /// Say where notifications go.
        CreateContactMethod,
        /// Have no more notifications go there.
        DeleteContactMethod,
        /// Send a code that proves that somebody reads what is sent there.
        SendContactMethodVerification,
        /// Say the code that came.
        ConfirmContactMethod,
        /// Have an alarm say something else of an instance. The daemon does so by itself.
        ChangeAlarmState,
        /// Have a port of the host lead to an instance.
        PublishPort,
        /// Have it lead nowhere any more.
        UnpublishPort,
        /// Fetch the image of a blueprint from its publisher.
        PullImage,
        /// Make an application's image.
        BakeImage,
        /// Take in an image that somebody hands in.
        ImportImage,
        /// Remove an image.
        RemoveImage,
        /// Remove images that newer ones have replaced.
        PruneImages,
        /// Make a snapshot of files that somebody hands in.
        ImportSnapshot,
        /// Sit at the serial console of an instance.
        AttachConsole,
        /// Say how a first boot went. The guest does so.
        ReportFirstBoot,
    }
);

words!(
    /// How far an operation has come.
    OperationStatus {
        /// Accepted, and waiting for its turn.
        NotStarted,
        /// Under way.
        Started,
        /// Ended without reaching its goal.
        Failed,
        /// Ended at its goal.
        Succeeded,
    }
);

words!(
    /// What the operation works on.
    ResourceType {
        /// A virtual machine.
        Instance,
        /// An SSH key pair.
        KeyPair,
        /// A static address.
        StaticIp,
        /// Block storage.
        Disk,
        /// A snapshot of an instance.
        InstanceSnapshot,
        /// A snapshot of a disk.
        DiskSnapshot,
        /// A threshold that is watched.
        Alarm,
        /// Where notifications go.
        ContactMethod,
        /// What instances are made from. Lightsail shows nobody its own.
        Image,
    }
);

impl OperationStatus {
    /// Whether nothing more will happen.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Failed | Self::Succeeded)
    }
}

/// Which way the engine is going through the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Towards the goal.
    Forward,
    /// Back, after a step failed. The reason is recorded before the first step is undone.
    Undoing,
}

/// One piece of work on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its identity.
    pub id: OperationId,
    /// Whose resource it is on: they see it, whoever asked for it.
    pub owner: Owner,
    /// Who asked for it.
    pub caller: String,
    /// From where.
    pub door: Door,
    /// The resource's name when it was asked for.
    pub resource_name: String,
    /// The resource's identity, which outlives its name.
    pub resource_id: Uuid,
    /// What sort of resource.
    pub resource_type: ResourceType,
    /// Which verb.
    pub kind: OperationKind,
    /// How far it has come.
    pub status: OperationStatus,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When `status` last changed.
    pub status_changed_at: Timestamp,
    /// What Lightsail shows as `operationDetails`.
    pub details: String,
    /// What it changes, in words; empty where the kind says it all.
    pub change: String,
    /// Why it failed, in a word.
    pub error_code: Option<String>,
    /// Why it failed, in a sentence.
    pub error_details: Option<String>,
    /// Steps that are done (forward) or still to be undone (undoing).
    pub steps_done: usize,
    /// Which way it is going.
    pub phase: Phase,
    /// Stop without asking the guest.
    pub force: bool,
    /// What exactly was ordered.
    pub order: Order,
    /// The operation that this one is the other side of: it ends when that one ends, in the same way.
    pub follows: Option<OperationId>,
}

impl Operation {
    /// An operation that waits for the engine. It is seen by whoever the resource belongs to, and by the caller where it is nobody's.
    pub fn accepted<'a>(
        kind: OperationKind,
        caller: &Caller,
        resource: impl Into<Resource<'a>>,
        details: impl Into<String>,
        now: Timestamp,
    ) -> Self {
        let resource = resource.into();
        Self {
            id: OperationId::fresh(),
            owner: resource.owner.unwrap_or(&caller.owner).clone(),
            caller: caller.name.clone(),
            door: caller.door,
            resource_name: resource.name.to_owned(),
            resource_id: resource.id,
            resource_type: resource.kind,
            kind,
            status: OperationStatus::NotStarted,
            created_at: now,
            status_changed_at: now,
            details: details.into(),
            change: String::new(),
            error_code: None,
            error_details: None,
            steps_done: 0,
            phase: Phase::Forward,
            force: false,
            order: Order::Plain,
            follows: None,
        }
    }

    /// The same operation, done at once: what key pair and tag verbs return.
    #[must_use]
    pub fn succeeded(mut self) -> Self {
        self.status = OperationStatus::Succeeded;
        self
    }

    /// The other side of this operation, on another resource: it ends when this one ends.
    #[must_use]
    pub fn other_side<'a>(&self, resource: impl Into<Resource<'a>>) -> Self {
        let resource = resource.into();
        Self {
            id: OperationId::fresh(),
            owner: resource.owner.unwrap_or(&self.owner).clone(),
            resource_name: resource.name.to_owned(),
            resource_id: resource.id,
            resource_type: resource.kind,
            details: self.resource_name.clone(),
            force: false,
            order: Order::Plain,
            follows: Some(self.id),
            ..self.clone()
        }
    }

    /// Moves to `status` at `now`.
    pub fn advance(&mut self, status: OperationStatus, now: Timestamp) {
        if self.status != status {
            self.status = status;
            self.status_changed_at = now;
        }
    }

    /// Records why it will fail, before anything is undone.
    pub fn blame(&mut self, error: &Error) {
        self.error_code = Some(error.code.to_owned());
        self.error_details = Some(match &error.tip {
            Some(tip) => format!("{} ({tip})", error.message),
            None => error.message.clone(),
        });
    }
}
