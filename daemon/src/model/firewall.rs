//! The rules of one instance together: what opening, closing and putting come to.

use super::{Error, Kind, PortRange, PortRule, Result, Sources};

/// Rules that an instance may have for each family of addresses, as at Lightsail.
const RULES_MAX: usize = 60;

/// `rules` with `rule` besides. Sources join those that a rule of the same range has: opening closes nothing.
pub fn opened(rules: &[PortRule], rule: PortRule) -> Result<Vec<PortRule>> {
    let mut rules = rules.to_vec();
    match rules.iter_mut().find(|one| one.range == rule.range) {
        Some(same) => {
            same.sources.v4.extend(rule.sources.v4);
            same.sources.v6.extend(rule.sources.v6);
            same.sources.host |= rule.sources.host;
        }
        None => rules.push(rule),
    }
    within_quota(rules)
}

/// These rules and no others; those of one range become one.
pub fn put(wanted: Vec<PortRule>) -> Result<Vec<PortRule>> {
    wanted.into_iter().try_fold(Vec::new(), |rules, rule| opened(&rules, rule))
}

/// `rules` without that of `range`, or, where sources are named, without these. What is not open is closed already; what a
/// wider rule would keep open is refused, so that nobody takes it for closed.
pub fn closed(rules: &[PortRule], range: PortRange, sources: &Sources) -> Result<Vec<PortRule>> {
    let left = without(rules, range, sources);
    if left == rules
        && let Some(wider) = rules.iter().find(|rule| rule.range.overlaps(range))
    {
        let message = format!("There is no such rule, and {} keeps it open", wider.range);
        return Err(Error::new(Kind::WrongState, "PortRuleNotFound", message)
            .tip("close the rule as it was opened, or put the rules that you want: sloop firewall list"));
    }
    Ok(left)
}

fn without(rules: &[PortRule], range: PortRange, sources: &Sources) -> Vec<PortRule> {
    let rest = rules.iter().filter_map(|rule| {
        if rule.range != range {
            return Some(rule.clone());
        }
        if sources.is_empty() {
            return None;
        }
        let mut left = rule.clone();
        left.sources.v4.retain(|net| !sources.v4.contains(net));
        left.sources.v6.retain(|net| !sources.v6.contains(net));
        left.sources.host &= !sources.host;
        (!left.sources.is_empty()).then_some(left)
    });
    rest.collect()
}

fn within_quota(rules: Vec<PortRule>) -> Result<Vec<PortRule>> {
    let count = |of: fn(&PortRule) -> bool| rules.iter().filter(|rule| of(rule)).count();
    let v4 = count(|rule| !rule.sources.v4.is_empty() || rule.sources.host);
    let v6 = count(|rule| !rule.sources.v6.is_empty());
    for (family, number) in [("IPv4", v4), ("IPv6", v6)] {
        if number > RULES_MAX {
            let message =
                format!("An instance has at most {RULES_MAX} rules for {family}; these are {number}");
            return Err(Error::new(Kind::Quota, "PortRuleLimitExceeded", message)
                .tip("join neighbouring ports into one range, or close what is not needed"));
        }
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Protocol;

    fn rule(port: u16, cidrs: &[&str]) -> PortRule {
        let cidrs: Vec<_> = cidrs.iter().map(|&cidr| cidr.to_owned()).collect();
        PortRule { range: PortRange::tcp(port), sources: Sources::parse(&cidrs, &[], &[]).expect("sound") }
    }

    #[test]
    fn opening_adds_and_closes_nothing() {
        let rules = opened(&[rule(22, &["10.0.0.0/8"])], rule(22, &["192.0.2.1"])).expect("room");
        assert_eq!(rules, [rule(22, &["10.0.0.0/8", "192.0.2.1"])]);
        let rules = opened(&rules, rule(80, &["10.0.0.0/8"])).expect("room");
        assert_eq!(rules.len(), 2);
    }

    #[test]
    fn closing_takes_the_rule_or_the_sources_that_are_named() {
        let rules = [rule(22, &["10.0.0.0/8", "192.0.2.1"]), rule(80, &["10.0.0.0/8"])];
        let range = PortRange::tcp(22);
        let closed =
            |rules: &[PortRule], range, sources: &Sources| closed(rules, range, sources).expect("closed");
        assert_eq!(closed(&rules, range, &Sources::default()), [rules[1].clone()]);
        let less = closed(&rules, range, &rule(22, &["192.0.2.1"]).sources);
        assert_eq!(less, [rule(22, &["10.0.0.0/8"]), rules[1].clone()]);
        assert_eq!(closed(&less, range, &rule(22, &["10.0.0.0/8"]).sources), [rules[1].clone()]);
        assert_eq!(closed(&rules, PortRange::tcp(443), &Sources::default()), rules);
        let other = PortRange { protocol: Protocol::Udp, ..range };
        assert_eq!(closed(&rules, other, &Sources::default()), rules);
    }

    #[test]
    fn what_a_wider_rule_keeps_open_is_not_said_to_be_closed() {
        let wide = PortRange { protocol: Protocol::Tcp, from: 8000, to: 8100 };
        let all = PortRange { protocol: Protocol::All, from: 0, to: 65_535 };
        for open in [wide, all] {
            let rules = [PortRule::everybody(open)];
            let error = closed(&rules, PortRange::tcp(8000), &Sources::default()).expect_err("still open");
            assert_eq!(error.code, "PortRuleNotFound");
        }
        let rules = [rule(22, &["10.0.0.0/8"])];
        let narrower = rule(22, &["10.1.0.0/16"]).sources;
        assert!(closed(&rules, PortRange::tcp(22), &narrower).is_err());
        let udp = PortRange { protocol: Protocol::Udp, ..wide };
        assert!(closed(&[PortRule::everybody(udp)], PortRange::tcp(8000), &Sources::default()).is_ok());
    }

    #[test]
    fn sixty_rules_for_a_family_and_no_more() {
        let many: Vec<_> = (0..60).map(|port| rule(1000 + port, &["10.0.0.0/8"])).collect();
        let rules = put(many).expect("sixty");
        assert_eq!(opened(&rules, rule(5, &["10.0.0.0/8"])).expect_err("one too many").kind, Kind::Quota);
        let v6 = PortRule {
            range: PortRange::tcp(5),
            sources: Sources::parse(&[], &["::/0".to_owned()], &[]).expect("sound"),
        };
        assert_eq!(opened(&rules, v6).expect("the other family has room").len(), 61);
    }

    #[test]
    fn what_is_put_twice_is_one() {
        let rules = put(vec![rule(22, &["10.0.0.0/8"]), rule(22, &["10.0.0.0/8"])]).expect("room");
        assert_eq!(rules, [rule(22, &["10.0.0.0/8"])]);
    }
}
