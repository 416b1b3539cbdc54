//! What guests run on: decided by a guest that runs, not by a device node that exists.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    Libvirt,
    probe::{self, Verdict},
};
use crate::model::{Accelerator, Finding, Result};

/// Which accelerator the host's owner wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// KVM where it truly works, else TCG.
    Auto,
    /// KVM, unprobed.
    Kvm,
    /// TCG.
    Tcg,
}

/// The outcome of a probe. It holds until the host boots again or QEMU changes.
#[derive(Serialize, Deserialize)]
struct Record {
    boot_id: String,
    emulator: u32,
    kvm: bool,
    reason: String,
}

const DEVICE: &str = "/dev/kvm";

impl Libvirt {
    /// The accelerator, and why it was chosen. Found out once.
    pub(super) async fn accelerator(&self) -> Result<(Accelerator, String)> {
        self.accelerator.get_or_try_init(|| self.choose()).await.cloned()
    }

    async fn choose(&self) -> Result<(Accelerator, String)> {
        let (accelerator, reason) = match self.settings.wish {
            Wish::Kvm => (Accelerator::Kvm, "the configuration asks for it; not probed".into()),
            Wish::Tcg => (Accelerator::Tcg, "the configuration asks for it".into()),
            Wish::Auto if !Path::new(DEVICE).exists() => (Accelerator::Tcg, format!("there is no {DEVICE}")),
            Wish::Auto => self.recorded_or_probed().await?,
        };
        tracing::info!(?accelerator, reason, "accelerator chosen");
        Ok((accelerator, reason))
    }

    async fn recorded_or_probed(&self) -> Result<(Accelerator, String)> {
        let emulator = self.connection.call(virt::connect::Connect::hyp_version).await?;
        let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let path = &self.settings.probe_record;
        let record = std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<Record>(&bytes).ok());
        let fresh = |record: &Record| record.boot_id == boot_id && record.emulator == emulator;
        if let Some(record) = record.filter(fresh) {
            return Ok((if record.kvm { Accelerator::Kvm } else { Accelerator::Tcg }, record.reason));
        }
        let (kvm, reason) = match probe::run(self).await {
            Verdict::Runs(took) => {
                (true, format!("a probe guest ran on {DEVICE} in {} ms", took.as_millis()))
            }
            Verdict::Fails(why) => (false, format!("{DEVICE} is there, but {why}")),
            // Says nothing about the host, so it is not kept.
            Verdict::Untried(why) => {
                return Ok((Accelerator::Tcg, format!("{DEVICE} could not be tried: {why}")));
            }
        };
        self.keep(&Record { boot_id, emulator, kvm, reason: reason.clone() });
        Ok((if kvm { Accelerator::Kvm } else { Accelerator::Tcg }, reason))
    }

    /// Only a convenience: without the record the next start probes again.
    fn keep(&self, record: &Record) {
        let path = &self.settings.probe_record;
        let json = serde_json::to_vec(record).map_err(std::io::Error::other);
        if let Err(error) = json.and_then(|json| std::fs::write(path, json)) {
            tracing::warn!(path = %path.display(), %error, "cannot keep the outcome of the probe");
        }
    }

    /// What guests were to run on may go while they do: a module is unloaded, or a container loses the device. None of them starts then.
    pub(super) async fn accelerator_gone(&self) -> Option<String> {
        let (accelerator, _) = self.accelerator().await.ok()?;
        let is_gone = accelerator == Accelerator::Kvm && !Path::new(DEVICE).exists();
        is_gone.then(|| format!("{DEVICE} is not there any more, which it was when sloopd started"))
    }

    pub(super) async fn examine_accelerator(&self) -> Finding {
        match self.accelerator().await {
            Ok((Accelerator::Kvm, reason)) => Finding::ok("accelerator", format!("KVM: {reason}")),
            Ok((_, reason)) => Finding::warning(
                "accelerator",
                format!("TCG: {reason}"),
                "guests run about ten times slower than on KVM; enable virtualisation in the firmware, or nested \
                 virtualisation where this host is itself a guest",
            ),
            Err(error) => Finding::failed("accelerator", error.message, "look at libvirt first"),
        }
    }
}
