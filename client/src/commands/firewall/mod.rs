//! `sloop firewall …`: who reaches which ports of an instance.

mod change;
mod list;
mod opening;
mod rule;
mod source;

use clap::{Args, Subcommand};

use self::list::ListArgs;
pub(crate) use self::opening::Opening;
use self::rule::Rule;
use self::source::Source;
use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;

/// How rules are written.
pub(crate) const RULES: &str = "\
Rules:
  22/tcp, 8000-8100/udp        ports; without a protocol they are those of tcp
  icmp, icmp:8, icmp:8:0       every type, one type, one code of a type; likewise icmpv6
  all                          everything
  ssh, http, https, ping, dns  short for 22/tcp, 80/tcp, 443/tcp, icmp:8 and 53/udp";

/// The verbs of firewalls.
#[derive(Debug, Subcommand)]
pub(crate) enum FirewallCommand {
    /// Open ports, besides those that are open
    #[command(after_help = "\
Examples:
  sloop firewall open web http https                  for everybody
  sloop firewall open web ssh --from 203.0.113.0/24   besides those who reach it already
  sloop firewall open web 80 443 -o json              a result for each rule

The rules are carried out in turn; the first that fails is the last that is tried.")]
    Open(RuleArgs),
    /// Close ports
    #[command(after_help = "\
Examples:
  sloop firewall close web 8000-8100/tcp              for everybody
  sloop firewall close web ssh --from 203.0.113.0/24  only for these

A rule is closed as it was opened: of 8000-8100/tcp, 8000/tcp alone cannot be closed.")]
    Close(RuleArgs),
    /// Open these ports and close all others
    #[command(after_help = "\
Examples:
  sloop firewall put web ssh https
  sloop firewall put web --none                       nothing is open")]
    Put(PutArgs),
    /// List what is open, and for whom
    #[command(visible_alias = "ls")]
    List(ListArgs),
}

/// Whose firewall, and for whom.
#[derive(Args, Debug)]
struct Scope {
    /// Name of the instance
    #[arg(add = complete::instances())]
    instance: String,
    /// Only for this address or range, or for host, which is this host itself; may be repeated [default: everybody]
    #[arg(long, value_name = "CIDR", value_parser = source::parse)]
    from: Vec<Source>,
}

/// Arguments of `open` and `close`.
#[derive(Args, Debug)]
pub(crate) struct RuleArgs {
    #[command(flatten)]
    scope: Scope,
    /// Ports, such as 22/tcp, 8000-8100/udp, icmp:8, all or https; see `sloop firewall --help`
    #[arg(value_name = "RULE", required = true, value_parser = rule::parse)]
    rules: Vec<Rule>,
}

/// Arguments of `put`.
#[derive(Args, Debug)]
pub(crate) struct PutArgs {
    #[command(flatten)]
    scope: Scope,
    /// Ports, such as 22/tcp, 8000-8100/udp, icmp:8, all or https; see `sloop firewall --help`
    #[arg(value_name = "RULE", required_unless_present = "none", value_parser = rule::parse)]
    rules: Vec<Rule>,
    /// Open nothing
    #[arg(long, conflicts_with_all = ["rules", "from"])]
    none: bool,
}

/// Runs a verb.
pub(crate) async fn run(session: &Session, output: &Output, command: FirewallCommand) -> Outcome {
    match command {
        FirewallCommand::Open(args) => change::open(session, output, &args).await,
        FirewallCommand::Close(args) => change::close(session, output, &args).await,
        FirewallCommand::Put(args) => change::put(session, output, &args).await,
        FirewallCommand::List(args) => list::run(session, output, &args).await,
    }
}
