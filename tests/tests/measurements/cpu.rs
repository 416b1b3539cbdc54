//! Processors.

use anyhow::{Result, ensure};
use sloop_lab::Lab;

use super::{
    AWAY, launch,
    meter::{CPU, Meter, Told},
    truth::{Processor, Ran},
};

/// Guests, and how many seconds of every four each of them is busy.
const LOADS: [(&str, u32); 3] = [("quarter", 1), ("half", 2), ("whole", 4)];
/// Two and a half of it in a sample, so that neighbouring samples see different parts of it; and fifteen in a minute, which sees all parts alike.
const PERIOD: u32 = 4;
/// A minute.
const SAMPLES: usize = 6;
/// The daemon and the test read the same clock of the kernel, a moment apart: at most a second of a minute.
const MARGIN: f64 = 2.0;
/// A guest works besides: its timer ticks, it starts a `sleep` twice in each period, and stopping the load takes until that has been noticed.
const GUEST: f64 = 8.0;

/// Keeps a processor busy for so many seconds of every period, and has it idle for the rest.
fn load(busy: u32) -> String {
    let burn = "while :; do :; done";
    match PERIOD - busy {
        0 => format!("({burn}) {AWAY}"),
        idle => format!(
            "({burn} & load=$!; while sleep {busy}; do kill -STOP $load; sleep {idle}; kill -CONT $load; done) {AWAY}"
        ),
    }
}

#[test]
fn utilization_is_what_the_guest_wanted_and_the_host_gave() -> Result<()> {
    let lab = Lab::real()?;
    let names = LOADS.map(|(name, _)| name);
    launch(&lab, &names)?;
    for (name, busy) in LOADS {
        lab.must(&["ssh", name, "--", &load(busy)])?;
    }
    let processors = names.iter().map(|name| Processor::of(&lab, name)).collect::<Result<Vec<_>>>()?;
    let meter = Meter::of(&lab)?;
    let look = || -> Result<Vec<(Ran, Told)>> {
        // The kernel first: it goes on while the doors are asked.
        let ran = processors.iter().map(Processor::ran).collect::<Result<Vec<_>>>()?;
        let told = names.iter().map(|name| meter.told(&lab, name, CPU)).collect::<Result<Vec<_>>>()?;
        Ok(ran.into_iter().zip(told).collect())
    };
    let (began, before) = meter.at_a_sample(&lab, look)?;
    for _ in 1..SAMPLES {
        meter.next_sample(&lab)?;
    }
    let (ended, after) = meter.at_a_sample(&lab, look)?;
    let seconds = ended.duration_since(began).as_secs_f64();
    for (((name, busy), (ran, told)), (ran_before, told_before)) in LOADS.iter().zip(&after).zip(&before) {
        let (given, wish) = (ran.share_since(ran_before), ran.wish_since(ran_before));
        let told = *told - *told_before;
        let (kept, counted) = (told.sum / told.count, told.counter / seconds * 100.0);
        let all = format!("{name}: {kept} % kept, {counted} % counted, {given} % given, {wish} % wanted");
        ensure!((kept - given).abs() <= MARGIN && (counted - given).abs() <= MARGIN, "{all}");
        let known = f64::from(*busy) / f64::from(PERIOD) * 100.0;
        ensure!((wish - known).abs() <= GUEST, "{all}, and {known} % is the load");
    }
    Ok(())
}
