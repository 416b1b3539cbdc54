//! A screen that is drawn again and again: the terminal's other one, taken for as long as somebody looks on, and given
//! back however that ends.

use std::future::pending;
use std::io::{self, IsTerminal as _, Write as _, stdin, stdout};
use std::os::fd::AsFd as _;
use std::time::Duration;

use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};
use tokio::io::AsyncReadExt as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::{Exit, Failure};
use crate::text;

/// To the other screen, and no cursor on it.
const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l";
/// Back to what was there before.
const LEAVE: &str = "\u{1b}[?25h\u{1b}[?1049l";
/// The keys that end it: q, and Ctrl-C, which comes as a key here.
const ENDS: [u8; 3] = [b'q', b'Q', 3];

/// How much can be seen, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

impl Size {
    /// Where nobody says how much it is.
    pub(crate) const USUAL: Self = Self { columns: 80, rows: 24 };
}

/// The size of the terminal that answers go to, where they go to one that knows it.
pub(crate) fn size() -> Option<Size> {
    let size = rustix::termios::tcgetwinsize(stdout()).ok()?;
    let size = Size { columns: size.ws_col.into(), rows: size.ws_row.into() };
    (size.columns > 0 && size.rows > 0).then_some(size)
}

/// Whether answers go to a terminal that can be drawn on.
pub(crate) fn is_possible() -> bool {
    let is_simple = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    stdout().is_terminal() && !is_simple
}

/// Draws what `frame` gives, every so often and when the window has another size, until somebody presses q or Ctrl-C.
/// Where the daemon is restarted meanwhile, what was drawn stays, with a remark, until it is back.
pub(crate) async fn watch(
    every: Duration,
    mut frame: impl AsyncFnMut(Size) -> Result<Vec<String>, Failure>,
) -> Result<(), Failure> {
    // The first one before anything is taken over: what is refused is told where everything is.
    let mut lines = frame(size().unwrap_or(Size::USUAL)).await?;
    let mut remark: Option<String> = None;
    let mut ends = Ends::new()?;
    let mut resized = signal(SignalKind::window_change())?;
    let screen = Screen::enter()?;
    loop {
        screen.draw(&lines, remark.as_deref())?;
        tokio::select! {
            () = ends.called() => return Ok(()),
            () = tokio::time::sleep(every) => {}
            _ = resized.recv() => {}
        }
        let next = tokio::select! {
            () = ends.called() => return Ok(()),
            next = frame(size().unwrap_or(Size::USUAL)) => next,
        };
        match next {
            Ok(next) => (lines, remark) = (next, None),
            Err(failure) if failure.exit == Exit::Unreachable => remark = Some(text::safe(&failure.message)),
            Err(failure) => return Err(failure),
        }
    }
}

/// What ends the looking on.
struct Ends {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    /// Where there is a keyboard.
    keys: Option<tokio::io::Stdin>,
}

impl Ends {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            keys: stdin().is_terminal().then(tokio::io::stdin),
        })
    }

    /// Comes when somebody wants to see no more.
    async fn called(&mut self) {
        let Self { interrupt, terminate, hangup, keys } = self;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
            () = pressed(keys) => {}
        }
    }
}

/// Comes when a key is pressed that ends it, or there is no keyboard any more.
async fn pressed(keys: &mut Option<tokio::io::Stdin>) {
    let Some(keys) = keys else { return pending().await };
    let mut pressed = [0; 64];
    loop {
        match keys.read(&mut pressed).await {
            Ok(count) if count > 0 && !pressed[..count].iter().any(|key| ENDS.contains(key)) => {}
            _ => return,
        }
    }
}

/// The terminal's other screen; the one from before again when this is dropped.
struct Screen {
    /// Nobody can be put to sleep by a key then, and leave the terminal as it is here.
    _keys: Option<Raw>,
}

impl Screen {
    fn enter() -> Result<Self, Failure> {
        let keys = stdin().is_terminal().then(Raw::enter).transpose()?;
        let screen = Self { _keys: keys };
        put(ENTER)?;
        Ok(screen)
    }

    #[allow(clippy::unused_self)] // Who draws has taken the screen.
    fn draw(&self, lines: &[String], remark: Option<&str>) -> io::Result<()> {
        let size = size().unwrap_or(Size::USUAL);
        put(&drawn(&fitted(lines, remark, size), size))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone needs no setting.
        let _ = put(LEAVE);
    }
}

/// The terminal in raw mode, where every key is handed over as it is; itself again when this is dropped.
pub(crate) struct Raw {
    before: Termios,
}

impl Raw {
    /// From now on.
    pub(crate) fn enter() -> Result<Self, Failure> {
        let terminal = stdin();
        let before = tcgetattr(terminal.as_fd()).map_err(io::Error::from)?;
        let mut raw = before.clone();
        cfmakeraw(&mut raw);
        tcsetattr(terminal.as_fd(), SetArg::TCSANOW, &raw).map_err(io::Error::from)?;
        Ok(Self { before })
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // A terminal that is gone needs no setting.
        let _ = tcsetattr(stdin().as_fd(), SetArg::TCSADRAIN, &self.before);
    }
}

fn put(text: &str) -> io::Result<()> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// What fits: the last line says how much does not, and a remark is always there.
fn fitted(lines: &[String], remark: Option<&str>, size: Size) -> Vec<String> {
    let room = size.rows.saturating_sub(usize::from(remark.is_some()));
    let mut shown = lines.to_vec();
    if lines.len() > room {
        shown.truncate(room.saturating_sub(1));
        let more = lines.len() - shown.len();
        shown.push(format!("... {more} more lines in a larger window"));
    }
    shown.extend(remark.map(str::to_owned));
    shown.iter().map(|line| line.chars().take(size.columns).collect()).collect()
}

/// The lines, each over what was there before, and nothing below. All at once, so that nothing flickers.
fn drawn(lines: &[String], size: Size) -> String {
    // Cleared before it is written: behind a line that ends at the edge, that would take its last character.
    let lines_over: Vec<_> = lines.iter().map(|line| format!("\u{1b}[2K{line}")).collect();
    let below = if lines.len() < size.rows { "\r\n\u{1b}[J" } else { "" };
    format!("\u{1b}[H{}{below}", lines_over.join("\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<String> {
        texts.iter().copied().map(str::to_owned).collect()
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let size = Size { columns: 40, rows: 3 };
        let all = lines(&["a", "b", "c", "d", "e"]);
        assert_eq!(fitted(&all[..3], None, size), ["a", "b", "c"]);
        assert_eq!(fitted(&all, None, size), ["a", "b", "... 3 more lines in a larger window"]);
        assert_eq!(fitted(&all[..2], Some("gone"), size), ["a", "b", "gone"]);
        assert_eq!(
            fitted(&all[..3], Some("gone"), size),
            ["a", "... 2 more lines in a larger window", "gone"]
        );
    }

    #[test]
    fn lines_are_cut_at_the_edge_and_between_characters() {
        let size = Size { columns: 2, rows: 9 };
        assert_eq!(fitted(&lines(&["⣿⣿⣿", "abc", "a"]), None, size), ["⣿⣿", "ab", "a"]);
    }

    #[test]
    fn each_line_replaces_what_was_there_and_the_last_does_not_scroll() {
        let text = |rows| drawn(&lines(&["a", "b"]), Size { columns: 2, rows });
        assert_eq!(text(3), "\u{1b}[H\u{1b}[2Ka\r\n\u{1b}[2Kb\r\n\u{1b}[J");
        assert_eq!(text(2), "\u{1b}[H\u{1b}[2Ka\r\n\u{1b}[2Kb");
    }
}
