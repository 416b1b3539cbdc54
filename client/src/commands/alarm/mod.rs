//! `sloop alarm …`: thresholds that are watched.

mod change;
mod list;
mod put;
mod show;

use clap::{Args, Subcommand, ValueEnum};
use sloop_proto::v1::{AlarmState, GetAlarmsRequest, GetAlarmsResult};

use crate::commands::instance;
use crate::complete;
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::pages;

/// The verbs of alarms.
#[derive(Debug, Subcommand)]
pub(crate) enum AlarmCommand {
    /// Make an alarm, or change one
    Put(put::PutArgs),
    /// List alarms
    #[command(visible_alias = "ls")]
    List {
        /// Only those on this instance
        #[arg(long, value_name = "INSTANCE", add = complete::instances())]
        instance: Option<String>,
        #[command(flatten)]
        list: instance::list::ListArgs,
    },
    /// Show one alarm, and what it has told lately
    Show(OneName),
    /// Delete alarms
    #[command(visible_alias = "rm")]
    Delete {
        /// Names of the alarms
        #[arg(value_name = "NAME", required = true, add = complete::alarms())]
        names: Vec<String>,
    },
    /// Have an alarm say something until it is evaluated again, and tell it as if it were so
    #[command(after_help = "Example:\n  sloop alarm test busy --state ALARM && sloop alarm show busy")]
    Test {
        /// Name of the alarm
        #[arg(add = complete::alarms())]
        name: String,
        /// What it is to say
        #[arg(long, value_enum, value_name = "STATE", ignore_case = true)]
        state: State,
    },
}

/// One alarm.
#[derive(Args, Debug)]
pub(crate) struct OneName {
    /// Name of the alarm
    #[arg(add = complete::alarms())]
    name: String,
}

/// What an alarm says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum State {
    /// The metric is within the threshold
    #[value(name = "OK")]
    Ok,
    /// It is outside
    #[value(name = "ALARM")]
    Alarm,
    /// Too little is known of it
    #[value(name = "INSUFFICIENT_DATA")]
    InsufficientData,
}

impl From<State> for AlarmState {
    fn from(state: State) -> Self {
        match state {
            State::Ok => Self::Ok,
            State::Alarm => Self::Alarm,
            State::InsufficientData => Self::InsufficientData,
        }
    }
}

/// Runs a verb.
pub(crate) async fn run(session: &Session, output: &Output, command: AlarmCommand) -> Outcome {
    match command {
        AlarmCommand::Put(args) => put::run(session, output, args).await,
        AlarmCommand::List { instance, list } => list::run(session, output, instance, &list).await,
        AlarmCommand::Show(one) => show::run(session, output, one.name).await,
        AlarmCommand::Delete { names } => change::delete(session, output, names).await,
        AlarmCommand::Test { name, state } => change::test(session, output, name, state.into()).await,
    }
}

/// All alarms, of all pages; those on an instance if one is named.
pub(crate) async fn fetch(session: &Session, instance: Option<&str>) -> Result<GetAlarmsResult, Failure> {
    let request = |page_token| GetAlarmsRequest {
        alarm_name: None,
        page_token,
        monitored_resource_name: instance.map(str::to_owned),
    };
    pages::all(async |token| session.alarms().get_alarms(request(token)).await).await
}
