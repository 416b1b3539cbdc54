//! Whether an SSH server answers.

use std::{net::Ipv4Addr, time::Duration};

use tokio::{io::AsyncReadExt as _, net::TcpStream};

/// A guest whose kernel is up answers at once, and the kernel repeats a lost SYN only after a second.
const CONNECT: Duration = Duration::from_millis(900);
/// A server that is slow to greet is left its time: connections given up early pile up in it.
const GREET: Duration = Duration::from_secs(10);

/// Connects and waits for the banner, which says more than an open port.
pub(super) async fn answers(address: Ipv4Addr) -> bool {
    let Ok(Ok(mut stream)) = tokio::time::timeout(CONNECT, TcpStream::connect((address, 22))).await else {
        return false;
    };
    let mut banner = [0; 4];
    let greeted = tokio::time::timeout(GREET, stream.read_exact(&mut banner)).await;
    matches!(greeted, Ok(Ok(_))) && &banner == b"SSH-"
}
