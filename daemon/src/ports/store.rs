use std::{
    collections::{HashMap, HashSet},
    net::{Ipv4Addr, Ipv6Addr},
    path::PathBuf,
};

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

use super::AlarmChange;
use crate::model::{
    Alarm, AlarmId, AutoSnapshot, BurstRecord, Bytes, Cause, ContactMethod, Disk, DiskId, FirstBoot,
    FrozenDisk, HostId, Instance, InstanceId, KeyPair, KeyPairId, Layer, LayerId, Letter, MetadataOptions,
    Month, Operation, OperationId, Owner, PortRule, Publication, RecoveryPolicy, RecoveryRecord,
    ResourceName, Result, Size, Slot, Snapshot, SnapshotId, Stack, StaticIp, StaticIpId, Status, Tags, Way,
};

/// One thing to write. Several in one commit are written together or not at all.
#[derive(Clone, Debug)]
pub enum Change {
    /// A new instance. Its name must be free among all resources.
    AddInstance(Box<Instance>),
    /// What an instance is doing now, and what becomes of its public address.
    SetStatus {
        /// Which instance.
        id: InstanceId,
        /// The commit fails unless this is its status now: somebody else was quicker.
        expect: Option<Status>,
        /// The new status.
        status: Status,
        /// Its public address from now on.
        address: Address,
    },
    /// The public address of an instance.
    SetPublicIp(InstanceId, Option<Ipv4Addr>),
    /// The IPv6 address of an instance.
    SetIpv6(InstanceId, Option<Ipv6Addr>),
    /// The firewall of an instance.
    SetPorts(InstanceId, Vec<PortRule>),
    /// The ports of the host that lead to an instance.
    SetPublished(InstanceId, Vec<Publication>),
    /// How an instance may ask for its metadata.
    SetMetadataOptions(InstanceId, MetadataOptions),
    /// The base image that has come for an instance.
    SetBase(InstanceId, PathBuf),
    /// A new disk, with the layer that is its top. Its name must be free among all resources.
    AddDisk(Box<Disk>),
    /// A disk is on its way to an instance. The commit fails if it is at one already.
    AttachDisk {
        /// Which disk.
        disk: DiskId,
        /// To which instance.
        instance: InstanceId,
        /// To which place.
        slot: Slot,
    },
    /// It has arrived.
    SetAttached(DiskId),
    /// It is at no instance.
    DetachDisk(DiskId),
    /// The tags of a disk.
    SetDiskTags(DiskId, Tags),
    /// A disk that is no more. Snapshots of it stay.
    RemoveDisk(DiskId),
    /// A disk is written to a new layer from now on.
    PutOnTop(DiskId, Layer),
    /// A disk is written to a layer that is there from now on.
    SetTop(DiskId, LayerId),
    /// A layer that came from another host. What it stands on must be there.
    AddLayer(Box<Layer>),
    /// There is a file for the layer now.
    SetMade(LayerId),
    /// The size of a disk, seen from a layer that is its top, in bytes.
    SetLayerSize(LayerId, u64),
    /// A new snapshot. Its name, if it has one, must be free among all resources.
    AddSnapshot(Box<Snapshot>),
    /// What a snapshot is to keep, and the layers that are to be tops instead. The commit fails if a disk has another top.
    Freeze(SnapshotId, Vec<FrozenDisk>),
    /// The snapshot is whole, and the new tops are tops.
    Settle(SnapshotId),
    /// Whether the guest held its file systems still.
    SetQuiesced(SnapshotId, bool),
    /// The tags of a snapshot.
    SetSnapshotTags(SnapshotId, Tags),
    /// A snapshot that is not to be. Of its disks, these have got their new tops all the same.
    AbandonSnapshot(SnapshotId, Vec<DiskId>),
    /// A snapshot that is no more.
    RemoveSnapshot(SnapshotId),
    /// Daily snapshots of an instance or a disk.
    PutAutoSnapshot(AutoSnapshot),
    /// No more daily snapshots of it.
    RemoveAutoSnapshot(Uuid),
    /// The plan of an instance.
    SetSize(InstanceId, Size),
    /// The commit fails unless this is the instance's status now.
    Expect(InstanceId, Status),
    /// The digest of a frozen layer, or that what is known of it no longer counts.
    SetDigest(LayerId, Option<String>),
    /// Layers were made one.
    SetMerged(Way),
    /// A layer that is no more. One that somebody stands on is kept.
    RemoveLayer(LayerId),
    /// An instance that is no more; its name is free again. Disks that were attached to it are available again.
    RemoveInstance(InstanceId),
    /// How an instance's first boot went. Apart, because the guest says so while a worker may be at the instance.
    SetFirstBoot(InstanceId, FirstBoot),
    /// The tags of an instance.
    SetInstanceTags(InstanceId, Tags),
    /// A new key pair. Its name must be free among all resources.
    AddKeyPair(Box<KeyPair>),
    /// The tags of a key pair.
    SetKeyPairTags(KeyPairId, Tags),
    /// A key pair that is no more.
    RemoveKeyPair(KeyPairId),
    /// A new static address. Its name must be free among all resources.
    AddStaticIp(Box<StaticIp>),
    /// Which instance has a static address.
    SetHolder(StaticIpId, Option<InstanceId>),
    /// A static address that was given back.
    RemoveStaticIp(StaticIpId),
    /// What an instance moved in a month, besides what is written already.
    AddTransfer {
        /// Which instance.
        id: InstanceId,
        /// In which month.
        month: Month,
        /// How much more.
        moved: Bytes,
        /// What its counters said: the next reading counts from there.
        reading: Bytes,
    },
    /// What an instance has saved of its processors' time. Nothing is written of one that is stopped or gone; an instance that is stopped loses it.
    PutBurst(BurstRecord),
    /// Something about an instance that ended, or may end, without being told to.
    Recovery(InstanceId, RecoveryChange),
    /// Which start of the host this is.
    SetBootId(String),
    /// Something about alarms and what they tell.
    Alarm(AlarmChange),
    /// An operation, new or not.
    PutOperation(Box<Operation>),
}

