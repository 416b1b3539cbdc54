//! `sloop`, the command line of Sloop: a thin client that asks `sloopd` over its Unix socket and shows the answer.
//!
//! Each noun has its file under `commands/`. What they share is here: `connect` (the socket), `wait` (following work to
//! its end), `output` (tables and JSON), `progress` (what is going on), `confirm` (asking before something goes),
//! `screen` (what is drawn again and again), `failure` (what went wrong, and the exit code).

#![cfg_attr(test, allow(clippy::unwrap_used))] // A test that unwraps says what it expects.

mod cli;
mod commands;
mod complete;
mod confirm;
mod connect;
mod failure;
mod output;
mod pages;
mod progress;
mod screen;
mod text;
mod wait;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::cli::Cli;
use crate::failure::Failure;
use crate::output::Output;

fn main() -> ExitCode {
    clap_complete::CompleteEnv::with_factory(Cli::command).complete();
    let cli = Cli::parse();
    let output = Output::new(&cli.globals);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output.report(&Failure::from(error)).into(),
    };
    let code =
        runtime.block_on(commands::run(cli, &output)).unwrap_or_else(|failure| output.report(&failure));
    // Not a plain drop: that would wait for a read of the keyboard that nobody will answer.
    runtime.shutdown_background();
    code.into()
}
