//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::{
    alarm, blueprint, bundle, completion, console, contact, cost, disk, doctor, firewall, history, host,
    image, instance, key_pair, man, metrics, name, operation, publish, region, snapshot, ssh, static_ip, tag,
    top,
};
use crate::output::Format;

/// Where `sloopd` listens unless told otherwise.
pub(crate) const SOCKET: &str = "/run/sloop/sloop.sock";

const EXAMPLES: &str = "\
Examples:
  sloop launch web                     a Debian machine, waited for until SSH answers
  sloop ssh web                        log in, the host key checked from the first time
  sloop ls                             what there is
  sloop firewall open web 443/tcp      let everybody reach that port
  sloop snapshot create web            keep what it holds now
  sloop top                            what everybody does now
  sloop rm web                         delete it
  sloop doctor                         what is wrong with this host, and what to do

Exit codes and environment: sloop --help";

const LONG: &str = "\
Examples:
  sloop launch web                     a Debian machine, waited for until SSH answers
  sloop launch db --blueprint ubuntu_24_04 --bundle small_3_0 --tag role=db
  sloop ssh web -- uptime              run one command
  sloop ls --output json               the same facts for a program
  sloop rm web db --yes                delete without being asked

Exit codes:
  0  done
  1  any other failure
  2  wrong usage or invalid input
  3  no such thing
  4  not now: wrong state, name in use, or quota reached
  5  the operation failed
  6  timed out; the work goes on
  7  sloopd cannot be reached
  8  access denied
With several names the highest code counts. `sloop ssh` exits as ssh does.

With --output json, errors are JSON on standard error:
  {\"error\":{\"type\",\"code\",\"message\",\"tip\",\"field\"}}

Environment:
  SLOOP_SOCKET  the socket of sloopd
  NO_COLOR      no colours, whatever the value";

/// Virtual machines on this host, the Lightsail way.
#[derive(Debug, Parser)]
#[command(name = "sloop", version, after_help = EXAMPLES, after_long_help = LONG, propagate_version = true)]
#[command(subcommand_required = true, arg_required_else_help = true, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Globals {
    /// Socket of sloopd
    #[arg(long, global = true, env = "SLOOP_SOCKET", hide_env_values = true, value_name = "PATH", default_value = SOCKET)]
    pub(crate) socket: PathBuf,
    /// How answers are written
    #[arg(long, short, global = true, value_enum, value_name = "FORMAT", default_value = "table")]
    pub(crate) output: Format,
    /// No colours
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

/// The commands: short forms first, then nouns with their verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make instances and wait until they can be logged into
    Launch(instance::create::LaunchArgs),
    /// List instances
    Ls(instance::list::ListArgs),
    /// Delete instances
    Rm(instance::delete::DeleteArgs),
    /// Start stopped instances and wait until they can be logged into
    Start(instance::power::StartArgs),
    /// Shut instances down and wait until they are off
    Stop(instance::power::StopArgs),
    /// Restart running instances and wait until they can be logged into
    Reboot(instance::power::RebootArgs),
    /// Log in to an instance, or run a command there
    Ssh(ssh::SshArgs),
    /// Attach to the serial console of an instance
    Console(console::ConsoleArgs),
    /// Show what was measured of an instance or of the host, in small graphs
    Metrics(metrics::MetricsArgs),
    /// Show what all instances do now, the busiest first
    Top(top::TopArgs),
    /// Instances: virtual machines
    #[command(subcommand)]
    Instance(instance::InstanceCommand),
    /// Firewalls: who reaches which ports of an instance
    #[command(subcommand, after_help = firewall::RULES)]
    Firewall(firewall::FirewallCommand),
    /// Have ports of this host lead to an instance, or list those that do
    Publish(publish::PublishArgs),
    /// Have ports of this host lead nowhere any more
    Unpublish(publish::UnpublishArgs),
    /// Static addresses: public addresses that stay, whichever instance has them
    #[command(subcommand, visible_alias = "ip")]
    StaticIp(static_ip::StaticIpCommand),
    /// Disks: block storage that is attached to instances
    #[command(subcommand)]
    Disk(disk::DiskCommand),
    /// Snapshots: what instances and disks held at one moment
    #[command(subcommand, visible_alias = "snap")]
    Snapshot(snapshot::SnapshotCommand),
    /// Key pairs: the SSH keys that instances let in
    #[command(subcommand)]
    KeyPair(key_pair::KeyPairCommand),
    /// Operations: what was asked for, and how far it has come
    #[command(subcommand)]
    Operation(operation::OperationCommand),
    /// Alarms: thresholds that are watched
    #[command(subcommand)]
    Alarm(alarm::AlarmCommand),
    /// Contact methods: where you are told of alarms
    #[command(subcommand)]
    Contact(contact::ContactCommand),
    /// Show what was done, by whom, and how it ended
    History(history::HistoryArgs),
    /// Blueprints: what an instance can be made from
    #[command(subcommand)]
    Blueprint(blueprint::BlueprintCommand),
    /// Images: the files on this host that instances are made from
    #[command(subcommand)]
    Image(image::ImageCommand),
    /// Bundles: how much of everything an instance gets
    #[command(subcommand)]
    Bundle(bundle::BundleCommand),
    /// The region of this host
    #[command(subcommand)]
    Region(region::RegionCommand),
    /// Names in use
    #[command(subcommand)]
    Name(name::NameCommand),
    /// Tags on resources
    #[command(subcommand)]
    Tag(tag::TagCommand),
    /// The host itself
    #[command(subcommand)]
    Host(host::HostCommand),
    /// Show how much room on the host everything takes
    Storage,
    /// Show what the same use would have cost at Lightsail
    Cost(cost::CostArgs),
    /// Look at everything that instances depend on
    Doctor(doctor::DoctorArgs),
    /// Print the completion script of a shell
    Completion(completion::CompletionArgs),
    /// Write the manual pages
    Man(man::ManArgs),
    /// Print the versions of client and daemon
    Version,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn socket_and_output_are_taken_after_the_verb() {
        let cli =
            Cli::try_parse_from(["sloop", "instance", "list", "--socket", "/tmp/s", "-o", "json"]).unwrap();
        assert_eq!(cli.globals.socket, PathBuf::from("/tmp/s"));
        assert_eq!(cli.globals.output, Format::Json);
    }
}
