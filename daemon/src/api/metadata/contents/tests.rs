use proptest::prelude::*;

use super::*;
use crate::{
    model::{Place, Tags, UserData},
    testing,
};

/// An instance that has everything that one can have.
fn rich() -> Metadata {
    let tags = [("Name", "web"), ("a/b", "slash"), ("50% off", "yes"), ("..", "dots"), ("ключ", "key")];
    let instance = Instance {
        ipv6: Some("fd00::10".parse().expect("an address")),
        user_data: UserData::parse("#!/bin/sh\necho hello\n".into()).expect("short"),
        tags: Tags::stored(tags.map(|(key, value)| (key.to_owned(), value.to_owned()))),
        ..testing::instance("web")
    };
    let place =
        Place { region: "us-east-1".into(), zone: "us-east-1b".into(), account: "123456789012".into() };
    Metadata { instance, place, subnet: "172.26.0.0/16".parse().expect("a range") }
}

fn at(path: &str) -> Option<String> {
    look_up(&rich(), path)
}

/// As a careful client writes a name into a URL.
fn escaped(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
    let write = |byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    name.bytes().map(write).collect()
}

/// Every text below `dir`, by its path, found by following the listings.
fn walk(told: &Metadata, dir: &str, found: &mut Vec<(String, String)>) {
    let listing = look_up(told, dir).unwrap_or_else(|| panic!("{dir} is listed"));
    for line in listing.lines() {
        let name = match line.split_once('=') {
            // How EC2 lists a key: its number is the directory.
            Some((number, _)) if dir.ends_with("public-keys/") => format!("{number}/"),
            _ => line.to_owned(),
        };
        let path = format!("{dir}{}", escaped(&name));
        if name.ends_with('/') {
            walk(told, &path, found);
        } else {
            let text = look_up(told, &path).unwrap_or_else(|| panic!("{path} is listed"));
            found.push((path, text));
        }
    }
}

fn walked(told: &Metadata) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(told, "/latest/meta-data/", &mut found);
    found
}

#[test]
fn the_whole_tree_is_found_by_its_listings() {
    let told = rich();
    let interface = format!("network/interfaces/macs/{}", identity::mac(&told.instance));
    let expected = "\
ami-id ami-launch-index ami-manifest-path block-device-mapping/ami block-device-mapping/root hostname instance-action \
instance-id instance-life-cycle instance-type local-hostname local-ipv4 mac MAC/device-number MAC/interface-id \
MAC/ipv4-associations/172.27.0.10 MAC/ipv6s MAC/local-hostname MAC/local-ipv4s MAC/mac MAC/owner-id \
MAC/public-hostname MAC/public-ipv4s MAC/security-groups MAC/subnet-id MAC/subnet-ipv4-cidr-block MAC/vpc-id \
MAC/vpc-ipv4-cidr-block placement/availability-zone placement/availability-zone-id placement/region profile \
public-hostname public-ipv4 public-keys/0/openssh-key reservation-id security-groups services/domain \
services/partition tags/instance/.. tags/instance/50%25%20off tags/instance/Name tags/instance/a/b \
tags/instance/%D0%BA%D0%BB%D1%8E%D1%87"
        .replace("MAC", &interface);
    let found = walked(&told);
    let paths: Vec<_> =
        found.iter().filter_map(|(path, _)| path.strip_prefix("/latest/meta-data/")).collect();
    assert_eq!(paths, expected.split(' ').collect::<Vec<_>>());
    assert!(found.iter().all(|(_, text)| !text.is_empty() && !text.ends_with('\n')), "{found:?}");
}

#[test]
fn values_are_the_instances_own() {
    let told = rich();
    let mac = identity::mac(&told.instance);
    let interface = format!("network/interfaces/macs/{mac}");
    for (path, text) in [
        ("ami-launch-index", "0"),
        ("ami-manifest-path", "(unknown)"),
        ("hostname", "web.sloop.internal"),
        ("instance-id", told.instance.id.guest().as_str()),
        ("instance-type", "nano_3_0"),
        ("local-ipv4", "172.26.0.10"),
        ("mac", mac.as_str()),
        ("placement/availability-zone-id", "use1-az2"),
        ("public-ipv4", "172.27.0.10"),
        ("public-keys", "0=default"),
        ("public-keys/0/openssh-key", "ssh-ed25519 AAAAaccess sloop\nssh-ed25519 AAAAann ann@home"),
        ("services", "domain\npartition"),
        ("tags/instance", "..\n50% off\nName\na/b\nключ"),
        ("tags/instance/a%2Fb", "slash"),
        ("tags/instance/..", "dots"),
        (format!("{interface}/ipv4-associations/172.27.0.10").as_str(), "172.26.0.10"),
        (format!("{interface}/ipv6s").as_str(), "fd00::10"),
        (format!("{interface}/owner-id").as_str(), "123456789012"),
        (format!("{interface}/subnet-ipv4-cidr-block").as_str(), "172.26.0.0/16"),
    ] {
        assert_eq!(at(&format!("/latest/meta-data/{path}")).as_deref(), Some(text), "{path}");
    }
}

