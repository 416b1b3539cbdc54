//! What a mirror may do with a request.

use std::sync::Arc;

/// One answer.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Ranges, `ETag` and `If-Range` as the standards have them.
    Honest,
    /// Always the whole file.
    NoRanges,
    /// Ranges, whatever `If-Range` says.
    Blind,
    /// Another part of the file than was asked for.
    OtherPart,
    /// As honest, but the line breaks after so many bytes of the answer.
    Cut(usize),
    /// As honest, but nothing comes after so many bytes of the answer.
    Stall(usize),
    /// As honest, but `Content-Length` is wrong by so much.
    Lie(i64),
    /// No `Content-Length`: the file ends where the connection does.
    Endless,
    /// Somewhere else.
    Redirect(String),
    /// No file but a status.
    Status(u16),
    /// Does that, and then the file is another one; with the old `ETag` where it says so.
    Then(Box<Act>, Arc<Vec<u8>>, bool),
}

/// A request that was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    /// Where in the file it began.
    pub(crate) from: Option<usize>,
    /// Bytes of the file that were sent.
    pub(crate) sent: u64,
    pub(super) if_range: Option<String>,
}

/// An answer in the making.
pub(super) struct Plan {
    pub(super) head: String,
    pub(super) body: Arc<Vec<u8>>,
    pub(super) from: usize,
    pub(super) until: usize,
    /// Whether the connection stays open with nothing on it.
    pub(super) stalls: bool,
}

/// A file as it is now.
#[derive(Clone)]
pub(super) struct Copy {
    pub(super) bytes: Arc<Vec<u8>>,
    pub(super) tag: String,
}

impl Plan {
    pub(super) fn new(act: &Act, copy: &Copy, asked: &Request) -> Self {
        match act {
            Act::Redirect(to) => Self::bare("302 Found", &format!("Location: {to}\r\n")),
            Act::Status(status) => Self::bare(&format!("{status} As Told"), ""),
            Act::Then(act, ..) => Self::new(act, copy, asked),
            _ => Self::file(act, copy, asked),
        }
    }

    fn bare(status: &str, more: &str) -> Self {
        let head = format!("HTTP/1.1 {status}\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n");
        Self { head, body: Arc::default(), from: 0, until: 0, stalls: false }
    }

    fn file(act: &Act, Copy { bytes, tag }: &Copy, asked: &Request) -> Self {
        let whole = bytes.len();
        let same = matches!(act, Act::Blind) || asked.if_range.as_ref().is_none_or(|wanted| wanted == tag);
        let part = asked.from.filter(|_| same && !matches!(act, Act::NoRanges));
        let from = match act {
            Act::OtherPart => part.unwrap_or(0) / 2,
            _ => part.unwrap_or(0),
        };
        if from >= whole && part.is_some() {
            return Self::bare("416 Range Not Satisfiable", &format!("Content-Range: bytes */{whole}\r\n"));
        }
        let status = if part.is_some() { "206 Partial Content" } else { "200 OK" };
        let range = if part.is_some() {
            format!("Content-Range: bytes {from}-{}/{whole}\r\n", whole - 1)
        } else {
            String::new()
        };
        let lie = if let Act::Lie(by) = act { *by } else { 0 };
        let rest = i64::try_from(whole - from).expect("small") + lie;
        let length =
            if matches!(act, Act::Endless) { String::new() } else { format!("Content-Length: {rest}\r\n") };
        let head = format!("HTTP/1.1 {status}\r\nETag: {tag}\r\nConnection: close\r\n{range}{length}\r\n");
        let sent = if let Act::Cut(sent) | Act::Stall(sent) = act { *sent } else { whole };
        let until = whole.min(from.saturating_add(sent));
        Self { head, body: bytes.clone(), from, until, stalls: matches!(act, Act::Stall(_)) }
    }
}
