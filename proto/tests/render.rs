//! What the JSON of the contract looks like, to the letter.

use prost_types::Timestamp;
use serde_json::{Value as Json, json};
use sloop_proto::{
    json::{Time, render},
    v1,
};

fn operation() -> v1::Operation {
    v1::Operation {
        id: Some("op-1".into()),
        resource_type: Some(v1::ResourceType::KeyPair.into()),
        created_at: Some(Timestamp { seconds: 1_700_000_000, nanos: 250_000_000 }),
        is_terminal: Some(false),
        status: Some(v1::OperationStatus::NotStarted.into()),
        ..v1::Operation::default()
    }
}

#[test]
fn present_members_are_written_and_absent_ones_are_not() {
    let expected = json!({
        "id": "op-1",
        "resourceType": "KeyPair",
        "createdAt": "2023-11-14T22:13:20.250Z",
        "isTerminal": false,
        "status": "NotStarted",
    });
    assert_eq!(render("Operation", &operation(), Time::Text), expected);
}

#[test]
fn an_instant_is_text_or_seconds_with_their_fraction() {
    let at = |time| render("Operation", &operation(), time)["createdAt"].clone();
    assert_eq!(at(Time::Text), json!("2023-11-14T22:13:20.250Z"));
    assert_eq!(at(Time::Epoch), json!(1_700_000_000.25));
}

#[test]
fn a_span_is_written_as_protobuf_does() {
    let took = |seconds, nanos| {
        let took = Some(prost_types::Duration { seconds, nanos });
        render("HistoryEntry", &v1::HistoryEntry { took, ..Default::default() }, Time::Epoch)["took"].clone()
    };
    assert_eq!([took(0, 0), took(3, 12_000_000)], [json!("0.000s"), json!("3.012s")]);
    assert_eq!([took(-1, -500_000_000), took(0, 999_999_999)], [json!("-1.500s"), json!("0.999s")]);
}

#[test]
fn lists_are_written_even_when_empty() {
    let empty = render("GetInstancesResult", &v1::GetInstancesResult::default(), Time::Text);
    assert_eq!(empty, json!({ "instances": [] }));
    let result = v1::GetOperationsResult {
        operations: vec![v1::Operation::default()],
        next_page_token: Some(String::new()),
    };
    let expected = json!({ "operations": [{}], "nextPageToken": "" });
    assert_eq!(render("GetOperationsResult", &result, Time::Text), expected);
}

#[test]
fn numbers_stay_as_a_person_wrote_them() {
    let plan = |memory, price| v1::Bundle {
        ram_size_in_gb: Some(memory),
        price: Some(price),
        cpu_count: Some(2),
        ..v1::Bundle::default()
    };
    let written = |memory, price| render("Bundle", &plan(memory, price), Time::Epoch).to_string();
    assert!(written(0.5, 5.0).contains(r#""ramSizeInGb":0.5"#));
    assert!(written(0.5, 0.1).contains(r#""price":0.1,"#));
    assert!(written(0.5, 0.1).contains(r#""cpuCount":2,"#));
}

#[test]
fn enum_values_are_their_words_and_otherwise_their_names() {
    let bundle = v1::Bundle {
        supported_platforms: vec![v1::InstancePlatform::LinuxUnix.into()],
        ..v1::Bundle::default()
    };
    let written = render("Bundle", &bundle, Time::Text);
    assert_eq!(written["supportedPlatforms"], json!(["LINUX_UNIX"]));
    let host = v1::GetHostResult { accelerator: v1::Accelerator::Kvm.into(), ..v1::GetHostResult::default() };
    assert_eq!(render("GetHostResult", &host, Time::Text)["accelerator"], json!("ACCELERATOR_KVM"));
    let unknown = v1::GetHostResult { accelerator: 99, ..host };
    assert_eq!(render("GetHostResult", &unknown, Time::Text)["accelerator"], json!(99));
}

#[test]
fn members_bear_the_names_of_the_model_where_they_break_the_rule() {
    let key = v1::HostKeyAttributes {
        fingerprint_sha256: Some("SHA256:x".into()),
        ..v1::HostKeyAttributes::default()
    };
    let expected = json!({ "fingerprintSHA256": "SHA256:x" });
    assert_eq!(render("HostKeyAttributes", &key, Time::Text), expected);
}

#[test]
fn a_name_outside_the_contract_gives_null() {
    assert_eq!(render("Nonesuch", &operation(), Time::Text), Json::Null);
}

#[test]
fn a_map_is_an_object_by_its_keys() {
    let map =
        v1::DiskMap { original_disk_path: Some("/dev/xvdf".into()), new_disk_name: Some("copy".into()) };
    let request = v1::CreateInstancesFromSnapshotRequest {
        attached_disk_mapping: [("data".to_owned(), v1::DiskMapList { disk_maps: vec![map] })].into(),
        ..Default::default()
    };
    let json = render("CreateInstancesFromSnapshotRequest", &request, Time::Text);
    let wanted = json!({"data": {"diskMaps": [{"originalDiskPath": "/dev/xvdf", "newDiskName": "copy"}]}});
    assert_eq!(json["attachedDiskMapping"], wanted);
}
