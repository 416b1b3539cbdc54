//! App stacks: an application baked onto an operating system, and launched like any other.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use sloop_lab::{Lab, Setup, Uplink};

/// A lab whose bakes fetch their packages through a proxy.
fn lab() -> Result<Lab> {
    let images = format!("package_proxy = \"{}\"", Uplink::proxy());
    Lab::start(Setup { blueprints: &["debian_12"], images, ..Setup::default() })
}

/// Launches an application that is not baked yet, then cuts the network, and finds the word on its page.
fn launched(lab: &Lab, blueprint: &str, word: &str) -> Result<String> {
    let uplink = Uplink::of(lab)?;
    let create = ["instance", "create", "shop", "--blueprint", blueprint, "--bundle", "nano_3_0"];
    let began = Instant::now();
    lab.must(&[&create[..], &["--wait-for", "first-boot", "--timeout", "10m"]].concat())?;
    eprintln!("{blueprint}: baked and launched in {:.0} s", began.elapsed().as_secs_f32());
    // What is baked needs no network any more.
    drop(uplink);
    let told = lab.json(&["instance", "show", "shop"])?;
    let address = told["instance"]["publicIpAddress"].as_str().context("an address")?.to_owned();
    ensure!(told["instance"]["username"] == "bitnami", "{told}");
    for scheme in ["http", "https"] {
        lab.until(&format!("{blueprint} answers by {scheme}"), || {
            Ok(lab.shell(&format!("curl -sSkL -m 10 {scheme}://{address}/ || true"))?.contains(word))
        })?;
    }
    Ok(address)
}

/// Nothing of the guest that baked is in the image, and nothing of it is left on the host.
fn clean(lab: &Lab) -> Result<()> {
    let own = lab.must(&["ssh", "shop", "--", "ls /etc/ssh/ssh_host_*_key; ls /home; hostname"])?;
    ensure!(own.split_whitespace().eq(["/etc/ssh/ssh_host_ed25519_key", "bitnami", "shop"]), "{own}");
    let images = lab.json(&["image", "list"])?;
    ensure!(images["images"].as_array().is_some_and(|all| all.len() == 2), "{images}");
    let instances = lab.json(&["instance", "list"])?;
    ensure!(
        instances["instances"].as_array().is_some_and(|all| all.len() == 1),
        "the baker is left: {instances}"
    );
    lab.must(&["rm", "shop", "--yes"])?;
    ensure!(lab.leftovers()?.is_empty(), "{:?}", lab.leftovers()?);
    Ok(())
}

#[test]
#[ignore = "minutes without KVM: make test-apps"]
fn wordpress_is_baked_by_its_first_launch_and_serves_its_page() -> Result<()> {
    let lab = lab()?;
    let address = launched(&lab, "wordpress", "WordPress")?;
    let password = lab.must(&["ssh", "shop", "--", "cat bitnami_application_password"])?;
    let password = password.trim();
    ensure!(password.len() >= 12, "no password: {password:?}");
    let login = format!(
        "curl -sSk -m 20 -o /dev/null -w '%{{redirect_url}}' --data-urlencode 'log=user' --data-urlencode 'pwd={password}' \
         http://{address}/wp-login.php"
    );
    ensure!(lab.shell(&login)?.contains("/wp-admin/"), "the first password does not open it");
    clean(&lab)
}

#[test]
fn nginx_is_baked_and_serves_its_page() -> Result<()> {
    let lab = lab()?;
    launched(&lab, "nginx", "<html")?;
    clean(&lab)
}

#[test]
#[ignore = "minutes without KVM: make test-apps"]
fn lamp_is_baked_and_serves_its_page() -> Result<()> {
    let lab = lab()?;
    launched(&lab, "lamp_8_bitnami", "<html")?;
    clean(&lab)
}

#[test]
#[ignore = "minutes without KVM: make test-apps"]
fn nodejs_is_baked_and_serves_its_page() -> Result<()> {
    let lab = lab()?;
    launched(&lab, "nodejs", "<html")?;
    clean(&lab)
}
