//! `sloop instance set-ip-type`: with an IPv6 address besides, or without.

use clap::{Args, ValueEnum};
use sloop_proto::v1::{IpAddressType, ResourceType, SetIpAddressTypeRequest};

use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::text;

/// Which addresses an instance has, in Lightsail's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum IpType {
    /// IPv4 alone
    Ipv4,
    /// IPv4 and IPv6
    Dualstack,
}

impl From<IpType> for IpAddressType {
    fn from(word: IpType) -> Self {
        match word {
            IpType::Ipv4 => Self::Ipv4,
            IpType::Dualstack => Self::Dualstack,
        }
    }
}

/// Arguments of `set-ip-type`.
#[derive(Args, Debug)]
pub(crate) struct IpTypeArgs {
    /// Name of the instance
    #[arg(add = complete::instances())]
    name: String,
    /// Which addresses it shall have
    #[arg(value_enum, value_name = "TYPE")]
    ip_type: IpType,
}

/// Gives an instance an IPv6 address, or takes it away.
pub(crate) async fn run(session: &Session, output: &Output, args: IpTypeArgs) -> Outcome {
    let said = match args.ip_type {
        IpType::Ipv4 => format!("{} has IPv4 alone", text::safe(&args.name)),
        IpType::Dualstack => format!("{} has IPv4 and IPv6", text::safe(&args.name)),
    };
    let request = SetIpAddressTypeRequest {
        resource_type: ResourceType::Instance.into(),
        resource_name: args.name,
        ip_address_type: IpAddressType::from(args.ip_type).into(),
        accept_bundle_update: None,
    };
    let result = session.instances().set_ip_address_type(request).await?.into_inner();
    output.answer("SetIpAddressTypeResult", &result, || said)?;
    Ok(0)
}
