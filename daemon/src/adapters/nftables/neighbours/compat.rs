//! Rules that were made by iptables. Pure. nft's JSON says of one of their matches only what it is called; its text says what
//! it is about, in nft's own words. Here those words are put into the JSON, so that nobody else has to know of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Targets of iptables behind which the next rule is asked.
const IDLE: [&str; 14] = [
    "LOG", "NFLOG", "ULOG", "MARK", "CONNMARK", "CLASSIFY", "TCPMSS", "TOS", "DSCP", "AUDIT", "CHECKSUM",
    "SET", "CT", "TRACE",
];

/// The rules of a listing of `nft -a`, as text.
pub(super) struct Lines<'a>(BTreeMap<(&'a str, &'a str, u64), &'a str>);

impl<'a> Lines<'a> {
    /// Finds every rule by its table and its handle.
    pub(super) fn read(listing: &'a str) -> Self {
        let (mut lines, mut table) = (BTreeMap::new(), ("", ""));
        for line in listing.lines() {
            if let Some(names) = line.strip_prefix("table ") {
                let mut names = names.split_whitespace();
                table = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
            } else if let Some((rule, handle)) = line.rsplit_once(" # handle ")
                && let Ok(handle) = handle.trim().parse::<u64>()
                && !rule.ends_with('{')
            {
                lines.insert((table.0, table.1, handle), rule.trim());
            }
        }
        Self(lines)
    }

    /// The text of one rule; empty where it is not known.
    pub(super) fn of(&self, family: &str, table: &str, handle: u64) -> &str {
        self.0.get(&(family, table, handle)).copied().unwrap_or_default()
    }
}

/// The statements of a rule, with nft's words in the place of iptables' where they are known. Those that remain cannot be
/// decided.
pub(super) fn spell_out(expr: Vec<Value>, line: &str) -> Vec<Value> {
    // What a rule's comment says is not what it does.
    let line = line.split(" comment \"").next().unwrap_or_default();
    let words: Vec<&str> = line.split_whitespace().collect();
    expr.into_iter()
        .flat_map(|statement| match statement.get("xt") {
            Some(xt) => in_words(xt.get("name").and_then(Value::as_str), &words).unwrap_or(vec![statement]),
            None => vec![statement],
        })
        .collect()
}

/// What stands for a match or a target of iptables; nothing where it cannot be said.
fn in_words(name: Option<&str>, words: &[&str]) -> Option<Vec<Value>> {
    let one = |statement: Option<Value>| statement.map(|statement| vec![statement]);
    match name {
        Some("comment") => Some(Vec::new()),
        Some(name) if IDLE.contains(&name) => Some(Vec::new()),
        Some("conntrack" | "state") => one(state(words)),
        Some("addrtype") => one(kind_of_address(words)),
        Some("multiport") => one(ports(words)),
        Some("icmp") => one(Some(test("==", &json!({"meta": {"key": "l4proto"}}), &json!("icmp")))),
        Some("icmp6") => one(kind_of_icmpv6(words)),
        Some("hl") => one(hops(words)),
        Some("REJECT") => Some(vec![json!({"reject": null})]),
        Some(_) => None,
        // Until version 1.0.5, nft does not even say what it is called.
        None => nameless(words),
    }
}

fn nameless(words: &[&str]) -> Option<Vec<Value>> {
    if words.iter().any(|word| *word == "xt" || word.starts_with("xt_")) {
        return None;
    }
    let reject = words.contains(&"reject").then(|| json!({"reject": null}));
    let known: Vec<Value> =
        [state(words), kind_of_address(words), ports(words), reject].into_iter().flatten().collect();
    (!known.is_empty()).then_some(known)
}

/// `ct state new,established`, where nothing else is asked about the connection: of `--ctstate RELATED,ESTABLISHED,DNAT` the
/// words leave out all but the last.
fn state(words: &[&str]) -> Option<Value> {
    let place = only(words, "ct")?;
    let ["state", rest @ ..] = words.get(place + 1..)? else { return None };
    let (op, states) = operand(rest)?;
    Some(test(op, &json!({"ct": {"key": "state"}}), &json!({ "set": states })))
}

/// `fib daddr type local`. Where the source is asked for too, the words leave out the destination.
fn kind_of_address(words: &[&str]) -> Option<Value> {
    let place = only(words, "fib")?;
    let ["daddr", "type", rest @ ..] = words.get(place + 1..)? else { return None };
    let (op, kinds) = operand(rest)?;
    Some(test(op, &json!({"fib": {"result": "type", "flags": ["daddr"]}}), &json!({ "set": kinds })))
}

/// `icmpv6 type nd-neighbor-solicit`, where no code is asked for.
fn kind_of_icmpv6(words: &[&str]) -> Option<Value> {
    let place = only(words, "type")?;
    let (op, kinds) = operand(words.get(place + 1..)?)?;
    let left = json!({"payload": {"protocol": "icmpv6", "field": "type"}});
    (!words.contains(&"code")).then(|| test(op, &left, &json!({ "set": kinds })))
}

/// `ip6 hoplimit 255`.
fn hops(words: &[&str]) -> Option<Value> {
    let place = only(words, "hoplimit")?;
    let ["255"] = words.get(place + 1..=place + 1)? else { return None };
    let left = json!({"payload": {"protocol": "ip6", "field": "hoplimit"}});
    Some(test("==", &left, &json!(255)))
}

