//! A host without a way out.

use std::time::{Duration, Instant};

use sloopd::{adapters::images::Mirror, model::Kind};

use crate::{disks, inside::inside, stand::Stand};

/// No network but the host's own.
const NAMESPACES: &[&str] = &["--net"];
const LOOPBACK: &str = "ip link set lo up";

#[tokio::test(flavor = "multi_thread")]
async fn a_host_without_a_way_out_says_so_at_once() {
    if !inside(NAMESPACES, LOOPBACK) {
        return;
    }
    let stand = Stand::with(|settings| settings.mirror = Mirror::Publisher).await;
    let begun = Instant::now();
    let error = stand.refused().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!((error.kind, error.code), (Kind::Unavailable, "Offline"), "{error:?}");
    assert!(error.message.contains("images.example.test"), "{error:?}");
    let tip = error.tip.expect("what to do about it");
    assert!(tip.contains("sloop image import") && tip.contains("images.mirror"), "{tip}");
    stand.nothing_left();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_on_the_host_itself_serves_a_host_without_a_way_out() {
    if !inside(NAMESPACES, LOOPBACK) {
        return;
    }
    let stand = Stand::open().await;
    stand.offer(&disks::qcow2(1, 1));
    stand.succeeds().await;
}
