//! Layers made one beneath running domains: libvirt's block jobs.

use super::{Libvirt, xml};
use crate::{
    adapters::ffi::libvirt as ffi,
    model::{Beneath, InstanceId, Result, Slot, Way},
};

impl Libvirt {
    pub(super) async fn begin_merging(&self, id: InstanceId, slot: Slot, way: &Way) -> Result<()> {
        let (layout, way) = (self.settings.layout.clone(), way.clone());
        self.on_domain(id, move |domain| {
            let disk = xml::target(slot);
            match way {
                Way::Pull { base, .. } => ffi::block_rebase(domain, &disk, layout.beneath(&base).as_deref()),
                Way::Commit { top, base } => {
                    ffi::block_commit(domain, &disk, &layout.layer(top), &layout.layer(base))
                }
            }
        })
        .await
    }

    pub(super) async fn has_block_job(&self, id: InstanceId, slot: Slot) -> Result<bool> {
        let look = move |domain: &virt::domain::Domain| {
            // One that is off has none; libvirt would call that an error.
            Ok(domain.is_active()? && ffi::has_block_job(domain, &xml::target(slot))?)
        };
        let found = self.with_own(id, look).await?;
        Ok(found.unwrap_or(false))
    }

    pub(super) async fn abort_block_job(&self, id: InstanceId, slot: Slot) -> Result<()> {
        let work = move |domain: &virt::domain::Domain| {
            let disk = xml::target(slot);
            if !domain.is_active()? || !ffi::has_block_job(domain, &disk)? {
                return Ok(());
            }
            match ffi::abort_block_job(domain, &disk) {
                // It has ended meanwhile.
                Err(_) if !ffi::has_block_job(domain, &disk)? => Ok(()),
                other => other,
            }
        };
        self.with_own(id, work).await.map(drop)
    }

    pub(super) async fn chain(&self, id: InstanceId, slot: Slot) -> Result<Vec<Beneath>> {
        let layout = self.settings.layout.clone();
        let found = self
            .with_own(id, move |domain| {
                let files = xml::chain(&domain.xml_desc(0)?, &xml::target(slot));
                Ok(files.iter().map(|file| layout.named(file)).collect())
            })
            .await?;
        Ok(found.unwrap_or_default())
    }
}
