//! What bad input gets: a clear typed error, and nothing half-made.

mod common;

use common::{Host, caller, create, order, policy};
use rstest::rstest;
use sloopd::{
    model::{Access, Caller, Door, Kind},
    verbs::{CreateInstances, Quotas},
};

/// Nothing was written and nothing was made.
async fn untouched(host: &Host) {
    let world = host.world.world().clone();
    assert!(world.layers.is_empty() && world.domains.is_empty() && world.links.is_empty(), "{world:?}");
    assert!(host.verbs.get_instances(&caller(), None).await.expect("readable").items.is_empty());
    assert!(host.unfinished().await.is_empty());
}

#[rstest]
#[case::no_name(CreateInstances { names: vec![], ..order(&[]) }, Kind::InvalidInput, "instanceNames")]
#[case::slash(order(&["a/b"]), Kind::InvalidInput, "not a valid resource name")]
#[case::dots(order(&["../../etc"]), Kind::InvalidInput, "not a valid resource name")]
#[case::newline(order(&["a\nb"]), Kind::InvalidInput, "not a valid resource name")]
#[case::nul(order(&["a\0b"]), Kind::InvalidInput, "not a valid resource name")]
#[case::one_letter(order(&["a"]), Kind::InvalidInput, "not a valid resource name")]
#[case::twice(order(&["web", "web"]), Kind::InvalidInput, "twice")]
#[case::zone(CreateInstances { zone: "eu-west-1a".into(), ..order(&["web"]) }, Kind::InvalidInput, "zone")]
#[case::blueprint(CreateInstances { blueprint_id: "beos".into(), ..order(&["web"]) }, Kind::InvalidInput, "beos")]
#[case::bundle(CreateInstances { bundle_id: "huge".into(), ..order(&["web"]) }, Kind::InvalidInput, "huge")]
#[case::key_pair(CreateInstances { key_pair: Some("none".into()), ..order(&["web"]) }, Kind::NotFound, "KeyPair")]
#[case::user_data(CreateInstances { user_data: "x".repeat(16_385), ..order(&["web"]) }, Kind::InvalidInput, "16 KiB")]
#[case::tag(CreateInstances { tags: vec![(String::new(), "x".into())], ..order(&["web"]) }, Kind::InvalidInput, "tag")]
#[case::memory(CreateInstances { bundle_id: "2xlarge_3_0".into(), ..order(&["web"]) }, Kind::Capacity, "bigger than this host")]
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_create_is_refused(#[case] asked: CreateInstances, #[case] kind: Kind, #[case] word: &str) {
    let mut policy = policy();
    // Whatever machine this runs on, it is too small for the largest plan.
    policy.capacity.memory_reserve = u64::MAX - (8 << 30);
    if kind != Kind::Capacity {
        policy.capacity.memory_reserve = 0;
    }
    let host = Host::with(policy);
    let error = host.verbs.create_instances(&caller(), asked).await.expect_err("refused");
    assert_eq!(error.kind, kind, "{error:?}");
    assert!(error.message.contains(word), "{error:?}");
    assert!(error.message.len() < 500, "{error:?}");
    untouched(&host).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_ten_thousand_characters_is_refused() {
    let host = Host::new();
    let name = "a".repeat(10_000);
    let error = create(&host.verbs, &[&name]).await.expect_err("refused");
    assert!(error.kind == Kind::InvalidInput && error.message.len() < 500, "{error:?}");
    untouched(&host).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_shared_by_all_types_and_all_or_none_are_made() {
    let host = Host::new();
    host.verbs.create_key_pair(&caller(), "taken", vec![]).await.expect("made");
    let error = create(&host.verbs, &["web", "taken"]).await.expect_err("in use");
    assert_eq!((error.kind, error.code), (Kind::NameInUse, "NameExists"));
    assert!(error.message.contains("Some names are already in use: taken"), "{error}");
    untouched(&host).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_creates_of_one_name_one_wins() {
    let host = Host::new();
    for round in 0..20 {
        let name = format!("web{round}");
        let names = [name.as_str()];
        let (one, two) = tokio::join!(create(&host.verbs, &names), create(&host.verbs, &names));
        let (won, lost) = if one.is_ok() { (one, two) } else { (two, one) };
        assert_eq!(lost.expect_err("only one").kind, Kind::NameInUse);
        host.done(won.expect("one")).await;
        let ann = caller();
        let delete = || host.verbs.delete_instance(&ann, &name, false);
        let (one, two) = tokio::join!(delete(), delete());
        let deletions: Vec<_> = [one, two].into_iter().filter_map(Result::ok).flatten().collect();
        assert!(!deletions.is_empty());
        host.done(deletions).await;
    }
    untouched(&host).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn verbs_in_the_wrong_state_are_refused() {
    let host = Host::new();
    let missing = host.verbs.start_instance(&caller(), "web").await.expect_err("missing");
    assert!(missing.kind == Kind::NotFound && missing.code == "DoesNotExist");
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    let running = host.verbs.start_instance(&caller(), "web").await.expect_err("runs");
    assert!(running.kind == Kind::WrongState && running.tip.is_some(), "{running:?}");
    host.done(host.verbs.stop_instance(&caller(), "web", false).await.expect("accepted")).await;
    for refused in [
        host.verbs.stop_instance(&caller(), "web", false).await,
        host.verbs.stop_instance(&caller(), "web", true).await,
        host.verbs.reboot_instance(&caller(), "web").await,
    ] {
        assert_eq!(refused.expect_err("stopped").kind, Kind::WrongState);
    }
    let console = host.verbs.attach_console(&caller(), "web").await.err().expect("stopped");
    assert_eq!(console.kind, Kind::WrongState);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_refused_before_and_undone_after() {
    let host = Host::new();
    host.world.world().disk_free = 1 << 30;
    let early = create(&host.verbs, &["web"]).await.expect_err("no headroom");
    assert_eq!((early.kind, early.code), (Kind::Capacity, "InsufficientDisk"));
    untouched(&host).await;

    host.world.world().disk_free = 1 << 40;
    host.world.fail_when(|call| call == "make_layer");
    let operation = create(&host.verbs, &["web"]).await.expect("accepted").remove(0);
    let ended = host.ended(operation.id).await;
    assert!(ended.error_details.is_some_and(|why| why.contains("making the disk")));
    host.world.heal();
    untouched(&host).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quotas_hold() {
    let host = Host::with(sloopd::verbs::Policy {
        quotas: Quotas { instances: 2, key_pairs: 2, static_ips: 2, disks: 2, snapshots: 2, tags: 1 },
        ..policy()
    });
    let many = create(&host.verbs, &["aa", "bb", "cc"]).await.expect_err("three of two");
    assert_eq!((many.kind, many.code), (Kind::Quota, "InstanceLimitExceeded"));
    host.done(create(&host.verbs, &["aa", "bb"]).await.expect("two of two")).await;
    // One key pair is the default one, made for the instances.
    host.verbs.create_key_pair(&caller(), "k1", vec![]).await.expect("the second");
    let keys = host.verbs.create_key_pair(&caller(), "k2", vec![]).await.err().expect("the third");
    assert_eq!(keys.code, "KeyPairLimitExceeded");
    let tags = vec![("a".to_owned(), String::new()), ("b".to_owned(), String::new())];
    let tags = host.verbs.tag_resource(&caller(), "aa", None, tags).await.expect_err("two of one");
    assert_eq!(tags.kind, Kind::InvalidInput);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_access_is_private_others_see_nothing() {
    let host = Host::with(sloopd::verbs::Policy { access: Access::Private, ..policy() });
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    let bob = common::user("bob");
    assert_eq!(host.verbs.get_instance(&bob, "web").await.expect_err("not his").kind, Kind::NotFound);
    assert_eq!(
        host.verbs.delete_instance(&bob, "web", false).await.expect_err("not his").kind,
        Kind::NotFound
    );
    assert!(host.verbs.get_instances(&bob, None).await.expect("none").items.is_empty());
    assert!(host.verbs.get_operations(&bob, None, None).await.expect("none").items.is_empty());
    assert!(host.verbs.get_active_names(&bob, None).await.expect("none").items.is_empty());
    // Neither is one's default key the other's, nor can one be planted.
    let hers = host.verbs.download_default_key_pair(&caller()).await.expect("hers").pair.public;
    assert_ne!(host.verbs.download_default_key_pair(&bob).await.expect("his").pair.public, hers);
    let planted = host.verbs.import_key_pair(&bob, "LightsailDefaultKeyPair-ann", &hers.line).await;
    assert_eq!(planted.expect_err("reserved").kind, Kind::InvalidInput);
    let root = Caller::new("root", Door::Grpc, true);
    host.verbs.get_instance(&root, "web").await.expect("all");
}

#[rstest]
#[case("")]
#[case("ssh-ed25519 AAAA")]
#[case("-----BEGIN OPENSSH PRIVATE KEY-----")]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_key_is_not_imported(#[case] line: &str) {
    let host = Host::new();
    let error = host.verbs.import_key_pair(&caller(), "mine", line).await.expect_err("no key");
    assert_eq!((error.kind, error.field), (Kind::InvalidInput, Some("publicKeyBase64")));
}

#[rstest]
#[case("not base64!")]
#[case("bm8")]
#[tokio::test(flavor = "multi_thread")]
async fn a_made_up_page_token_is_refused(#[case] token: &str) {
    let host = Host::new();
    let error = host.verbs.get_operations(&caller(), None, Some(token)).await.expect_err("made up");
    assert_eq!((error.kind, error.field), (Kind::InvalidInput, Some("pageToken")));
}