#[test]
fn versions_are_listed_and_all_tell_the_same() {
    let listing = at("/").expect("a listing");
    assert!(
        listing.starts_with("1.0\n2007-01-19\n") && listing.ends_with("\n2021-03-23\nlatest"),
        "{listing}"
    );
    for version in listing.lines() {
        assert_eq!(at(&format!("/{version}")).as_deref(), Some("dynamic\nmeta-data\nuser-data"));
        assert!(at(&format!("/{version}/meta-data/instance-id")).is_some(), "{version}");
    }
    assert_eq!(at("/2009-04-05/meta-data/"), None);
}

#[test]
fn the_identity_document_says_who_it_is() {
    assert_eq!(at("/latest/dynamic").as_deref(), Some("instance-identity/"));
    assert_eq!(at("/latest/dynamic/instance-identity").as_deref(), Some("document"));
    let text = at("/latest/dynamic/instance-identity/document").expect("a document");
    let document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    for (key, value) in [
        ("accountId", "123456789012"),
        ("architecture", "x86_64"),
        ("availabilityZone", "us-east-1b"),
        ("instanceType", "nano_3_0"),
        ("pendingTime", "1970-01-01T00:00:00Z"),
        ("privateIp", "172.26.0.10"),
        ("region", "us-east-1"),
        ("version", "2017-09-30"),
    ] {
        assert_eq!(document[key], value, "{key}");
    }
    assert_eq!(document["imageId"].as_str(), at("/latest/meta-data/ami-id").as_deref());
    assert_eq!(document["instanceId"].as_str(), at("/latest/meta-data/instance-id").as_deref());
    for key in ["billingProducts", "devpayProductCodes", "kernelId", "marketplaceProductCodes", "ramdiskId"] {
        assert_eq!(document.get(key), Some(&serde_json::Value::Null), "{key}");
    }
}

#[test]
fn what_an_instance_has_not_is_not_there() {
    let told = Metadata { instance: testing::instance("web"), ..rich() };
    let bare = Metadata { instance: Instance { public_ip: None, ..told.instance }, ..rich() };
    let found = walked(&bare);
    let absent = ["public-ipv4", "public-hostname", "public-ipv4s", "ipv6s", "ipv4-associations"];
    for (path, _) in &found {
        assert!(!absent.iter().any(|name| path.ends_with(&format!("/{name}"))), "{path}");
    }
    assert_eq!(look_up(&bare, "/latest/meta-data/public-ipv4"), None);
    assert_eq!(look_up(&bare, "/latest/meta-data/tags/instance/").as_deref(), Some(""));
    assert_eq!(look_up(&bare, "/latest/user-data"), None);
    assert_eq!(look_up(&bare, "/latest").as_deref(), Some("dynamic\nmeta-data"));
}

#[test]
fn user_data_is_told_as_it_was_given() {
    assert_eq!(at("/latest/user-data").as_deref(), Some("#!/bin/sh\necho hello\n"));
    assert_eq!(at("/latest/user-data/").as_deref(), Some("#!/bin/sh\necho hello\n"));
}

#[test]
fn paths_lead_nowhere_else() {
    for path in [
        "/latest/meta-data/../../etc/passwd",
        "/latest/../latest/meta-data/mac",
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/latest/meta-data/%2e%2e%2fuser-data",
        "/latest/meta-data/mac%00",
        "/latest/meta-data/mac%",
        "/latest/meta-data/mac%4",
        "/latest/meta-data/mac%zz",
        "/latest/meta-data/%ff%fe",
        "/latest/meta-data/MAC",
        "/latest/meta-data/mac/x",
        "/latest/meta-data/public-keys/0=default",
        "/latest/meta-data/tags/instance/none",
        "/latest/meta-data/tags/instance/../Name",
        "/latest/dynamic/instance-identity/signature",
        "/latest/api/token",
        "*",
        "latest\\meta-data",
    ] {
        assert_eq!(at(path), None, "{path}");
    }
}

proptest! {
    #[test]
    fn any_path_is_borne(path in "\\PC{0,300}") {
        at(&path);
    }

    #[test]
    fn paths_like_ours_are_borne(
        path in "(/|latest|meta-data|tags|instance|public-keys|0=|%[0-9a-fA-F]{0,2}|\\.\\.|[a-z0-9:.]|\\PC){0,24}"
    ) {
        at(&path);
    }

    #[test]
    fn every_tag_is_found(key in "\\PC{1,128}", value in "\\PC{0,256}") {
        let mut told = rich();
        told.instance.tags = Tags::stored([(key.clone(), value.clone())]);
        let everything = |byte: u8| format!("%{byte:02x}");
        let path: String = key.bytes().map(everything).collect();
        prop_assert_eq!(look_up(&told, &format!("/latest/meta-data/tags/instance/{path}")), Some(value));
    }
}
