//! Mirrors that are directories, as on a USB stick.

use std::{
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use rstest::rstest;
use sloopd::{
    adapters::images::Mirror,
    model::{Download, ImageSource, Kind},
};

use crate::{
    disks::{self, run, text},
    stand::{Stand, sha256},
};

/// Where a mirror has what the publisher offers.
const LONG: &str = "images.example.test/tiny";

/// A stand before a directory, and the directory.
async fn open() -> (Stand, PathBuf) {
    let stand = Stand::with(|settings| {
        let stick = settings.dir.with_file_name("stick");
        std::fs::create_dir(&stick).expect("made");
        settings.mirror = Mirror::Directory(stick);
    })
    .await;
    let stick = stand.dir.path().join("stick");
    (stand, stick)
}

/// Puts an image and its list there.
fn fill(dir: &Path) {
    let bytes = disks::qcow2(1, 1);
    std::fs::create_dir_all(dir).expect("made");
    std::fs::write(dir.join("SHA256SUMS"), format!("{}  disk.qcow2\n", sha256(&bytes))).expect("written");
    std::fs::write(dir.join("disk.qcow2"), bytes).expect("written");
}

#[rstest]
#[case::by_host_and_path(LONG)]
#[case::by_name("")]
#[tokio::test(flavor = "multi_thread")]
async fn a_directory_is_a_mirror(#[case] below: &str) {
    let (stand, stick) = open().await;
    fill(&stick.join(below));
    let image = stand.succeeds().await;
    assert_eq!(image.origin, "https://images.example.test/tiny/disk.qcow2");
    assert_eq!(stand.succeeds().await, image);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_missing_is_named_with_its_place() {
    let (stand, stick) = open().await;
    for missing in ["SHA256SUMS", "disk.qcow2"] {
        let error = stand.refused().await;
        assert_eq!((error.kind, error.code), (Kind::Unavailable, "NotOnMirror"), "{error:?}");
        assert!(error.message.contains(&format!("{LONG}/{missing}")), "{error:?}");
        assert!(error.message.contains(text(&stick)), "{error:?}");
        assert!(error.tip.as_ref().is_some_and(|tip| tip.contains(missing)), "{error:?}");
        stand.nothing_left();
        fill(&stick);
        std::fs::remove_file(stick.join("disk.qcow2")).expect("it was there");
    }
    fill(&stick);
    stand.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stick_that_is_not_there_is_named() {
    let (stand, stick) = open().await;
    std::fs::remove_dir(&stick).expect("it was there");
    let error = stand.refused().await;
    assert!(error.kind == Kind::Unavailable && error.message.contains(text(&stick)), "{error:?}");
    fill(&stick);
    stand.succeeds().await;
}

#[rstest]
#[case::to_a_file("/etc/passwd")]
#[case::to_a_device("/dev/zero")]
#[case::by_steps("../../../../../../../etc/passwd")]
#[tokio::test(flavor = "multi_thread")]
async fn a_link_does_not_lead_out_of_the_directory(#[case] to: &str) {
    let (stand, stick) = open().await;
    for (name, code) in [("SHA256SUMS", "DownloadFailed"), ("disk.qcow2", "DownloadFailed")] {
        fill(&stick);
        std::fs::remove_file(stick.join(name)).expect("it was there");
        symlink(to, stick.join(name)).expect("a link");
        let error = stand.refused().await;
        assert!(error.code == code && error.message.contains("leads out"), "{error:?}");
        stand.nothing_left();
        std::fs::remove_file(stick.join(name)).expect("it was there");
    }
    // Within it they do no harm.
    fill(&stick.join("2026.7"));
    symlink("2026.7/disk.qcow2", stick.join("disk.qcow2")).expect("a link");
    fill(&stick.join(LONG));
    stand.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_of_links_does_not_lead_out_either() {
    let (stand, stick) = open().await;
    let outside = tempfile::tempdir().expect("a directory");
    fill(&outside.path().join("tiny"));
    symlink(outside.path(), stick.join("images.example.test")).expect("a link");
    let error = stand.refused().await;
    assert!(error.message.contains("leads out"), "{error:?}");
}

#[rstest]
#[case::a_pipe("mkfifo")]
#[case::a_directory("mkdir")]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_is_refused_at_once(#[case] make: &str) {
    let (stand, stick) = open().await;
    run(make, &[text(&stick.join("SHA256SUMS"))], "");
    let error = stand.refused().await;
    assert!(error.message.contains("it is no file"), "{error:?}");
}

#[rstest]
#[case::plainly("https://images.example.test/../../../../etc/")]
#[case::in_disguise("https://images.example.test/%2e%2e/%2E%2E/.%2e/etc/")]
#[case::encoded("https://images.example.test/..%2f..%2f..%2fetc%2f/")]
#[tokio::test(flavor = "multi_thread")]
async fn a_url_does_not_lead_out_of_the_directory(#[case] directory: &str) {
    let (mut stand, stick) = open().await;
    // As if there were something to be had.
    fill(&stick.join("below"));
    fill(&stick.join("etc"));
    stand.settings.mirror = Mirror::Directory(stick.join("below/mirror"));
    std::fs::create_dir(stick.join("below/mirror")).expect("made");
    stand.restart();
    let ImageSource::Download(download) = stand.blueprint.source.clone() else { unreachable!("it is one") };
    stand.blueprint.source = ImageSource::Download(Download { directory: directory.to_owned(), ..download });
    assert_eq!(stand.refused().await.code, "NotOnMirror");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_on_a_stick_is_held_to_the_same_rules() {
    let (stand, stick) = open().await;
    fill(&stick);
    std::fs::write(stick.join("disk.qcow2"), disks::qcow2(1, 2)).expect("written");
    assert_eq!(stand.refused().await.code, "DigestMismatch");
    stand.nothing_left();
    let (small, stick) = open().await;
    fill(&stick);
    let mut settings = small.settings.clone();
    settings.largest = 1000;
    let small = Stand { store: sloopd::adapters::images::ImageStore::open(settings), ..small };
    assert!(small.refused().await.message.contains("any image that is taken"));
    small.nothing_left();
}
