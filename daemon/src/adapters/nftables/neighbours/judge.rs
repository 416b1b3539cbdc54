//! What becomes of a packet in other programs' chains. Pure. A rule of which it cannot be told whether it fits is passed over;
//! when the packet is dropped in the end, it is remembered that such a rule might have saved it.

use serde_json::Value;

use super::{
    fits::{Fit, fits, fits_key, items},
    probe::Probe,
    rules::{Place, Rule, Ruleset},
};

/// What a base chain does with a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It lets it through.
    Passes,
    /// It drops or refuses it.
    Blocks {
        /// What decides.
        because: String,
    },
    /// It does, unless a rule that cannot be judged decides otherwise.
    Unsure {
        /// What seems to decide, and what cannot be judged.
        because: String,
    },
}

/// As deep as the kernel lets chains lead to chains.
const DEEPEST: usize = 16;
/// Rules that are asked about one packet.
const MOST_RULES: usize = 20_000;
/// Statements that decide nothing.
const IDLE: [&str; 10] = [
    "counter",
    "log",
    "mangle",
    "notrack",
    "last",
    "flow",
    "ct helper",
    "ct timeout",
    "ct expectation",
    "dup",
];

/// What the base chain at `base` does with the packet.
pub(super) fn judge(rules: &Ruleset, base: &Place, probe: &Probe) -> Verdict {
    let mut walk = Walk { rules, probe, rest: MOST_RULES, ways_out: Vec::new() };
    let drops = rules.chain(base).is_some_and(|chain| chain.drops);
    let because = match walk.chain(base, 0) {
        End::Accepted => return Verdict::Passes,
        End::Behind if !drops => return Verdict::Passes,
        End::Behind => "its policy is drop, and no rule accepts them".to_owned(),
        End::Dropped(because) => because,
        End::Lost(because) => return Verdict::Unsure { because },
    };
    match walk.ways_out.first() {
        None => Verdict::Blocks { because },
        Some(rule) => {
            Verdict::Unsure { because: format!("{because}, unless {rule} does, which cannot be judged") }
        }
    }
}

/// How a chain ends for a packet.
enum End {
    Accepted,
    Dropped(String),
    /// Nothing was decided, or a rule returned.
    Behind,
    /// The way cannot be followed.
    Lost(String),
}

/// What a rule does with a packet that it fits.
#[derive(Clone, Copy)]
enum Action<'a> {
    /// Nothing that matters here.
    Idle,
    Accept,
    Drop(&'a str),
    Return,
    Jump(&'a str),
    Goto(&'a str),
}

struct Walk<'a> {
    rules: &'a Ruleset,
    probe: &'a Probe,
    /// How many rules may still be asked.
    rest: usize,
    /// Rules that might have saved the packet.
    ways_out: Vec<String>,
}

impl<'a> Walk<'a> {
    fn chain(&mut self, at: &Place, depth: usize) -> End {
        let rules = self.rules;
        let Some(chain) = rules.chain(at) else {
            return End::Lost(format!("its chain {} is not to be found", at.chain));
        };
        if depth > DEEPEST {
            return End::Lost("its chains lead to each other without an end".to_owned());
        }
        for rule in &chain.rules {
            let Some(rest) = self.rest.checked_sub(1) else {
                return End::Lost(format!("there are more than {MOST_RULES} rules to ask"));
            };
            self.rest = rest;
            let (fit, action) = self.rule(at, rule, depth);
            match fit {
                Fit::Yes => match self.act(at, rule, action, depth) {
                    End::Behind if matches!(action, Action::Idle | Action::Jump(_)) => {}
                    end => return end,
                },
                Fit::Maybe => self.consider(at, rule, action, depth),
                Fit::No => {}
            }
        }
        End::Behind
    }

    /// Whether the rule fits, and what it does then.
    fn rule(&mut self, at: &Place, rule: &'a Rule, depth: usize) -> (Fit, Action<'a>) {
        let mut fit = Fit::Yes;
        for statement in &rule.expr {
            let Some((word, body)) = words_of(statement) else {
                fit = Fit::Maybe;
                continue;
            };
            if let Some(action) = action(word, body) {
                return (fit, action);
            }
            match word {
                "match" => fit = fit.and(fits(self.rules, at, self.probe, body)),
                "vmap" => {
                    let (key_fits, action) = self.look_up(at, rule, body, depth);
                    return (fit.and(key_fits), action);
                }
                word if IDLE.contains(&word) => {}
                // A limit, a quota, a match of iptables without words, or something newer than this.
                _ => fit = fit.and(Fit::Maybe),
            }
            if fit == Fit::No {
                break;
            }
        }
        (fit, Action::Idle)
    }

    /// What a map of verdicts gives for the packet. An element of which it cannot be told whether it is the packet's is
    /// considered, as a rule of which that cannot be told.
    fn look_up(&mut self, at: &Place, rule: &Rule, body: &'a Value, depth: usize) -> (Fit, Action<'a>) {
        let elements = body.get("data").and_then(|data| items(self.rules, at, data));
        let (Some(key), Some(elements)) = (body.get("key"), elements) else {
            return (Fit::Maybe, Action::Idle);
        };
        for element in elements {
            let (Some(item), Some(verdict)) = (element.get(0), element.get(1)) else { continue };
            let action =
                words_of(verdict).and_then(|(word, body)| action(word, body)).unwrap_or(Action::Idle);
            match fits_key(self.probe, key, item) {
                Fit::Yes => return (Fit::Yes, action),
                Fit::Maybe => self.consider(at, rule, action, depth),
                Fit::No => {}
            }
        }
        (Fit::No, Action::Idle)
    }

    fn act(&mut self, at: &Place, rule: &Rule, action: Action<'_>, depth: usize) -> End {
        match action {
            Action::Idle | Action::Return => End::Behind,
            Action::Accept => End::Accepted,
            Action::Drop(word) => {
                End::Dropped(format!("rule {} of its chain {} says {word}", rule.handle, at.chain))
            }
            Action::Jump(to) | Action::Goto(to) => self.chain(&at.beside(to), depth + 1),
        }
    }

    /// Remembers a rule that may fit if it would have saved the packet.
    fn consider(&mut self, at: &Place, rule: &Rule, action: Action<'_>, depth: usize) {
        let is_way_out = match action {
            Action::Accept | Action::Return => true,
            Action::Idle | Action::Drop(_) => false,
            Action::Jump(_) => matches!(self.act(at, rule, action, depth), End::Accepted),
            Action::Goto(_) => matches!(self.act(at, rule, action, depth), End::Accepted | End::Behind),
        };
        if is_way_out {
            self.ways_out.push(format!("rule {} of its chain {}", rule.handle, at.chain));
        }
    }
}

/// A statement's word and what belongs to it.
fn words_of(statement: &Value) -> Option<(&str, &Value)> {
    match statement {
        Value::String(word) => Some((word, &Value::Null)),
        statement => statement.as_object()?.iter().next().map(|(word, body)| (word.as_str(), body)),
    }
}

/// What a statement decides, if it decides something.
fn action<'a>(word: &'a str, body: &'a Value) -> Option<Action<'a>> {
    let target = || body.get("target").and_then(Value::as_str);
    match word {
        // Translating ends a chain as accepting does.
        "accept" | "dnat" | "snat" | "masquerade" | "redirect" => Some(Action::Accept),
        "drop" | "reject" => Some(Action::Drop(word)),
        "return" => Some(Action::Return),
        "continue" => Some(Action::Idle),
        "jump" => target().map(Action::Jump),
        "goto" => target().map(Action::Goto),
        _ => None,
    }
}
