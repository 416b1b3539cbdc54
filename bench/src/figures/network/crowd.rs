//! A host with real wires and more instances than its memory would allow.

use anyhow::{Result, ensure};
use sloop_lab::{Kind, Lab, Setup};

use crate::client::Client;

/// As many as one request may name.
const BATCH: usize = 20;

/// A wired lab that lets a thousand instances be.
pub(super) fn lab() -> Result<Lab> {
    let configuration = "quotas.instances = 2000".into();
    Lab::start(Setup { kind: Kind::Wired, configuration, ..Setup::default() })
}

/// The name of an instance by its number.
pub(super) fn name(number: usize) -> String {
    format!("crowd-{number:04}")
}

/// Makes instances until there are `count`, of which there were `there` before.
pub(super) fn grow(client: &Client, there: usize, count: usize) -> Result<()> {
    let names: Vec<String> = (there..count).map(name).collect();
    names.chunks(BATCH).try_for_each(|batch| client.launch(batch, "tiny"))?;
    ensure!(client.is_running(&name(count - 1))?, "the last of {count} instances does not run");
    Ok(())
}
