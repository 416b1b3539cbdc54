//! Images that are made of a guest's disk.

use std::path::{Path, PathBuf};

use sloopd::{
    model::{Bake, ImageSource, LayerId},
    ports::Images as _,
};

use crate::{
    disks::{self, Root, Table, run, text},
    stand::{Stand, Tale, quiet},
};

/// The disk of a guest that has written a little, and what is on it now.
fn written(stand: &Stand, guest: LayerId, base: &Path) -> (PathBuf, PathBuf) {
    let (file, dir) = (stand.settings.layout.layer(guest), stand.settings.layout.layers());
    std::fs::create_dir_all(&dir).expect("made");
    let (disk, content) = (text(&file), dir.join("content.raw"));
    // As a volume is made: a thin top, and the base below it.
    run("qemu-img", &["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", text(base), disk], "");
    run("qemu-io", &["-f", "qcow2", "-c", "write -q -P 0xaa 5M 300k", disk], "");
    run("qemu-img", &["convert", "-f", "qcow2", "-O", "raw", disk, text(&content)], "");
    (file, content)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_disk_of_a_guest_becomes_an_image_that_needs_no_other() {
    let mut stand = Stand::open().await;
    stand.offer(&disks::qcow2(1, 1));
    let base = stand.succeeds().await;
    let guest = LayerId::fresh();
    let (disk, content) = written(&stand, guest, &base.path);
    stand.blueprint.id = "wordpress".to_owned();
    stand.blueprint.source = ImageSource::Bake(Bake { base: "debian_12".to_owned(), ..Bake::default() });
    let tale = Tale::default();
    let image = stand.store.adopt(&stand.blueprint, guest, tale.told()).await.expect("made");
    assert_eq!((image.verified.as_str(), image.origin.as_str()), ("made on this host", "baked on debian_12"));
    assert_eq!(tale.stages().first(), Some(&"copying the disk"));
    stand.nothing_left();
    std::fs::remove_file(disk).expect("the guest is cleared away");
    run("qemu-img", &["compare", "-q", "-f", "raw", "-F", "qcow2", text(&content), text(&image.path)], "");
    assert_eq!(stand.images().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_not_there_or_not_whole_leaves_nothing() {
    let stand = Stand::open().await;
    let guest = LayerId::fresh();
    stand.store.adopt(&stand.blueprint, guest, quiet()).await.expect_err("it is not there");
    stand.nothing_left();
    let (file, dir) = (stand.settings.layout.layer(guest), stand.settings.layout.layers());
    std::fs::create_dir_all(&dir).expect("made");
    let disk = disks::raw(&dir, Table::EfiOnly, Root::Noise(1, 1));
    std::fs::rename(disks::convert(&disk, "qcow2", &[]), &file).expect("there");
    let error = stand.store.adopt(&stand.blueprint, guest, quiet()).await.expect_err("it cannot boot");
    assert!(error.message.contains("UEFI only"), "{error:?}");
    stand.nothing_left();
    assert_eq!(stand.images().await, []);
}
