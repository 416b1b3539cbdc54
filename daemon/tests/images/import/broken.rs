//! Files that do not come as they should.

use std::sync::Arc;

use futures::StreamExt as _;
use sloopd::{
    model::{Error, ImportOrder, Trust},
    ports::Images as _,
};
use tokio::sync::Notify;

use super::{import, order, pieces, refused};
use crate::{
    disks,
    stand::{Stand, quiet},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_length_than_was_said_is_refused() {
    let (stand, bytes) = (Stand::open().await, disks::qcow2(1, 1));
    let length = bytes.len() as u64;
    for size in [length - 1, length + 1] {
        let said = ImportOrder { size: Some(size), ..order(&stand, Trust::Nobody) };
        let error = refused(&stand, said, &bytes, "ImageRefused").await;
        assert!(error.message.contains(&format!("{length} of {size} bytes")), "{error:?}");
    }
    let said = ImportOrder { size: Some(length), ..order(&stand, Trust::Nobody) };
    import(&stand, said, &bytes).await.expect("as it was said");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_breaks_off_or_goes_on_and_on_leaves_nothing() {
    let stand = Stand::with(|settings| settings.largest = 3 << 20).await;
    let broken = pieces(&disks::qcow2(1, 1), Some(Error::unavailable("the line broke")));
    let error = stand.store.import(order(&stand, Trust::Nobody), broken, quiet()).await;
    assert!(error.expect_err("it broke off").message.contains("the line broke"));
    stand.nothing_left();
    let endless = futures::stream::repeat_with(|| Ok(vec![0xa5; 1 << 20])).boxed();
    let error = stand.store.import(order(&stand, Trust::Nobody), endless, quiet()).await;
    assert!(error.expect_err("it goes on").message.contains("larger than any image"));
    stand.nothing_left();
    import(&stand, order(&stand, Trust::Nobody), &disks::qcow2(1, 1)).await.expect("a good one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_sender_vanishes_leaves_nothing() {
    let stand = Stand::open().await;
    let begun = Arc::new(Notify::new());
    let told = begun.clone();
    let stuck = pieces(&disks::qcow2(1, 1), None).chain(futures::stream::pending()).boxed();
    tokio::select! {
        ended = stand.store.import(
            order(&stand, Trust::Nobody),
            stuck,
            Arc::new(move |moment| if moment.done > 1 << 20 { told.notify_one() }),
        ) => panic!("it ended: {ended:?}"),
        () = begun.notified() => {}
    }
    stand.nothing_left();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_disk_is_refused_by_its_name() {
    let stand = Stand::open().await;
    let error = refused(&stand, order(&stand, Trust::Nobody), b"<html>", "ImageRefused").await;
    assert!(error.message.contains("web page"), "{error:?}");
    refused(&stand, order(&stand, Trust::Nobody), b"", "ImageRefused").await;
}
