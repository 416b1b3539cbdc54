//! `sloop man`

use std::fs;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _};
use clap_mangen::Man;

use crate::cli::Cli;
use crate::failure::{Failure, Outcome};
use crate::output::print_raw;

/// Arguments of `man`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  sloop man | man -l -\n  sloop man /usr/local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Where to write a page for every command; without it the main page is printed
    dir: Option<PathBuf>,
}

/// Writes the manual pages.
pub(crate) fn run(args: &ManArgs) -> Outcome {
    if let Some(dir) = &args.dir {
        let failure = |error| Failure::file(dir, &error);
        fs::create_dir_all(dir).map_err(failure)?;
        clap_mangen::generate_to(Cli::command(), dir).map_err(failure)?;
    } else {
        let mut page = Vec::new();
        Man::new(Cli::command()).render(&mut page)?;
        print_raw(&page)?;
    }
    Ok(0)
}
