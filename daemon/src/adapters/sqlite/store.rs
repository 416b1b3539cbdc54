//! The port.

use std::{
    collections::{HashMap, HashSet},
    net::Ipv4Addr,
};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{
    Sqlite, alarms, auto_snapshots, bursts, contacts, digests, disks, instances, key_pairs, layers, letters,
    operations, recovery, snapshots, static_ips, transfer, write,
};
use crate::{
    model::{
        Alarm, AlarmId, AutoSnapshot, BurstRecord, Bytes, ContactMethod, Disk, HostId, Instance, InstanceId,
        KeyPair, Layer, LayerId, Letter, Month, Operation, OperationId, RecoveryRecord, ResourceName, Result,
        Snapshot, SnapshotId, Stack, StaticIp,
    },
    ports::{Change, LayerUse, OperationFilter, Store},
};

#[async_trait]
impl Store for Sqlite {
    fn host_id(&self) -> HostId {
        self.host_id
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<()> {
        self.with(move |db| write::commit(db, &changes)).await
    }

    async fn instances(&self) -> Result<Vec<Instance>> {
        self.with(|db| instances::select(db, "?1 = ''", "")).await
    }

    async fn instance(&self, name: &ResourceName) -> Result<Option<Instance>> {
        let name = name.to_string();
        self.with(move |db| Ok(instances::select(db, "name = ?1", &name)?.pop())).await
    }

    async fn instance_by_id(&self, id: InstanceId) -> Result<Option<Instance>> {
        self.with(move |db| Ok(instances::select(db, "id = ?1", &id.to_string())?.pop())).await
    }

    async fn instance_at(&self, private: Ipv4Addr) -> Result<Option<Instance>> {
        self.with(move |db| Ok(instances::select(db, "private_ip = ?1", &private.to_string())?.pop())).await
    }

    async fn public_addresses(&self) -> Result<HashSet<Ipv4Addr>> {
        self.with(|db| static_ips::public_addresses(db)).await
    }

    async fn key_pairs(&self) -> Result<Vec<KeyPair>> {
        self.with(|db| key_pairs::select(db, "?1 = ''", "")).await
    }

    async fn key_pair(&self, name: &ResourceName) -> Result<Option<KeyPair>> {
        let name = name.to_string();
        self.with(move |db| Ok(key_pairs::select(db, "name = ?1", &name)?.pop())).await
    }

    async fn static_ips(&self) -> Result<Vec<StaticIp>> {
        self.with(|db| static_ips::select(db, "?1 = ''", "")).await
    }

    async fn static_ip(&self, name: &ResourceName) -> Result<Option<StaticIp>> {
        let name = name.to_string();
        self.with(move |db| Ok(static_ips::select(db, "s.name = ?1", &name)?.pop())).await
    }

    async fn disks(&self) -> Result<Vec<Disk>> {
        self.with(|db| disks::select(db, "?1 = ''", "")).await
    }

    async fn disk(&self, name: &ResourceName) -> Result<Option<Disk>> {
        let name = name.to_string();
        self.with(move |db| Ok(disks::select(db, "d.name = ?1", &name)?.pop())).await
    }

    async fn snapshots(&self) -> Result<Vec<Snapshot>> {
        self.with(|db| snapshots::select(db, "?1 = ''", "")).await
    }

    async fn snapshot(&self, name: &ResourceName) -> Result<Option<Snapshot>> {
        let name = name.to_string();
        self.with(move |db| Ok(snapshots::select(db, "name = ?1", &name)?.pop())).await
    }

    async fn snapshot_by_id(&self, id: SnapshotId) -> Result<Option<Snapshot>> {
        self.with(move |db| Ok(snapshots::select(db, "id = ?1", &id.to_string())?.pop())).await
    }

    async fn auto_snapshots(&self) -> Result<Vec<AutoSnapshot>> {
        self.with(|db| auto_snapshots::all(db)).await
    }

    async fn stack(&self, top: LayerId) -> Result<Stack> {
        self.with(move |db| layers::stack(db, &top.to_string())).await
    }

    async fn layers(&self) -> Result<Vec<Layer>> {
        self.with(|db| layers::all(db)).await
    }

    async fn layer_ids(&self) -> Result<HashSet<LayerId>> {
        self.with(|db| layers::ids(db)).await
    }

    async fn layer_use(&self) -> Result<LayerUse> {
        self.with(|db| layers::needed(db)).await
    }

    async fn digests(&self) -> Result<HashMap<LayerId, String>> {
        self.with(|db| digests::all(db)).await
    }

    async fn unneeded_layers(&self) -> Result<Vec<LayerId>> {
        self.with(|db| layers::unneeded(db)).await
    }

    async fn transfer(&self, id: InstanceId, month: Month) -> Result<Bytes> {
        self.with(move |db| transfer::of(db, id, month)).await
    }

    async fn transfer_readings(&self) -> Result<Vec<(InstanceId, Bytes)>> {
        self.with(|db| transfer::readings(db)).await
    }

    async fn bursts(&self) -> Result<Vec<BurstRecord>> {
        self.with(|db| bursts::all(db)).await
    }

    async fn recovery(&self, id: InstanceId) -> Result<RecoveryRecord> {
        self.with(move |db| recovery::one(db, id)).await
    }

    async fn recoveries(&self) -> Result<HashMap<InstanceId, RecoveryRecord>> {
        self.with(|db| recovery::all(db)).await
    }

    async fn boot_id(&self) -> Result<Option<String>> {
        self.with(|db| recovery::boot_id(db)).await
    }

    async fn alarms(&self) -> Result<Vec<Alarm>> {
        self.with(|db| alarms::select(db, "?1 = ''", "")).await
    }

    async fn alarm(&self, name: &ResourceName) -> Result<Option<Alarm>> {
        let name = name.to_string();
        self.with(move |db| Ok(alarms::select(db, "a.name = ?1", &name)?.pop())).await
    }

    async fn contact_methods(&self) -> Result<Vec<ContactMethod>> {
        self.with(|db| contacts::all(db)).await
    }

    async fn waiting_letters(&self) -> Result<Vec<Letter>> {
        self.with(|db| letters::waiting(db)).await
    }

    async fn letters_of(&self, alarm: AlarmId) -> Result<Vec<Letter>> {
        self.with(move |db| letters::of(db, alarm)).await
    }

    async fn operation(&self, id: OperationId) -> Result<Option<Operation>> {
        self.with(move |db| operations::one(db, id)).await
    }

    async fn operations(&self, filter: OperationFilter) -> Result<Vec<Operation>> {
        self.with(move |db| operations::some(db, &filter)).await
    }

    async fn unfinished(&self) -> Result<Vec<Operation>> {
        self.with(|db| operations::unfinished(db)).await
    }

    async fn forget_operations(&self, before: Timestamp, most: usize) -> Result<usize> {
        self.with(move |db| operations::forget(db, before, most)).await
    }
}
