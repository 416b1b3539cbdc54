//! A line to the daemon for programs that speak the contract themselves.

use anyhow::Result;
use hyper_util::rt::TokioIo;
use tonic::transport::{Channel, Endpoint, Uri};

use crate::Lab;

impl Lab {
    /// A line to the daemon's socket.
    pub async fn channel(&self) -> Result<Channel> {
        let path = self.dir().join("sloop.sock");
        let connect = tower::service_fn(move |_: Uri| {
            let path = path.clone();
            async move { tokio::net::UnixStream::connect(path).await.map(TokioIo::new) }
        });
        // The address is a form to fill in: the socket is what counts.
        Ok(Endpoint::from_static("http://localhost").connect_with_connector(connect).await?)
    }
}
