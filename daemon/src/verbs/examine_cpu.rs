use super::Verbs;
use crate::model::Finding;

impl Verbs {
    /// Who is held to the baseline of their plan, where those count, and whether this host can hold anybody.
    pub(super) fn examine_cpu(&self) -> Vec<Finding> {
        let bursts = self.engine.bursts();
        if !bursts.is_metered {
            return Vec::new();
        }
        let mut findings = vec![if bursts.is_powerless {
            Finding::warning(
                "cpu",
                "burst capacity is accounted for, but nobody is held to a baseline: libvirt has no cgroup CPU controller here",
                "mount cgroups with the controller cpu, restart libvirtd, then stop and start the instances; or set cpu = \"unlimited\"",
            )
        } else {
            Finding::ok("cpu", format!("burst: {} instances are held to their baseline", bursts.held.len()))
        }];
        findings.extend(bursts.held.iter().map(|(name, share)| {
            Finding::warning(
                &format!("instance {name}"),
                format!("it has used up its burst capacity: it runs at {share} of each of its processors"),
                format!(
                    "it saves up again while it has less to do; a larger plan has more: sloop instance resize {name} --bundle ID"
                ),
            )
        }));
        findings
    }
}
