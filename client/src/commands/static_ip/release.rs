//! `sloop static-ip release`.

use clap::Args;
use sloop_proto::v1::{Operation, ReleaseStaticIpRequest, ReleaseStaticIpResult};

use crate::commands::worst;
use crate::complete;
use crate::confirm::{RELEASE, confirm};
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::{text, wait};

/// Arguments of `release`.
#[derive(Args, Debug)]
pub(crate) struct ReleaseArgs {
    /// Names of the static addresses
    #[arg(value_name = "NAME", required = true, add = complete::static_ips())]
    names: Vec<String>,
    /// Release without being asked
    #[arg(long, short)]
    yes: bool,
}

/// Gives static addresses back, after asking; each by itself, whatever becomes of the others.
pub(super) async fn run(session: &Session, output: &Output, args: ReleaseArgs) -> Outcome {
    if !args.yes {
        confirm(&RELEASE, &args.names.join(", "))?;
    }
    let (mut result, mut failures, mut told) = (ReleaseStaticIpResult::default(), Vec::new(), Vec::new());
    for name in args.names {
        match release(session, output, &name).await {
            Ok(operations) => {
                told.push(format!("{}: released", text::safe(&name)));
                result.operations.extend(operations);
            }
            Err(failure) => failures.push(failure),
        }
    }
    output.answer("ReleaseStaticIpResult", &result, || told.join("\n"))?;
    Ok(worst(output, &failures))
}

async fn release(session: &Session, output: &Output, name: &str) -> Result<Vec<Operation>, Failure> {
    let request = ReleaseStaticIpRequest { static_ip_name: name.to_owned() };
    let mut operations = session.static_ips().release_static_ip(request).await?.into_inner().operations;
    wait::finish(session, output, &mut operations).await?;
    Ok(operations)
}
