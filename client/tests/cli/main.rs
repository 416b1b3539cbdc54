//! The built `sloop` against a daemon that is only a script: what people see, what programs read, and the exit codes.

#![allow(clippy::unwrap_used)]

mod alarm;
mod auto;
mod cost;
mod disk;
mod fake;
mod firewall;
mod health;
mod history;
mod image;
mod keys;
mod lists;
mod login;
mod metadata;
mod metrics;
mod networking;
mod snapshot;
mod snapshot_export;
mod snapshot_import;
mod static_ip;
mod storage;
mod terminal;
mod work;

use std::path::Path;

use assert_cmd::Command;

/// `sloop`, with nothing around it that could change what it does.
fn sloop(socket: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sloop"));
    command.env_clear().env("SLOOP_SOCKET", socket).env("XDG_STATE_HOME", socket.parent().unwrap());
    command
}

/// What a run came to: exit code, standard output, standard error.
fn run(command: &mut Command, args: &[&str]) -> (i32, String, String) {
    let output = command.args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}
