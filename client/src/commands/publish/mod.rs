//! `sloop publish` and `unpublish`: ports of this host that lead to instances.

mod port;

use clap::Args;
use sloop_proto::v1::{GetPublishedPortsRequest, PublishPortRequest, PublishedPort, UnpublishPortRequest};

use self::port::{Door, Port};
use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::text;

const HEADERS: [&str; 4] = ["HOST PORT", "PROTOCOL", "INSTANCE", "PORT"];

/// Arguments of `publish`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop publish web 8080:80            what asks this host at 8080 is answered by web at 80
  sloop publish web 8080:80 5353:53/udp
  sloop publish                        lists what is published
  sloop publish web                    lists what of web is published

The instance's firewall decides who comes in, as by its public address.")]
pub(crate) struct PublishArgs {
    /// Name of the instance
    #[arg(add = complete::instances())]
    name: Option<String>,
    /// Ports of this host and of the instance, such as 8080:80 or 5353:53/udp
    #[arg(value_name = "HOST:PORT", value_parser = port::parse, requires = "name")]
    ports: Vec<Port>,
}

/// Arguments of `unpublish`.
#[derive(Args, Debug)]
pub(crate) struct UnpublishArgs {
    /// Ports of this host, such as 8080 or 5353/udp
    #[arg(value_name = "PORT", required = true, value_parser = port::door)]
    ports: Vec<Door>,
}

/// Publishes ports, one after the other, or lists those that are.
pub(crate) async fn publish(session: &Session, output: &Output, args: PublishArgs) -> Outcome {
    let Some(name) = args.name.clone().filter(|_| !args.ports.is_empty()) else {
        return list(session, output, args.name).await;
    };
    for Port { door, port } in &args.ports {
        let request = PublishPortRequest {
            instance_name: name.clone(),
            protocol: door.protocol.into(),
            host_port: door.host_port.into(),
            port: (*port).into(),
        };
        let result = session.publishing().publish_port(request).await?.into_inner();
        let shown = text::safe(&name);
        output.answer("PublishPortResult", &result, || {
            format!("{door} of this host leads to {shown}, port {port}")
        })?;
        if !result.is_open {
            let rule = door.with(*port);
            output.note(&format!("nobody comes in yet: the firewall of {shown} has {rule} closed"));
            output.note(&format!("  open it: sloop firewall open {shown} {rule}"));
        }
    }
    Ok(0)
}

/// Unpublishes ports, one after the other.
pub(crate) async fn unpublish(session: &Session, output: &Output, args: UnpublishArgs) -> Outcome {
    for door in &args.ports {
        let request =
            UnpublishPortRequest { protocol: door.protocol.into(), host_port: door.host_port.into() };
        let result = session.publishing().unpublish_port(request).await?.into_inner();
        output.answer("UnpublishPortResult", &result, || {
            format!("{door} of this host leads nowhere any more")
        })?;
    }
    Ok(0)
}

async fn list(session: &Session, output: &Output, name: Option<String>) -> Outcome {
    let request = GetPublishedPortsRequest { instance_name: name };
    let result = session.publishing().get_published_ports(request).await?.into_inner();
    let rows = result.published_ports.iter().map(row).collect();
    output.list(("GetPublishedPortsResult", &result), false, &HEADERS, rows)?;
    Ok(0)
}

fn row(port: &PublishedPort) -> Vec<String> {
    vec![
        port.host_port.to_string(),
        text::word("NetworkProtocol", Some(port.protocol)),
        text::safe(&port.instance_name),
        port.port.to_string(),
    ]
}
