//! Snapshots that leave a host as files, and come to another.

use futures::StreamExt as _;
use sloopd::{
    model::{Kind, LayerId, Origin, Result, Slot, Snapshot},
    verbs::{
        DiskOrigin, DiskSource, ExportPart, ExportRequest, ImportSnapshot, ImportedDisk, ImportedInstance,
        SupplyMoment,
    },
};

use crate::{
    common::{self, Host, caller},
    stand::*,
};

/// What somebody does to files and what is said of them.
type Change = fn(&mut Files);

/// What a person has after an export: the description, and the files one after the other.
#[derive(Clone)]
struct Files {
    said: ImportSnapshot,
    bytes: Vec<u8>,
}

async fn export(host: &Host, snapshot: &str, since: Option<&str>) -> Result<Files> {
    let since = since.map(str::to_owned);
    let asked = ExportRequest { snapshot: snapshot.into(), automatic: None, since };
    let mut export = host.verbs.export_snapshot(&caller(), asked).await?;
    let mut said = describe(&export.snapshot, export.since.as_ref(), &export.increments);
    let (mut bytes, mut digests) = (Vec::new(), Vec::new());
    while let Some(part) = export.parts.next().await {
        match part? {
            ExportPart::Working(_) => {}
            ExportPart::Disk { index, bytes } => said.disks[index].file_bytes = bytes,
            ExportPart::Data(data) => bytes.extend(data),
            ExportPart::Digest(digest) => digests.push(digest),
        }
    }
    assert_eq!(digests.len(), said.disks.len(), "every file ends");
    said.disks.iter_mut().zip(digests).for_each(|(disk, digest)| disk.sha256 = digest);
    Ok(Files { said, bytes })
}

fn describe(snapshot: &Snapshot, since: Option<&Snapshot>, increments: &[bool]) -> ImportSnapshot {
    let instance = snapshot.instance().map(|from| ImportedInstance {
        id: Some(from.id.to_string()),
        name: from.name.to_string(),
        blueprint_id: from.blueprint_id.clone(),
        blueprint_name: from.blueprint_name.clone(),
        bundle_id: from.bundle_id.clone(),
        username: from.username.clone(),
        firmware: "bios".into(),
        vendor_config: from.vendor_config.clone(),
    });
    let disks = snapshot.disks.iter().zip(increments).map(|(disk, is_increment)| ImportedDisk {
        id: Some(disk.disk.to_string()),
        path: disk.slot.map(|slot| slot.to_string()).unwrap_or_default(),
        name: disk.name.as_ref().map(ToString::to_string).unwrap_or_default(),
        bytes: disk.bytes,
        is_increment: *is_increment,
        ..ImportedDisk::default()
    });
    ImportSnapshot {
        name: snapshot.title().to_owned(),
        id: Some(snapshot.id.to_string()),
        created_at: Some(snapshot.created_at),
        quiesced: snapshot.quiesced,
        instance,
        since: since.map(|since| (since.id.to_string(), since.title().to_owned())),
        disks: disks.collect(),
    }
}

async fn import(host: &Host, files: &Files) -> Result<Snapshot> {
    // Pieces that do not end where files do.
    let pieces: Vec<_> = files.bytes.chunks(7).map(|piece| Ok(piece.to_vec())).collect();
    let pieces = futures::stream::iter(pieces).boxed();
    let mut course = host.verbs.import_snapshot(&caller(), files.said.clone(), pieces).await?;
    let ended = course.wait_for(|now| matches!(now, SupplyMoment::Ended(_))).await.expect("it ends").clone();
    let SupplyMoment::Ended(ended) = ended else { panic!("{ended:?}") };
    ended.map(|snapshot| *snapshot)
}

/// Refused, and nothing is left of it.
async fn refused(host: &Host, files: &Files, kind: Kind, word: &str) {
    let error = import(host, files).await.expect_err(word);
    assert!(error.kind == kind && error.message.contains(word), "{word}: {error:?}");
    assert!(error.message.len() < 500, "{error:?}");
    // What was on its way is let go of a moment after that was said.
    host.until(async || host.world.world().arrivals.is_empty()).await;
    consistent(host, word).await;
}

