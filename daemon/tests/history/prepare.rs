//! Where each verb can be asked for.

use jiff::{SignedDuration, Timestamp};
use sloopd::{
    model::{AutoSnapshot, Caller, ResourceType, StoredImage, TimeOfDay},
    ports::Change,
    verbs::{CreateDisk, DiskSource, SupplyMoment},
};

use crate::{
    common::{Host, caller, create},
    root,
};

pub(crate) const UBUNTU: &str = "ubuntu_24_04";

pub(crate) fn new_disk(name: &str) -> CreateDisk {
    CreateDisk { name: name.into(), zone: "us-east-1a".into(), size_gb: 8, ..CreateDisk::default() }
}

/// What ann has, as the call needs it.
pub(crate) async fn prepare(host: &Host, call: &str) {
    let (verbs, ann) = (&host.verbs, caller());
    host.done(create(verbs, &["web", "db"]).await.expect("accepted")).await;
    // Made with the first instance that somebody makes.
    verbs.download_default_key_pair(&root()).await.expect("made");
    host.done(verbs.create_disk(&ann, new_disk("data")).await.expect("made")).await;
    verbs.allocate_static_ip(&ann, "site").await.expect("room");
    verbs.create_key_pair(&ann, "laptop", Vec::new()).await.expect("made");
    disks_and_snapshots(host, &ann, call).await;
    match call {
        "StartInstance" | "DetachDisk" => {
            host.done(verbs.stop_instance(&ann, "web", false).await.expect("runs")).await;
        }
        "AttachStaticIp" => drop(verbs.attach_static_ip(&ann, "site", "db").await.expect("free")),
        "DetachStaticIp" | "DeleteInstance" => {
            verbs.attach_static_ip(&ann, "site", "web").await.expect("free");
        }
        "UntagResource" => {
            let tags = vec![("role".to_owned(), "web".to_owned())];
            verbs.tag_resource(&ann, "web", None, tags).await.expect("tagged");
        }
        "UnpublishPort" => {
            let port = "28480:80/tcp".parse().expect("a port");
            verbs.publish_port(&ann, "web", port).await.expect("free");
        }
        "DisableAddOn" => {
            verbs.enable_auto_snapshots(&ann, "web", TimeOfDay::DEFAULT).await.expect("enabled");
        }
        "DeleteAutoSnapshot" => automatic(host, &ann).await,
        "RemoveImage" => pulled(host, &ann).await,
        "PruneImages" => {
            pulled(host, &ann).await;
            replaced(host);
        }
        _ => {}
    }
}

async fn disks_and_snapshots(host: &Host, ann: &Caller, call: &str) {
    let verbs = &host.verbs;
    let attached = [
        "CloneInstance",
        "CreateInstancesFromSnapshot",
        "DeleteInstance",
        "DetachDisk",
        "GrowDisk",
        "RollBackInstance",
    ];
    if attached.contains(&call) {
        host.done(verbs.attach_disk(ann, "data", "web", "/dev/xvdf").await.expect("free")).await;
    }
    let kept = ["CopySnapshot", "CreateInstancesFromSnapshot", "DeleteInstanceSnapshot", "RollBackInstance"];
    if kept.contains(&call) {
        let taken = verbs.create_instance_snapshot(ann, "web", "first", Vec::new()).await;
        host.done(taken.expect("accepted")).await;
    }
    if ["CreateDiskFromSnapshot", "DeleteDiskSnapshot"].contains(&call) {
        let source = DiskSource::Disk("data".into());
        host.done(verbs.create_disk_snapshot(ann, source, "then", Vec::new()).await.expect("taken")).await;
    }
}

/// An automatic snapshot of `web`, which were asked for three days ago.
async fn automatic(host: &Host, ann: &Caller) {
    let web = host.verbs.get_instance(ann, "web").await.expect("there").id;
    let then = Timestamp::now() - SignedDuration::from_hours(72);
    let daily = AutoSnapshot::beginning(web.0, ResourceType::Instance, TimeOfDay::DEFAULT, then);
    host.ports.store.commit(vec![Change::PutAutoSnapshot(daily)]).await.expect("written");
    let taken = host.verbs.take_due_snapshots().await.expect("looked");
    assert_eq!(taken.len(), 2, "it is due");
    host.done(taken).await;
}

async fn pulled(host: &Host, ann: &Caller) {
    let mut course = host.verbs.pull_image(ann, UBUNTU).await.expect("begun");
    course.wait_for(|now| matches!(now, SupplyMoment::Ended(Ok(_)))).await.expect("it comes");
}

/// There was an older image before.
fn replaced(host: &Host) {
    let mut world = host.world.world();
    let newest = world.images.values().next().expect("it was pulled").clone();
    let old = StoredImage {
        id: format!("{UBUNTU}-aaaaaaaaaaaa"),
        path: "/simulated/old.qcow2".into(),
        is_newest: false,
        ..newest
    };
    world.images.insert(old.id.clone(), old);
}
