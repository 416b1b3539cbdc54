//! Sloop's own way.

use std::{
    fs::OpenOptions,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context as _, Result};

use super::{Boot, Ring, Taken, ssh::Login};

/// By a request to the daemon, and a login with the host key that it vouches for.
pub(crate) struct Sloop;

impl Boot for Sloop {
    fn boot(&self, ring: &Ring, round: usize) -> Result<Taken> {
        let name = format!("sloop-{round}");
        let began = Instant::now();
        ring.client.create(std::slice::from_ref(&name), Ring::BLUEPRINT, Ring::BUNDLE)?;
        let login = login(ring, &name)?;
        let ended = login.wait(&ring.lab).map(|()| Taken::since(began, ring));
        ring.client.delete(&name)?;
        ended
    }
}

fn login(ring: &Ring, name: &str) -> Result<Login> {
    let details = ring.client.access(name)?;
    let address = details.ip_address().to_owned();
    let host_key = details.host_keys.first().context("a host key")?;
    let words: Vec<_> = host_key.public_key().split_whitespace().collect();
    // The whole line or its bare middle.
    let line = match words.as_slice() {
        [blob] => format!("{address} {} {blob}\n", host_key.algorithm()),
        words => format!("{address} {}\n", words.join(" ")),
    };
    let private = format!("{}\n", details.private_key().trim_end());
    Ok(Login {
        user: details.username().to_owned(),
        key: secret(&ring.dir.join(format!("{name}.key")), &private)?,
        known_hosts: Some(secret(&ring.dir.join(format!("{name}.hosts")), &line)?),
        address,
        port: 22,
        console: console(ring)?,
    })
}

/// The console of the only instance there is.
fn console(ring: &Ring) -> Result<PathBuf> {
    let mut instances = std::fs::read_dir(ring.lab.dir().join("state/instances"))?;
    Ok(instances.next().context("an instance")??.path().join("console.log"))
}

/// Writes a file that ssh takes a key from.
fn secret(path: &Path, text: &str) -> Result<PathBuf> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(path.to_owned())
}
