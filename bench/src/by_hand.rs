//! What a create comes to when it is done by hand: the same parts, made with the tools that there are for each.

use anyhow::{Context as _, Result};
use sloop_lab::{Lab, images};

/// Makes a disk, a host key, a seed, a tap with its route, and firewall rules, and says how many milliseconds that took.
/// Timed inside, so that entering the lab does not count. Takes everything away again.
const SCRIPT: &str = r#"
set -e
began=$(date +%s%N)
qemu-img create -q -f qcow2 -F qcow2 -b "$BASE" disk.qcow2 2G
ssh-keygen -q -t ed25519 -N '' -C bench -f host_key
printf 'instance-id: i-bench\nlocal-hostname: bench\n' >meta-data
{ printf '#cloud-config\nssh_keys:\n  ed25519_private: |\n'; sed 's/^/    /' host_key; } >user-data
mformat -C -f 1440 -v cidata -i seed.img ::
mcopy -i seed.img meta-data user-data ::
ip tuntap add dev by-hand mode tap
ip link set by-hand up
ip route add 10.66.0.2/32 dev by-hand
nft -f - <<'RULES'
table inet by_hand {
  chain guest { tcp dport { 22, 80 } accept; ct state established,related accept; drop; }
  chain post { type filter hook postrouting priority 100; oifname "by-hand" jump guest; }
}
RULES
ended=$(date +%s%N)
nft delete table inet by_hand
ip link del by-hand
rm -f disk.qcow2 host_key host_key.pub meta-data user-data seed.img
echo $(((ended - began) / 1000))
"#;

/// Milliseconds of one create by hand, all but starting the machine.
pub(crate) fn create(lab: &Lab) -> Result<f64> {
    let base = image("tiny")?;
    let place = format!("cd '{}'\nBASE='{}'\n", lab.dir().display(), base.display());
    let micros = lab.shell(&(place + SCRIPT))?;
    Ok(micros.trim().parse::<f64>().with_context(|| format!("a number: {micros}"))? / 1e3)
}

/// The file of a built image.
pub(crate) fn image(blueprint: &str) -> Result<std::path::PathBuf> {
    let manifest = images().join(format!("{blueprint}.json"));
    let text = std::fs::read_to_string(&manifest)
        .with_context(|| format!("{} is missing: make image ID={blueprint}", manifest.display()))?;
    let manifest: serde_json::Value = serde_json::from_str(&text)?;
    Ok(images().join(manifest["file"].as_str().context("the manifest names a file")?))
}
