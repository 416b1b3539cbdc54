//! What may be named as a mirror.

use rstest::rstest;
use sloopd::adapters::images::Mirror;

use crate::{
    disks,
    stand::{DISK, LIST, Stand, sha256},
};

#[rstest]
#[case("https://mirror.example.test", "https://mirror.example.test/")]
#[case("https://mirror.example.test/sloop/", "https://mirror.example.test/sloop/")]
#[case("http://127.0.0.1:8080/sloop", "http://127.0.0.1:8080/sloop/")]
#[case("http://[::1]:8080", "http://[::1]:8080/")]
#[case("http://localhost", "http://localhost/")]
fn tls_and_this_host_are_trusted(#[case] text: &str, #[case] url: &str) {
    assert_eq!(Mirror::parse(text), Ok(Mirror::Url(url.to_owned())));
}

#[test]
fn a_directory_is_named_by_its_path_and_nothing_means_the_publishers() {
    assert_eq!(Mirror::parse("/mnt/stick"), Ok(Mirror::Directory("/mnt/stick".into())));
    assert_eq!(Mirror::parse(""), Ok(Mirror::Publisher));
}

#[rstest]
#[case("http://mirror.example.test/")]
#[case("http://127.0.0.1.example.test/")]
#[case("http://localhost.example.test/")]
#[case("http://10.0.0.1/")]
#[case("ftp://127.0.0.1/")]
#[case("file:///mnt/stick")]
#[case("mnt/stick")]
#[case("https://")]
fn nothing_else_is(#[case] text: &str) {
    let why = Mirror::parse(text).expect_err("it is not trusted");
    assert!(why.contains(text), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_may_be_below_a_path() {
    let mut stand = Stand::open().await;
    let bytes = disks::qcow2(1, 1);
    let below = |url: &str| url.replace("https://", "https://pub/sloop/");
    stand.site.hold(&below(LIST), format!("{}  disk.qcow2\n", sha256(&bytes)));
    stand.site.hold(&below(DISK), bytes);
    stand.settings.mirror = Mirror::parse(&format!("{}pub/sloop", stand.site.url())).expect("loopback");
    stand.restart();
    stand.succeeds().await;
}
