//! What is needed of a rule set as `nft -j -a` prints it. Pure. What is unknown is passed over: other programs, and other
//! versions of nft, say more than is asked for here.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::compat::{self, Lines};
use crate::adapters::nftables::table::TABLE;

/// Families whose chains see instances' packets.
const FAMILIES: [&str; 3] = ["ip", "ip6", "inet"];

/// A chain, or a set, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The table's family.
    pub(super) family: String,
    /// The table.
    pub(super) table: String,
    /// The chain or the set in it.
    pub(super) chain: String,
}

/// A chain with its rules.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    /// The hook of a base chain.
    pub(super) hook: Option<String>,
    /// Which of a hook's chains comes first.
    prio: i64,
    /// Whether a base chain drops what no rule decides about.
    pub(super) drops: bool,
    /// In the order in which they are asked.
    pub(super) rules: Vec<Rule>,
}

/// A rule.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Rule {
    /// What it is deleted by.
    pub(super) handle: u64,
    /// What its author says of it.
    pub(super) comment: Option<String>,
    /// Its statements, as nft words them.
    pub(super) expr: Vec<Value>,
}

/// Tables of other programs.
#[derive(Clone, Debug, Default)]
pub(super) struct Ruleset {
    chains: BTreeMap<Place, Chain>,
    sets: BTreeMap<Place, Vec<Value>>,
}

#[derive(Deserialize)]
struct Listing {
    nftables: Vec<BTreeMap<String, Value>>,
}

#[derive(Deserialize)]
struct TableObject {
    family: String,
    name: String,
}

#[derive(Deserialize)]
struct ChainObject {
    family: String,
    table: String,
    name: String,
    hook: Option<String>,
    #[serde(default)]
    prio: Value,
    policy: Option<String>,
}

#[derive(Deserialize)]
struct RuleObject {
    family: String,
    table: String,
    chain: String,
    #[serde(flatten)]
    rule: Rule,
}

#[derive(Deserialize)]
struct SetObject {
    family: String,
    table: String,
    name: String,
    #[serde(default)]
    elem: Vec<Value>,
}

impl Place {
    /// The place of these names.
    pub(super) fn new(family: &str, table: &str, chain: &str) -> Self {
        Self { family: family.to_owned(), table: table.to_owned(), chain: chain.to_owned() }
    }

    /// Another chain of the same table.
    pub(super) fn beside(&self, chain: &str) -> Self {
        Self::new(&self.family, &self.table, chain)
    }
}

/// Family and name of each table of others whose chains may see instances' packets, from `nft -j list tables`.
pub(super) fn foreign_tables(json: &str) -> Result<Vec<(String, String)>, serde_json::Error> {
    let listing: Listing = serde_json::from_str(json)?;
    let objects = listing.nftables.into_iter().filter_map(|mut object| object.remove("table"));
    let tables = objects.filter_map(|object| serde_json::from_value::<TableObject>(object).ok());
    Ok(tables
        .filter(|table| is_foreign(&table.family, &table.name))
        .map(|table| (table.family, table.name))
        .collect())
}

fn is_foreign(family: &str, table: &str) -> bool {
    FAMILIES.contains(&family) && (family, table) != ("inet", TABLE)
}

impl Ruleset {
    /// Takes a listing in: `json` from `nft -j -a`, and `text` from `nft -a`, which alone tells what a match that was made
    /// by iptables is about.
    pub(super) fn take(&mut self, json: &str, text: &str) -> Result<(), serde_json::Error> {
        let listing: Listing = serde_json::from_str(json)?;
        let lines = Lines::read(text);
        for (kind, object) in listing.nftables.into_iter().flatten() {
            match kind.as_str() {
                "chain" => self.take_chain(object),
                "rule" => self.take_rule(object, &lines),
                "set" | "map" => self.take_set(object),
                _ => {}
            }
        }
        Ok(())
    }

    fn take_chain(&mut self, object: Value) {
        let Ok(object) = serde_json::from_value::<ChainObject>(object) else { return };
        let place = Place { family: object.family, table: object.table, chain: object.name };
        let chain = self.chains.entry(place).or_default();
        chain.hook = object.hook;
        chain.prio = object.prio.as_i64().unwrap_or_default();
        chain.drops = object.policy.as_deref() == Some("drop");
    }

    fn take_rule(&mut self, object: Value, lines: &Lines<'_>) {
        let Ok(object) = serde_json::from_value::<RuleObject>(object) else { return };
        let mut rule = object.rule;
        let line = lines.of(&object.family, &object.table, rule.handle);
        rule.expr = compat::spell_out(rule.expr, line);
        let place = Place { family: object.family, table: object.table, chain: object.chain };
        self.chains.entry(place).or_default().rules.push(rule);
    }

    fn take_set(&mut self, object: Value) {
        let Ok(object) = serde_json::from_value::<SetObject>(object) else { return };
        let place = Place { family: object.family, table: object.table, chain: object.name };
        self.sets.insert(place, object.elem);
    }

    /// Forgets the sets of a table whose listing left out their elements.
    pub(super) fn forget_sets(&mut self, family: &str, table: &str) {
        self.sets.retain(|place, _| (place.family.as_str(), place.table.as_str()) != (family, table));
    }

    /// One chain.
    pub(super) fn chain(&self, place: &Place) -> Option<&Chain> {
        self.chains.get(place)
    }

    /// The elements of a set or a map.
    pub(super) fn elements(&self, place: &Place) -> Option<&[Value]> {
        self.sets.get(place).map(Vec::as_slice)
    }

    /// Others' base chains that are asked about instances' packets at `hook`, in the order in which they are asked.
    pub(super) fn bases(&self, hook: &str) -> Vec<&Place> {
        let here = self.chains.iter().filter(|(place, chain)| {
            chain.hook.as_deref() == Some(hook) && is_foreign(&place.family, &place.table)
        });
        let mut here: Vec<_> = here.map(|(place, chain)| (chain.prio, place)).collect();
        here.sort();
        here.into_iter().map(|(_, place)| place).collect()
    }

    /// The names of a chain and of all chains that it leads to.
    pub(super) fn reachable(&self, from: &Place) -> BTreeSet<String> {
        let mut found = BTreeSet::from([from.chain.clone()]);
        let mut next = vec![from.clone()];
        while let Some(place) = next.pop() {
            let mut targets = Vec::new();
            for rule in self.chain(&place).into_iter().flat_map(|chain| &chain.rules) {
                rule.expr.iter().for_each(|statement| self.targets(&place, statement, &mut targets));
            }
            next.extend(
                targets
                    .into_iter()
                    .filter(|name| found.insert((*name).to_owned()))
                    .map(|name| place.beside(name)),
            );
        }
        found
    }

    /// Where a statement may lead, a map of verdicts included.
    fn targets<'a>(&'a self, at: &Place, value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(parts) => {
                for (key, part) in parts {
                    match part.get("target").and_then(Value::as_str) {
                        Some(target) if key == "jump" || key == "goto" => found.push(target),
                        _ => self.targets(at, part, found),
                    }
                }
            }
            Value::Array(parts) => parts.iter().for_each(|part| self.targets(at, part, found)),
            Value::String(name) => {
                let map = name.strip_prefix('@').and_then(|name| self.elements(&at.beside(name)));
                let verdicts = map.into_iter().flatten().filter_map(|element| element.get(1));
                verdicts.for_each(|verdict| self.targets(at, verdict, found));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
