//! How much of the host's processors a running domain may have: libvirt's CPU bandwidth, which cgroups enforce.
//!
//! Only its virtual processors are held. QEMU's other threads carry its packets and its disks and answer libvirt: were they held too, everything
//! that is asked of the domain would wait for their next turn. They are not what is accounted for either.
//!
//! It is set on the domain that runs and never written into its definition: it ends with the domain, and whoever starts that decides anew.

use virt::domain::{Domain, SchedBandwidth, SchedulerInfo};
use virt_sys as sys;

use super::{Libvirt, errors};
use crate::model::{CpuShare, Error, InstanceId, Kind, NO_CPU_CONTROLLER, Result};

/// The time that a quota is part of, in microseconds; the kernel's own choice. The least share, 1 %, makes the least quota that libvirt takes.
const PERIOD: u32 = 100_000;
/// The quota that is none.
const NO_QUOTA: i64 = -1;

impl Libvirt {
    pub(super) async fn hold_to(&self, id: InstanceId, share: Option<CpuShare>) -> Result<()> {
        let bandwidth = bandwidth(share);
        let work = move |domain: &Domain| {
            let wanted = SchedulerInfo { vcpu_bw: bandwidth, ..SchedulerInfo::default() };
            match domain.set_scheduler_parameters_flags(&wanted, sys::VIR_DOMAIN_AFFECT_LIVE) {
                Ok(()) => Ok(true),
                // One that is off needs no holding. libvirt has the same code for that and for a host that cannot.
                Err(error) if errors::is_idle(&error) && !domain.is_active()? => Ok(true),
                Err(error) if errors::is_idle(&error) || errors::is_unsupported(&error) => Ok(false),
                Err(error) => Err(error),
            }
        };
        match self.with_own(id, work).await? {
            Some(false) => Err(powerless()),
            Some(true) | None => Ok(()),
        }
    }
}

/// For each virtual processor.
fn bandwidth(share: Option<CpuShare>) -> SchedBandwidth {
    let quota = share.map_or(NO_QUOTA, |share| i64::from(PERIOD / 1000 * share.thousandths()));
    SchedBandwidth { period: Some(PERIOD.into()), quota: Some(quota) }
}

fn powerless() -> Error {
    let message = "libvirt has no cgroup CPU controller on this host, so that nobody's processors can be held to a share";
    Error::new(Kind::Unavailable, NO_CPU_CONTROLLER, message)
        .tip("mount cgroups with the controller cpu, restart libvirtd, then stop and start the instances")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_part_of_the_period_and_none_is_no_quota() {
        for (percent, quota) in [(Some(1.0), 1000), (Some(22.5), 22_500), (Some(100.0), 100_000), (None, -1)]
        {
            let set = bandwidth(percent.and_then(CpuShare::of_percent));
            assert_eq!((set.period, set.quota), (Some(100_000), Some(quota)), "{percent:?}");
        }
    }
}
