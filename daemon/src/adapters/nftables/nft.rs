//! Runs `nft`.

use std::{io, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, Command},
};

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

/// What `nft` prints, which may be about other programs' tables and so of any size: at most so many bytes.
pub(super) async fn print(arguments: &[&str], most_bytes: u64) -> Result<String> {
    let mut child = start(arguments, Stdio::null(), Stdio::null())?;
    in_time(printed(&mut child, most_bytes))
        .await?
        .ok_or_else(|| Error::internal(format!("nft does not say: nft {}", arguments.join(" "))))
}

/// All that the program prints; nothing where it fails, or prints too much.
async fn printed(child: &mut Child, most_bytes: u64) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(most_bytes + 1).read_to_end(&mut bytes).await?;
    }
    // It is not waited for: what it still wants to print nobody reads.
    if bytes.len() as u64 > most_bytes {
        return Ok(None);
    }
    let has_succeeded = child.wait().await?.success();
    Ok(has_succeeded.then(|| String::from_utf8_lossy(&bytes).into_owned()))
}

fn start(arguments: &[&str], stdin: Stdio, stderr: Stdio) -> Result<Child> {
    let mut nft = Command::new("nft");
    nft.args(arguments).stdin(stdin).stdout(Stdio::piped()).stderr(stderr).kill_on_drop(true);
    nft.spawn().map_err(|error| missing(&error))
}

/// The result of something that `nft` does, if it comes within the limit.
async fn in_time<T>(work: impl Future<Output = io::Result<T>>) -> Result<T> {
    match tokio::time::timeout(LIMIT, work).await {
        Ok(done) => done.map_err(|error| missing(&error)),
        Err(_) => Err(Error::unavailable(format!("nft did not end within {} s", LIMIT.as_secs()))),
    }
}

fn missing(error: &io::Error) -> Error {
    Error::unavailable(format!("cannot run nft: {error}")).tip("install the package nftables")
}

/// Runs `nft` with `arguments` and `input`; gives what it printed.
async fn run(arguments: &[&str], input: &str, is_by: impl Fn(u32)) -> Result<String> {
    let mut child = start(arguments, Stdio::piped(), Stdio::piped())?;
    child.id().into_iter().for_each(is_by);
    let mut stdin = child.stdin.take();
    let output = in_time(async {
        if let Some(mut stdin) = stdin.take() {
            stdin.write_all(input.as_bytes()).await?;
        }
        child.wait_with_output().await
    })
    .await?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    Err(Error::internal(format!("nft refused the rules: {}", why.lines().next().unwrap_or_default())))
}
