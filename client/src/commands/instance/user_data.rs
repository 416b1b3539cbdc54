//! The text that runs at the first boot.

use std::fs;
use std::io::{Read as _, stdin};
use std::path::Path;

use crate::failure::Failure;

/// Reads it from a file, or from standard input where that is `-`.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        stdin().read_to_end(&mut bytes)?;
    } else {
        bytes = fs::read(path).map_err(|error| Failure::file(path, &error))?;
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to() + 1;
        Failure::usage(format!("{}: user data must be UTF-8 text, and byte {at} is not", path.display()))
    })
}
