//! Disks of running domains.

use virt::{domain::Domain, error::Error as VirtError};
use virt_sys as sys;

use super::{Libvirt, xml};
use crate::{
    adapters::ffi,
    model::{Drive, Error, InstanceId, LayerId, Layout, Result, Slot},
};

/// How long a guest's agent has to hold the file systems still.
const AGENT_SECONDS: i32 = 5;

type Tops = Vec<(Slot, LayerId)>;

impl Libvirt {
    pub(super) async fn pivot_to(&self, id: InstanceId, tops: &[(Slot, LayerId)]) -> Result<bool> {
        let (layout, tops) = (self.settings.layout.clone(), tops.to_vec());
        self.on_domain(id, move |domain| {
            let present = sources(domain)?;
            let now = tops_of(&present, &layout);
            if tops.iter().all(|top| now.contains(top)) {
                return Ok(false);
            }
            let names: Vec<_> = present.into_iter().map(|(name, _)| name).collect();
            let text = xml::pivot(&tops, &names, &layout);
            let flags = sys::VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY
                | sys::VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT
                | sys::VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA
                | sys::VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC;
            let frozen = ffi::libvirt::freeze_file_systems(domain, AGENT_SECONDS);
            let done = domain.create_snapshot_xml(&text, flags);
            // Also where freezing failed: an agent that answers late may have done it all the same.
            let thawed = ffi::libvirt::thaw_file_systems(domain);
            if let (Ok(()), Err(error)) = (&frozen, thawed) {
                tracing::error!(domain = %id.domain(), error = error.message(), "the guest's file systems may be held still");
            }
            done.map(|_| frozen.is_ok())
        })
        .await
    }

    pub(super) async fn tops_of(&self, id: InstanceId) -> Result<Tops> {
        let layout = self.settings.layout.clone();
        let found = self.with_own(id, move |domain| Ok(tops_of(&sources(domain)?, &layout))).await?;
        Ok(found.unwrap_or_default())
    }

    pub(super) async fn plug_in(&self, id: InstanceId, drive: &Drive) -> Result<()> {
        let (layout, drive) = (self.settings.layout.clone(), drive.clone());
        self.on_domain(id, move |domain| {
            let text = domain.xml_desc(0)?;
            if xml::sources(&text).iter().any(|(name, _)| *name == xml::target(drive.slot)) {
                return Ok(());
            }
            if !text.contains("<controller type='scsi'") {
                domain.attach_device_flags(&xml::scsi_alone(), sys::VIR_DOMAIN_AFFECT_LIVE)?;
            }
            domain
                .attach_device_flags(&xml::drive_alone(&drive, &layout), sys::VIR_DOMAIN_AFFECT_LIVE)
                .map(drop)
        })
        .await
    }

    pub(super) async fn pull_out(&self, id: InstanceId, slot: Slot) -> Result<()> {
        let work = move |domain: &Domain| {
            let name = xml::target(slot);
            match sources(domain)?.into_iter().find(|(other, _)| *other == name) {
                None => Ok(()),
                Some((_, file)) => {
                    let text = xml::disk_by_name(&name, &file);
                    domain.detach_device_flags(&text, sys::VIR_DOMAIN_AFFECT_LIVE).map(drop)
                }
            }
        };
        self.with_own(id, work).await.map(drop)
    }

    pub(super) async fn tell_size(&self, id: InstanceId, slot: Slot, bytes: u64) -> Result<()> {
        let work = move |domain: &Domain| {
            domain.block_resize(&xml::target(slot), bytes, sys::VIR_DOMAIN_BLOCK_RESIZE_BYTES).map(drop)
        };
        self.on_domain(id, work).await
    }

    pub(super) async fn on_domain<T: Send + 'static>(
        &self,
        id: InstanceId,
        work: impl FnOnce(&Domain) -> Result<T, VirtError> + Send + 'static,
    ) -> Result<T> {
        self.with_own(id, work).await?.ok_or_else(|| Error::not_found("domain", id.domain()))
    }
}

pub(super) fn sources(domain: &Domain) -> Result<Vec<(String, std::path::PathBuf)>, VirtError> {
    Ok(xml::sources(&domain.xml_desc(0)?))
}

fn tops_of(sources: &[(String, std::path::PathBuf)], layout: &Layout) -> Tops {
    sources.iter().filter_map(|(name, file)| xml::top(name, file, layout)).collect()
}
