//! `sloop instance recovery`: what is done when an instance ends without being told to.

use clap::{Args, ValueEnum};
use sloop_proto::v1::{RecoveryPolicy, SetRecoveryPolicyRequest};

use super::health;
use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::text;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Policy {
    /// It is started again, whatever ended it: also its own shutdown
    Always,
    /// It is started again when it crashed or hung, or ran when the host went down
    LastState,
    /// Nothing
    Never,
}

impl From<Policy> for RecoveryPolicy {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Always => Self::Always,
            Policy::LastState => Self::LastState,
            Policy::Never => Self::Never,
        }
    }
}

/// Arguments of `recovery`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop instance recovery web                    what is done, and what was
  sloop instance recovery web --policy always    keep it running")]
pub(crate) struct RecoveryArgs {
    /// Name of the instance
    #[arg(add = complete::instances())]
    name: String,
    /// What is done from now on
    #[arg(long, value_enum, value_name = "POLICY")]
    policy: Option<Policy>,
}

/// Says what is done, or shows it where nothing is said.
pub(super) async fn run(session: &Session, output: &Output, args: RecoveryArgs) -> Outcome {
    let Some(policy) = args.policy.map(RecoveryPolicy::from) else {
        return health::run(session, output, &args.name).await;
    };
    let said = format!("{}: {}", text::safe(&args.name), health::meaning(policy));
    let request = SetRecoveryPolicyRequest { instance_name: args.name, policy: policy.into() };
    let result = session.health().set_recovery_policy(request).await?.into_inner();
    output.answer("SetRecoveryPolicyResult", &result, || said)?;
    Ok(0)
}
