//! Mirrors that are slow, lead elsewhere, have not what is asked for, or are not there.

use std::time::Duration;

use rstest::rstest;
use sloopd::{adapters::images::Mirror, model::Kind};

use crate::{
    disks,
    mirror::Act,
    stand::{DISK, LIST, Stand},
};

const MIB: usize = 1 << 20;

#[rstest]
#[case::in_the_file(DISK, 2 * MIB)]
#[case::before_the_file(DISK, 0)]
#[case::in_the_list(LIST, 20)]
#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_that_sends_nothing_any_more_is_given_up(#[case] url: &str, #[case] after: usize) {
    let mut stand = Stand::with(|settings| {
        settings.patience.stall = Duration::from_millis(300);
        settings.patience.tries = 2;
    })
    .await;
    stand.offer(&disks::qcow2(3, 1));
    // What it sends at first is not held against it.
    stand.site.act(url, [Act::Stall(after), Act::Stall(0)]);
    let error = stand.refused().await;
    assert_eq!((error.kind, error.code), (Kind::Unavailable, "DownloadFailed"), "{error:?}");
    let name = url.rsplit('/').next().expect("it has a name");
    assert!(error.message.contains(name) && error.message.contains("sends nothing"), "{error:?}");
    stand.site.act(url, [Act::Honest]);
    stand.settings.patience.stall = Duration::from_secs(20);
    stand.restart();
    stand.succeeds().await;
}

#[rstest]
#[case::a_circle(None, "circles")]
#[case::another_host_without_tls(Some("http://192.0.2.1/disk.qcow2"), "away from https")]
#[case::another_scheme(Some("file:///etc/passwd"), "")]
#[tokio::test(flavor = "multi_thread")]
async fn a_redirection_that_leads_astray_is_not_followed(#[case] to: Option<&str>, #[case] why: &str) {
    let stand = Stand::open().await;
    stand.offer(&disks::qcow2(1, 1));
    for url in [DISK, LIST] {
        let itself = url.replace("https://", &stand.site.url());
        stand.site.act(url, [Act::Redirect(to.map_or(itself, ToOwned::to_owned))]);
        let error = stand.refused().await;
        assert!(error.code == "DownloadFailed" && error.message.contains(why), "{error:?}");
        assert!(stand.site.requests(url).len() <= 11, "{}", stand.site.requests(url).len());
    }
    stand.site.act(DISK, [Act::Honest]);
    stand.site.act(LIST, [Act::Honest]);
    stand.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_redirects_to_the_newest_build_is_followed() {
    let stand = Stand::open().await;
    stand.offer(&disks::qcow2(2, 1));
    for url in [DISK, LIST] {
        let real = url.replace("/tiny/", "/tiny-2026.7/");
        let bytes = if url == DISK { disks::qcow2(2, 1) } else { stand.site.bytes(LIST) };
        stand.site.hold(&real, bytes);
        stand.site.act(url, [Act::Redirect(real.replace("https://", "/"))]);
    }
    stand.site.act(&DISK.replace("/tiny/", "/tiny-2026.7/"), [Act::Cut(MIB), Act::Honest]);
    stand.succeeds().await;
    assert_eq!(stand.site.requests(&DISK.replace("/tiny/", "/tiny-2026.7/"))[1].from, Some(MIB));
}

#[rstest]
#[case::image(DISK)]
#[case::list(LIST)]
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_fails_once_is_asked_again(#[case] url: &str) {
    let stand = Stand::open().await;
    stand.offer(&disks::qcow2(1, 1));
    stand.site.act(url, [Act::Status(500), Act::Status(503), Act::Honest]);
    stand.succeeds().await;
    assert_eq!(stand.site.requests(url).len(), 3);
}

#[rstest]
#[case::missing(404, 1)]
#[case::forbidden(403, 1)]
#[case::broken(500, 3)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_had_is_named(#[case] status: u16, #[case] tries: usize) {
    let stand = Stand::open().await;
    stand.offer(&disks::qcow2(1, 1));
    for url in [DISK, LIST] {
        stand.site.act(url, [Act::Status(status)]);
        let error = stand.refused().await;
        assert_eq!((error.kind, error.code), (Kind::Unavailable, "DownloadFailed"), "{error:?}");
        let named = url.replace("https://", &stand.site.url());
        assert!(error.message.contains(&named) && error.message.contains(&status.to_string()), "{error:?}");
        assert_eq!(stand.site.requests(url).len(), tries);
    }
    stand.site.act(DISK, [Act::Honest]);
    stand.site.act(LIST, [Act::Honest]);
    stand.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_that_is_not_there_is_named() {
    let mut stand = Stand::open().await;
    stand.offer(&disks::qcow2(1, 1));
    let good = stand.settings.mirror.clone();
    let gone = std::net::TcpListener::bind("127.0.0.1:0").and_then(|one| one.local_addr()).expect("a port");
    stand.settings.mirror = Mirror::parse(&format!("http://{gone}")).expect("loopback is trusted");
    stand.restart();
    let error = stand.refused().await;
    assert!(error.code == "DownloadFailed" && error.message.contains(&gone.to_string()), "{error:?}");
    stand.settings.mirror = good;
    stand.restart();
    stand.succeeds().await;
}
