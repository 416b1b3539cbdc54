//! The commands, one file a noun. Each makes a request, follows it if asked to, and shows the answer.

pub(crate) mod alarm;
pub(crate) mod blueprint;
pub(crate) mod bundle;
pub(crate) mod completion;
pub(crate) mod console;
pub(crate) mod contact;
pub(crate) mod cost;
mod deletion;
pub(crate) mod disk;
pub(crate) mod doctor;
pub(crate) mod firewall;
pub(crate) mod history;
pub(crate) mod host;
pub(crate) mod image;
pub(crate) mod instance;
pub(crate) mod key_pair;
pub(crate) mod man;
pub(crate) mod metrics;
pub(crate) mod name;
pub(crate) mod operation;
pub(crate) mod publish;
pub(crate) mod region;
pub(crate) mod snapshot;
pub(crate) mod ssh;
pub(crate) mod static_ip;
pub(crate) mod storage;
pub(crate) mod tag;
pub(crate) mod top;
pub(crate) mod version;
mod work;

use crate::cli::{Cli, Command};
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;

/// Runs what the command line says.
pub(crate) async fn run(cli: Cli, output: &Output) -> Outcome {
    match cli.command {
        Command::Completion(args) => completion::run(&args),
        Command::Man(args) => man::run(&args),
        Command::Version => version::run(&cli.globals.socket, output).await,
        command => {
            let session = Session::open(&cli.globals.socket).await?;
            ask(command, &session, output).await
        }
    }
}

/// The commands that need the daemon.
async fn ask(command: Command, session: &Session, output: &Output) -> Outcome {
    match command {
        Command::Launch(args) => instance::create::launch(session, output, args).await,
        Command::Ls(args) => instance::list::run(session, output, &args).await,
        Command::Rm(args) => instance::delete::run(session, output, args).await,
        Command::Start(args) => instance::power::start(session, output, args.short()).await,
        Command::Stop(args) => instance::power::stop(session, output, args.short()).await,
        Command::Reboot(args) => instance::power::reboot(session, output, args.short()).await,
        Command::Ssh(args) => ssh::run(session, output, &args).await,
        Command::Console(args) => console::run(session, output, &args).await,
        Command::Metrics(args) => metrics::run(session, output, &args).await,
        Command::Top(args) => top::run(session, output, &args).await,
        Command::Instance(command) => instance::run(session, output, command).await,
        Command::Firewall(command) => firewall::run(session, output, command).await,
        Command::Publish(args) => publish::publish(session, output, args).await,
        Command::Unpublish(args) => publish::unpublish(session, output, args).await,
        Command::StaticIp(command) => static_ip::run(session, output, command).await,
        Command::Disk(command) => disk::run(session, output, command).await,
        Command::Snapshot(command) => snapshot::run(session, output, command).await,
        Command::KeyPair(command) => key_pair::run(session, output, command).await,
        Command::Operation(command) => operation::run(session, output, command).await,
        Command::Alarm(command) => alarm::run(session, output, command).await,
        Command::Contact(command) => contact::run(session, output, command).await,
        Command::History(args) => history::run(session, output, &args).await,
        Command::Blueprint(command) => blueprint::run(session, output, &command).await,
        Command::Image(command) => image::run(session, output, command).await,
        Command::Bundle(command) => bundle::run(session, output, &command).await,
        Command::Region(command) => region::run(session, output, &command).await,
        Command::Name(command) => name::run(session, output, &command).await,
        Command::Tag(command) => tag::run(session, output, command).await,
        Command::Host(command) => host::run(session, output, &command).await,
        Command::Storage => storage::run(session, output).await,
        Command::Cost(args) => cost::run(session, output, args).await,
        Command::Doctor(args) => doctor::run(session, output, args).await,
        Command::Completion(_) | Command::Man(_) | Command::Version => Ok(0),
    }
}

/// Tells of every failure and gives the highest exit code, zero when there is none.
fn worst(output: &Output, failures: &[Failure]) -> u8 {
    failures.iter().map(|failure| output.report(failure)).max().unwrap_or(0)
}
