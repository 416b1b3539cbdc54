//! Runs `nft`.

use std::{process::Stdio, time::Duration};

use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::model::{Error, Result};

/// A transaction takes milliseconds; one that takes this long is stuck behind another program's lock.
const LIMIT: Duration = Duration::from_secs(10);

/// Carries a transaction out: all of it or nothing. Says the id of the process before it begins.
pub(super) async fn commit(text: &str, is_by: impl Fn(u32)) -> Result<()> {
    run(&["-f", "-"], text, is_by).await.map(drop)
}

/// A table's chains and rules, without the elements of its sets; none where there is no such table.
pub(super) async fn list(family: &str, table: &str) -> Result<String> {
    run(&["-t", "list", "table", family, table], "", |_| {}).await
}

/// Every counter that has a name, with what it says, as JSON.
pub(super) async fn counters() -> Result<String> {
    run(&["-j", "list", "counters"], "", |_| {}).await
}

/// Runs `nft` with `arguments` and `input`; gives what it printed.
async fn run(arguments: &[&str], input: &str, is_by: impl Fn(u32)) -> Result<String> {
    let missing =
        |error| Error::unavailable(format!("cannot run nft: {error}")).tip("install the package nftables");
    let mut child = Command::new("nft")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(missing)?;
    child.id().into_iter().for_each(is_by);
    let mut stdin = child.stdin.take();
    let run = async {
        if let Some(mut stdin) = stdin.take() {
            stdin.write_all(input.as_bytes()).await?;
        }
        child.wait_with_output().await
    };
    let output = match tokio::time::timeout(LIMIT, run).await {
        Ok(output) => output.map_err(missing)?,
        Err(_) => return Err(Error::unavailable(format!("nft did not end within {} s", LIMIT.as_secs()))),
    };
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    Err(Error::internal(format!("nft refused the rules: {}", why.lines().next().unwrap_or_default())))
}
