//! What the doctor says of disks.

use sloopd::model::Verdict;

use crate::{
    common::{Host, caller},
    stand::*,
};

async fn only_finding(host: &Host) -> (Verdict, String, String) {
    let found = host.verbs.examine_storage().await;
    assert_eq!(found.len(), 1, "{found:?}");
    let found = &found[0];
    (found.verdict, found.subject.clone(), found.detail.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn layers_that_are_sound_missing_damaged_and_strange() {
    let host = stand().await;
    snap(&host, "web", "good").await;
    host.done(restore(&host, "good", "copy").await.expect("accepted")).await;
    let (verdict, _, detail) = only_finding(&host).await;
    assert_eq!(verdict, Verdict::Ok);
    assert!(
        detail.starts_with("1 layers read, 0 of them held against their digests, all sound; 2 that guests"),
        "{detail}"
    );

    let frozen = snapshot(&host, "good").await.disks[0].layer;
    host.world.world().damaged.insert(frozen);
    let (verdict, subject, detail) = only_finding(&host).await;
    assert_eq!((verdict, subject), (Verdict::Failed, format!("layer {frozen}")));
    assert!(detail.contains("damaged") && detail.contains("needed by copy, good, web"), "{detail}");
    host.world.world().damaged.clear();

    let file = host.world.world().layers.remove(&frozen).expect("there");
    let (verdict, subject, detail) = only_finding(&host).await;
    assert_eq!((verdict, subject), (Verdict::Failed, format!("layer {frozen}")));
    assert!(detail.contains("missing"), "{detail}");
    host.world.world().layers.insert(frozen, file.clone());

    let strange = sloopd::model::LayerId::fresh();
    host.world.world().layers.insert(strange, file);
    let (verdict, _, detail) = only_finding(&host).await;
    assert_eq!(verdict, Verdict::Warning);
    assert!(detail.contains(&strange.to_string()), "{detail}");
    assert!(host.world.world().layers.contains_key(&strange), "it is left alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn data_that_is_not_what_was_written_is_found() {
    let host = stand().await;
    write(&host, "web", 1, 10).await;
    snap(&host, "web", "good").await;
    let frozen = snapshot(&host, "good").await.disks[0].layer;
    host.engine.tidy().await.expect("tidied");
    assert_eq!(only_finding(&host).await.0, Verdict::Ok);
    host.world.world().layers.get_mut(&frozen).expect("there").content.insert(1, 11);
    let (verdict, subject, detail) = only_finding(&host).await;
    assert_eq!((verdict, subject), (Verdict::Failed, format!("layer {frozen}")));
    assert!(detail.contains("no longer holds") && detail.contains("needed by good, web"), "{detail}");
    host.world.world().layers.get_mut(&frozen).expect("there").content.insert(1, 10);
    assert_eq!(only_finding(&host).await.0, Verdict::Ok);

    // Layers that are made one hold something else, and are read anew.
    write(&host, "web", 2, 20).await;
    snap(&host, "web", "better").await;
    host.engine.tidy().await.expect("tidied");
    let delete = host.verbs.delete_instance_snapshot(&caller(), "good").await;
    host.done(delete.expect("accepted")).await;
    assert_eq!(host.engine.tidy().await.expect("tidied"), 1);
    assert_eq!(only_finding(&host).await.0, Verdict::Ok);
    // And what is written to again is no longer held against what it was.
    stop(&host, "web").await;
    let back = host.verbs.roll_back_instance(&caller(), "web", "better", Some("kept")).await;
    host.done(back.expect("accepted")).await;
    start(&host, "web").await;
    write(&host, "web", 1, 12).await;
    host.engine.tidy().await.expect("tidied");
    assert_eq!(only_finding(&host).await.0, Verdict::Ok);
}
