//! A static address and real guests: each is logged in to through it while it has it.

use anyhow::{Context as _, Result, ensure};
use sloop_lab::Lab;

fn address(lab: &Lab, name: &str) -> Result<String> {
    let access = lab.json(&["instance", "access", name])?;
    let address = access.pointer("/accessDetails/ipAddress").and_then(|value| value.as_str());
    Ok(address.context("an address")?.to_owned())
}

#[test]
fn a_real_guest_is_reached_through_its_static_address_before_and_after_it_moves() -> Result<()> {
    let lab = Lab::real()?;
    lab.must(&["static-ip", "allocate", "site"])?;
    lab.must(&["launch", "one", "two", "--blueprint", "tiny", "--bundle", "tiny_1_0"])?;
    let who =
        |name: &str| -> Result<String> { Ok(lab.must(&["ssh", name, "--", "hostname"])?.trim().to_owned()) };
    let before = address(&lab, "two")?;
    lab.must(&["static-ip", "attach", "site", "one"])?;
    let site = address(&lab, "one")?;
    ensure!(site != before && who("one")? == "one");
    lab.must(&["static-ip", "attach", "site", "two"])?;
    ensure!(address(&lab, "two")? == site && who("two")? == "two");
    // Whoever lost it is reached at another.
    ensure!(address(&lab, "one")? != site && who("one")? == "one");
    // It stays over a stop and a start.
    lab.must(&["stop", "two"])?;
    lab.must(&["start", "two"])?;
    ensure!(address(&lab, "two")? == site && who("two")? == "two");
    Ok(())
}
