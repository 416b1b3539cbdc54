//! Over rule sets as nft 1.0.6 printed them, in namespaces where these programs had put them up: ufw 0.36, firewalld 2.4, libvirt
//! 11.3; Docker's by its documentation.

use rstest::rstest;

use super::*;
use crate::model::Verdict;

fn scope() -> Scope {
    let addresses = Addresses {
        private: "172.26.0.0/16".parse().expect("a range"),
        public: "172.27.0.0/22".parse().expect("a range"),
        metadata_port: 8169,
        dns_port: 8053,
        ipv6: None,
    };
    Scope { addresses, repairs: false }
}

fn scope6() -> Scope {
    let mut scope = scope();
    scope.addresses.ipv6 = Some("2001:db8:12::/48".parse().expect("a range"));
    scope
}

fn look(name: &str) -> Look {
    let fixture = |end| {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/src/adapters/nftables/neighbours/fixtures");
        std::fs::read_to_string(format!("{dir}/{name}.{end}"))
    };
    let mut rules = Ruleset::default();
    let json = fixture("json").expect("a listing");
    rules.take(&json, &fixture("txt").unwrap_or_default()).expect("nft's JSON");
    let name = || Some("eth0".to_owned());
    Look { rules, unread: Vec::new(), uplinks: Uplinks { v4: name(), v6: name() }, has_legacy: false }
}

/// What is stopped, a chain a line; `?` where that is not sure.
fn stopped(look: &Look, scope: &Scope) -> Vec<String> {
    let probes = probes(scope, &look.uplinks);
    let line = |fault: &Fault<'_>| {
        let mut losses: Vec<&str> =
            fault.probes.iter().map(|probe| probe.loss.rsplit(' ').next().expect("a word")).collect();
        losses.dedup();
        let (base, sure) = (fault.base, if fault.is_sure { "" } else { "?" });
        format!("{} {} {}{sure}: {}", fault.neighbour.name(), base.table, base.chain, losses.join(" "))
    };
    faults(&look.rules, &probes).iter().map(line).collect()
}

fn mended(look: &Look, scope: &Scope) -> String {
    let probes = probes(scope, &look.uplinks);
    remedy::mend(&look.rules, &faults(&look.rules, &probes), scope)
}

#[rstest]
#[case("docker-iptables", &["Docker filter FORWARD: world them"])]
#[case("docker-old", &["Docker filter FORWARD: world them"])]
#[case("docker-repaired", &[])]
#[case("docker-nftables", &[])]
#[case("ufw", &["ufw filter FORWARD: world them", "ufw filter INPUT: names metadata"])]
#[case("ufw-repaired", &[])]
#[case("docker-and-ufw", &["Docker filter FORWARD: world them", "ufw filter INPUT: names metadata"])]
#[case("firewalld", &["firewalld firewalld filter_FORWARD: world"])]
#[case("firewalld-trusted", &[])]
#[case("libvirt-iptables", &[])]
#[case("libvirt-nftables", &[])]
#[case("native", &["another firewall filter forward: world them", "another firewall filter input: names metadata"])]
#[case("sorts", &["another firewall sorts forward?: world them", "another firewall sorts input: metadata"])]
fn chains_that_stop_instances_are_found(#[case] name: &str, #[case] chains: &[&str]) {
    assert_eq!(stopped(&look(name), &scope()), chains, "{name}");
}

#[test]
fn chains_that_stop_ipv6_are_found() {
    let stopped = |name| stopped(&look(name), &scope6());
    assert_eq!(stopped("ufw-ipv6"), ["ufw filter FORWARD: IPv6"]);
    assert_eq!(stopped("firewalld"), ["firewalld firewalld filter_FORWARD: world IPv6"]);
    assert_eq!(stopped("libvirt-iptables").len() + stopped("docker-nftables").len(), 0);
    let native = stopped("native");
    assert_eq!(
        native[..2],
        ["another firewall filter forward: world them IPv6", "another firewall filter FORWARD: IPv6"]
    );
    // Guests and hosts do without.
    let findings = findings(&look("ufw-ipv6"), &scope6());
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Warning), "{findings:?}");
    let text = mended(&look("ufw-ipv6"), &scope6());
    assert!(text.lines().all(|line| line.starts_with("add rule ip6 filter ufw6-user-forward ")), "{text}");
    assert_eq!(text.lines().count(), 2);
}

#[test]
fn without_iptables_words_nothing_is_sure() {
    // As if `nft -a` had printed nothing: whether a packet belongs to a connection cannot be told.
    let mut blind = look("ufw");
    let json = include_str!("fixtures/ufw.json");
    blind.rules = Ruleset::default();
    blind.rules.take(json, "").expect("nft's JSON");
    assert_eq!(
        stopped(&blind, &scope()),
        ["ufw filter FORWARD?: world them", "ufw filter INPUT?: names metadata"]
    );
}

