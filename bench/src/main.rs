//! `make bench`: measures Sloop in throwaway labs, each figure beside the bare tool's in the same run.

mod boot;
mod by_hand;
mod client;
mod environment;
mod figures;
mod fleet;
mod machine;
mod report;
mod run;
mod stats;
mod timing;
mod virsh;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use self::{
    figures::{ALL, Bench},
    report::Figure,
    run::Run,
};

/// Measures Sloop against the bare tools, prints the figures and writes them to target/bench/results.json.
#[derive(Parser)]
struct Arguments {
    /// Measure only figures whose name begins so
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Fewer repetitions; Debian guests are left out unless asked for by --only
    #[arg(long)]
    quick: bool,
    /// Name the figures and end
    #[arg(long)]
    list: bool,
    /// Fail when a goal is missed
    #[arg(long)]
    strict: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    if arguments.list {
        ALL.iter().flat_map(|bench| bench.figures).for_each(|name| println!("{name}"));
        return Ok(ExitCode::SUCCESS);
    }
    let run = Run { only: arguments.only, quick: arguments.quick };
    let chosen: Vec<_> = ALL.iter().filter(|bench| run.wants(bench)).collect();
    anyhow::ensure!(!chosen.is_empty(), "there is no such figure; --list names them all");
    environment::prepare()?;
    for fact in machine::facts() {
        println!("{fact}");
    }
    let (mut figures, mut broken) = (Vec::new(), false);
    for bench in chosen {
        let measured = measure(bench, &run);
        broken |= measured.is_err();
        figures.extend(measured.unwrap_or_else(|figures| figures));
    }
    println!("load         {} after\n\n{}", machine::load(), report::table(&figures));
    println!("written to {}", report::write(&figures)?.display());
    let missed = figures.iter().any(|figure| figure.pass() == Some(false));
    // A goal that is missed is a figure; a figure that could not be taken is a fault.
    Ok(if broken || (arguments.strict && missed) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Takes the figures of one bench. Where that fails, its figures say why.
fn measure(bench: &Bench, run: &Run) -> Result<Vec<Figure>, Vec<Figure>> {
    eprintln!("measuring {} …", bench.figures.join(", "));
    (bench.measure)(run).map_err(|error| {
        let why = format!("not measured: {error:#}");
        eprintln!("{why}");
        let names = bench.figures.iter().filter(|name| run.names(name));
        names.map(|name| Figure::unmeasured(name, &why)).collect()
    })
}
