//! Base chains of other programs that stop instances' packets, and whose they are. Pure.

use super::{
    judge::{Verdict, judge},
    probe::Probe,
    rules::{Place, Ruleset},
};

/// Whom a chain belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Neighbour {
    /// Docker, by iptables.
    Docker,
    /// Docker's own tables for nftables, from version 29 on.
    DockerBridges,
    /// ufw.
    Ufw,
    /// firewalld.
    Firewalld,
    /// libvirt's networks, which instances do not use.
    Libvirt,
    /// Somebody else: an administrator, as a rule.
    Somebody,
}

/// A base chain that stops packets.
#[derive(Clone, Debug)]
pub(super) struct Fault<'a> {
    /// The chain.
    pub(super) base: &'a Place,
    /// Whose it is.
    pub(super) neighbour: Neighbour,
    /// What it stops.
    pub(super) probes: Vec<&'a Probe>,
    /// What decides.
    pub(super) because: String,
    /// Whether no rule that cannot be judged may decide otherwise.
    pub(super) is_sure: bool,
}

impl Neighbour {
    /// What people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Docker | Self::DockerBridges => "Docker",
            Self::Ufw => "ufw",
            Self::Firewalld => "firewalld",
            Self::Libvirt => "libvirt",
            Self::Somebody => "another firewall",
        }
    }
}

impl Fault<'_> {
    /// Whether something is stopped that instances cannot do without.
    pub(super) fn is_vital(&self) -> bool {
        self.probes.iter().any(|probe| probe.is_vital)
    }

    /// Where packets are stopped: `forward` or `input`.
    pub(super) fn hook(&self) -> &'static str {
        self.probes.first().map_or("forward", |probe| probe.hook)
    }
}

/// Every base chain of others that stops some of the packets.
pub(super) fn faults<'a>(rules: &'a Ruleset, probes: &'a [Probe]) -> Vec<Fault<'a>> {
    ["forward", "input"]
        .into_iter()
        .flat_map(|hook| rules.bases(hook).into_iter().map(move |base| (hook, base)))
        .filter_map(|(hook, base)| {
            let sees = |family: &str| base.family == family || base.family == "inet";
            fault(rules, base, probes.iter().filter(|probe| probe.hook == hook && sees(probe.family)))
        })
        .collect()
}

fn fault<'a>(rules: &Ruleset, base: &'a Place, probes: impl Iterator<Item = &'a Probe>) -> Option<Fault<'a>> {
    let mut stopped = Vec::new();
    for probe in probes {
        match judge(rules, base, probe) {
            Verdict::Passes => {}
            Verdict::Blocks { because } => stopped.push((probe, because, true)),
            Verdict::Unsure { because } => stopped.push((probe, because, false)),
        }
    }
    // What is sure, and what is vital, speaks for the chain.
    let (_, because, is_sure) =
        stopped.iter().max_by_key(|(probe, _, is_sure)| (*is_sure, probe.is_vital))?.clone();
    let probes = stopped.into_iter().map(|(probe, ..)| probe).collect();
    Some(Fault { base, neighbour: neighbour(rules, base), probes, because, is_sure })
}

/// Whose a base chain is: told by its table, or by the chains that it leads to. In the tables that iptables' users share,
/// several may have chains; the one through whose chains an exception lasts longest is named first.
pub(super) fn neighbour(rules: &Ruleset, base: &Place) -> Neighbour {
    match base.table.as_str() {
        "docker-bridges" => return Neighbour::DockerBridges,
        "firewalld" => return Neighbour::Firewalld,
        "libvirt_network" => return Neighbour::Libvirt,
        _ => {}
    }
    let chains = rules.reachable(base);
    let has = |stem: &str| chains.iter().any(|chain| chain.starts_with(stem));
    match () {
        () if has("DOCKER-USER") => Neighbour::Docker,
        () if has("ufw-") || has("ufw6-") => Neighbour::Ufw,
        () if has("LIBVIRT_") => Neighbour::Libvirt,
        () => Neighbour::Somebody,
    }
}
