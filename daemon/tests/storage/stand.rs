//! A host with an instance, and what its disks hold.

use std::collections::{BTreeMap, BTreeSet};

use sloopd::{
    model::{Disk, Instance, Operation, ResourceType, Result, Slot, Snapshot, Stack, Status},
    verbs::{CreateDisk, CreateFromSnapshot, CreateInstances},
};

use crate::common::{Host, caller, create};

/// What a disk holds, by the number of the block.
pub(crate) type Content = BTreeMap<u64, u64>;

pub(crate) const ZONE: &str = "us-east-1a";

/// A host with one running instance, `web`.
pub(crate) async fn stand() -> Host {
    let host = Host::new();
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    host
}

pub(crate) async fn instance(host: &Host, name: &str) -> Instance {
    host.verbs.get_instance(&caller(), name).await.expect("there")
}

pub(crate) async fn disk(host: &Host, name: &str) -> Disk {
    host.verbs.get_disk(&caller(), name).await.expect("there")
}

pub(crate) async fn snapshot(host: &Host, name: &str) -> Snapshot {
    host.verbs.get_snapshot(&caller(), ResourceType::InstanceSnapshot, name).await.expect("there")
}

/// A guest writes to its system disk.
pub(crate) async fn write(host: &Host, name: &str, block: u64, value: u64) {
    let id = instance(host, name).await.id;
    host.world.write(id, Slot::SYSTEM, block, value).expect("it runs");
}

/// What a stack holds.
pub(crate) fn content_of(host: &Host, stack: &Stack) -> Content {
    stack
        .made()
        .next()
        .map_or_else(BTreeMap::new, |layer| host.world.content(layer.id).expect("every file is there"))
}

/// What the system disk of an instance holds.
pub(crate) async fn content(host: &Host, name: &str) -> Content {
    content_of(host, &instance(host, name).await.system().expect("it has one").stack)
}

pub(crate) async fn snap(host: &Host, name: &str, snapshot: &str) {
    host.done(ask_snap(host, name, snapshot).await.expect("accepted")).await;
}

pub(crate) async fn ask_snap(host: &Host, name: &str, snapshot: &str) -> Result<Vec<Operation>> {
    host.verbs.create_instance_snapshot(&caller(), name, snapshot, Vec::new()).await
}

pub(crate) async fn stop(host: &Host, name: &str) {
    host.done(host.verbs.stop_instance(&caller(), name, false).await.expect("accepted")).await;
}

pub(crate) async fn start(host: &Host, name: &str) {
    host.done(host.verbs.start_instance(&caller(), name).await.expect("accepted")).await;
}

pub(crate) fn restored(snapshot: &str, name: &str, bundle: &str) -> CreateFromSnapshot {
    CreateFromSnapshot {
        snapshot: snapshot.to_owned(),
        instances: CreateInstances {
            names: vec![name.to_owned()],
            zone: ZONE.to_owned(),
            bundle_id: bundle.to_owned(),
            ..CreateInstances::default()
        },
        automatic: None,
        disk_names: Vec::new(),
    }
}

pub(crate) async fn restore(host: &Host, snapshot: &str, name: &str) -> Result<Vec<Operation>> {
    host.verbs.create_instances_from_snapshot(&caller(), restored(snapshot, name, "nano_3_0")).await
}

pub(crate) fn new_disk(name: &str, size_gb: i32) -> CreateDisk {
    CreateDisk { name: name.to_owned(), zone: ZONE.to_owned(), size_gb, ..CreateDisk::default() }
}

/// Records and files agree: every layer that is recorded as made has its file, every file is recorded, what runs writes to the tops
/// that are recorded, and nothing that nobody stands on is left.
pub(crate) async fn consistent(host: &Host, case: &str) {
    host.until(async || host.engine.sweep().await.expect("swept") == 0).await;
    let layers = host.ports.store.layers().await.expect("readable");
    let made: BTreeSet<_> = layers.iter().filter(|layer| layer.is_made).map(|layer| layer.id).collect();
    let world = host.world.world().clone();
    let files: BTreeSet<_> = world.layers.keys().copied().collect();
    let missing: Vec<_> = made.difference(&files).collect();
    assert!(missing.is_empty(), "{case}: layers without files: {missing:?}");
    let recorded: BTreeSet<_> = layers.iter().map(|layer| layer.id).collect();
    let strange: Vec<_> = files.difference(&recorded).collect();
    assert!(strange.is_empty(), "{case}: files without layers: {strange:?}");
    assert_eq!(host.ports.store.unneeded_layers().await.expect("readable"), [], "{case}");
    let mut tops = BTreeSet::new();
    for instance in host.ports.store.instances().await.expect("readable") {
        if instance.status == Status::Running {
            let reached = world.rules.contains_key(&instance.id) && world.links.contains(&instance.id);
            assert!(reached, "{case}: {} runs, and nothing reaches it", instance.name);
        }
        for drive in &instance.drives {
            assert!(tops.insert(drive.stack.top().id), "{case}: two disks are written to one layer");
            let written = world.drives.get(&instance.id).and_then(|drives| drives.get(&drive.slot));
            if instance.status == Status::Running {
                assert_eq!(
                    written,
                    Some(&drive.stack.top().id),
                    "{case}: {} at {}",
                    instance.name,
                    drive.slot
                );
            }
        }
    }
}
