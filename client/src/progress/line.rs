//! The line of one thing on a terminal: a spinner with words, or a bar while bytes are counted.

use std::fmt::Write;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use crate::text;

const WAITING: &str = "{spinner} {prefix}: {wide_msg} {elapsed}";
const COUNTING: &str = "{spinner} {prefix}: {wide_msg} [{bar:14}] {amount} {binary_bytes_per_sec} ETA {eta}";
const TICK: Duration = Duration::from_millis(120);

/// A line for something that has only words yet.
pub(super) fn spinner(all: &MultiProgress, name: &str) -> ProgressBar {
    let bar = all.add(ProgressBar::new_spinner());
    bar.set_prefix(name.to_owned());
    wait(&bar);
    bar.enable_steady_tick(TICK);
    bar
}

/// Makes a spinner of the line.
pub(super) fn wait(bar: &ProgressBar) {
    if let Ok(style) = ProgressStyle::with_template(WAITING) {
        bar.set_style(style);
    }
}

/// Makes a bar of the line, for a stage that has come so far already.
pub(super) fn count(bar: &ProgressBar, stage: &str, (done, total): (u64, u64)) {
    // What was done before we came says nothing about the speed: it is counted, by a tick, and then forgotten. By hand a
    // bar ticks only while it does not do so by itself.
    bar.disable_steady_tick();
    bar.set_position(done);
    bar.tick();
    bar.reset_eta();
    bar.set_length(total);
    bar.set_message(stage.to_owned());
    if let Ok(style) = ProgressStyle::with_template(COUNTING) {
        bar.set_style(style.progress_chars("=> ").with_key("amount", amount));
    }
    bar.enable_steady_tick(TICK);
}

fn amount(state: &ProgressState, line: &mut dyn Write) {
    // A line that cannot be written to is drawn without it.
    let _ = line.write_str(&text::amount(state.pos(), state.len().unwrap_or_default()));
}
