//! What to do about a chain that stops instances. Pure. For each there are words, and for those that keep a chain for others'
//! rules a repair: exceptions with a comment of ours, which can be put in again and taken out again. They only take instances
//! out of the other program's hands; our own tables judge the packets all the same.

use super::{
    Scope,
    fault::{Fault, Neighbour},
    fits::{Fit, fits},
    probe::Probe,
    rules::{Place, Rule, Ruleset},
};

/// What our exceptions are known by.
const COMMENT: &str = "sloop: let instances through";

/// A chain that another program keeps for others' rules, in a table of iptables.
#[derive(Debug, PartialEq, Eq)]
struct Door {
    family: &'static str,
    /// Where packets are stopped that it is asked about.
    hook: &'static str,
    chain: &'static str,
    /// Before the rules that are there already, or behind them.
    is_first: bool,
}

/// Docker never empties DOCKER-USER, and asks it before anything else; older versions end it with a return, so that what
/// stands behind is never asked. ufw's own commands write into ufw's user chains, where behind the rules that are there means
/// that an administrator's "deny" is still heard; a reload empties them. Its other chains come from files of the administrator's
/// and are no place for us. firewalld's table belongs to it alone: later versions have the kernel refuse anybody else.
const DOORS: [Door; 5] = [
    Door { family: "ip", hook: "forward", chain: "DOCKER-USER", is_first: true },
    Door { family: "ip", hook: "forward", chain: "ufw-user-forward", is_first: false },
    Door { family: "ip", hook: "input", chain: "ufw-user-input", is_first: false },
    Door { family: "ip6", hook: "forward", chain: "DOCKER-USER", is_first: true },
    Door { family: "ip6", hook: "forward", chain: "ufw6-user-forward", is_first: false },
];
/// The table of all doors.
const TABLE: &str = "filter";

