//! The libvirt daemon, and what guests run on.

use serde::Deserialize;

/// Which accelerator to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AcceleratorWord {
    /// KVM if a probe guest runs on it, else TCG.
    Auto,
    /// KVM, unprobed.
    Kvm,
    /// TCG.
    Tcg,
}

/// The libvirt daemon.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Libvirt {
    /// Connection URI.
    pub uri: String,
    /// Which accelerator to use.
    pub accelerator: AcceleratorWord,
    /// How long the probe guest may take, in seconds.
    pub probe_seconds: u64,
}

impl Default for Libvirt {
    fn default() -> Self {
        Self { uri: "qemu:///system".into(), accelerator: AcceleratorWord::Auto, probe_seconds: 10 }
    }
}
