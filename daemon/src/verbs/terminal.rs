use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    runtime::Handle,
};

use super::Verbs;
use crate::{
    model::{Caller, Operation, OperationKind, Result, Status},
    ports::{Change, ConsoleStream},
};

/// As much of what the console kept as an attached person is shown first.
const RECALL: usize = 16 * 1024;

impl Verbs {
    /// Attaches to the serial console of a running instance; gives what it kept, and the live stream. The history tells how long somebody
    /// sat there.
    pub async fn attach_console(&self, caller: &Caller, name: &str) -> Result<(Vec<u8>, ConsoleStream)> {
        let instance = self.find(caller, name).await?;
        if instance.status == Status::Stopped {
            let tip =
                format!("start it: sloop start {name}; or read what it kept: sloop console {name} --log");
            return Err(instance.status.refuse("attach to the console of", &instance.name, &tip));
        }
        let recall = self.ports.hypervisor.console_log(instance.id, RECALL).await?;
        let stream = self.ports.hypervisor.console(instance.id).await?;
        let operation = self.done(caller, OperationKind::AttachConsole, &instance, "");
        self.ports.store.commit(vec![Change::PutOperation(Box::new(operation.clone()))]).await?;
        let session = Session { stream, verbs: self.clone(), operation, runtime: Handle::current() };
        let stream: ConsoleStream = Box::pin(session);
        Ok((recall, stream))
    }

    /// What the console of an instance kept, the last `tail` bytes of it or all.
    pub async fn get_console_log(&self, caller: &Caller, name: &str, tail: usize) -> Result<Vec<u8>> {
        let instance = self.find(caller, name).await?;
        let tail = if tail == 0 { usize::MAX } else { tail };
        self.ports.hypervisor.console_log(instance.id, tail).await
    }
}

/// Somebody at a console. They hold nobody up, so that their operation is done from the beginning; when they leave, it is known how long
/// it took.
struct Session {
    stream: ConsoleStream,
    verbs: Verbs,
    operation: Operation,
    /// Where the session ends there may be no runtime any more.
    runtime: Handle,
}

impl Drop for Session {
    fn drop(&mut self) {
        let (verbs, mut operation) = (self.verbs.clone(), self.operation.clone());
        operation.status_changed_at = verbs.ports.clock.now();
        self.runtime.spawn(async move {
            let left = vec![Change::PutOperation(Box::new(operation))];
            if let Err(error) = verbs.ports.store.commit(left).await {
                tracing::warn!(%error, "cannot write down how long somebody was at a console");
            }
        });
    }
}

impl AsyncRead for Session {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_read(context, buffer)
    }
}

impl AsyncWrite for Session {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_shutdown(context)
    }
}
