//! The contract against the Lightsail model that botocore carries: every member of every message of every operation
//! that is served.

mod check;
mod model;

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::{
    check::{compare, unexcused},
    model::Model,
};

const SHOWN: &str = "Lightsail sends it and its model leaves it out; the AWS CLI's examples show it";
const ALIKE: &str =
    "the model has no word for this operation; spelt like those that the AWS CLI's examples show";

const OURS: &str = "an operation beyond Lightsail; its clients do not compare the word";

const MORE: &str = "said beside what Lightsail says; its clients pass over members that they do not know";

/// Faults that are meant, each with its reason. One that no longer occurs must go.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("OperationType.CreateKeyPair: a word that the model lacks", SHOWN),
    ("OperationType.ImportKeyPair: a word that the model lacks", ALIKE),
    ("OperationType.DeleteKeyPair: a word that the model lacks", SHOWN),
    ("OperationType.TagResource: a word that the model lacks", ALIKE),
    ("OperationType.UntagResource: a word that the model lacks", ALIKE),
    ("OperationType.GrowDisk: a word that the model lacks", OURS),
    ("OperationType.ResizeInstance: a word that the model lacks", OURS),
    ("OperationType.RollBackInstance: a word that the model lacks", OURS),
    ("OperationType.RecoverInstance: a word that the model lacks", OURS),
    ("OperationType.SetRecoveryPolicy: a word that the model lacks", OURS),
    ("OperationType.PublishPort: a word that the model lacks", OURS),
    ("OperationType.UnpublishPort: a word that the model lacks", OURS),
    ("OperationType.PullImage: a word that the model lacks", OURS),
    ("OperationType.BakeImage: a word that the model lacks", OURS),
    ("OperationType.ImportImage: a word that the model lacks", OURS),
    ("OperationType.RemoveImage: a word that the model lacks", OURS),
    ("OperationType.PruneImages: a word that the model lacks", OURS),
    ("OperationType.ImportSnapshot: a word that the model lacks", OURS),
    ("OperationType.AttachConsole: a word that the model lacks", OURS),
    ("OperationType.ReportFirstBoot: a word that the model lacks", OURS),
    ("OperationType.ConfirmContactMethod: a word that the model lacks", OURS),
    ("OperationType.ChangeAlarmState: a word that the model lacks", OURS),
    ("ResourceType.Image: a word that the model lacks", OURS),
    ("InstanceMetricName.MemoryResident: a word that the model lacks", OURS),
    ("InstanceMetricName.CounterResets: a word that the model lacks", OURS),
    ("MetricName.MetadataNoToken: a word that the model lacks", OURS),
    ("MetricName.MemoryResident: a word that the model lacks", OURS),
    ("MetricName.CounterResets: a word that the model lacks", OURS),
    ("ContactProtocol.Webhook: a word that the model lacks", OURS),
    ("ContactProtocol.Command: a word that the model lacks", OURS),
    ("Alarm.stateReason: a member that the model lacks", MORE),
    ("Alarm.stateUpdatedAt: a member that the model lacks", MORE),
    ("Alarm.notices: a member that the model lacks", MORE),
    ("DiskSnapshot.quiesced: a member that the model lacks", MORE),
    ("InstanceSnapshot.quiesced: a member that the model lacks", MORE),
];

/// Services and calls of our own.
const BEYOND: &[&str] = &[
    "Alarms.ConfirmContactMethod",
    "Health",
    "History",
    "Host",
    "Images",
    "Metrics.GetHostMetricData",
    "Metrics.GetLatestMetrics",
    "Operations.WatchOperation",
    "Publishing",
    "Readiness",
    "Storage",
    "Terminal",
    "Transfer",
    "Transport",
];

#[test]
fn every_served_operation_is_as_the_model_says() {
    let model = Model::load();
    let report = compare(&model, BEYOND);
    println!("served {}/{} operations", report.served.len(), model.operations().len());
    for call in &report.beyond {
        println!("beyond Lightsail: {call}");
    }
    for (fault, reason) in EXCEPTIONS {
        println!("exception: {fault} ({reason})");
    }
    let faults = unexcused(&report.faults, EXCEPTIONS);
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(!report.served.is_empty(), "nothing was compared");
}

