//! Images from files that somebody hands in.

mod broken;
mod own;
mod trust;

use futures::StreamExt as _;
use sloopd::{
    model::{Error, ImportOrder, ImportTarget, Result, StoredImage, Trust},
    ports::{Images as _, Pieces},
};

use crate::stand::{Stand, quiet};

/// A file in pieces, which may end with a failure.
fn pieces(bytes: &[u8], end: Option<Error>) -> Pieces {
    let parts: Vec<Result<Vec<u8>>> =
        bytes.chunks(100_000).map(|piece| Ok(piece.to_vec())).chain(end.map(Err)).collect();
    futures::stream::iter(parts).boxed()
}

fn order(stand: &Stand, trust: Trust) -> ImportOrder {
    ImportOrder {
        file_name: "disk.qcow2".to_owned(),
        size: None,
        trust,
        target: ImportTarget::Blueprint(Box::new(stand.blueprint.clone())),
    }
}

async fn import(stand: &Stand, order: ImportOrder, bytes: &[u8]) -> Result<StoredImage> {
    let imported = stand.store.import(order, pieces(bytes, None), quiet()).await;
    stand.nothing_left();
    imported
}

/// It is refused, and nothing is left of it.
async fn refused(stand: &Stand, order: ImportOrder, bytes: &[u8], code: &str) -> Error {
    let error = import(stand, order, bytes).await.expect_err("it cannot be used");
    assert_eq!(error.code, code, "{error:?}");
    assert!(error.message.contains("disk.qcow2"), "{error:?}");
    assert_eq!(stand.images().await, []);
    error
}
