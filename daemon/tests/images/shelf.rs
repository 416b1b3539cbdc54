//! Images that are here: older and newer ones, damaged ones, and what is read and removed.

use futures::TryStreamExt as _;
use sloopd::{
    model::{ImageSource, Kind},
    ports::Images as _,
};

use crate::{
    disks,
    stand::{DISK, LIST, Stand, quiet, sha256},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_build_becomes_the_newest_and_the_old_one_stays() {
    let mut stand = Stand::open().await;
    stand.offer(&disks::qcow2(1, 1));
    let old = stand.succeeds().await;
    stand.offer(&disks::qcow2(1, 2));
    let new = stand.succeeds().await;
    stand.restart();
    let mut images = stand.images().await;
    images.sort_by_key(|image| image.is_newest);
    let ids: Vec<_> = images.iter().map(|image| (image.id.as_str(), image.is_newest)).collect();
    assert_eq!(ids, [(old.id.as_str(), false), (new.id.as_str(), true)]);
    let base = stand.store.base(&stand.blueprint).await.expect("sound").expect("there");
    assert_eq!(base.path, new.path);

    stand.store.remove(&images[0]).await.expect("removed");
    assert_eq!(stand.images().await, std::slice::from_ref(&new));
    assert!(!old.path.exists() && new.path.exists());
    stand.store.verify(&new, quiet()).await.expect("as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_newest_image_a_blueprint_has_none_until_it_is_pulled_again() {
    let stand = Stand::open().await;
    stand.offer(&disks::qcow2(1, 1));
    let old = stand.succeeds().await;
    stand.offer(&disks::qcow2(1, 2));
    let new = stand.succeeds().await;
    stand.store.remove(&new).await.expect("removed");
    assert_eq!(stand.store.base(&stand.blueprint).await.expect("readable"), None);
    let [left] = &stand.images().await[..] else { panic!("one image") };
    assert_eq!((left.id.as_str(), left.is_newest), (old.id.as_str(), false));
    assert_eq!(stand.succeeds().await.id, new.id);
    for image in stand.images().await {
        stand.store.remove(&image).await.expect("removed");
        // Removing nothing is no failure.
        stand.store.remove(&image).await.expect("removed already");
    }
    assert_eq!(Stand::names(&stand.settings.dir), [".staging"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_cannot_be_removed_stays_to_be_seen() {
    let stand = Stand::open().await;
    stand.offer(&disks::qcow2(1, 1));
    let image = stand.succeeds().await;
    // What cannot be unlinked: whatever ends the work there, somebody must be able to try again.
    std::fs::remove_file(&image.path).and_then(|()| std::fs::create_dir(&image.path)).expect("root may");
    stand.store.remove(&image).await.expect_err("it is a directory");
    let [left] = &stand.images().await[..] else { panic!("it is out of sight") };
    std::fs::remove_dir(&image.path).expect("it was there");
    stand.store.remove(left).await.expect("removed");
    assert_eq!(Stand::names(&stand.settings.dir), [".staging"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_build_that_is_offered_again_is_the_newest_again() {
    let stand = Stand::open().await;
    let (one, two) = (disks::qcow2(1, 1), disks::qcow2(1, 2));
    let mut ids = Vec::new();
    for bytes in [&one, &two, &one] {
        stand.offer(bytes);
        ids.push(stand.succeeds().await.id);
    }
    assert_eq!(ids[0], ids[2]);
    assert_eq!(stand.images().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rotted_on_the_disk_is_found_out_and_can_be_pulled_again() {
    let stand = Stand::open().await;
    stand.offer(&disks::qcow2(1, 1));
    let image = stand.succeeds().await;
    stand.store.verify(&image, quiet()).await.expect("as it came");
    let mut bytes = std::fs::read(&image.path).expect("readable");
    *bytes.last_mut().expect("not empty") ^= 1;
    std::fs::write(&image.path, &bytes).expect("root may");
    let error = stand.store.verify(&image, quiet()).await.expect_err("it rotted");
    assert_eq!((error.kind, error.code), (Kind::Internal, "ImageDamaged"), "{error:?}");
    bytes[..4].fill(0);
    std::fs::write(&image.path, &bytes).expect("root may");
    let error = stand.store.base(&stand.blueprint).await.expect_err("no instance is made from it");
    assert!(error.message.contains(&image.id), "{error:?}");
    stand.store.remove(&image).await.expect("removed");
    assert_eq!(stand.succeeds().await.sha256, image.sha256);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_whose_file_is_gone_is_pulled_again() {
    let stand = Stand::open().await;
    stand.offer(&disks::qcow2(1, 1));
    let image = stand.succeeds().await;
    std::fs::remove_file(&image.path).expect("it was there");
    assert_eq!(stand.images().await, []);
    assert_eq!(stand.succeeds().await.id, image.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_read_as_it_is() {
    let stand = Stand::open().await;
    stand.offer(&disks::qcow2(1, 1));
    let image = stand.succeeds().await;
    let pieces: Vec<Vec<u8>> =
        stand.store.read(&image).await.expect("it is there").try_collect().await.expect("whole");
    assert_eq!(sha256(&pieces.concat()), image.sha256);
    std::fs::remove_file(&image.path).expect("it was there");
    assert!(stand.store.read(&image).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_nobody_can_read_hide_no_other_image() {
    let stand = Stand::open().await;
    stand.offer(&disks::qcow2(1, 1));
    let image = stand.succeeds().await;
    let dir = &stand.settings.dir;
    std::fs::write(dir.join("broken-0123456789ab.qcow2"), "").expect("written");
    std::fs::write(dir.join("broken-0123456789ab.json"), "{").expect("written");
    std::fs::write(dir.join("lonely-0123456789ab.qcow2"), "").expect("written");
    std::fs::write(dir.join("odd.blueprint.json"), "[]").expect("written");
    assert_eq!(stand.images().await, [image]);
    assert_eq!(stand.store.own().await.expect("readable"), []);
    std::fs::write(
        dir.join("made_up.json"),
        r#"{"blueprint":"made_up","file":"../../etc/passwd","sha256":"",
        "virtual_size":1,"built_at":""}"#,
    )
    .expect("written");
    let error = stand.store.base(&stand.blueprint).await.expect_err("it leads out");
    assert!(error.message.contains("is not a file's name"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_publishes_cannot_be_pulled() {
    let mut stand = Stand::open().await;
    for source in [ImageSource::Own, ImageSource::Recipe("tiny".to_owned())] {
        stand.blueprint.source = source;
        let error = stand.refused().await;
        assert_eq!((error.kind, error.code), (Kind::InvalidInput, "NotPullable"), "{error:?}");
    }
    assert_eq!((stand.site.requests(DISK), stand.site.requests(LIST)), (vec![], vec![]));
}
