//! `sloop console`: the serial console of an instance, the door that works when the network does not.

use std::io::{IsTerminal as _, stdin, stdout};

use clap::Args;
use sloop_proto::v1::{AttachConsoleRequest, AttachConsoleResult, GetConsoleLogRequest};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use crate::complete;
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::{self, Output, tell};
use crate::screen::Raw;
use crate::text;

/// Ctrl-], as telnet and virsh have it.
const LEAVE: u8 = 0x1d;
/// Key presses on their way; a paste waits here while the daemon is slow.
const QUEUE: usize = 16;

/// Arguments of `console`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop console web                    attach; leave with Ctrl-]
  sloop console web --log --tail 20    the last lines that were written")]
pub(crate) struct ConsoleArgs {
    /// Name of the instance
    #[arg(add = complete::instances())]
    name: String,
    /// Print what the console kept instead of attaching
    #[arg(long)]
    log: bool,
    /// Only the last lines
    #[arg(long, value_name = "LINES", requires = "log")]
    tail: Option<usize>,
}

/// Attaches to the console, or prints what it kept.
pub(crate) async fn run(session: &Session, output: &Output, args: &ConsoleArgs) -> Outcome {
    if args.log {
        log(session, output, args).await?;
        return Ok(0);
    }
    if !stdin().is_terminal() {
        return Err(Failure::usage("a console needs a terminal to type at")
            .tip(format!("sloop console {} --log", args.name)));
    }
    tell(&format!("console of {}; leave with Ctrl-]", text::safe(&args.name)));
    let raw = Raw::enter()?;
    let left = attach(session, &args.name, tokio::io::stdin(), tokio::io::stdout()).await;
    drop(raw);
    tell("");
    left?;
    Ok(0)
}

async fn log(session: &Session, output: &Output, args: &ConsoleArgs) -> Result<(), Failure> {
    let request = GetConsoleLogRequest { instance_name: args.name.clone(), tail_bytes: 0 };
    let mut result = session.terminal().get_console_log(request).await?.into_inner();
    if let Some(lines) = args.tail {
        result.log = last_lines(&result.log, lines).to_vec();
    }
    if output.is_json() {
        return output.answer("GetConsoleLogResult", &result, String::new);
    }
    if stdout().is_terminal() {
        return output::print(&text::console_lines(&result.log).join("\n"));
    }
    output::print_raw(&result.log)
}

fn last_lines(log: &[u8], lines: usize) -> &[u8] {
    let body = log.strip_suffix(b"\n").unwrap_or(log);
    let breaks = body.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n');
    match lines {
        0 => &[],
        lines => breaks.skip(lines - 1).map(|(at, _)| at + 1).next().map_or(log, |start| &log[start..]),
    }
}

/// Carries keys to the console and its output back, until the person leaves or the console goes.
async fn attach(
    session: &Session,
    name: &str,
    mut keys: impl AsyncRead + Unpin,
    mut screen: impl AsyncWrite + Unpin,
) -> Result<(), Failure> {
    let (sender, mut written) = open(session, name).await?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut pressed = [0; 1024];
    loop {
        tokio::select! {
            output = written.next() => match output.transpose()? {
                Some(output) => {
                    screen.write_all(&output.output).await?;
                    screen.flush().await?;
                }
                None => return Ok(()),
            },
            count = keys.read(&mut pressed) => {
                let (input, leaves) = until_leaving(&pressed[..count?]);
                let request = AttachConsoleRequest { instance_name: String::new(), input: input.to_vec() };
                if leaves || sender.send(request).await.is_err() {
                    return Ok(());
                }
            },
            _ = hangup.recv() => return Ok(()),
            _ = terminate.recv() => return Ok(()),
        }
    }
}

/// The two directions of a console.
async fn open(
    session: &Session,
    name: &str,
) -> Result<(mpsc::Sender<AttachConsoleRequest>, Streaming<AttachConsoleResult>), Failure> {
    let (sender, requests) = mpsc::channel(QUEUE);
    let first = AttachConsoleRequest { instance_name: name.to_owned(), input: Vec::new() };
    // The queue is empty and its other end is in the next line: this cannot fail.
    let _ = sender.send(first).await;
    let answer = session.terminal().attach_console(ReceiverStream::new(requests)).await?;
    Ok((sender, answer.into_inner()))
}

/// What was pressed before the key to leave, and whether that key, or the end of the input, came.
fn until_leaving(pressed: &[u8]) -> (&[u8], bool) {
    match pressed.iter().position(|byte| *byte == LEAVE) {
        Some(at) => (&pressed[..at], true),
        None => (pressed, pressed.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_count_an_unfinished_one() {
        assert_eq!(last_lines(b"a\nb\nc", 2), b"b\nc");
        assert_eq!(last_lines(b"a\nb\nc\n", 1), b"c\n");
        assert_eq!(last_lines(b"a\n", 5), b"a\n");
        assert_eq!(last_lines(b"a\n", 0), b"");
    }

    #[test]
    fn keys_after_the_one_to_leave_are_not_sent() {
        assert_eq!(until_leaving(b"ls\r"), (&b"ls\r"[..], false));
        assert_eq!(until_leaving(b"ls\x1drm"), (&b"ls"[..], true));
        assert_eq!(until_leaving(b""), (&b""[..], true));
    }
}
