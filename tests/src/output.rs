//! How a command ended.

use std::{fmt, process::Command};

use anyhow::{Context as _, Result};

/// What a command printed and how it ended.
#[derive(Clone, Debug)]
pub struct Output {
    /// Exit code; -1 when it was killed.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Output {
    pub(crate) fn of(command: &mut Command) -> Result<Self> {
        let output = command.stdin(std::process::Stdio::null()).output();
        let output = output.with_context(|| format!("cannot run {}", command.get_program().display()))?;
        Ok(Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

impl fmt::Display for Output {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "exit code {}\n{}{}", self.code, self.stdout, self.stderr)
    }
}
