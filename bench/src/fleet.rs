//! Many instances in a simulated lab.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use sloop_lab::{Kind, Lab, Setup};

use crate::client::Client;

/// As many as one request may name is 20; fewer leave less to try again.
const BATCH: usize = 10;

/// A simulated lab that lets that many instances be.
pub(crate) fn lab() -> Result<Lab> {
    Lab::start(Setup {
        kind: Kind::Simulated,
        configuration: "quotas.instances = 200".into(),
        ..Setup::default()
    })
}

/// A simulated lab where a hundred instances run at once: the smallest bundle asks for so little of the real machine's memory.
pub(crate) fn small() -> Result<(Lab, tempfile::TempDir)> {
    let catalogue = tempfile::tempdir()?;
    let usual = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../images"));
    for part in ["blueprints", "first_boot", "keys", "recipes"] {
        std::os::unix::fs::symlink(usual.join(part), catalogue.path().join(part))?;
    }
    let bundles = std::fs::read_to_string(usual.join("bundles.toml"))?;
    let smaller = bundles.replacen("ram_mb = 256", "ram_mb = 64", 1);
    ensure!(smaller != bundles, "the smallest bundle has 256 MiB no more");
    std::fs::write(catalogue.path().join("bundles.toml"), smaller)?;
    let lab = Lab::start(Setup {
        kind: Kind::Simulated,
        configuration: "quotas.instances = 200".into(),
        catalogue: Some(catalogue.path().into()),
        ..Setup::default()
    })?;
    Ok((lab, catalogue))
}

/// Makes instances until there are `count`. The real machine's memory bounds what may run at once: when it is promised,
/// those that run are stopped, and stopped ones need none.
pub(crate) fn fill(client: &Client, count: usize) -> Result<()> {
    let names: Vec<String> = (0..count).map(|number| format!("fleet-{number:03}")).collect();
    for batch in names.chunks(BATCH) {
        if client.launch(batch, "tiny").is_err() {
            stop_all(client)?;
            client.launch(batch, "tiny").context("no room for ten instances")?;
        }
    }
    let made = client.names()?.len();
    ensure!(made == count, "{made} instances were made of {count}");
    Ok(())
}

/// Starts every instance that does not run, as far as memory goes.
pub(crate) fn start_all(client: &Client) -> Result<()> {
    for name in client.names_in("stopped")? {
        if client.start(&name).is_err() {
            break;
        }
    }
    Ok(())
}

fn stop_all(client: &Client) -> Result<()> {
    client.names_in("running")?.iter().try_for_each(|name| client.stop(name))
}
