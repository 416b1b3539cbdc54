//! The daemon as its unit starts it: not root.

use std::os::unix::fs::MetadataExt as _;

use nix::unistd::{Gid, Uid, setgid, setgroups, setuid};
use sloopd::{
    model::{ImportOrder, ImportTarget, Trust},
    ports::Images as _,
};

use crate::{
    disks,
    inside::inside,
    stand::{Stand, quiet},
};

const SOMEBODY: u32 = 54_321;

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_not_root_takes_images_in() {
    // In a process of its own, because there is no way back.
    if !inside(&["--ipc"], "umask 0066") {
        return;
    }
    let mut stand = Stand::open().await;
    std::fs::remove_dir_all(&stand.settings.dir).expect("it was made");
    std::os::unix::fs::chown(stand.dir.path(), Some(SOMEBODY), Some(SOMEBODY)).expect("root may");
    setgroups(&[]).and_then(|()| setgid(Gid::from_raw(SOMEBODY))).expect("root may");
    setuid(Uid::from_raw(SOMEBODY)).expect("root may");
    stand.restart();
    let bytes = disks::qcow2(1, 1);
    stand.offer(&bytes);
    let image = stand.succeeds().await;
    let metadata = image.path.metadata().expect("there");
    assert_eq!((metadata.uid(), metadata.mode() & 0o777), (SOMEBODY, 0o444));
    let order = ImportOrder {
        file_name: "disk.qcow2".to_owned(),
        size: None,
        trust: Trust::Nobody,
        target: ImportTarget::Blueprint(Box::new(stand.blueprint.clone())),
    };
    let piece = futures::stream::iter([Ok(disks::qcow2(1, 2))]);
    stand.store.import(order, Box::pin(piece), quiet()).await.expect("taken");
    stand.offer(&bytes[..bytes.len() / 2]);
    assert_eq!(stand.pull().await.expect_err("it is cut off").code, "ImageRefused");
    stand.nothing_left();
}
