//! Thousands of storage verbs, faults and kills, one after the other, and what every disk holds compared with a model.

use std::sync::Arc;

use proptest::{prelude::*, test_runner::TestRunner};
use sloopd::{
    model::{ResourceType, Stack, Status},
    simulated::Simulated,
};

use crate::{
    acts::{Act, Harm, act, harm},
    common::{self, Host, create},
    life::{Model, step},
    stand::*,
    twin::Twin,
};

/// After so many acts the files are read.
const READ: usize = 8;

/// Everything that there is holds what the model says, and there is nothing else. Gives all disks, with what they hold.
async fn compare(host: &Host, model: &Model, case: &str) -> Vec<(Stack, Content)> {
    let mut all = Vec::new();
    let instances = host.ports.store.instances().await.expect("readable");
    let names: Vec<_> = instances.iter().map(|one| one.name.to_string()).collect();
    assert_eq!(names, model.instances.keys().cloned().collect::<Vec<_>>(), "{case}");
    for one in &instances {
        let stack = &one.system().expect("it has one").stack;
        let held = content_of(host, stack);
        let (runs, wanted) = &model.instances[one.name.as_str()];
        assert_eq!((&held, one.status == Status::Running), (wanted, *runs), "{case}: {}", one.name);
        all.push((stack.clone(), held));
    }
    let disks = host.ports.store.disks().await.expect("readable");
    assert_eq!(disks.len(), model.disks.len(), "{case}");
    for disk in disks {
        let (holder, wanted) = &model.disks[disk.name.as_str()];
        let at = disk.attachment.as_ref().map(|at| at.name.to_string());
        assert_eq!((&content_of(host, &disk.stack), &at), (wanted, holder), "{case}: {}", disk.name);
        all.push((disk.stack, wanted.clone()));
    }
    let snapshots = host.ports.store.snapshots().await.expect("readable");
    assert_eq!(snapshots.len(), model.snapshots.len(), "{case}: {snapshots:?}");
    for one in snapshots {
        assert_eq!(one.resource_type(), ResourceType::InstanceSnapshot);
        let (_, system, disks) = &model.snapshots[one.title()];
        assert_eq!(one.disks.len(), 1 + disks.len(), "{case}: {}", one.title());
        for frozen in &one.disks {
            let stack = host.ports.store.stack(frozen.layer).await.expect("readable");
            let wanted = frozen.name.as_ref().map_or(system, |name| &disks[name.as_str()]);
            assert_eq!(&content_of(host, &stack), wanted, "{case}: {}", one.title());
            all.push((stack, wanted.clone()));
        }
    }
    consistent(host, case).await;
    all
}

/// How many lives of a host there are, each of so many verbs.
fn lives(variable: &str, usual: u32) -> u32 {
    std::env::var(variable).ok().and_then(|lives| lives.parse().ok()).unwrap_or(usual)
}

/// Lives through all of these, on real files as well or on simulated ones alone.
async fn live(acts: Vec<(Act, Harm)>, twin: Option<&Arc<Twin>>) {
    let mut policy = common::policy();
    policy.quotas.instances = 12;
    let mut host = match twin {
        Some(twin) => Host::beside(policy, twin.world.clone(), (twin.clone(), twin.clone())),
        None => Host::with(policy),
    };
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    let mut model = Model::default();
    model.instances.insert("web".to_owned(), (true, Content::new()));
    let last = acts.len();
    for (number, (act, harm)) in (1_usize..).zip(acts) {
        host = step(host, twin.map(Arc::as_ref), &mut model, act, harm).await;
        let case = format!("act {number}, {act:?} with {harm:?}");
        let all = compare(&host, &model, &case).await;
        let Some(twin) = twin else { continue };
        twin.went_well(&case);
        if number.is_multiple_of(READ) || number == last {
            twin.hold(&all, &case);
        }
    }
    if let Some(twin) = twin {
        twin.are_sound().await;
    }
}

fn all_live(lives: u32, acts: usize, twin: impl Fn() -> Option<Arc<Twin>>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let config = ProptestConfig {
        cases: lives,
        failure_persistence: None,
        max_shrink_iters: lives.saturating_mul(5),
        ..ProptestConfig::default()
    };
    let acts = prop::collection::vec((act(), harm()), acts);
    let lived = TestRunner::new(config).run(&acts, |acts| {
        runtime.block_on(live(acts, twin().as_ref()));
        Ok(())
    });
    lived.expect("every disk holds what was written to it");
}

#[test]
fn whatever_is_done_every_disk_holds_what_was_written_to_it() {
    all_live(lives("SLOOP_RANDOM_LIVES", 40), 60, || None);
}

#[test]
fn whatever_is_done_real_files_hold_what_was_written_to_them() {
    all_live(lives("SLOOP_RANDOM_REAL_LIVES", 5), 40, || Some(Arc::new(Twin::new(Simulated::default()))));
}
