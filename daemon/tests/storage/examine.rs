//! What the doctor says of disks.

use sloopd::model::Verdict;

use crate::{common::Host, stand::*};

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
    assert!(detail.starts_with("1 layers read, all sound; 2 that guests"), "{detail}");

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
