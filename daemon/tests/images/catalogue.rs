//! Every download of the catalogue goes the whole way.

use std::os::unix::fs::MetadataExt as _;

use sloopd::{
    model::{Blueprint, Download, ImageSource, SignatureForm, Verification},
    ports::Images as _,
};

use crate::{
    disks::{self, Root, Table},
    keys::{Signer, Way},
    stand::{Stand, real_catalogue, sha256, sha512},
};

/// The names that a publisher's list gives a file in its directory's newest and in an older build.
fn builds(download: &Download) -> [String; 2] {
    ["2.0.20260720.0", "2.0.20260702.1"].map(|version| download.file.replace('*', version))
}

/// The list as that publisher writes it.
fn list(checksums: &str, name: &str, bytes: &[u8], old: &str) -> String {
    let (digest, other) = if checksums.contains("512") {
        (sha512(bytes), sha512(b"another"))
    } else {
        (sha256(bytes), sha256(b"another"))
    };
    if checksums.ends_with("SHA256SUM") {
        return format!("# {name}: {} bytes\nSHA256 ({name}) = {digest}\n", bytes.len());
    }
    let older = if old == name { String::new() } else { format!("{other}  {old}\n") };
    format!("{other}  unrelated-arm64.qcow2\n{digest}  {name}\n{older}")
}

/// Puts on the mirror what the publisher has, signed by a key of the test's; gives the file's URL and how it is verified.
fn publish(stand: &Stand, download: &mut Download, signer: &Signer, bytes: &[u8]) -> (String, String) {
    let [name, old] = builds(download);
    let directory = download.directory.clone();
    let url = format!("{directory}{name}");
    stand.site.hold(&url, bytes);
    match &mut download.verification {
        Verification::Published { checksums } => {
            stand.site.hold(&format!("{directory}{checksums}"), list(checksums, &name, bytes, &old));
            (url, format!("by the digest in {checksums}, which TLS vouches for"))
        }
        Verification::Signed { checksums, signature, key } => {
            assert!(key.armored.is_some(), "the catalogue has the key {}", key.fingerprint);
            *key = signer.public();
            let list = list(checksums, &name, bytes, &old);
            match signature {
                SignatureForm::Detached(name) if name.strip_suffix(".asc").is_some() => {
                    stand.site.hold(&format!("{directory}{name}"), signer.armored(&list, Way::default()));
                }
                SignatureForm::Detached(name) => {
                    stand.site.hold(&format!("{directory}{name}"), signer.detached(&list, Way::default()));
                }
                SignatureForm::Clear => unreachable!("no publisher of the catalogue signs so"),
            }
            stand.site.hold(&format!("{directory}{checksums}"), list);
            (url, format!("by the signature of {} on {checksums}", key.fingerprint))
        }
        Verification::Pinned { .. } => unreachable!("no entry of the catalogue has a digest of its own"),
    }
}

/// Pulls it twice: the second time nothing need come.
async fn goes_the_whole_way(blueprint: &Blueprint, signer: &Signer, bytes: &[u8]) {
    let mut stand = Stand::open().await;
    stand.blueprint = blueprint.clone();
    let ImageSource::Download(mut download) = blueprint.source.clone() else { unreachable!("it is one") };
    let (url, verified) = publish(&stand, &mut download, signer, bytes);
    stand.blueprint.source = ImageSource::Download(download);
    let image = stand.succeeds().await;
    assert_eq!((image.verified.as_str(), image.origin.as_str()), (verified.as_str(), url.as_str()));
    assert_eq!(image.path.metadata().expect("it is there").mode() & 0o7777, 0o444, "{image:?}");
    assert!(image.id.starts_with(&format!("{}-{}", blueprint.id, &image.sha256[..12])), "{image:?}");
    let base = stand.store.base(&stand.blueprint).await.expect("sound").expect("there");
    assert_eq!((base.path, base.virtual_bytes), (image.path.clone(), image.virtual_bytes));
    let record = std::fs::read_to_string(stand.settings.dir.join(format!("{}.json", blueprint.id)));
    let record: serde_json::Value = serde_json::from_str(&record.expect("written")).expect("JSON");
    let digest = record["source_digest"].as_str().expect("recorded").to_owned();
    assert!([sha256(bytes), sha512(bytes)].contains(&digest), "{record}");

    let sent = stand.site.sent(&url);
    assert_eq!(sent, bytes.len() as u64, "the newest build, once");
    assert_eq!(stand.succeeds().await, image);
    assert_eq!(stand.site.sent(&url), sent, "{url} was fetched again");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_download_of_the_catalogue_goes_the_whole_way() {
    let (signer, dir) = (Signer::new(), tempfile::tempdir().expect("a directory"));
    let image = |root| {
        let disk = disks::raw(dir.path(), Table::Both, root);
        std::fs::read(disks::convert(&disk, "qcow2", &["-c"])).expect("readable")
    };
    let (ext4, xfs) = (image(Root::Ext4), image(Root::Xfs));
    let mut found = Vec::new();
    for blueprint in real_catalogue().blueprints {
        if let ImageSource::Download(download) = &blueprint.source {
            let bytes = if download.file.contains("xfs") { &xfs } else { &ext4 };
            goes_the_whole_way(&blueprint, &signer, bytes).await;
            found.push(blueprint.id);
        }
    }
    for family in ["alma", "amazon_linux_2", "amazon_linux_2023", "centos", "debian", "opensuse", "ubuntu"] {
        assert!(found.iter().any(|id| id.starts_with(family)), "{family} is not among {found:?}");
    }
}
