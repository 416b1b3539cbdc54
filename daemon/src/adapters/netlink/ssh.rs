//! Whether an SSH server answers.

use std::{net::Ipv4Addr, time::Duration};

use tokio::{io::AsyncReadExt as _, net::TcpStream};

/// A guest whose kernel is up answers at once; one that is not never does, and the kernel repeats a lost SYN after a second.
const LIMIT: Duration = Duration::from_millis(900);

/// Connects and waits for the banner, which says more than an open port.
pub(super) async fn answers(address: Ipv4Addr) -> bool {
    let hello = async {
        let mut stream = TcpStream::connect((address, 22)).await?;
        let mut banner = [0; 4];
        stream.read_exact(&mut banner).await?;
        Ok::<_, std::io::Error>(&banner == b"SSH-")
    };
    matches!(tokio::time::timeout(LIMIT, hello).await, Ok(Ok(true)))
}