/// What is written of an instance's recoveries.
#[derive(Clone, Copy, Debug)]
pub enum RecoveryChange {
    /// What is done when it ends without being told to.
    Policy(RecoveryPolicy),
    /// It is to be started again.
    Begin {
        /// Why.
        cause: Cause,
        /// When, if it counts.
        at: Option<Timestamp>,
    },
    /// It was, or need not be.
    End,
    /// It is not started again any more, and why it ended.
    GiveUp(Cause),
    /// Somebody attends to it: its recoveries count no more.
    Forget,
    /// Whether the guest has answered since it was started.
    Answered(bool),
}

/// What becomes of an instance's public address when its status changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// It stays what it is.
    Keep,
    /// It is this one.
    Give(Ipv4Addr),
    /// It goes back to the range, unless it is a static one.
    LetGo,
}

/// Who needs which layers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayerUse {
    /// Those that disks are written to.
    pub tops: HashSet<LayerId>,
    /// Those that snapshots keep, and those that are to be tops.
    pub kept: HashSet<LayerId>,
    /// How many layers there are.
    pub count: usize,
}

/// Which operations, newest first.
#[derive(Clone, Debug, Default)]
pub struct OperationFilter {
    /// Only on the resource with this name.
    pub resource: Option<String>,
    /// Only on what belongs to this owner.
    pub owner: Option<Owner>,
    /// Only those that were asked for then or later.
    pub since: Option<Timestamp>,
    /// Only those that are older than this one.
    pub before: Option<OperationId>,
    /// At most so many.
    pub limit: usize,
}

/// What is remembered. A record that cannot be read is reported and kept, and the others are read all the same.
#[async_trait]
pub trait Store: Send + Sync {
    /// Identity of this installation, made on first use.
    fn host_id(&self) -> HostId;

    /// Writes all changes or none, and is on the disk when it returns.
    async fn commit(&self, changes: Vec<Change>) -> Result<()>;

    /// All instances, by name.
    async fn instances(&self) -> Result<Vec<Instance>>;

    /// The instance of that name.
    async fn instance(&self, name: &ResourceName) -> Result<Option<Instance>>;

    /// The instance with that identity.
    async fn instance_by_id(&self, id: InstanceId) -> Result<Option<Instance>>;

    /// The instance whose own address that is.
    async fn instance_at(&self, private: Ipv4Addr) -> Result<Option<Instance>>;

