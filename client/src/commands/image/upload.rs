//! Sending a file to the daemon, and hearing what it thinks of it meanwhile.

use std::path::{Path, PathBuf};
use std::pin::pin;

use sloop_proto::v1::import_image_request::Part;
use sloop_proto::v1::{Image, ImportImageRequest, ImportOrder};
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};

use super::follow;
use crate::connect::Session;
use crate::failure::Failure;
use crate::progress::Stage;

/// The largest piece of a file, as the contract has it.
pub(in crate::commands) const PIECE: usize = 128 << 10;
/// Pieces on their way.
pub(in crate::commands) const QUEUE: usize = 4;

/// The file to send, or standard input.
pub(super) struct Source {
    path: PathBuf,
    bytes: Box<dyn AsyncRead + Unpin>,
    size: u64,
}

impl Source {
    /// Opens the file; - is standard input.
    pub(super) async fn open(path: &Path) -> Result<Self, Failure> {
        let path = path.to_owned();
        if path == Path::new("-") {
            return Ok(Self { path, bytes: Box::new(tokio::io::stdin()), size: 0 });
        }
        let failure = |error| Failure::file(&path, &error);
        let file = File::open(&path).await.map_err(failure)?;
        let facts = file.metadata().await.map_err(failure)?;
        if facts.is_dir() {
            return Err(Failure::usage(format!("{} is a directory", path.display())));
        }
        Ok(Self { path, bytes: Box::new(file), size: if facts.is_file() { facts.len() } else { 0 } })
    }

    /// Its size, zero where it has none.
    pub(super) fn size(&self) -> u64 {
        self.size
    }
}

/// Sends the file while the daemon tells how far it is. What the daemon says comes first: it may refuse a file before it
/// has seen the end.
pub(super) async fn send(
    session: &Session,
    order: ImportOrder,
    file: Source,
    stage: &Stage,
) -> Result<Image, Failure> {
    let (pieces, queue) = mpsc::channel(QUEUE);
    let mut images = session.images();
    let asked = images.import_image(whole(queue));
    let mut answer = pin!(async { follow(asked.await?.into_inner(), stage).await });
    let sent = tokio::select! {
        biased;
        end = &mut answer => return end,
        sent = read(order, file.bytes, pieces) => sent,
    };
    sent.map_err(|error| Failure::file(&file.path, &error))?;
    answer.await
}

/// The requests that are in the queue. Only a whole file has an end, its mark: the request of one that cannot be read on,
/// or that nobody wants to send any more, stays open until the connection goes, lest the daemon takes the part for the
/// whole.
pub(in crate::commands) fn whole<T: Send + 'static>(
    queue: mpsc::Receiver<Option<T>>,
) -> impl Stream<Item = T> + Send + 'static {
    ReceiverStream::new(queue).chain(tokio_stream::pending()).map_while(|piece| piece)
}

/// Puts the order and the file into the queue, and a mark where the file ends.
async fn read(
    order: ImportOrder,
    mut file: impl AsyncRead + Unpin,
    pieces: mpsc::Sender<Option<ImportImageRequest>>,
) -> std::io::Result<()> {
    let mut piece = Some(Part::Order(order));
    while let Some(part) = piece {
        // Where nobody takes the pieces any more, the daemon has said why or is about to.
        if pieces.send(Some(ImportImageRequest { part: Some(part) })).await.is_err() {
            return Ok(());
        }
        let mut data = Vec::with_capacity(PIECE);
        (&mut file).take(PIECE as u64).read_to_end(&mut data).await?;
        piece = (!data.is_empty()).then_some(Part::Data(data));
    }
    let _ = pieces.send(None).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_whole_file_ends_and_a_part_of_one_does_not() {
        let (pieces, queue) = mpsc::channel(QUEUE);
        read(ImportOrder::default(), &b"disk"[..], pieces).await.unwrap();
        assert_eq!(whole(queue).collect::<Vec<_>>().await.len(), 2, "the order and one piece");
        let (pieces, queue) = mpsc::channel(QUEUE);
        pieces.send(Some("piece")).await.unwrap();
        drop(pieces);
        let mut requests = whole(queue);
        assert_eq!(requests.next().await, Some("piece"));
        assert_eq!(requests.next().now_or_never(), None);
    }
}
