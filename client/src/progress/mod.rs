//! What is going on while someone waits: a spinner or a bar for each thing on a terminal, plain lines elsewhere, nothing
//! for programs. All of it on standard error.

mod line;

use std::cell::{Cell, RefCell};

use indicatif::{MultiProgress, ProgressBar};

use crate::output::{Output, tell};
use crate::text;

/// Lines longer than this say no more and break the spinner's line.
const WIDEST: usize = 72;

/// The waiting of one command, perhaps for several things at once.
pub(crate) struct Progress {
    mode: Mode,
}

enum Mode {
    Silent,
    Lines,
    Spinners(MultiProgress),
}

impl Progress {
    /// As fits the terminal and the output format.
    pub(crate) fn new(output: &Output) -> Self {
        let spinners = MultiProgress::new();
        // Hidden where standard error is no terminal, or one too simple to be drawn on.
        let mode = match (output.is_json(), spinners.is_hidden()) {
            (true, _) => Mode::Silent,
            (false, true) => Mode::Lines,
            (false, false) => Mode::Spinners(spinners),
        };
        Self { mode }
    }

    /// The waiting for one thing.
    pub(crate) fn stage(&self, name: &str) -> Stage {
        let name = text::safe(name);
        let show = match &self.mode {
            Mode::Silent => Show::Nothing,
            Mode::Lines => Show::Lines,
            Mode::Spinners(all) => Show::Spinner(line::spinner(all, &name)),
        };
        Stage { name, show, now: RefCell::default(), counted: Cell::default() }
    }
}

/// One thing that is waited for, and what it is doing now. Its spinner goes when it is dropped.
pub(crate) struct Stage {
    name: String,
    show: Show,
    now: RefCell<String>,
    /// Tenths that were told of, in a stage whose bytes are counted.
    counted: Cell<Option<u64>>,
}

enum Show {
    Nothing,
    Lines,
    Spinner(ProgressBar),
}

impl Stage {
    /// Tells what goes on now. The detail may change many times a second: only a spinner shows it.
    pub(crate) fn at(&self, stage: &str, detail: &str) {
        let fresh = self.enter(stage);
        let stage = self.now();
        match &self.show {
            Show::Lines if fresh => tell(&format!("{}: {stage}", self.name)),
            Show::Lines | Show::Nothing => {}
            Show::Spinner(bar) => {
                if self.counted.take().is_some() {
                    line::wait(bar);
                }
                let detail = shortened(&text::console_line(detail));
                bar.set_message(if detail.is_empty() { stage } else { format!("{stage}: {detail}") });
            }
        }
    }

    /// Tells how far a stage has come whose bytes are counted: a bar where there is a spinner, and a line for each tenth
    /// where there are lines. Without a total it is a stage like any other.
    pub(crate) fn bytes(&self, stage: &str, done: u64, total: u64) {
        if total == 0 {
            return self.at(stage, &if done == 0 { String::new() } else { text::bytes(done) });
        }
        let fresh = self.enter(stage);
        let tenth = tenth(done, total);
        let before = self.counted.replace(Some(tenth)).filter(|_| !fresh);
        match &self.show {
            Show::Lines if before.is_none_or(|before| before < tenth) => {
                tell(&format!("{}: {}: {}", self.name, self.now(), text::amount(done, total)));
            }
            Show::Lines | Show::Nothing => {}
            Show::Spinner(bar) if before.is_none() => line::count(bar, &self.now(), (done, total)),
            Show::Spinner(bar) => bar.set_position(done),
        }
    }

    /// What was told last.
    pub(crate) fn now(&self) -> String {
        self.now.borrow().clone()
    }

    /// Takes note of the stage, and says whether it is another than before.
    fn enter(&self, stage: &str) -> bool {
        let stage = text::safe(stage);
        let fresh = *self.now.borrow() != stage;
        if fresh {
            *self.now.borrow_mut() = stage;
        }
        fresh
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Show::Spinner(bar) = &self.show {
            bar.finish_and_clear();
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(WIDEST).collect()
}

/// How many tenths are done.
fn tenth(done: u64, total: u64) -> u64 {
    u64::try_from(u128::from(done.min(total)) * 10 / u128::from(total.max(1))).unwrap_or(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenths_are_full_ones() {
        assert_eq!([tenth(0, 100), tenth(9, 100), tenth(10, 100), tenth(99, 100)], [0, 0, 1, 9]);
        assert_eq!([tenth(u64::MAX, u64::MAX), tenth(7, 3), tenth(0, 0)], [10, 10, 0]);
    }

    #[test]
    fn a_stage_is_fresh_once() {
        let stage = Progress { mode: Mode::Silent }.stage("web");
        assert!(stage.enter("down\u{7}"));
        assert!(!stage.enter("down\u{7}"));
        assert_eq!(stage.now(), "down\\u{7}");
        assert!(stage.enter("up"));
    }
}
