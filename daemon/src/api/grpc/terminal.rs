use std::pin::Pin;

use futures::Stream;
use sloop_proto::v1::{self as wire, terminal_server::Terminal};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming};

use super::{Door, failure::status};
use crate::ports::ConsoleStream;

type Output = Result<wire::AttachConsoleResult, Status>;

#[tonic::async_trait]
impl Terminal for Door {
    type AttachConsoleStream = Pin<Box<dyn Stream<Item = Output> + Send>>;

    async fn attach_console(
        &self,
        request: Request<Streaming<wire::AttachConsoleRequest>>,
    ) -> Result<Response<Self::AttachConsoleStream>, Status> {
        let caller = self.caller(&request).map_err(status)?;
        let mut keys = request.into_inner();
        let first = keys.message().await?.unwrap_or_default();
        let (recall, console) =
            self.verbs.attach_console(&caller, &first.instance_name).await.map_err(status)?;
        let (output, shown) = tokio::sync::mpsc::channel(64);
        let _ = output.send(Ok(wire::AttachConsoleResult { output: recall })).await;
        tokio::spawn(pump(console, first.input, keys, output));
        Ok(Response::new(Box::pin(ReceiverStream::new(shown))))
    }

    async fn get_console_log(
        &self,
        request: Request<wire::GetConsoleLogRequest>,
    ) -> Result<Response<wire::GetConsoleLogResult>, Status> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::GetConsoleLogRequest { instance_name, tail_bytes } = request.into_inner();
        // A message has an end too; the ring on disk is larger.
        let tail = match tail_bytes {
            0 => LOG_MAX,
            some => (some as usize).min(LOG_MAX),
        };
        let log = self.verbs.get_console_log(&caller, &instance_name, tail).await.map_err(status)?;
        Ok(Response::new(wire::GetConsoleLogResult { log }))
    }
}

/// gRPC's messages end at 4 MiB.
const LOG_MAX: usize = 3 << 20;

/// Carries bytes both ways until either side ends.
async fn pump(
    console: ConsoleStream,
    first: Vec<u8>,
    mut keys: Streaming<wire::AttachConsoleRequest>,
    output: tokio::sync::mpsc::Sender<Output>,
) {
    let (mut reader, mut writer) = tokio::io::split(console);
    let typed = async {
        if writer.write_all(&first).await.is_err() {
            return;
        }
        while let Some(Ok(message)) = keys.next().await {
            if writer.write_all(&message.input).await.is_err() {
                return;
            }
        }
    };
    let shown = async {
        let mut buffer = vec![0; 4096];
        while let Ok(length @ 1..) = reader.read(&mut buffer).await {
            let output_message = wire::AttachConsoleResult { output: buffer[..length].to_vec() };
            if output.send(Ok(output_message)).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = typed => {}
        () = shown => {}
        () = output.closed() => {}
    }
}
