//! Launches whose image is not here yet: it is brought once, whoever waits for it, and a crash is a pause.

mod common;

use common::{Host, caller, create, order, unbroken};
use futures::StreamExt as _;
use sloopd::{
    model::{FirstBootReport, Kind, OperationStatus, Status},
    verbs::{CreateInstances, SupplyMoment},
};

const UBUNTU: &str = "ubuntu_24_04";

fn ubuntu(names: &[&str]) -> CreateInstances {
    CreateInstances { blueprint_id: UBUNTU.into(), ..order(names) }
}

/// A host that lacks some images.
fn without(blueprints: &[&str]) -> Host {
    let host = Host::new();
    host.world.world().missing_images.extend(blueprints.iter().map(|id| (*id).to_owned()));
    host
}

#[tokio::test(flavor = "multi_thread")]
async fn a_launch_brings_its_image_and_many_share_one_download() {
    let host = without(&[UBUNTU]);
    let first = host.verbs.create_instances(&caller(), ubuntu(&["web"])).await.expect("accepted");
    let second = host.verbs.create_instances(&caller(), ubuntu(&["db", "mail"])).await.expect("accepted");
    host.done([first, second].concat()).await;
    assert_eq!(host.world.world().pulls.get(UBUNTU), Some(&1));
    let instances = host.verbs.get_instances(&caller(), None).await.expect("readable").items;
    assert!(
        instances.iter().all(|one| one.status == Status::Running && one.base().is_some()),
        "{instances:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_watch_a_launch_see_how_the_image_comes() {
    let host = without(&[UBUNTU]);
    let mut moments = host.engine.moments();
    host.world.stall_pulls(true);
    let asked = host.verbs.create_instances(&caller(), ubuntu(&["web"])).await.expect("accepted");
    let first = moments.recv().await.expect("a moment");
    assert!(first.operation == asked[0].id && first.stage.starts_with("image: "), "{first:?}");
    host.world.stall_pulls(false);
    host.done(asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_does_not_come_fails_the_launch_and_leaves_nothing() {
    let host = without(&[UBUNTU]);
    host.world.fail_when(|call| call == "pull");
    let asked = host.verbs.create_instances(&caller(), ubuntu(&["web"])).await.expect("accepted");
    let ended = host.ended(asked[0].id).await;
    assert_eq!(ended.status, OperationStatus::Failed);
    let why = ended.error_details.unwrap_or_default();
    assert!(why.contains("its image did not come") && why.contains("simulated fault in pull"), "{why}");
    host.until(async || host.verbs.get_instances(&caller(), None).await.expect("readable").items.is_empty())
        .await;
    let world = host.world.world().clone();
    assert!(world.layers.is_empty() && world.links.is_empty() && world.rules.is_empty(), "{world:?}");
    // The next try succeeds.
    host.world.heal();
    let again = host.verbs.create_instances(&caller(), ubuntu(&["web"])).await.expect("accepted");
    host.done(again).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_turns_out_too_small_fails_the_launch() {
    let host = without(&[UBUNTU]);
    host.world.world().virtual_bytes = Some(500 << 30);
    let asked = host.verbs.create_instances(&caller(), ubuntu(&["web"])).await.expect("accepted");
    let ended = host.ended(asked[0].id).await;
    let why = ended.error_details.unwrap_or_default();
    assert!(ended.status == OperationStatus::Failed && why.contains("needs a disk of 500 GB"), "{why}");
}

#[test]
fn after_a_crash_the_wait_goes_on() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    // The daemon dies, with every task of its, while the image is on its way.
    let first = runtime();
    let (host, asked) = first.block_on(async {
        let host = without(&[UBUNTU]);
        host.world.stall_pulls(true);
        let asked = host.verbs.create_instances(&caller(), ubuntu(&["web"])).await.expect("accepted");
        (host, asked)
    });
    first.shutdown_timeout(std::time::Duration::from_secs(5));
    host.world.stall_pulls(false);
    runtime().block_on(async {
        let host = host.reborn(unbroken()).await;
        host.done(asked).await;
        let web = host.verbs.get_instance(&caller(), "web").await.expect("there");
        assert!(web.status == Status::Running && web.base().is_some(), "{web:?}");
        assert_eq!(host.world.world().power_ons.get(&web.id), Some(&1));
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_can_be_deleted_while_its_image_is_on_its_way() {
    let host = without(&[UBUNTU]);
    host.world.stall_pulls(true);
    let asked = host.verbs.create_instances(&caller(), ubuntu(&["web"])).await.expect("accepted");
    let deleted = host.verbs.delete_instance(&caller(), "web", false).await.expect("accepted");
    host.done(deleted).await;
    host.world.stall_pulls(false);
    let ended = host.ended(asked[0].id).await;
    assert_eq!(ended.status, OperationStatus::Failed, "{ended:?}");
    assert!(host.verbs.get_instances(&caller(), None).await.expect("readable").items.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_publishes_is_refused_before_anything_is_made() {
    let host = without(&["tiny"]);
    let error = create(&host.verbs, &["web"]).await.expect_err("refused");
    assert!(error.code == "ImageMissing" && error.tip.is_some_and(|tip| tip.contains("make image")));
    assert!(host.unfinished().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_baked_on_its_system_and_nothing_is_left_of_the_baker() {
    let host = without(&["nginx", "debian_12"]);
    let asked = CreateInstances { blueprint_id: "nginx".into(), ..order(&["shop"]) };
    let asked = host.verbs.create_instances(&caller(), asked).await.expect("accepted");
    // The baker comes up, and its guest says that it is done.
    host.until(async || baker(&host, Status::Running).await.is_some()).await;
    let address = baker(&host, Status::Running).await.expect("it runs");
    host.verbs.report_first_boot(address, FirstBootReport::bounded(Vec::new())).await.expect("heard");
    host.done(asked).await;
    let world = host.world.world().clone();
    assert!(
        world.images.contains_key("nginx-000000000000") && world.pulls.contains_key("debian_12"),
        "{world:?}"
    );
    assert_eq!(world.layers.len(), 1, "the baker's disk is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipe_that_fails_says_why_and_leaves_nothing() {
    let host = without(&["nginx"]);
    let mut course = host.verbs.pull_image(&caller(), "nginx").await.expect("begun");
    host.until(async || baker(&host, Status::Running).await.is_some()).await;
    let address = baker(&host, Status::Running).await.expect("it runs");
    let errors = vec!["user data exited with 100".to_owned()];
    host.verbs.report_first_boot(address, FirstBootReport::bounded(errors)).await.expect("heard");
    let ended =
        course.wait_for(|moment| matches!(moment, SupplyMoment::Ended(_))).await.expect("it ends").clone();
    let SupplyMoment::Ended(Err(error)) = ended else { panic!("{ended:?}") };
    assert!(error.code == "BakeFailed" && error.message.contains("exited with 100"), "{error:?}");
    assert!(host.verbs.get_instances(&caller(), None).await.expect("readable").items.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_baker_that_an_earlier_daemon_left_is_cleared_away() {
    let host = without(&["nginx"]);
    let _course = host.verbs.pull_image(&caller(), "nginx").await.expect("begun");
    host.until(async || baker(&host, Status::Running).await.is_some()).await;
    let host = host.reborn(unbroken()).await;
    host.until(async || host.verbs.get_instances(&caller(), None).await.expect("readable").items.is_empty())
        .await;
    assert!(host.world.world().layers.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_in_use_is_neither_removed_nor_pruned() {
    let host = without(&[UBUNTU]);
    let asked = host.verbs.create_instances(&caller(), ubuntu(&["web"])).await.expect("accepted");
    host.done(asked).await;
    let error = host.verbs.remove_image(&caller(), UBUNTU).await.expect_err("refused");
    assert!(error.kind == Kind::WrongState && error.message.contains("web"), "{error:?}");
    assert!(host.verbs.prune_images(&caller(), false).await.expect("pruned").is_empty());
    let taken =
        host.verbs.create_instance_snapshot(&caller(), "web", "kept", Vec::new()).await.expect("accepted");
    host.done(taken).await;
    let deleted = host.verbs.delete_instance(&caller(), "web", false).await.expect("accepted");
    host.done(deleted).await;
    let error = host.verbs.remove_image(&caller(), UBUNTU).await.expect_err("refused");
    assert!(error.kind == Kind::WrongState && error.message.contains("kept"), "{error:?}");
    let deleted = host.verbs.delete_instance_snapshot(&caller(), "kept").await.expect("deleted");
    host.done(deleted).await;
    assert_eq!(host.verbs.remove_image(&caller(), UBUNTU).await.expect("removed").len(), 1);
    let unknown = host.verbs.remove_image(&caller(), "../../etc/passwd").await.expect_err("refused");
    assert_eq!(unknown.kind, Kind::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_handed_out_whole() {
    let host = without(&[UBUNTU]);
    let mut course = host.verbs.pull_image(&caller(), UBUNTU).await.expect("begun");
    course.wait_for(|moment| matches!(moment, SupplyMoment::Ended(Ok(_)))).await.expect("it comes");
    let (found, pieces) = host.verbs.export_image(UBUNTU).await.expect("there");
    let bytes: Vec<u8> = pieces.map(|piece| piece.expect("a piece")).concat().await;
    assert_eq!(String::from_utf8_lossy(&bytes), format!("simulated {}", found.image.id));
}

/// The address of the guest that bakes, once it is in that state.
async fn baker(host: &Host, status: Status) -> Option<std::net::Ipv4Addr> {
    let all = host.verbs.get_instances(&caller(), None).await.expect("readable").items;
    all.iter()
        .find(|one| one.name.as_str().starts_with("bake-") && one.status == status)
        .map(|one| one.private_ip)
}
