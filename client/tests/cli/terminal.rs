//! What needs a terminal, at a pseudo-terminal.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use nix::pty::{Winsize, openpty};

use crate::fake::Daemon;
use crate::{run, sloop};

/// `sloop` at a terminal, and the other end of that terminal.
pub(crate) fn at_terminal(daemon: &Daemon, args: &[&str]) -> (Child, File) {
    let pty = openpty(&Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 }, None).unwrap();
    let slave = || Stdio::from(pty.slave.try_clone().unwrap());
    let child = Command::new(env!("CARGO_BIN_EXE_sloop"))
        .args(args)
        .env_clear()
        .env("SLOOP_SOCKET", daemon.socket())
        .env("TERM", "xterm")
        .stdin(slave())
        .stdout(slave())
        .stderr(slave())
        .spawn()
        .unwrap();
    (child, File::from(pty.master))
}

/// Reads until the text comes.
pub(crate) fn expect(terminal: &mut File, text: &str) -> String {
    let mut seen = Vec::new();
    let mut byte = [0];
    while !String::from_utf8_lossy(&seen).contains(text) {
        let count = terminal.read(&mut byte).unwrap();
        assert_ne!(count, 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&byte);
    }
    String::from_utf8_lossy(&seen).into_owned()
}

#[test]
fn the_console_carries_keys_until_the_one_to_leave() {
    let daemon = Daemon::start();
    let (mut child, mut terminal) = at_terminal(&daemon, &["console", "web"]);
    expect(&mut terminal, "leave with Ctrl-]");
    expect(&mut terminal, "web login: ");
    terminal.write_all(b"\x03admin").unwrap();
    expect(&mut terminal, "\u{3}admin");
    terminal.write_all(b"\x1d").unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_no_deletes_nothing() {
    let daemon = Daemon::start();
    let (mut child, mut terminal) = at_terminal(&daemon, &["rm", "web"]);
    expect(&mut terminal, "Delete web, with any automatic snapshots? [y/N] ");
    terminal.write_all(b"n\n").unwrap();
    expect(&mut terminal, "nothing was deleted");
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn a_spinner_shows_what_goes_on() {
    let daemon = Daemon::start();
    let (mut child, mut terminal) = at_terminal(&daemon, &["start", "slow", "--wait"]);
    let seen = expect(&mut terminal, "booting: Loading");
    assert!(seen.contains("slow"), "{seen}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_console_needs_a_terminal_and_its_log_does_not() {
    let daemon = Daemon::start();
    assert_eq!(run(&mut sloop(&daemon.socket()), &["console", "web"]).0, 2);
    let (code, out, _) = run(&mut sloop(&daemon.socket()), &["console", "web", "--log", "--tail", "1"]);
    assert_eq!((code, &*out), (0, "\u{1b}[31mLoading kernel\u{1b}[0m\r\n"));
    let (mut child, mut terminal) = at_terminal(&daemon, &["console", "web", "--log"]);
    expect(&mut terminal, "BIOS\r\nLoading kernel\r\n");
    assert!(child.wait().unwrap().success());
}