#[test]
fn sets_may_not_be_known() {
    let mut look = look("sorts");
    look.rules.forget_sets("inet", "sorts");
    let stopped = stopped(&look, &scope());
    assert_eq!(
        stopped,
        ["another firewall sorts forward?: world them", "another firewall sorts input: metadata"]
    );
}

#[test]
fn the_uplink_may_not_be_known() {
    for name in ["docker-iptables", "ufw", "firewalld", "native"] {
        let (known, mut unknown) = (look(name), look(name));
        unknown.uplinks = Uplinks::default();
        let plain = |look| stopped(look, &scope()).concat().replace('?', "");
        assert_eq!(plain(&unknown), plain(&known), "{name}");
    }
}

#[rstest]
#[case(
    "docker-iptables",
    "beside Docker",
    "its policy is drop",
    "iptables -I DOCKER-USER -i slp-+ -j ACCEPT"
)]
#[case("ufw", "beside ufw", "its policy is drop", "ufw route allow in on slp-+")]
#[case("firewalld", "beside firewalld", "says reject", "--zone=trusted --add-source=172.26.0.0/16")]
#[case(
    "native",
    "beside others",
    "its policy is drop",
    "nft insert rule inet filter forward iifname '\"slp-*\"' accept"
)]
fn the_doctor_says_what_to_do(
    #[case] name: &str,
    #[case] subject: &str,
    #[case] why: &str,
    #[case] words: &str,
) {
    let findings = findings(&look(name), &scope());
    let Some(first) = findings.first() else { panic!("{name}: nothing found") };
    assert_eq!((first.subject.as_str(), first.verdict), (subject, Verdict::Failed), "{name}");
    assert!(first.detail.contains(why) && first.remedy.contains(words), "{name}: {first:?}");
}

#[test]
fn the_daemon_offers_to_do_it_where_it_can() {
    let offers = |name, repairs| {
        let findings = findings(&look(name), &Scope { repairs, ..scope() });
        findings.iter().filter(|finding| finding.remedy.contains("repair = true")).count()
    };
    assert_eq!((offers("docker-and-ufw", false), offers("docker-and-ufw", true)), (2, 0));
    assert_eq!((offers("firewalld", false), offers("native", false)), (0, 0));
}

#[test]
fn all_is_well_with_our_exceptions() {
    let [finding] = findings(&look("ufw-repaired"), &scope()).try_into().expect("one finding");
    assert_eq!(finding.verdict, Verdict::Ok);
    assert!(finding.detail.ends_with("ufw-user-forward, ufw-user-input"), "{}", finding.detail);
    let [finding] = findings(&look("libvirt-iptables"), &scope()).try_into().expect("one finding");
    assert!(finding.detail.ends_with("looked at: libvirt"), "{}", finding.detail);
}

#[test]
fn what_cannot_be_looked_at_is_said() {
    let mut look = look("libvirt-nftables");
    look.unread.push("table inet \"a;b\": its name cannot be said to nft".to_owned());
    look.has_legacy = true;
    let findings = findings(&look, &scope());
    assert_eq!(findings.len(), 2);
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Warning));
}

#[test]
fn exceptions_are_put_where_there_is_a_place_for_them() {
    let docker = "insert rule ip filter DOCKER-USER oifname \"slp-*\" counter accept comment \"sloop: let instances through\"\n\
                  insert rule ip filter DOCKER-USER iifname \"slp-*\" counter accept comment \"sloop: let instances through\"\n";
    for name in ["docker-iptables", "docker-old"] {
        assert_eq!(mended(&look(name), &scope()), docker);
    }
    let ufw = mended(&look("ufw"), &scope());
    let rules: Vec<&str> = ufw.lines().filter_map(|line| line.split(" counter ").next()).collect();
    assert_eq!(
        rules,
        [
            "add rule ip filter ufw-user-forward iifname \"slp-*\"",
            "add rule ip filter ufw-user-forward oifname \"slp-*\"",
            "add rule ip filter ufw-user-input iifname \"slp-*\" ip daddr 172.26.0.1 udp dport 8053",
            "add rule ip filter ufw-user-input iifname \"slp-*\" ip daddr 172.26.0.1 tcp dport 8053",
            "add rule ip filter ufw-user-input iifname \"slp-*\" ip daddr 172.26.0.1 tcp dport 8169",
        ]
    );
    let both = mended(&look("docker-and-ufw"), &scope());
    assert!(both.starts_with(docker) && both.lines().count() == 5 && !both.contains("ufw-user-forward"));
    for name in ["firewalld", "native", "sorts", "libvirt-iptables"] {
        assert_eq!(mended(&look(name), &scope()), "", "{name}");
    }
}

