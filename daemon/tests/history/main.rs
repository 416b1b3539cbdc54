//! The history on the simulated host: what every verb leaves in it, who sees that, and how long it is kept.

#[path = "../common/mod.rs"]
mod common;

mod ask;
mod kept;
mod prepare;
mod seen;
mod table;

use std::collections::{BTreeSet, HashSet};

use sloop_proto::json::POOL;
use sloopd::{
    model::{Access, Caller, Door, Operation, OperationStatus},
    ports::OperationFilter,
    verbs::Policy,
};

use crate::{
    ask::ask,
    common::{Host, caller, policy},
    prepare::prepare,
    table::{TABLE, Trace},
};

/// An administrator, at a door of its own: what they do to the things of others is seen by those.
fn root() -> Caller {
    Caller::new("root", Door::Console, true)
}

/// Every operation that is written down, the newest first.
async fn all(host: &Host) -> Vec<Operation> {
    let filter = OperationFilter { limit: 10_000, ..OperationFilter::default() };
    host.ports.store.operations(filter).await.expect("readable")
}

/// A host where everybody has their own.
fn private() -> Host {
    Host::with(Policy { access: Access::Private, ..policy() })
}

/// Whether the text is as the pattern says, in which `*` stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    let parts: Vec<&str> = pattern.split('*').collect();
    let [first, middle @ .., last] = parts.as_slice() else { return pattern == text };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    for part in middle {
        let Some((_, behind)) = rest.split_once(part) else { return false };
        rest = behind;
    }
    rest.ends_with(last)
}

#[test]
fn a_star_stands_for_anything() {
    for (pattern, text, expected) in [
        ("", "", true),
        ("", "x", false),
        ("8 GB -> *", "8 GB -> 16 GB", true),
        ("* -> *", "a -> b", true),
        ("a*b", "ab", true),
        ("a*b", "b", false),
        ("aa", "a", false),
    ] {
        assert_eq!(fits(pattern, text), expected, "{pattern:?} {text:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_leaves_one_entry_for_each_resource_that_it_touches() {
    for (call, leaves) in TABLE {
        let host = private();
        prepare(&host, call).await;
        let before: HashSet<_> = all(&host).await.into_iter().map(|one| one.id).collect();
        ask(&host, &root(), call).await;
        let new = all(&host).await.into_iter().filter(|one| !before.contains(&one.id)).collect();
        is_traced(&host, call, leaves, new).await;
    }
}

async fn is_traced(host: &Host, call: &str, leaves: &[Trace], new: Vec<Operation>) {
    let (mut theirs, others): (Vec<_>, Vec<_>) = new.into_iter().partition(|one| one.caller == "root");
    // A bake has a guest of its own, which the daemon makes and clears away.
    assert!(others.is_empty() || call == "BakeImage", "{call}: {others:?}");
    assert!(others.iter().all(|one| matches!(one.door, Door::Daemon | Door::Metadata)), "{others:?}");
    for (kind, name, owner, change) in leaves {
        let found = theirs.iter().position(|one| one.kind == *kind && fits(name, &one.resource_name));
        let found = found.unwrap_or_else(|| panic!("{call}: no {kind:?} of {name} among {theirs:?}"));
        let one = theirs.remove(found);
        assert!(fits(change, &one.change), "{call}: {:?} is not {change:?}", one.change);
        assert_eq!((one.owner.0.as_str(), one.door), (*owner, Door::Console), "{call}: {one:?}");
        assert_eq!(one.status, OperationStatus::Succeeded, "{call}: {one:?}");
        assert!(one.status_changed_at >= one.created_at, "{call}: {one:?}");
        is_seen(host, call, &one).await;
    }
    assert!(theirs.is_empty(), "{call} leaves more: {theirs:?}");
}

/// History and operations say the same of a resource, to whoever may see it.
async fn is_seen(host: &Host, call: &str, one: &Operation) {
    let name = one.resource_name.as_str();
    for who in [root(), caller()] {
        let history = host.verbs.get_history(&who, Some(name), None, None).await;
        let operations = host.verbs.get_operations_for_resource(&who, name, None).await;
        if !who.admin && one.owner != who.owner {
            let of_others = |all: &[Operation]| all.iter().any(|one| one.owner != who.owner);
            assert!(!operations.is_ok_and(|page| of_others(&page.items)), "{call}: {} sees {name}", who.name);
            let history = history.map(|page| page.items.into_iter().map(|entry| entry.operation).collect());
            assert!(!history.is_ok_and(|all: Vec<_>| of_others(&all)), "{call}: {} sees {name}", who.name);
            continue;
        }
        let history = history.expect(call).items.into_iter().map(|entry| entry.operation);
        let history: Vec<_> = history.collect();
        assert!(history.contains(one), "{call}: {} does not see {one:?}", who.name);
        assert_eq!(history, operations.expect(call).items, "{call}");
    }
}

/// Calls that only look.
const READS: [&str; 8] = ["Get", "List", "Watch", "Download", "Export", "Examine", "Verify", "Doctor"];

/// Calls whose traces are looked at by tests of their own.
const ELSEWHERE: [&str; 8] = [
    "SetRecoveryPolicy",
    "PutAlarm",
    "DeleteAlarm",
    "TestAlarm",
    "CreateContactMethod",
    "DeleteContactMethod",
    "SendContactMethodVerification",
    "ConfirmContactMethod",
];

#[test]
fn every_call_of_the_contract_that_changes_something_is_in_the_table() {
    let reads = |call: &str| READS.iter().any(|read| call.starts_with(read));
    let mut changes = BTreeSet::new();
    for service in POOL.services() {
        for call in service.methods() {
            if !reads(call.name()) && !ELSEWHERE.contains(&call.name()) {
                changes.insert(call.name().to_owned());
            }
        }
    }
    let covered: BTreeSet<String> = TABLE.iter().map(|(call, _)| (*call).to_owned()).collect();
    assert_eq!(changes, covered);
    assert_eq!(TABLE.len(), covered.len(), "one of them is there twice");
}
