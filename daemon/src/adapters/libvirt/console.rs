//! Serial consoles as byte streams.
//!
//! Each has a connection and two threads of its own: libvirt's streams block, and a console must not take a place that
//! other calls need. `Stream::event_add_callback` of `virt` is not used: its pointer dangles.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    runtime::Handle,
};
use virt::{connect::Connect, stream::Stream};
use virt_sys as sys;

use super::errors::from_virt;
use crate::{
    model::{Error, InstanceId, Result},
    ports::ConsoleStream,
};

/// Attaches to the console of a running domain. Whoever was attached before is cut off.
pub(super) async fn attach(uri: String, id: InstanceId) -> Result<ConsoleStream> {
    let opened = tokio::task::spawn_blocking(move || open(&uri, id)).await;
    let stream = opened.map_err(|error| Error::internal(error.to_string()))??;
    let (near, far) = tokio::io::duplex(16 * 1024);
    let (reader, writer) = tokio::io::split(far);
    let stream = Arc::new(stream);
    let failed =
        |error: std::io::Error| Error::internal(format!("cannot start a thread for the console: {error}"));
    let (handle, output) = (Handle::current(), stream.clone());
    std::thread::Builder::new()
        .name("console-out".into())
        .spawn(move || carry_out(&output, writer, &handle))
        .map_err(failed)?;
    let handle = Handle::current();
    std::thread::Builder::new()
        .name("console-in".into())
        .spawn(move || carry_in(&stream, reader, &handle))
        .map_err(failed)?;
    Ok(Box::pin(near))
}

/// A stream with the connection that must outlive it.
struct Line {
    stream: Stream,
    _connection: Connect,
}

fn open(uri: &str, id: InstanceId) -> Result<Line> {
    let attempt = || {
        let connection = Connect::open(Some(uri))?;
        let domain = connection.lookup_domain_by_uuid_string(&id.to_string())?;
        let stream = Stream::new(&connection, 0)?;
        domain.open_console(None, &stream, sys::VIR_DOMAIN_CONSOLE_FORCE)?;
        Ok(Line { stream, _connection: connection })
    };
    attempt().map_err(|error| from_virt(&error))
}

fn carry_out(line: &Line, mut writer: tokio::io::WriteHalf<DuplexStream>, handle: &Handle) {
    let mut buffer = vec![0; 4096];
    while let Ok(length @ 1..) = line.stream.recv(&mut buffer) {
        let length = usize::try_from(length).unwrap_or_default();
        if handle.block_on(writer.write_all(&buffer[..length])).is_err() {
            break;
        }
    }
    let _ = handle.block_on(writer.shutdown());
}

fn carry_in(line: &Line, mut reader: tokio::io::ReadHalf<DuplexStream>, handle: &Handle) {
    let mut buffer = vec![0; 4096];
    while let Ok(length @ 1..) = handle.block_on(reader.read(&mut buffer)) {
        let mut rest = &buffer[..length];
        while !rest.is_empty() {
            match line.stream.send(rest) {
                Ok(sent @ 1..) => rest = &rest[usize::try_from(sent).unwrap_or(rest.len())..],
                _ => return,
            }
        }
    }
    // The person hung up: end the other thread's wait for output.
    crate::adapters::ffi::libvirt::abort(&line.stream);
}
