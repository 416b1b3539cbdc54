//! `sloop instance metadata-options`: how an instance may ask for its metadata.

use clap::{Args, ValueEnum, value_parser};
use sloop_proto::v1::{
    GetInstanceRequest, HttpEndpoint, HttpProtocolIpv6, HttpTokens, InstanceMetadataOptions,
    UpdateInstanceMetadataOptionsRequest,
};

use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::{Output, facts};
use crate::{text, wait};

/// Whether a request needs a session token.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Tokens {
    /// Requests without a token are answered too
    Optional,
    /// Only requests with a token are answered
    Required,
}

/// On or off, in Lightsail's words.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Switch {
    /// On
    Enabled,
    /// Off
    Disabled,
}

/// Arguments of `metadata-options`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop instance metadata-options web                     the options as they are
  sloop instance metadata-options web --tokens required   the others stay as they are")]
pub(crate) struct MetadataOptionsArgs {
    /// Name of the instance
    #[arg(add = complete::instances())]
    name: String,
    /// Whether a request needs a session token
    #[arg(long, value_enum, value_name = "WORD")]
    tokens: Option<Tokens>,
    /// Whether anything is answered at all
    #[arg(long, value_enum, value_name = "SWITCH")]
    endpoint: Option<Switch>,
    /// Routers that a token may pass on its way, 1 to 64
    #[arg(long, value_name = "NUMBER", value_parser = value_parser!(i32).range(1..=64))]
    hop_limit: Option<i32>,
    /// Whether the metadata address is wanted under IPv6 too
    #[arg(long, value_enum, value_name = "SWITCH")]
    ipv6: Option<Switch>,
}

impl MetadataOptionsArgs {
    /// The options that shall be other than they are.
    fn wanted(&self) -> InstanceMetadataOptions {
        InstanceMetadataOptions {
            state: None,
            http_tokens: self.tokens.map(|tokens| match tokens {
                Tokens::Optional => HttpTokens::Optional.into(),
                Tokens::Required => HttpTokens::Required.into(),
            }),
            http_endpoint: self.endpoint.map(|switch| match switch {
                Switch::Enabled => HttpEndpoint::Enabled.into(),
                Switch::Disabled => HttpEndpoint::Disabled.into(),
            }),
            http_put_response_hop_limit: self.hop_limit,
            http_protocol_ipv6: self.ipv6.map(|switch| match switch {
                Switch::Enabled => HttpProtocolIpv6::Enabled.into(),
                Switch::Disabled => HttpProtocolIpv6::Disabled.into(),
            }),
        }
    }
}

/// Changes the options that are given, or shows them all where none is.
pub(super) async fn run(session: &Session, output: &Output, args: &MetadataOptionsArgs) -> Outcome {
    let wanted = args.wanted();
    if wanted == InstanceMetadataOptions::default() {
        return show(session, output, &args.name).await;
    }
    let request = UpdateInstanceMetadataOptionsRequest {
        instance_name: args.name.clone(),
        http_tokens: wanted.http_tokens,
        http_endpoint: wanted.http_endpoint,
        http_put_response_hop_limit: wanted.http_put_response_hop_limit,
        http_protocol_ipv6: wanted.http_protocol_ipv6,
    };
    let mut result = session.instances().update_instance_metadata_options(request).await?.into_inner();
    wait::finish(session, output, result.operation.as_mut_slice()).await?;
    output.answer("UpdateInstanceMetadataOptionsResult", &result, || {
        format!("{}: {}", text::safe(&args.name), spell(&wanted))
    })?;
    Ok(0)
}

async fn show(session: &Session, output: &Output, name: &str) -> Outcome {
    let request = GetInstanceRequest { instance_name: name.to_owned(), ..GetInstanceRequest::default() };
    let instance = session.instances().get_instance(request).await?.into_inner().instance.unwrap_or_default();
    let options = instance.metadata_options.unwrap_or_default();
    output.answer("InstanceMetadataOptions", &options, || describe(&options))?;
    Ok(0)
}

fn describe(options: &InstanceMetadataOptions) -> String {
    let hops = options.http_put_response_hop_limit.map(|hops| hops.to_string());
    facts(&[
        ("Tokens", text::word("HttpTokens", options.http_tokens)),
        ("Endpoint", text::word("HttpEndpoint", options.http_endpoint)),
        ("Hop limit", hops.unwrap_or_else(|| "-".to_owned())),
        ("IPv6", text::word("HttpProtocolIpv6", options.http_protocol_ipv6)),
        ("State", text::word("InstanceMetadataState", options.state)),
    ])
}

/// The options that are not as a new instance has them; nothing for most instances.
pub(super) fn unusual(options: &InstanceMetadataOptions) -> String {
    let unless = |usual: i32, number: Option<i32>| number.filter(|number| *number != usual);
    spell(&InstanceMetadataOptions {
        state: None,
        http_tokens: unless(HttpTokens::Optional.into(), options.http_tokens),
        http_endpoint: unless(HttpEndpoint::Enabled.into(), options.http_endpoint),
        http_put_response_hop_limit: unless(1, options.http_put_response_hop_limit),
        http_protocol_ipv6: unless(HttpProtocolIpv6::Disabled.into(), options.http_protocol_ipv6),
    })
}

/// The options that are given, in Lightsail's words.
fn spell(options: &InstanceMetadataOptions) -> String {
    let word = |name: &str, of: &str, number: Option<i32>| {
        number.map(|number| format!("{name} {}", text::word(of, Some(number))))
    };
    let parts = [
        word("tokens", "HttpTokens", options.http_tokens),
        word("endpoint", "HttpEndpoint", options.http_endpoint),
        options.http_put_response_hop_limit.map(|hops| format!("hop limit {hops}")),
        word("IPv6", "HttpProtocolIpv6", options.http_protocol_ipv6),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_from_a_new_instance_is_mentioned() {
        let new = InstanceMetadataOptions {
            state: None,
            http_tokens: Some(HttpTokens::Optional.into()),
            http_endpoint: Some(HttpEndpoint::Enabled.into()),
            http_put_response_hop_limit: Some(1),
            http_protocol_ipv6: Some(HttpProtocolIpv6::Disabled.into()),
        };
        assert_eq!(unusual(&new), "");
        assert_eq!(unusual(&InstanceMetadataOptions::default()), "");
        let http_tokens = Some(HttpTokens::Required.into());
        let options = InstanceMetadataOptions { http_tokens, http_put_response_hop_limit: Some(2), ..new };
        assert_eq!(unusual(&options), "tokens required, hop limit 2");
    }
}
