//! A gRPC client with an open connection, so that what is timed is the daemon and not the start of a program.

mod requests;
mod storage;

use std::{future::Future, path::Path};

use anyhow::{Context as _, Result, ensure};
use hyper_util::rt::TokioIo;
use sloop_lab::Lab;
use sloop_proto::v1::{
    Operation, OperationStatus, WatchOperationRequest, instances_client::InstancesClient,
    operations_client::OperationsClient,
};
use tokio::{net::UnixStream, runtime::Runtime};
use tonic::transport::{Channel, Endpoint};

/// An open connection to a lab's daemon.
pub(crate) struct Client {
    runtime: Runtime,
    channel: Channel,
}

impl Client {
    /// Connects to the lab's daemon.
    pub(crate) fn of(lab: &Lab) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let channel = runtime.block_on(connect(&lab.dir().join("sloop.sock")))?;
        Ok(Self { runtime, channel })
    }

    /// Asks for work and waits for its end.
    fn work(&self, asked: impl Future<Output = Result<Vec<Operation>>>) -> Result<()> {
        self.runtime.block_on(async {
            for operation in asked.await? {
                self.end(operation).await?;
            }
            Ok(())
        })
    }

    async fn end(&self, mut operation: Operation) -> Result<()> {
        let request = WatchOperationRequest { operation_id: operation.id().to_owned() };
        let mut client = OperationsClient::new(self.channel.clone());
        let mut moments = client.watch_operation(request).await?.into_inner();
        while !operation.is_terminal() {
            let moment = moments.message().await?.context("the operation's end was not told")?;
            operation = moment.operation.context("an operation")?;
        }
        ensure!(operation.status() == OperationStatus::Succeeded, "{}", operation.error_details());
        Ok(())
    }

    fn instances(&self) -> InstancesClient<Channel> {
        InstancesClient::new(self.channel.clone())
    }
}

async fn connect(socket: &Path) -> Result<Channel> {
    let socket = socket.to_owned();
    let connector = tower::service_fn(move |_| {
        let socket = socket.clone();
        async move { UnixStream::connect(socket).await.map(TokioIo::new) }
    });
    // The address is never used; it becomes the `:authority` that HTTP/2 demands.
    Ok(Endpoint::from_static("http://sloopd").connect_with_connector(connector).await?)
}
