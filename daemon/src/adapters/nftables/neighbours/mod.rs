//! Other programs' chains that instances' packets come through. An accept in our tables does not undo a drop in theirs, so the
//! doctor names the chain that stops instances, and what to do; where it is configured, exceptions are put where the other
//! program keeps a place for them.
//!
//! `read` looks, the rest is pure: `rules` is what was seen (`compat` puts iptables' rules into nft's words), `probe` has packets
//! of instances, `fits` and `judge` follow them, `fault` says who stops them, `remedy` what to do.

mod compat;
mod fault;
mod fits;
mod judge;
mod probe;
mod read;
mod remedy;
mod rules;
#[cfg(test)]
mod tests;

use self::{
    fault::{Fault, Neighbour, faults, neighbour},
    probe::probes,
    read::Look,
    rules::Ruleset,
};
use super::{Addresses, nft};
use crate::model::{Finding, Result};

/// What findings are about where no program can be named.
const SUBJECT: &str = "beside others";
/// A rule that goes between looking and deleting fails the transaction; then it is looked at again.
const TRIES: usize = 3;

/// What instances are to be let through for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    /// Where they are, and where they are answered.
    pub(super) addresses: Addresses,
    /// Whether `repair` is called, so that nobody is told to do it by hand.
    pub(super) repairs: bool,
}

/// The interfaces by which the world is reached, where they are known.
#[derive(Clone, Debug, Default)]
struct Uplinks {
    v4: Option<String>,
    v6: Option<String>,
}

/// What the doctor says of other programs' chains.
pub(super) async fn examine(scope: &Scope) -> Vec<Finding> {
    match read::look().await {
        Ok(look) => findings(&look, scope),
        Err(error) => {
            let why = format!("other programs' rules cannot be looked at: {}", error.message);
            vec![Finding::warning(SUBJECT, why, "look at them by hand: nft list ruleset")]
        }
    }
}

/// Puts exceptions for instances where chains of others stop them and keep a place for such. Can be said again at any time:
/// where they stand nothing is done. Says the id of the process that does it before it begins.
pub(super) async fn repair(scope: &Scope, is_by: impl Fn(u32)) -> Result<()> {
    change(is_by, |look| {
        let probes = probes(scope, &look.uplinks);
        remedy::mend(&look.rules, &faults(&look.rules, &probes), scope)
    })
    .await
}

/// Takes every exception of ours out again.
pub(super) async fn withdraw(is_by: impl Fn(u32)) -> Result<()> {
    change(is_by, |look| remedy::remove(&look.rules)).await
}

/// Looks, and does what is to be done then.
async fn change(is_by: impl Fn(u32), text: impl Fn(&Look) -> String) -> Result<()> {
    let mut tries = 1;
    loop {
        let text = text(&read::look().await?);
        if text.is_empty() {
            return Ok(());
        }
        match nft::commit(&text, &is_by).await {
            Ok(()) => {
                tracing::info!(rules = text, "exceptions for instances, in chains of other programs");
                return Ok(());
            }
            Err(error) if tries == TRIES => return Err(error),
            Err(_) => tries += 1,
        }
    }
}

fn findings(look: &Look, scope: &Scope) -> Vec<Finding> {
    let probes = probes(scope, &look.uplinks);
    let faults = faults(&look.rules, &probes);
    let mut findings: Vec<Finding> = faults.iter().map(|fault| finding(look, fault, scope)).collect();
    findings.extend(look.unread.iter().map(|what| {
        Finding::warning(SUBJECT, format!("not looked at: {what}"), "look at it by hand: nft list ruleset")
    }));
    if look.has_legacy {
        findings.push(Finding::warning(
            SUBJECT,
            "iptables-legacy has a filter table, which nft does not see",
            "if it stops instances: iptables-legacy -I FORWARD -i slp-+ -j ACCEPT, the same with -o, and \
             iptables-legacy -I INPUT -i slp-+ -j ACCEPT",
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(SUBJECT, in_order(&look.rules)));
    }
    findings
}

fn finding(look: &Look, fault: &Fault<'_>, scope: &Scope) -> Finding {
    let name = fault.neighbour.name();
    let (base, because) = (fault.base, &fault.because);
    let stops = if fault.is_sure { "stops instances" } else { "may stop instances" };
    let mut losses: Vec<&str> = fault.probes.iter().map(|probe| probe.loss).collect();
    losses.dedup();
    let subject = match fault.neighbour {
        Neighbour::Somebody => SUBJECT.to_owned(),
        _ => format!("beside {name}"),
    };
    let detail = format!(
        "chain {} of table {} {}, of {name}, {stops}: {} ({because})",
        base.chain,
        base.family,
        base.table,
        losses.join(", ")
    );
    let words = remedy::words(&look.rules, fault, scope);
    if fault.is_sure && fault.is_vital() {
        Finding::failed(&subject, detail, words)
    } else {
        Finding::warning(&subject, detail, words)
    }
}

/// Who is there and stops nothing.
fn in_order(rules: &Ruleset) -> String {
    let bases = ["forward", "input"].into_iter().flat_map(|hook| rules.bases(hook));
    let mut names: Vec<&str> = bases.map(|base| neighbour(rules, base).name()).collect();
    names.sort_unstable();
    names.dedup();
    let seen = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
    match remedy::standing(rules).as_slice() {
        [] => format!("no chain of others stops instances; looked at: {seen}"),
        doors => format!("no chain of others stops instances, with our exceptions in {}", doors.join(", ")),
    }
}
