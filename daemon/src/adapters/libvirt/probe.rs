//! The probe guest: a boot sector that enters long mode, looks for the instructions that guests are built for, works for a
//! hundredth of a second, and powers off. Where KVM is half there it hangs, aborts or crawls, and the time limit tells.

use std::time::{Duration, Instant};

use tokio::sync::broadcast::Receiver;

use super::{Libvirt, xml};
use crate::{
    model::{Accelerator, InstanceId},
    ports::DomainEvent,
};

/// `probe/guest.S`, assembled; the first lines of that file say how.
const GUEST: &[u8; 512] = include_bytes!("probe/guest.bin");

/// Runs the probe guest on KVM. Gives the time it took, or why KVM will not do.
pub(super) async fn run(libvirt: &Libvirt) -> Result<Duration, String> {
    let settings = &libvirt.settings;
    let disk = settings.layout.root().join("probe.img");
    let mut image = GUEST.to_vec();
    image.resize(1 << 20, 0);
    std::fs::write(&disk, image).map_err(|error| format!("the probe guest could not be written: {error}"))?;

    // The probe's UUID is the host's id, so that one left by a killed daemon is found again.
    let id = InstanceId(settings.host_id.0);
    remove(libvirt, id).await;
    let events = libvirt.domain_events();
    let text = xml::probe(settings.host_id, &disk.to_string_lossy(), Accelerator::Kvm);
    let began = Instant::now();
    let created =
        libvirt.connection.call(move |connection| connection.create_domain_xml(&text, 0).map(drop)).await;
    let outcome = match created {
        Err(error) => {
            tracing::info!(error = error.message, "the probe guest did not start");
            Err("QEMU does not start on it; the log has its words".into())
        }
        Ok(()) => match tokio::time::timeout(settings.probe_limit, off(events, id)).await {
            Ok(()) => Ok(began.elapsed()),
            Err(_) => {
                Err(format!("a probe guest did not finish within {} s on it", settings.probe_limit.as_secs()))
            }
        },
    };
    remove(libvirt, id).await;
    std::fs::remove_file(&disk).ok();
    outcome
}

async fn off(mut events: Receiver<DomainEvent>, id: InstanceId) {
    loop {
        match events.recv().await {
            Ok(DomainEvent::Stopped(stopped)) if stopped == id => return,
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
