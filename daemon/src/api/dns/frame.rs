//! Messages on a stream: each has its length before it.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The next message. Memory is taken as it comes, not as it is announced.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let length = stream.read_u16().await?;
    let mut message = Vec::new();
    let mut bounded = stream.take(u64::from(length));
    bounded.read_to_end(&mut message).await?;
    if message.len() < usize::from(length) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(message)
}

/// Sends a message, in one piece.
pub(super) async fn write(stream: &mut (impl AsyncWrite + Unpin), message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len()).map_err(io::Error::other)?;
    let mut framed = Vec::with_capacity(message.len() + 2);
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend_from_slice(message);
    stream.write_all(&framed).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_keep_their_bounds() {
        let mut wire = Vec::new();
        for message in [&b"one"[..], b"", b"three"] {
            write(&mut wire, message).await.expect("fits");
        }
        let mut wire = wire.as_slice();
        for message in [&b"one"[..], b"", b"three"] {
            assert_eq!(read(&mut wire).await.expect("comes"), message);
        }
        assert!(read(&mut wire).await.is_err(), "there are no more");
        let mut cut: &[u8] = &[0, 9, 1];
        assert!(read(&mut cut).await.is_err());
        let long = vec![0; 70_000];
        assert!(write(&mut Vec::<u8>::new(), &long).await.is_err(), "there is no such length");
    }
}