#[test]
fn exceptions_are_put_in_once_and_taken_out_by_handle() {
    for (name, handles) in [("docker-repaired", 2), ("ufw-repaired", 5), ("docker-and-ufw", 0)] {
        let text = remedy::remove(&look(name).rules);
        assert_eq!(text.lines().count(), handles, "{name}: {text}");
        assert!(
            text.lines().all(|line| line.starts_with("delete rule ip filter ") && line.contains(" handle "))
        );
    }
    for name in ["docker-repaired", "ufw-repaired"] {
        assert_eq!(mended(&look(name), &scope()), "", "{name}");
    }
}

#[test]
fn exceptions_follow_the_configuration() {
    let mut moved = scope();
    moved.addresses.dns_port = 5353;
    let text = mended(&look("ufw-repaired"), &moved);
    let (gone, come): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with("delete "));
    assert_eq!((gone.len(), come.len()), (3, 3), "{text}");
    assert!(text.contains("udp dport 5353") && !text.contains("8053"));
}

#[test]
fn nobody_quarrels_with_an_administrator() {
    // A rule above ours that drops what instances send: ours stands, and is not put in again.
    let mut look = look("docker-repaired");
    let deny = r#"{"nftables": [
        {"chain": {"family": "ip", "table": "filter", "name": "DOCKER-USER", "handle": 1}},
        {"rule": {"family": "ip", "table": "filter", "chain": "DOCKER-USER", "handle": 90, "expr": [{"drop": null}]}},
        {"rule": {"family": "ip", "table": "filter", "chain": "DOCKER-USER", "handle": 91, "comment": "sloop: let instances through",
            "expr": [{"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "slp-*"}}, {"accept": null}]}},
        {"rule": {"family": "ip", "table": "filter", "chain": "DOCKER-USER", "handle": 92, "comment": "sloop: let instances through",
            "expr": [{"match": {"op": "==", "left": {"meta": {"key": "oifname"}}, "right": "slp-*"}}, {"accept": null}]}},
        {"chain": {"family": "ip", "table": "filter", "name": "FORWARD", "hook": "forward", "prio": 0, "policy": "drop"}},
        {"rule": {"family": "ip", "table": "filter", "chain": "FORWARD", "handle": 1, "expr": [{"jump": {"target": "DOCKER-USER"}}]}}
    ]}"#;
    look.rules = Ruleset::default();
    look.rules.take(deny, "").expect("nft's JSON");
    assert_eq!(stopped(&look, &scope()), ["Docker filter FORWARD: world them"]);
    assert_eq!(mended(&look, &scope()), "");
}

#[test]
fn what_nobody_knows_yet_is_not_stumbled_over() {
    let json = r#"{"nftables": [
        {"metainfo": {"version": "9.9.9"}}, {"flowtable": {"name": "f"}}, {"chain": {"name": "half"}},
        {"chain": {"family": "ip6", "table": "a", "name": "f", "hook": "forward", "prio": 0, "policy": "drop"}},
        {"chain": {"family": "inet", "table": "sloop", "name": "f", "hook": "forward", "prio": 0, "policy": "drop"}},
        {"chain": {"family": "inet", "table": "a", "name": "f", "hook": "forward", "prio": "odd", "policy": "drop"}},
        {"rule": {"family": "inet", "table": "a", "chain": "f", "handle": 1, "expr": ["notrack", {"quantum": 1}, {"accept": null}]}},
        {"rule": {"family": "inet", "table": "a", "chain": "f", "handle": 2, "expr": [{"goto": {"target": "f"}}]}}
    ]}"#;
    let mut look = look("libvirt-nftables");
    look.rules = Ruleset::default();
    look.rules.take(json, "").expect("nft's JSON");
    let words = findings(&look, &scope());
    assert!(words.iter().all(|finding| finding.detail.contains("may stop")), "{words:?}");
    assert!(look.rules.take("nonsense", "").is_err());
}

#[test]
fn odd_names_are_not_pasted_into_a_shell() {
    let json = r#"{"nftables": [
        {"chain": {"family": "inet", "table": "a;reboot", "name": "f", "hook": "forward", "prio": 0, "policy": "drop"}}]}"#;
    let mut look = look("libvirt-nftables");
    look.rules = Ruleset::default();
    look.rules.take(json, "").expect("nft's JSON");
    let words = findings(&look, &scope());
    assert!(words.iter().all(|finding| !finding.remedy.contains("nft insert")), "{words:?}");
}

#[test]
fn our_own_tables_are_not_looked_at() {
    let json = r#"{"nftables": [{"metainfo": {}}, {"table": {"family": "inet", "name": "sloop", "handle": 1}},
        {"table": {"family": "arp", "name": "sloop"}}, {"table": {"family": "ip6", "name": "filter"}},
        {"table": {"family": "ip", "name": "filter"}}, {"table": {"family": "inet", "name": "firewalld"}}]}"#;
    let tables = rules::foreign_tables(json).expect("nft's JSON");
    let names: Vec<String> = tables.iter().map(|(family, name)| format!("{family} {name}")).collect();
    assert_eq!(names, ["ip6 filter", "ip filter", "inet firewalld"]);
}
