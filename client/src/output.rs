//! How answers reach people and programs: tables and sentences, or JSON with Lightsail's member names.

use std::io::{self, IsTerminal as _, Write};

use clap::ValueEnum;
use comfy_table::{Table, presets};
use prost::Message;
use serde_json::Value as Json;
use sloop_proto::json::{self, Time};

use crate::cli::Globals;
use crate::failure::Failure;
use crate::text;

/// For whom the answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// For programs, with Lightsail's member names
    Json,
}

/// Where answers and failures go.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    format: Format,
    color: bool,
}

impl Output {
    /// As the command line, the environment and the terminal have it.
    pub(crate) fn new(globals: &Globals) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let color = !globals.no_color && !refused && io::stderr().is_terminal();
        Self { format: globals.output, color }
    }

    /// Whether a program reads the answer.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Writes an answer: the message `sloop.v1.<name>` as JSON, or what `people` makes of it.
    pub(crate) fn answer<M: Message>(
        &self,
        name: &str,
        message: &M,
        people: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        self.say(|| rendered(name, message), people)
    }

    /// Writes an answer, which may be of several messages: its JSON, or what `people` makes of it.
    fn say(&self, json: impl FnOnce() -> Json, people: impl FnOnce() -> String) -> Result<(), Failure> {
        print(&match self.format {
            Format::Table => people(),
            Format::Json => pretty(&json()),
        })
    }

    /// Writes a list: its JSON, its table, or with `quiet` just one name a line.
    pub(crate) fn list<M: Message>(
        &self,
        (name, message): (&str, &M),
        quiet: bool,
        headers: &[&str],
        rows: Vec<Vec<String>>,
    ) -> Result<(), Failure> {
        self.list_json(|| rendered(name, message), quiet, headers, rows)
    }

    /// The same for a list that is of several messages.
    pub(crate) fn list_json(
        &self,
        json: impl FnOnce() -> Json,
        quiet: bool,
        headers: &[&str],
        rows: Vec<Vec<String>>,
    ) -> Result<(), Failure> {
        if quiet {
            let names: Vec<_> =
                rows.iter().filter_map(|row| row.first()).map(|name| text::safe(name)).collect();
            return print(&names.join("\n"));
        }
        self.say(json, || table(headers, rows))
    }

    /// A remark for people beside the answer.
    pub(crate) fn note(&self, text: &str) {
        if !self.is_json() {
            tell(text);
        }
    }

    /// A warning for people beside the answer.
    pub(crate) fn warn(&self, text: &str) {
        self.note(&format!("{} {text}", self.paint("33", "warning:")));
    }

    /// Tells of a failure on standard error and gives its exit code.
    pub(crate) fn report(&self, failure: &Failure) -> u8 {
        if self.is_json() {
            tell(&failure.json().to_string());
        } else {
            tell(&self.failure_text(failure));
        }
        failure.exit.into()
    }

    fn failure_text(&self, failure: &Failure) -> String {
        let head = format!("{} {}", self.paint("1;31", "error:"), text::safe(&failure.message));
        let lines = failure.lines.iter().map(|line| format!("  | {}", text::safe(line)));
        let field = failure.field.iter().map(|field| format!("  field: {}", text::safe(field)));
        let tip = failure.tip.iter().map(|tip| format!("  try: {}", text::safe(tip)));
        let all: Vec<_> = std::iter::once(head).chain(lines).chain(field).chain(tip).collect();
        all.join("\n")
    }

    /// `text` in a colour (the parameters of an SGR sequence) where colours are wanted.
    pub(crate) fn paint(&self, color: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{color}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// The message `sloop.v1.<name>` as JSON, with Lightsail's member names.
pub(crate) fn rendered<M: Message>(name: &str, message: &M) -> Json {
    json::render(name, message, Time::Text)
}

/// JSON as people like to look at it.
pub(crate) fn pretty(json: &Json) -> String {
    format!("{json:#}")
}

/// Writes text that is already safe, and a line end where it has none, to standard output.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    if text.is_empty() {
        return Ok(());
    }
    let end = if text.ends_with('\n') { "" } else { "\n" };
    unless_closed(write!(io::stdout().lock(), "{text}{end}"))
}

/// Writes bytes as they are to standard output.
pub(crate) fn print_raw(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    unless_closed(out.write_all(bytes).and_then(|()| out.flush()))
}

/// A reader that has seen enough, such as `head`, is no failure.
fn unless_closed(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes a line to standard error; if nobody can hear it, there is nobody to tell so.
pub(crate) fn tell(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A table without borders, every cell made safe.
pub(crate) fn table(headers: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(headers.to_vec());
    for row in rows {
        table.add_row(row.iter().map(|cell| text::safe(cell)).collect::<Vec<_>>());
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 3));
    }
    table.trim_fmt()
}

/// Facts one a line, their names in a column; those without a value are left out.
pub(crate) fn facts(facts: &[(&str, String)]) -> String {
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or_default() + 1;
    let told = facts.iter().filter(|(_, value)| !value.is_empty());
    let lines = told.map(|(name, value)| format!("{:width$} {}", format!("{name}:"), text::safe(value)));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_columns_and_no_borders() {
        let rows =
            vec![vec!["web".to_owned(), "running".to_owned()], vec!["a\u{1b}[1m".to_owned(), "-".to_owned()]];
        let expected = "NAME         STATE\nweb          running\na\\u{1b}[1m   -";
        assert_eq!(table(&["NAME", "STATE"], rows), expected);
    }

    #[test]
    fn facts_line_up_and_empty_ones_are_left_out() {
        let text = facts(&[("Name", "web".into()), ("Key pair", String::new()), ("Address", "a\nb".into())]);
        assert_eq!(text, "Name:     web\nAddress:  a\\u{a}b");
    }

    #[test]
    fn failures_name_the_remedy() {
        let mut failure = Failure::usage("no bundle x").tip("sloop bundle list").lines(vec!["last".into()]);
        failure.field = Some("bundleId".into());
        let output = Output { format: Format::Table, color: false };
        let expected = "error: no bundle x\n  | last\n  field: bundleId\n  try: sloop bundle list";
        assert_eq!(output.failure_text(&failure), expected);
    }
}
