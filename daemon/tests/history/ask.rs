//! Asks for each verb, and waits until what it began has ended.

use futures::StreamExt as _;
use sha2::{Digest as _, Sha256};
use sloopd::{
    model::{
        Caller, FirstBootReport, MetadataUpdate, Operation, PortRange, Protocol, Result, Sources, Status,
        TimeOfDay,
    },
    ports::Pieces,
    verbs::{
        CopySnapshot, Course, CreateDisk, CreateFromSnapshot, CreateInstances, DiskOrigin, DiskSource,
        ImportRequest, ImportSnapshot, ImportedDisk, ImportedInstance, SupplyMoment,
    },
};

use crate::{
    common::{Host, order},
    prepare::{UBUNTU, new_disk},
};

/// What a verb answers, if the call is one of these.
type Asked = Option<Result<Vec<Operation>>>;

pub(crate) async fn ask(host: &Host, who: &Caller, call: &str) {
    let mut asked = instances(host, who, call).await;
    if asked.is_none() {
        asked = network(host, who, call).await;
    }
    if asked.is_none() {
        asked = storage(host, who, call).await;
    }
    match asked {
        Some(asked) => host.done(asked.expect(call)).await,
        None => others(host, who, call).await,
    }
}

async fn instances(host: &Host, who: &Caller, call: &str) -> Asked {
    let verbs = &host.verbs;
    Some(match call {
        "CreateInstances" => verbs.create_instances(who, order(&["new"])).await,
        "CreateInstancesFromSnapshot" => {
            let instances = CreateInstances { daily: Some(TimeOfDay::DEFAULT), ..order(&["copy"]) };
            let snapshot = "first".into();
            let asked = CreateFromSnapshot { snapshot, instances, ..CreateFromSnapshot::default() };
            verbs.create_instances_from_snapshot(who, asked).await
        }
        "CloneInstance" => verbs.clone_instance(who, "web", "copy", None).await,
        "StartInstance" => verbs.start_instance(who, "web").await,
        "StopInstance" => verbs.stop_instance(who, "web", false).await,
        "RebootInstance" => verbs.reboot_instance(who, "web").await,
        "DeleteInstance" => verbs.delete_instance(who, "web", false).await,
        "ResizeInstance" => verbs.resize_instance(who, "web", "small_3_0").await,
        "RollBackInstance" => verbs.roll_back_instance(who, "web", "first", Some("kept")).await,
        "UpdateInstanceMetadataOptions" => {
            let update = MetadataUpdate { hop_limit: Some(2), ..MetadataUpdate::default() };
            one(verbs.update_instance_metadata_options(who, "web", &update).await)
        }
        "TagResource" => {
            let tags = vec![("role".to_owned(), "web".to_owned())];
            verbs.tag_resource(who, "web", None, tags).await
        }
        "UntagResource" => verbs.untag_resource(who, "web", None, &["role".to_owned()]).await,
        "EnableAddOn" => verbs.enable_auto_snapshots(who, "web", TimeOfDay::DEFAULT).await,
        "DisableAddOn" => verbs.disable_auto_snapshots(who, "web").await,
        "DeleteAutoSnapshot" => {
            let all = verbs.get_auto_snapshots(who, "web").await.expect("listed");
            let day = all.snapshots[0].day.clone().expect("an automatic one");
            verbs.delete_auto_snapshot(who, "web", &day).await
        }
        _ => return None,
    })
}

async fn network(host: &Host, who: &Caller, call: &str) -> Asked {
    let verbs = &host.verbs;
    let everybody = Sources::default();
    Some(match call {
        "AllocateStaticIp" => verbs.allocate_static_ip(who, "blog").await,
        "AttachStaticIp" => verbs.attach_static_ip(who, "site", "web").await,
        "DetachStaticIp" => verbs.detach_static_ip(who, "site").await,
        "ReleaseStaticIp" => verbs.release_static_ip(who, "site").await,
        "OpenInstancePublicPorts" => {
            one(verbs.open_instance_public_ports(who, "web", PortRange::tcp(443), everybody).await)
        }
        "PutInstancePublicPorts" => {
            let sources = Sources::parse(&["192.0.2.1".to_owned()], &[], &[]).expect("sound");
            one(verbs.put_instance_public_ports(who, "web", vec![(PortRange::tcp(22), sources)]).await)
        }
        "CloseInstancePublicPorts" => {
            one(verbs.close_instance_public_ports(who, "web", PortRange::tcp(80), everybody).await)
        }
        "SetIpAddressType" => verbs.set_ip_address_type(who, "web", false).await,
        "PublishPort" => {
            let port = "28480:80/tcp".parse().expect("a port");
            one(verbs.publish_port(who, "web", port).await.map(|(operation, _)| operation))
        }
        "UnpublishPort" => one(verbs.unpublish_port(who, Protocol::Tcp, 28_480).await),
        _ => return None,
    })
}