/// A host with `web`, which has a disk, and its snapshots `first` and `second`.
async fn source() -> Host {
    let host = stand().await;
    host.done(host.verbs.create_disk(&caller(), new_disk("data", 8)).await.expect("made")).await;
    host.done(host.verbs.attach_disk(&caller(), "data", "web", "/dev/xvdf").await.expect("accepted")).await;
    let slot = Slot::of_path("/dev/xvdf").expect("a path");
    write(&host, "web", 1, 10).await;
    host.world.write(instance(&host, "web").await.id, slot, 7, 70).expect("it runs");
    snap(&host, "web", "first").await;
    write(&host, "web", 1, 11).await;
    write(&host, "web", 2, 20).await;
    snap(&host, "web", "second").await;
    write(&host, "web", 1, 99).await;
    host
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_goes_to_another_host_and_needs_nothing_of_the_first() {
    let (here, there) = (source().await, Host::new());
    let mut files = export(&here, "second", None).await.expect("exported");
    host_is_emptied(&here).await;
    files.said.name = "moved".into();
    let moved = import(&there, &files).await.expect("imported");
    assert_eq!(Some(moved.id.to_string()), files.said.id, "increments find it");
    assert_eq!(moved, snapshot(&there, "moved").await);
    consistent(&there, "after an import").await;
    there.done(restore(&there, "moved", "copy").await.expect("accepted")).await;
    assert_eq!(content(&there, "copy").await, Content::from([(1, 11), (2, 20)]));
    let data = disk(&there, "copy-data").await;
    assert_eq!((content_of(&there, &data.stack), data.stack.bytes()), (Content::from([(7, 70)]), 8 << 30));

    // Once more under another name, it is another one.
    files.said.name = "again".into();
    assert_ne!(import(&there, &files).await.expect("imported").id, moved.id);
    there.done(there.verbs.delete_instance_snapshot(&caller(), "moved").await.expect("deleted")).await;
    consistent(&there, "after a deletion").await;
    assert_eq!(content(&there, "copy").await, Content::from([(1, 11), (2, 20)]));
}

async fn host_is_emptied(host: &Host) {
    host.done(host.verbs.delete_instance(&caller(), "web", false).await.expect("accepted")).await;
    for name in ["first", "second"] {
        host.done(host.verbs.delete_instance_snapshot(&caller(), name).await.expect("deleted")).await;
    }
    host.done(host.verbs.delete_disk(&caller(), "data", false).await.expect("deleted")).await;
    consistent(host, "without the source").await;
    assert!(host.world.world().layers.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_increment_holds_what_came_later_and_finds_its_parent() {
    let (here, there) = (source().await, Host::new());
    let whole = export(&here, "first", None).await.expect("exported");
    let later = export(&here, "second", Some("first")).await.expect("exported");
    assert!(later.said.disks.iter().all(|disk| disk.is_increment));
    let text = String::from_utf8_lossy(&later.bytes).into_owned();
    assert!(!text.contains("\"7\"") && text.contains("\"2\":20"), "{text}");

    refused(&there, &later, Kind::NotFound, "which is not on this host").await;
    import(&there, &whole).await.expect("imported");
    import(&there, &later).await.expect("imported");
    consistent(&there, "after an increment").await;
    there.done(there.verbs.delete_instance_snapshot(&caller(), "first").await.expect("deleted")).await;
    there.done(restore(&there, "second", "copy").await.expect("accepted")).await;
    assert_eq!(content(&there, "copy").await, Content::from([(1, 11), (2, 20)]));
    assert_eq!(
        content_of(&there, &disk(&there, "copy-data").await.stack),
        Content::from([(7, 70)]),
        "nothing was written to it in between"
    );
    consistent(&there, "after a restore").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_increment_goes_on_from_an_earlier_snapshot_of_the_same() {
    let host = source().await;
    let back = export(&host, "first", Some("second")).await.map(drop).expect_err("the other way round");
    assert_eq!((back.kind, back.field), (Kind::InvalidInput, Some("incrementalSince")));
    let none = export(&host, "second", Some("nothing")).await.map(drop).expect_err("unknown");
    assert_eq!(none.kind, Kind::NotFound);
    let unknown = export(&host, "nothing", None).await.map(drop).expect_err("unknown");
    assert_eq!(unknown.kind, Kind::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_as_was_said_is_refused_and_leaves_nothing() {
    let (here, there) = (source().await, Host::new());
    let files = export(&here, "first", None).await.expect("exported");
    let changed = |change: fn(&mut Files)| {
        let mut files = files.clone();
        change(&mut files);
        files
    };
    let cases: [(Change, &str); 12] = [
        (|files| files.said.disks[0].sha256 = "0".repeat(64), "it should be 000"),
        (|files| files.said.disks[1].sha256 = "0".repeat(64), "it should be 000"),
        (|files| files.said.disks[0].sha256 = "short".into(), "no SHA-256"),
        (|files| files.bytes.truncate(files.bytes.len() - 1), "it ended after"),
        (|files| files.bytes.push(b'x'), "More came"),
        (|files| files.said.disks[0].bytes = 512, "it should have 512"),
        (|files| files.said.disks[0].bytes = u64::MAX, "it should have"),
        (|files| files.said.disks[1].path = "/dev/xvda".into(), "is there twice"),
        (|files| files.said.disks[1].path = "/etc/passwd".into(), "not a path"),
        (|files| files.said.disks.clear(), "its system disk"),
        (|files| files.said.name = "../x".into(), "not a valid resource name"),
        (|files| files.said.instance.as_mut().expect("of one").username = "a b".into(), "not what username"),
    ];
    for (change, word) in cases {
        refused(&there, &changed(change), Kind::InvalidInput, word).await;
    }
    let huge = changed(|files| files.said.disks[0].file_bytes = u64::MAX);
    refused(&there, &huge, Kind::Capacity, "No space left").await;
    assert_eq!(there.ports.store.snapshots().await.expect("readable"), []);
    import(&there, &files).await.expect("it is sound");
    refused(&there, &files, Kind::NameInUse, "already in use").await;
    consistent(&there, "after refusals").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_fails_leaves_nothing_and_can_be_tried_again() {
    let (here, there) = (source().await, Host::new());
    let files = export(&here, "first", None).await.expect("exported");
    for call in ["receive_layer", "keep_received"] {
        for number in 0..2 {
            let mut left = number;
            there.world.fail_when(move |name| {
                let hit = name == call && left == 0;
                left -= i32::from(name == call);
                hit
            });
            refused(&there, &files, Kind::Unavailable, "simulated fault").await;
            there.world.heal();
        }
    }
    import(&there, &files).await.expect("imported");
    consistent(&there, "at last").await;
    // The daemon is killed between a file and its record.
    let lost = LayerId::fresh();
    let file = there.world.world().layers.values().next().expect("one came").clone();
    there.world.world().layers.insert(lost, file);
    there.world.world().unsettled.insert(lost);
    let there = there.reborn(common::unbroken()).await;
    consistent(&there, "after a kill").await;
    here.world.fail_when(|name| name == "export_layer");
    export(&here, "first", None).await.map(drop).expect_err("simulated fault");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_whose_record_cannot_be_read_keeps_its_file() {
    let (here, there) = (source().await, Host::new());
    let files = export(&here, "first", None).await.expect("exported");
    let layer = import(&there, &files).await.expect("imported").disks[0].layer;
    // The daemon is killed between the record and the file, and the record is damaged.
    there.world.world().unsettled.insert(layer);
    there.damage_record(layer);
    let there = there.reborn(common::unbroken()).await;
    let world = there.world.world().clone();
    assert!(world.layers.contains_key(&layer), "it is not taken for one that was never written down");
    assert!(world.unsettled.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_of_a_disk_becomes_a_disk_elsewhere() {
    let (here, there) = (source().await, Host::new());
    let taken = DiskSource::Disk("data".into());
    let taken = here.verbs.create_disk_snapshot(&caller(), taken, "then", Vec::new()).await;
    here.done(taken.expect("accepted")).await;
    let files = export(&here, "then", None).await.expect("exported");
    let came = import(&there, &files).await.expect("imported");
    assert!(matches!(came.origin, Origin::Disk { .. }), "{came:?}");
    let mut asked = new_disk("data", 8);
    asked.origin = DiskOrigin::Snapshot("then".into());
    there.done(there.verbs.create_disk(&caller(), asked).await.expect("made")).await;
    // There is no file before somebody writes: what it holds is the snapshot's.
    let stack = disk(&there, "data").await.stack;
    assert_eq!(content_of(&there, &stack), Content::from([(7, 70)]));
    consistent(&there, "after a disk").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_comes_alone_is_what_its_blueprint_says() {
    let (here, there) = (stand().await, Host::new());
    write(&here, "web", 1, 10).await;
    snap(&here, "web", "first").await;
    let mut files = export(&here, "first", None).await.expect("exported");
    files.said.id = None;
    files.said.disks[0].id = None;
    files.said.disks[0].bytes = 0;
    files.said.instance =
        Some(ImportedInstance { blueprint_id: "tiny".into(), ..ImportedInstance::default() });
    let came = import(&there, &files).await.expect("imported");
    let from = came.instance().expect("of one");
    assert!(!from.username.is_empty() && !from.bundle_id.is_empty(), "{from:?}");
    assert_eq!(came.bytes(), 20 << 30, "as the file says");
    there.done(restore(&there, "first", "copy").await.expect("accepted")).await;
    assert_eq!(content(&there, "copy").await, Content::from([(1, 10)]));
    let unknown = ImportedInstance { blueprint_id: "beos".into(), ..ImportedInstance::default() };
    files.said.instance = Some(unknown);
    files.said.name = "second".into();
    refused(&there, &files, Kind::InvalidInput, "Unknown blueprint").await;
}
