//! What is going on while someone waits: a spinner for each thing on a terminal, plain lines elsewhere, nothing for
//! programs. All of it on standard error.

use std::cell::RefCell;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

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
            Mode::Spinners(all) => Show::Spinner(spinner(all, &name)),
        };
        Stage { name, show, now: RefCell::default() }
    }
}

fn spinner(all: &MultiProgress, name: &str) -> ProgressBar {
    let bar = all.add(ProgressBar::new_spinner());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}: {wide_msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.set_prefix(name.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// One thing that is waited for, and what it is doing now. Its spinner goes when it is dropped.
pub(crate) struct Stage {
    name: String,
    show: Show,
    now: RefCell<String>,
}

enum Show {
    Nothing,
    Lines,
    Spinner(ProgressBar),
}

impl Stage {
    /// Tells what goes on now. The detail may change many times a second: only a spinner shows it.
    pub(crate) fn at(&self, stage: &str, detail: &str) {
        let stage = text::safe(stage);
        let fresh = *self.now.borrow() != stage;
        match &self.show {
            Show::Lines if fresh => tell(&format!("{}: {stage}", self.name)),
            Show::Lines | Show::Nothing => {}
            Show::Spinner(bar) if detail.is_empty() => bar.set_message(stage.clone()),
            Show::Spinner(bar) => {
                bar.set_message(format!("{stage}: {}", shortened(&text::console_line(detail))));
            }
        }
        if fresh {
            *self.now.borrow_mut() = stage;
        }
    }

    /// What was told last.
    pub(crate) fn now(&self) -> String {
        self.now.borrow().clone()
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
