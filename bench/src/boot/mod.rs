//! Ways from an image to a login, each timed from the order to the first command that ran in the guest.

mod bare_qemu;
mod ring;
mod sloop;
mod ssh;
mod taken;
mod virt_install;

use anyhow::Result;

pub(crate) use self::{
    bare_qemu::BareQemu, ring::Ring, sloop::Sloop, taken::Taken, virt_install::VirtInstall,
};

/// A way from an image to a login.
pub(crate) trait Boot {
    /// Boots a new guest, logs in, and takes everything away again. Rounds are numbered, so that each guest is a new one.
    fn boot(&self, ring: &Ring, round: usize) -> Result<Taken>;
}
