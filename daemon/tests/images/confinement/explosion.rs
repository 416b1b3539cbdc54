//! Images that become much larger than they are.

use super::NAMESPACES;
use crate::{
    disks::{self, run, text},
    inside::inside,
    stand::Stand,
};

/// An image of half a gigabyte in less than two megabytes: one cluster of data stands for nearly all, and is counted rightly.
fn bomb(stand: &Stand) -> Vec<u8> {
    let disk = disks::raw(stand.dir.path(), disks::Table::Both, disks::Root::Noise(1, 1));
    let file = std::fs::File::options().write(true).open(&disk).expect("there");
    file.set_len(512 << 20).expect("sparse");
    let made = disks::convert(&disk, "qcow2", &["-o", "refcount_bits=64"]);
    let mut bytes = std::fs::read(&made).expect("readable");
    let number = |bytes: &[u8], at: usize| u64::from_be_bytes(bytes[at..at + 8].try_into().expect("eight"));
    let place = |bytes: &[u8], at: usize| usize::try_from(number(bytes, at) & !(1 << 63)).expect("small");
    let l2 = place(&bytes, place(&bytes, 40));
    let counts = place(&bytes, place(&bytes, 48));
    let cluster = place(&bytes, l2 + 8 * 96);
    let mut count = 0;
    for entry in 96..8192 {
        if number(&bytes, l2 + 8 * entry) & !(1 << 63) == 0 || entry == 96 {
            bytes[l2 + 8 * entry..][..8].copy_from_slice(&(cluster as u64).to_be_bytes());
            count += 1u64;
        }
    }
    bytes[counts + 8 * (cluster >> 16)..][..8].copy_from_slice(&count.to_be_bytes());
    std::fs::write(&made, &bytes).expect("written");
    run("qemu-img", &["check", "-q", "-f", "qcow2", text(&made)], "");
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_explodes_when_it_is_converted_takes_no_more_than_there_is() {
    if !inside(NAMESPACES, "") {
        return;
    }
    let stand = Stand::with(|settings| {
        std::fs::create_dir(&settings.dir).expect("made");
        run("mount", &["-t", "tmpfs", "-o", "size=256m,mode=711", "tmpfs", text(&settings.dir)], "");
        settings.headroom = 192 << 20;
    })
    .await;
    stand.offer(&bomb(&stand));
    let error = stand.refused().await;
    assert_eq!(error.code, "InsufficientDisk", "{error:?}");
    assert!(error.message.contains("File too large"), "{error:?}");
    stand.offer(&disks::qcow2(1, 1));
    stand.succeeds().await;
}
