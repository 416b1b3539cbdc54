//! A console that greets and echoes.

use sloop_proto::v1::terminal_server::Terminal;
use sloop_proto::v1::*;
use tokio_stream::StreamExt as _;
use tonic::{Request, Streaming};

use super::{Answer, Moments, Script, answer};

#[tonic::async_trait]
impl Terminal for Script {
    type AttachConsoleStream = Moments<AttachConsoleResult>;

    async fn attach_console(
        &self,
        request: Request<Streaming<AttachConsoleRequest>>,
    ) -> Answer<Self::AttachConsoleStream> {
        let mut keys = request.into_inner();
        let first = keys.message().await?.unwrap_or_default();
        let greeting =
            AttachConsoleResult { output: format!("{} login: ", first.instance_name).into_bytes() };
        let echo = keys.map(|key| key.map(|key| AttachConsoleResult { output: key.input }));
        answer(Box::pin(tokio_stream::once(Ok(greeting)).chain(echo)))
    }

    async fn get_console_log(&self, _: Request<GetConsoleLogRequest>) -> Answer<GetConsoleLogResult> {
        answer(GetConsoleLogResult { log: b"BIOS\r\n\x1b[31mLoading kernel\x1b[0m\r\n".to_vec() })
    }
}