/// The door by which the fault can be mended.
fn door(rules: &Ruleset, fault: &Fault<'_>) -> Option<&'static Door> {
    let Place { family, table, .. } = fault.base;
    let chains = rules.reachable(fault.base);
    let mut doors = DOORS.iter().filter(|door| door.family == family && TABLE == table);
    doors.find(|door| door.hook == fault.hook() && chains.contains(door.chain))
}

/// What has to be done so that exceptions stand where `faults` want them: nothing where they stand already, whether they are
/// enough or not, so that nobody quarrels with an administrator's rule.
pub(super) fn mend(rules: &Ruleset, faults: &[Fault<'_>], scope: &Scope) -> String {
    let mut doors = Vec::new();
    for fault in faults {
        if let Some(door) = door(rules, fault)
            && !doors.contains(&door)
            && fault.probes.iter().any(|probe| !stands(rules, door, probe))
        {
            doors.push(door);
        }
    }
    doors.into_iter().map(|door| put(rules, door, scope)).collect()
}

/// What takes every exception of ours out.
pub(super) fn remove(rules: &Ruleset) -> String {
    DOORS.iter().map(|door| removal(rules, door)).collect()
}

/// The chains that hold exceptions of ours.
pub(super) fn standing(rules: &Ruleset) -> Vec<&'static str> {
    let doors = DOORS.iter().filter(|door| ours(rules, door).next().is_some());
    doors.map(|door| door.chain).collect()
}

/// What to do by hand, ready to be pasted, and what the daemon can do.
pub(super) fn words(rules: &Ruleset, fault: &Fault<'_>, scope: &Scope) -> String {
    let by_hand = by_hand(fault, scope);
    if door(rules, fault).is_some() && !scope.repairs {
        return format!("{by_hand}; or let the daemon do it: repair = true under [network]");
    }
    by_hand
}

fn by_hand(fault: &Fault<'_>, scope: &Scope) -> String {
    let (addresses, gateway) = (&scope.addresses, scope.addresses.gateway());
    match (fault.neighbour, fault.hook()) {
        (Neighbour::Docker, "forward") => {
            let iptables = if fault.base.family == "ip6" { "ip6tables" } else { "iptables" };
            let insert = |end| format!("{iptables} -I DOCKER-USER {end} slp-+ -j ACCEPT");
            format!("{}; {}", insert("-i"), insert("-o"))
        }
        (Neighbour::Ufw, "forward") => {
            "ufw route allow in on slp-+ && ufw route allow out on slp-+".to_owned()
        }
        (Neighbour::Ufw, _) if fault.base.family == "ip" => format!(
            "ufw allow in on slp-+ to {gateway} port {} && ufw allow in on slp-+ to {gateway} port {} proto tcp",
            addresses.dns_port, addresses.metadata_port
        ),
        (Neighbour::Firewalld, _) => {
            let ipv6 = addresses.ipv6.map(|range| format!(" --add-source={range}")).unwrap_or_default();
            format!(
                "firewall-cmd --permanent --zone=trusted --add-source={}{ipv6} && firewall-cmd --reload",
                addresses.private
            )
        }
        (_, hook) => in_nft(fault.base, hook),
    }
}

/// For a chain whose owner has no command for it.
fn in_nft(base: &Place, hook: &str) -> String {
    let Place { family, table, chain } = base;
    let owner = "and write the same where that table comes from";
    // The names are somebody's: they are not pasted into a shell unless they are plain.
    if ![family, table, chain].into_iter().all(|name| is_plain(name)) {
        return format!(
            "accept iifname \"slp-*\" and oifname \"slp-*\" in chain {chain:?} of table {family} {table:?}"
        );
    }
    let insert = |end: &str| format!("nft insert rule {family} {table} {chain} {end} '\"slp-*\"' accept");
    match hook {
        "input" => format!("{}; {owner}", insert("iifname")),
        _ => format!("{}; {}; {owner}", insert("iifname"), insert("oifname")),
    }
}

/// Whether nft and a shell read a name as nothing but a name.
pub(super) fn is_plain(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

/// What our exceptions of a door match, in nft's language.
fn exceptions(door: &Door, scope: &Scope) -> Vec<String> {
    let (addresses, gateway) = (&scope.addresses, scope.addresses.gateway());
    let asks = |protocol, port| format!("iifname \"slp-*\" ip daddr {gateway} {protocol} dport {port}");
    match door.hook {
        "input" => vec![
            asks("udp", addresses.dns_port),
            asks("tcp", addresses.dns_port),
            asks("tcp", addresses.metadata_port),
        ],
        _ => vec!["iifname \"slp-*\"".to_owned(), "oifname \"slp-*\"".to_owned()],
    }
}

/// Puts the exceptions in; those of an earlier configuration go.
fn put(rules: &Ruleset, door: &Door, scope: &Scope) -> String {
    let mut wanted = exceptions(door, scope);
    let verb = if door.is_first { "insert" } else { "add" };
    if door.is_first {
        // Each comes before the one that was put in before it.
        wanted.reverse();
    }
    let place = format!("{} {TABLE} {}", door.family, door.chain);
    let rule = |wanted| format!("{verb} rule {place} {wanted} counter accept comment \"{COMMENT}\"\n");
    removal(rules, door) + &wanted.into_iter().map(rule).collect::<String>()
}

fn removal(rules: &Ruleset, door: &Door) -> String {
    let place = format!("{} {TABLE} {}", door.family, door.chain);
    let lines = ours(rules, door).map(|rule| format!("delete rule {place} handle {}", rule.handle));
    lines.flat_map(|line| [line, "\n".to_owned()]).collect()
}

fn ours<'a>(rules: &'a Ruleset, door: &Door) -> impl Iterator<Item = &'a Rule> + use<'a> {
    let chain = rules.chain(&place(door));
    let all = chain.into_iter().flat_map(|chain| &chain.rules);
    all.filter(|rule| rule.comment.as_deref() == Some(COMMENT))
}

/// Whether one of our exceptions in the door is for the packet.
fn stands(rules: &Ruleset, door: &Door, probe: &Probe) -> bool {
    let at = place(door);
    ours(rules, door).any(|rule| {
        let mut matches = rule.expr.iter().filter_map(|statement| statement.get("match"));
        matches.all(|body| fits(rules, &at, probe, body) == Fit::Yes)
    })
}

fn place(door: &Door) -> Place {
    Place::new(door.family, TABLE, door.chain)
}
