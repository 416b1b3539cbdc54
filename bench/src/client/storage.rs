//! What a bench asks of the daemon about disks and snapshots.

use anyhow::{Context as _, Result};
use sloop_proto::v1::{
    CreateDiskFromSnapshotRequest, CreateDiskSnapshotRequest, CreateInstanceSnapshotRequest,
    GetStorageRequest, GetStorageResult, RebootInstanceRequest, RollBackInstanceRequest, StorageUse,
    disks_client::DisksClient, snapshots_client::SnapshotsClient, storage_client::StorageClient,
};

use super::Client;

impl Client {
    /// Takes a snapshot of an instance and waits until it is whole.
    pub(crate) fn snapshot(&self, instance: &str, name: &str) -> Result<()> {
        let request = CreateInstanceSnapshotRequest {
            instance_snapshot_name: name.into(),
            instance_name: instance.into(),
            tags: Vec::new(),
        };
        let mut client = SnapshotsClient::new(self.channel.clone());
        self.work(async { Ok(client.create_instance_snapshot(request).await?.into_inner().operations) })
    }

    /// Takes a snapshot of an instance's system disk and waits until it is whole.
    pub(crate) fn disk_snapshot(&self, instance: &str, name: &str) -> Result<()> {
        let request = CreateDiskSnapshotRequest {
            disk_snapshot_name: name.into(),
            instance_name: Some(instance.into()),
            ..CreateDiskSnapshotRequest::default()
        };
        let mut client = SnapshotsClient::new(self.channel.clone());
        self.work(async { Ok(client.create_disk_snapshot(request).await?.into_inner().operations) })
    }

    /// Makes a disk of a snapshot.
    pub(crate) fn disk_from(&self, snapshot: &str, name: &str) -> Result<()> {
        let request = CreateDiskFromSnapshotRequest {
            disk_name: name.into(),
            disk_snapshot_name: Some(snapshot.into()),
            availability_zone: "us-east-1a".into(),
            size_in_gb: 8,
            ..CreateDiskFromSnapshotRequest::default()
        };
        let mut client = DisksClient::new(self.channel.clone());
        self.work(async { Ok(client.create_disk_from_snapshot(request).await?.into_inner().operations) })
    }

    /// Takes an instance back to a snapshot and waits until it runs.
    pub(crate) fn roll_back(&self, instance: &str, to: &str, keep_as: &str) -> Result<()> {
        let request = RollBackInstanceRequest {
            instance_name: instance.into(),
            instance_snapshot_name: to.into(),
            kept_snapshot_name: Some(keep_as.into()),
        };
        let mut client = StorageClient::new(self.channel.clone());
        self.work(async { Ok(client.roll_back_instance(request).await?.into_inner().operations) })
    }

    /// The room that everything takes on the host.
    pub(crate) fn storage(&self) -> Result<GetStorageResult> {
        let mut client = StorageClient::new(self.channel.clone());
        Ok(self.runtime.block_on(client.get_storage(GetStorageRequest {}))?.into_inner())
    }

    /// The room that one resource takes.
    pub(crate) fn storage_use(&self, name: &str) -> Result<StorageUse> {
        let uses = self.storage()?.uses;
        uses.into_iter().find(|one| one.name == name).with_context(|| format!("{name} takes room"))
    }

    /// Reboots an instance and waits until it runs.
    pub(crate) fn reboot(&self, instance: &str) -> Result<()> {
        let request = RebootInstanceRequest { instance_name: instance.into() };
        self.work(async { Ok(self.instances().reboot_instance(request).await?.into_inner().operations) })
    }
}
