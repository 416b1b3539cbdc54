//! The promises of the ports, held by the simulated host and by the real one alike.

mod promises;

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use sloop_lab::Lab;
use sloopd::{
    adapters::sqlite::Sqlite,
    config::Config,
    model::{BaseImage, Layout},
    wiring,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_simulated_host_keeps_its_promises() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let store = Arc::new(Sqlite::open(&dir.path().join("state.db"))?);
    let ports = wiring::simulated_ports(store, &sloopd::simulated::Simulated::default());
    let base = BaseImage { path: "/simulated/tiny.qcow2".into(), virtual_bytes: 1 << 30 };
    promises::all(&ports, base).await
}

/// The adapters act where they run, so the promises are checked by this very program, started once more inside a lab.
#[test]
fn the_real_host_keeps_its_promises() -> Result<()> {
    let mut lab = Lab::real()?;
    lab.stop_daemon()?;
    let mut inside = lab.command(&std::env::current_exe()?);
    inside.args(["--exact", "inside_a_lab", "--ignored", "--nocapture"]);
    let output = inside.env("SLOOP_LAB_CONFIGURATION", lab.configuration_path()).output()?;
    let told =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    ensure!(output.status.success() && told.contains("1 passed"), "{told}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the_real_host_keeps_its_promises, inside a lab"]
async fn inside_a_lab() -> Result<()> {
    let path = std::env::var("SLOOP_LAB_CONFIGURATION")?;
    let config = Config::read(path.as_ref(), true)?;
    let store = Arc::new(Sqlite::open(&Layout::new(&config.state_dir).database())?);
    let catalogue = sloopd::adapters::catalogue::load(&config.images.catalogue)?;
    let ports = wiring::ports(&config, store).await?;
    let base = ports.images.base(catalogue.blueprint("tiny")?).await?.context("tiny is here")?;
    promises::all(&ports, base).await
}
