//! Asking before something goes that does not come back.

use std::io::{IsTerminal as _, Write as _, stderr, stdin};

use crate::failure::{Exit, Failure};
use crate::text;

/// What is asked about, in the words that questions and answers need.
pub(crate) struct Deed {
    verb: &'static str,
    doing: &'static str,
    done: &'static str,
}

/// Deleting something.
pub(crate) const DELETE: Deed = Deed { verb: "Delete", doing: "deleting", done: "deleted" };
/// Releasing something.
pub(crate) const RELEASE: Deed = Deed { verb: "Release", doing: "releasing", done: "released" };
/// Removing something.
pub(crate) const REMOVE: Deed = Deed { verb: "Remove", doing: "removing", done: "removed" };

/// Taking something back to what it was.
pub(crate) const TAKE_BACK: Deed = Deed { verb: "Take", doing: "taking back", done: "taken back" };

/// Asks the person at the terminal; where there is none, somebody must have said `--yes`.
pub(crate) fn confirm(deed: &Deed, what: &str) -> Result<(), Failure> {
    let Deed { verb, doing, done } = deed;
    if !(stdin().is_terminal() && stderr().is_terminal()) {
        return Err(Failure::usage(format!("{doing} asks first, and there is no terminal to ask at"))
            .tip("the same with --yes"));
    }
    write!(stderr(), "{verb} {}? [y/N] ", text::safe(what))?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::new(Exit::Other, format!("nothing was {done}"))),
    }
}