    /// Public addresses that are given out: to instances, and as static ones.
    async fn public_addresses(&self) -> Result<HashSet<Ipv4Addr>>;

    /// All key pairs, by name.
    async fn key_pairs(&self) -> Result<Vec<KeyPair>>;

    /// The key pair of that name.
    async fn key_pair(&self, name: &ResourceName) -> Result<Option<KeyPair>>;

    /// All static addresses, by name.
    async fn static_ips(&self) -> Result<Vec<StaticIp>>;

    /// The static address of that name.
    async fn static_ip(&self, name: &ResourceName) -> Result<Option<StaticIp>>;

    /// All disks that are not system disks, by name.
    async fn disks(&self) -> Result<Vec<Disk>>;

    /// The disk of that name.
    async fn disk(&self, name: &ResourceName) -> Result<Option<Disk>>;

    /// All snapshots, by name.
    async fn snapshots(&self) -> Result<Vec<Snapshot>>;

    /// The snapshot of that name.
    async fn snapshot(&self, name: &ResourceName) -> Result<Option<Snapshot>>;

    /// The snapshot with that identity.
    async fn snapshot_by_id(&self, id: SnapshotId) -> Result<Option<Snapshot>>;

    /// Everything that daily snapshots are taken of.
    async fn auto_snapshots(&self) -> Result<Vec<AutoSnapshot>>;

    /// The stack under a top.
    async fn stack(&self, top: LayerId) -> Result<Stack>;

    /// All layers.
    async fn layers(&self) -> Result<Vec<Layer>>;

    /// The layers that have records, whether those can be read or not.
    async fn layer_ids(&self) -> Result<HashSet<LayerId>>;

    /// Who needs which layers: all of it, whether what needs them can be read or not.
    async fn layer_use(&self) -> Result<LayerUse>;

    /// The digests of frozen layers, as far as they were read since they were frozen.
    async fn digests(&self) -> Result<HashMap<LayerId, String>>;

    /// Layers that nobody stands on: no layer, no disk and no snapshot. Nobody ever will again.
    async fn unneeded_layers(&self) -> Result<Vec<LayerId>>;

    /// What an instance moved in a month, as far as it is written.
    async fn transfer(&self, id: InstanceId, month: Month) -> Result<Bytes>;

    /// What the counters of every instance said when they were last written; nothing of those that never were.
    async fn transfer_readings(&self) -> Result<Vec<(InstanceId, Bytes)>>;

    /// What instances have saved of their processors' time, as far as it is written.
    async fn bursts(&self) -> Result<Vec<BurstRecord>>;
    /// What is written down of an instance's recoveries.
    async fn recovery(&self, id: InstanceId) -> Result<RecoveryRecord>;

    /// The same of every instance of which something is.
    async fn recoveries(&self) -> Result<HashMap<InstanceId, RecoveryRecord>>;

    /// Which start of the host the last one was; none before the first.
    async fn boot_id(&self) -> Result<Option<String>>;

    /// All alarms, by name.
    async fn alarms(&self) -> Result<Vec<Alarm>>;

    /// The alarm of that name.
    async fn alarm(&self, name: &ResourceName) -> Result<Option<Alarm>>;

    /// Everybody's contact methods.
    async fn contact_methods(&self) -> Result<Vec<ContactMethod>>;

    /// Letters that nobody has taken yet, the oldest first: the first thousand of them.
    async fn waiting_letters(&self) -> Result<Vec<Letter>>;

    /// What an alarm has told lately, the newest first.
    async fn letters_of(&self, alarm: AlarmId) -> Result<Vec<Letter>>;

    /// One operation.
    async fn operation(&self, id: OperationId) -> Result<Option<Operation>>;

    /// Some operations.
    async fn operations(&self, filter: OperationFilter) -> Result<Vec<Operation>>;

    /// Operations that are not terminal, oldest first.
    async fn unfinished(&self) -> Result<Vec<Operation>>;

    /// Forgets operations that ended before then, the oldest first and at most so many, and says how many. What has not ended stays, and
    /// so does what another one that is there follows: it goes the next time.
    async fn forget_operations(&self, before: Timestamp, most: usize) -> Result<usize>;
}