/// `tcp dport { 53, 80-90 }`. The protocol is a match of its own.
fn ports(words: &[&str]) -> Option<Value> {
    let place = only(words, "dport")?;
    if words.contains(&"sport") {
        return None;
    }
    let (op, ports) = operand(words.get(place + 1..)?)?;
    let ports: Option<Vec<Value>> = ports.iter().map(|port| range(port)).collect();
    Some(test(op, &json!({"payload": {"protocol": "th", "field": "dport"}}), &json!({ "set": ports? })))
}

fn range(text: &str) -> Option<Value> {
    match text.split_once('-') {
        Some((first, last)) => {
            Some(json!({"range": [first.parse::<u16>().ok()?, last.parse::<u16>().ok()?]}))
        }
        None => text.parse::<u16>().ok().map(|port| json!(port)),
    }
}

fn test(op: &str, left: &Value, right: &Value) -> Value {
    json!({"match": {"op": op, "left": left, "right": right}})
}

/// Where the word stands, if it is there once.
fn only(words: &[&str], word: &str) -> Option<usize> {
    let mut places = words.iter().enumerate().filter(|(_, one)| **one == word).map(|(place, _)| place);
    places.next().filter(|_| places.next().is_none())
}

/// An operator, and what stands behind it: a word, words with commas, or a set.
fn operand(words: &[&str]) -> Option<(&'static str, Vec<String>)> {
    let (op, words) = match words {
        ["!" | "!=", rest @ ..] => ("!=", rest),
        _ => ("==", words),
    };
    let text = match words {
        ["{", rest @ ..] => rest.iter().take_while(|word| **word != "}").copied().collect::<String>(),
        [first, ..] => (*first).to_owned(),
        [] => return None,
    };
    Some((op, text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelt(name: &str, line: &str) -> String {
        let expr = vec![json!({"xt": {"type": "match", "name": name}}), json!({"accept": null})];
        Value::Array(spell_out(expr, line)).to_string()
    }

    #[test]
    fn what_iptables_made_is_put_into_words() {
        for (name, line, words) in [
            (
                "conntrack",
                "ct state related,established counter accept",
                r#""right":{"set":["related","established"]}"#,
            ),
            ("conntrack", "ct state ! new counter accept", r#""op":"!=""#),
            ("conntrack", "ct state invalid counter reject with tcp reset", r#""set":["invalid"]"#),
            ("addrtype", "fib daddr type != local accept", r#""op":"!=""#),
            ("multiport", "meta l4proto tcp tcp dport { 53, 80-90 } accept", r#"[53,{"range":[80,90]}]"#),
            ("multiport", "meta l4proto udp udp dport != 53 accept", r#""right":{"set":[53]}"#),
            ("icmp", "meta l4proto icmp icmp type echo-request accept", r#""right":"icmp""#),
            ("icmp6", "icmpv6 type nd-neighbor-solicit accept", r#""set":["nd-neighbor-solicit"]"#),
            ("hl", "ip6 hoplimit 255 accept", r#""right":255"#),
            ("REJECT", "counter reject", r#"{"reject":null}"#),
        ] {
            let text = spelt(name, line);
            assert!(text.contains(words) && !text.contains("xt"), "{line}: {text}");
        }
        for idle in ["comment", "LOG", "MARK"] {
            assert_eq!(spelt(idle, "counter accept"), r#"[{"accept":null}]"#);
        }
    }

    #[test]
    fn what_the_words_leave_out_stays_undecided() {
        for (name, line) in [
            ("conntrack", "ct status dnat counter accept"),
            ("conntrack", "ct direction original ct state new accept"),
            ("conntrack", ""),
            ("conntrack", r#"counter accept comment "ct state new""#),
            ("addrtype", "fib saddr type local accept"),
            ("addrtype", "fib daddr . iif type local accept"),
            ("multiport", "tcp sport . tcp dport { 0-65535 . 53 } accept"),
            ("hashlimit", "xt match hashlimit counter accept"),
            ("icmp6", "icmpv6 type nd-redirect icmpv6 code no-route accept"),
            ("hl", "ip6 hoplimit lt 5 accept"),
        ] {
            assert!(spelt(name, line).contains("xt"), "{line}");
        }
    }

    #[test]
    fn an_old_nft_does_not_say_what_a_match_is_called() {
        let expr = || vec![json!({"xt": null}), json!({"xt": null})];
        let known = spell_out(expr(), "ct state new counter reject");
        assert!(known.iter().all(|statement| statement.get("xt").is_none()));
        let unknown = spell_out(expr(), "ct state new # xt_hashlimit");
        assert_eq!(unknown, expr());
    }

    #[test]
    fn lines_are_found_by_table_and_handle() {
        let text = "table ip a { # handle 1\n\tchain x { # handle 2\n\t\tct state new accept # handle 2\n\t}\n}\n\
                    table inet a { # handle 2\n\tchain x { # handle 1\n\t\tdrop # handle 2\n";
        let lines = Lines::read(text);
        assert_eq!(lines.of("ip", "a", 2), "ct state new accept");
        assert_eq!(lines.of("inet", "a", 2), "drop");
        assert_eq!(lines.of("ip", "b", 2), "");
    }
}