async fn storage(host: &Host, who: &Caller, call: &str) -> Asked {
    let verbs = &host.verbs;
    Some(match call {
        "CreateDisk" => verbs.create_disk(who, new_disk("more")).await,
        "CreateDiskFromSnapshot" => {
            let asked = CreateDisk { origin: DiskOrigin::Snapshot("then".into()), ..new_disk("more") };
            verbs.create_disk(who, asked).await
        }
        "DeleteDisk" => verbs.delete_disk(who, "data", false).await,
        "AttachDisk" => verbs.attach_disk(who, "data", "web", "/dev/xvdf").await,
        "DetachDisk" => verbs.detach_disk(who, "data").await,
        "GrowDisk" => verbs.grow_disk(who, "data", 16).await,
        "CreateInstanceSnapshot" => verbs.create_instance_snapshot(who, "web", "now", Vec::new()).await,
        "CreateDiskSnapshot" => {
            verbs.create_disk_snapshot(who, DiskSource::Disk("data".into()), "now", Vec::new()).await
        }
        "DeleteInstanceSnapshot" => verbs.delete_instance_snapshot(who, "first").await,
        "DeleteDiskSnapshot" => verbs.delete_disk_snapshot(who, "then").await,
        "CopySnapshot" => {
            let (source, target, region) = ("first".into(), "second".into(), "us-east-1".into());
            verbs.copy_snapshot(who, CopySnapshot { source, target, region, automatic: None }).await
        }
        _ => return None,
    })
}

/// What answers with something else than operations.
async fn others(host: &Host, who: &Caller, call: &str) {
    let verbs = &host.verbs;
    match call {
        "CreateKeyPair" => drop(verbs.create_key_pair(who, "phone", Vec::new()).await.expect(call)),
        "ImportKeyPair" => {
            let key = host.ports.keys.generate("phone").expect("a key").public;
            verbs.import_key_pair(who, "phone", &key.line).await.expect(call);
        }
        "DeleteKeyPair" => drop(verbs.delete_key_pair(who, "laptop", None).await.expect(call)),
        "PullImage" => ended(verbs.pull_image(who, UBUNTU).await.expect(call)).await,
        "BakeImage" => bake(host, who).await,
        "ImportImage" => {
            let asked = ImportRequest {
                file_name: "/home/root/tiny.img".into(),
                blueprint_id: Some("tiny".into()),
                unverified: Some("tiny".into()),
                ..ImportRequest::default()
            };
            ended(verbs.import_image(who, asked, pieces(b"a disk")).expect(call)).await;
        }
        "RemoveImage" => assert_eq!(verbs.remove_image(who, UBUNTU).await.expect(call).len(), 1),
        "PruneImages" => {
            assert_eq!(verbs.prune_images(who, true).await.expect(call).len(), 1, "it only looks");
            assert_eq!(verbs.prune_images(who, false).await.expect(call).len(), 1);
        }
        // Whoever stays there is written about once.
        "AttachConsole" => std::mem::forget(verbs.attach_console(who, "web").await.expect(call)),
        "UploadSnapshot" => upload(host, who).await,
        _ => panic!("nobody knows how to ask for {call}"),
    }
}

fn one(answer: Result<Operation>) -> Result<Vec<Operation>> {
    answer.map(|operation| vec![operation])
}

async fn ended<T: Clone + std::fmt::Debug>(mut course: Course<T>) {
    let ended = course.wait_for(|now| matches!(now, SupplyMoment::Ended(_))).await.expect("it ends").clone();
    assert!(matches!(ended, SupplyMoment::Ended(Ok(_))), "{ended:?}");
}

fn pieces(bytes: &[u8]) -> Pieces {
    let pieces: Vec<_> = bytes.chunks(7).map(|piece| Ok(piece.to_vec())).collect();
    futures::stream::iter(pieces).boxed()
}

async fn bake(host: &Host, who: &Caller) {
    let course = host.verbs.bake_image(who, "nginx").await.expect("begun");
    let baker = async || {
        let all = host.verbs.get_instances(who, None).await.expect("readable").items;
        let baker = all.into_iter().find(|one| one.name.as_str().starts_with("bake-"));
        baker.filter(|one| one.status == Status::Running).map(|one| one.private_ip)
    };
    host.until(async || baker().await.is_some()).await;
    let address = baker().await.expect("it runs");
    host.verbs.report_first_boot(address, FirstBootReport::bounded(Vec::new())).await.expect("heard");
    ended(course).await;
}

async fn upload(host: &Host, who: &Caller) {
    let file = format!("{{\"bytes\":{},\"content\":{{}}}}", 1u64 << 30).into_bytes();
    let disk = ImportedDisk {
        path: "/dev/xvda".into(),
        file_bytes: file.len() as u64,
        sha256: format!("{:x}", Sha256::digest(&file)),
        ..ImportedDisk::default()
    };
    let asked = ImportSnapshot {
        name: "moved".into(),
        instance: Some(ImportedInstance { blueprint_id: "tiny".into(), ..ImportedInstance::default() }),
        disks: vec![disk],
        ..ImportSnapshot::default()
    };
    ended(host.verbs.import_snapshot(who, asked, pieces(&file)).await.expect("begun")).await;
}
