//! The probe guest: a boot sector that enters long mode, looks for the instructions that guests are built for, works for a
//! hundredth of a second, and powers off. Where KVM is half there it hangs, aborts or crawls, and the time limit tells.

use std::time::{Duration, Instant};

use tokio::sync::broadcast::Receiver;
use virt_sys as sys;

use super::{Libvirt, xml};
use crate::model::{Accelerator, InstanceId, Kind};

/// `probe/guest.S`, assembled; the first lines of that file say how.
const GUEST: &[u8; 512] = include_bytes!("probe/guest.bin");

/// What the probe found out.
pub(super) enum Verdict {
    /// It ran, and took so long.
    Runs(Duration),
    /// QEMU or the processor will not do, for this reason.
    Fails(String),
    /// It could not be tried, for this reason; another time it may.
    Untried(String),
}

/// Runs the probe guest on KVM.
pub(super) async fn run(libvirt: &Libvirt) -> Verdict {
    let settings = &libvirt.settings;
    let disk = settings.layout.root().join("probe.img");
    let mut image = GUEST.to_vec();
    image.resize(1 << 20, 0);
    if let Err(error) = std::fs::write(&disk, image) {
        return Verdict::Untried(format!("the probe guest could not be written: {error}"));
    }
    // The probe's UUID is the host's id, so that one left by a killed daemon is found again.
    let id = InstanceId(settings.host_id.0);
    remove(libvirt, id).await;
    let stops = libvirt.connection.stops();
    let text = xml::probe(settings.host_id, &disk.to_string_lossy(), Accelerator::Kvm);
    let began = Instant::now();
    let created =
        libvirt.connection.call(move |connection| connection.create_domain_xml(&text, 0).map(drop)).await;
    let verdict = match created {
        Err(error) if error.kind == Kind::Unavailable => Verdict::Untried(error.message),
        Err(error) => {
            tracing::info!(error = error.message, "the probe guest did not start");
            Verdict::Fails("QEMU does not start on it; the log has its words".into())
        }
        Ok(()) => match tokio::time::timeout(settings.probe_limit, stopped(stops, id)).await {
            Ok(sys::VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN) => Verdict::Runs(began.elapsed()),
            Ok(_) => Verdict::Fails("QEMU broke off on it".into()),
            Err(_) => {
                let limit = settings.probe_limit.as_secs();
                Verdict::Fails(format!("a probe guest did not finish within {limit} s on it"))
            }
        },
    };
    remove(libvirt, id).await;
    std::fs::remove_file(&disk).ok();
    verdict
}

/// Why the domain stopped, when it does.
async fn stopped(mut stops: Receiver<(InstanceId, u32)>, id: InstanceId) -> u32 {
    loop {
        match stops.recv().await {
            Ok((stopped, detail)) if stopped == id => return detail,
            Ok(_) => {}
            // No news will come; the time limit decides.
            Err(_) => std::future::pending().await,
        }
    }
}

async fn remove(libvirt: &Libvirt, id: InstanceId) {
    let gone = libvirt.connection.call(move |connection| {
        connection.lookup_domain_by_uuid_string(&id.to_string())?.destroy().map(drop)
    });
    // It is transient: off is gone, and mostly it is gone already.
    let _ = gone.await;
}
