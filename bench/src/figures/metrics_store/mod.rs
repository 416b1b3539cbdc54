//! What is measured, on the disk: how many bytes a sample takes, and how long a question over fifteen months takes. Beside plain tables with the same in them.

mod made_up;
mod plain;

use std::time::Instant;

use anyhow::{Result, ensure};
use sloopd::{
    adapters::metrics::Measured,
    model::{Metric, Sample, Span, Subject, TICK, Tick},
    ports::Metrics,
};

use self::{made_up::Guest, plain::Plain};
use crate::{
    report::{Figure, Goal},
    run::Run,
    stats,
};

/// The beginning of a window of every level.
const BEGIN: i64 = 1_728_000_000;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const MONTHS: i64 = 131_400 * 300;
const EVER: Span = Span { start: 0, end: i64::MAX };
/// No bound: what is measured is what it takes.
const LIMIT: u64 = 64 << 30;

/// Both figures.
pub(crate) fn measure(run: &Run) -> Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut figures = Vec::new();
    if run.names("metrics_sample_bytes") {
        figures.push(runtime.block_on(bytes(run))?);
    }
    if run.names("metrics_query_15_months") {
        figures.push(runtime.block_on(query(run))?);
    }
    Ok(figures)
}

/// Days of instances, as they are in steady state: the fine samples of the last day, and points of all that was before.
async fn bytes(run: &Run) -> Result<Figure> {
    let (guests, days) = (run.times(50, 20), 4);
    let dir = tempfile::tempdir()?;
    let store = Measured::open(&dir.path().join("metrics.db"), LIMIT)?;
    let mut plain = Plain::of_samples(&dir.path().join("plain.db"))?;
    let mut guests: Vec<Guest> = (0..guests).map(Guest::new).collect();
    for at in (BEGIN..BEGIN + days * DAY + HOUR).step_by(usize::try_from(TICK)?) {
        let samples: Vec<Sample> = guests.iter_mut().flat_map(|guest| guest.measured(at)).collect();
        if at >= BEGIN + (days - 1) * DAY {
            plain.add(at, &samples)?;
        }
        store.record(Tick(at / TICK), samples).await?;
    }
    store.flush().await?;
    // Each of what is kept is told once, by the finest level that has it.
    let mut kept = 0;
    for guest in &guests {
        for metric in Metric::ALL {
            kept += store.points(guest.subject, *metric, EVER, 10).await?.len();
        }
    }
    ensure!(kept > 0, "nothing was kept");
    let own = per(store.room().await?, kept);
    let bare = per(plain.room()?, plain.count);
    let note = format!(
        "the whole file after {days} days, with its log and its journal, by the {kept} samples and points in it; beside a row for each sample in an SQLite table"
    );
    Ok(Figure::new("metrics_sample_bytes", own, "bytes").beside(bare).goal(Goal::AtMost(2.0)).note(note))
}

#[allow(clippy::cast_precision_loss)] // Of files that fit on a disk.
fn per(bytes: u64, samples: usize) -> f64 {
    bytes as f64 / samples as f64
}

/// Fifteen months of one metric in points of five minutes.
async fn query(run: &Run) -> Result<Figure> {
    let dir = tempfile::tempdir()?;
    let store = Measured::open(&dir.path().join("metrics.db"), LIMIT)?;
    let mut plain = Plain::of_points(&dir.path().join("plain.db"))?;
    let mut guest = Guest::new(0);
    let of = guest.subject;
    // Two samples to a point, so that its least and its greatest differ.
    for at in (BEGIN..BEGIN + MONTHS).step_by(150) {
        let samples = guest.measured(at);
        let asked: Vec<Sample> =
            samples.iter().filter(|sample| sample.metric == Metric::CpuUtilization).copied().collect();
        plain.add(at, &asked)?;
        store.record(Tick(at / TICK), samples).await?;
    }
    store.flush().await?;
    let (mut own, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..run.times(50, 15) {
        let began = Instant::now();
        let points = store.points(of, Metric::CpuUtilization, EVER, 300).await?;
        own.push(began.elapsed().as_secs_f64() * 1000.0);
        let began = Instant::now();
        let rows = plain.points(of, Metric::CpuUtilization)?;
        bare.push(began.elapsed().as_secs_f64() * 1000.0);
        ensure!(points.len() == rows, "{} points beside {rows} rows", points.len());
    }
    let (own, bare): (stats::Sample, stats::Sample) = (own.into_iter().collect(), bare.into_iter().collect());
    let note = format!(
        "131,400 points of five minutes of one metric; {:.1} to {:.1} ms beside {:.1} to {:.1} ms from an SQLite table with a row for each",
        own.min(),
        own.max(),
        bare.min(),
        bare.max()
    );
    let figure = Figure::new("metrics_query_15_months", own.p50(), "ms").beside(bare.p50());
    Ok(figure.goal(Goal::AtMost(20.0)).note(note))
}

/// Somebody, the same in every run.
fn subject(number: usize) -> Subject {
    Subject(uuid::Uuid::from_u128(0x5100_0000 + number as u128))
}