#[test]
fn what_is_beyond_must_be_named_and_must_be_there() {
    let model = Model::load();
    // Whole services, without the calls that are named one by one, and one too many.
    let services = BEYOND.iter().copied().filter(|name| !name.contains('.'));
    let named: Vec<_> = services.chain(["Tags"]).collect();
    let report = compare(&model, &named);
    let beyond = |fault: &&String| fault.contains("beyond");
    assert_eq!(
        report.faults.iter().filter(beyond).collect::<Vec<_>>(),
        [
            "Alarms.ConfirmContactMethod: neither an operation of the model nor listed as beyond it",
            "Metrics.GetHostMetricData: neither an operation of the model nor listed as beyond it",
            "Metrics.GetLatestMetrics: neither an operation of the model nor listed as beyond it",
            "Operations.WatchOperation: neither an operation of the model nor listed as beyond it",
            "Tags.TagResource: listed as beyond Lightsail, but the model has it",
            "Tags.UntagResource: listed as beyond Lightsail, but the model has it",
        ]
    );
    for name in BEYOND {
        let (service, call) = name.split_once('.').unwrap_or((name, ""));
        let found = compare(&model, BEYOND).beyond;
        assert!(
            found.iter().any(|full| full.starts_with(service) && full.ends_with(call)),
            "{name} is listed as beyond Lightsail and is not there"
        );
    }
}

#[test]
fn an_exception_excuses_one_fault_and_must_apply() {
    let faults = BTreeSet::from(["A.b: wrong".to_owned(), "A.c: wrong".to_owned()]);
    assert_eq!(unexcused(&faults, &[("A.b: wrong", "meant")]), ["A.c: wrong"]);
    assert_eq!(
        unexcused(&faults, &[("A.b: wrong", "meant"), ("A.c: wrong", "meant"), ("A.d: wrong", "was meant")]),
        ["the exception no longer applies: A.d: wrong"]
    );
}

/// The faults that a change of the model adds: a check that cannot fail proves nothing.
fn faults_after(change: impl FnOnce(&mut Json)) -> Vec<String> {
    let mut model = Model::load();
    let before = compare(&model, BEYOND).faults;
    change(&mut model.0["shapes"]);
    let after = compare(&model, BEYOND).faults;
    after.difference(&before).cloned().collect()
}

fn members<'a>(shapes: &'a mut Json, shape: &str) -> &'a mut serde_json::Map<String, Json> {
    shapes[shape]["members"].as_object_mut().expect("a structure lists its members")
}

#[test]
fn a_renamed_member_is_seen() {
    let faults = faults_after(|shapes| {
        let told = members(shapes, "KeyPair").remove("fingerprint").expect("the member is there");
        members(shapes, "KeyPair").insert("thumbprint".into(), told);
    });
    assert_eq!(
        faults,
        [
            "KeyPair.fingerprint: a member that the model lacks",
            "KeyPair.thumbprint: a member that the contract lacks",
        ]
    );
}

#[test]
fn a_flipped_requirement_is_seen() {
    let dropped = faults_after(|shapes| shapes["StopInstanceRequest"]["required"] = json!([]));
    assert_eq!(
        dropped,
        [
            "StopInstanceRequest.instanceName: needs `optional`: the model lets it be absent",
            "StopInstanceRequest.instanceName: required in the contract, not in the model",
        ]
    );
    let added =
        faults_after(|shapes| shapes["StopInstanceRequest"]["required"] = json!(["instanceName", "force"]));
    assert_eq!(added, ["StopInstanceRequest.force: required in the model, not in the contract"]);
}

#[test]
fn a_changed_word_is_seen() {
    let faults = faults_after(|shapes| shapes["DiskState"]["enum"][0] = json!("waiting"));
    assert_eq!(
        faults,
        [
            "DiskState.pending: a word that the model lacks",
            "DiskState.waiting: a word that the contract lacks",
        ]
    );
}

#[test]
fn a_changed_type_is_seen() {
    let retyped = faults_after(|shapes| members(shapes, "InstanceState")["code"]["shape"] = json!("string"));
    assert_eq!(retyped, ["InstanceState.code: string in the model, int32 in the contract"]);
    let listed =
        faults_after(|shapes| members(shapes, "InstanceState")["name"]["shape"] = json!("StringList"));
    assert_eq!(listed, ["InstanceState.name: a list in the model, not in the contract"]);
    let single = faults_after(|shapes| {
        members(shapes, "GetInstancesResult")["instances"]["shape"] = json!("Instance");
    });
    assert_eq!(single, ["GetInstancesResult.instances: a list in the contract, not in the model"]);
}
