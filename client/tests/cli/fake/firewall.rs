//! A firewall that says what it was asked for, and in which one port stays as it is.

use prost::Message;
use sloop_proto::v1::firewall_server::Firewall;
use sloop_proto::v1::publishing_server::Publishing;
use sloop_proto::v1::*;
use tonic::{Request, Status};

use super::work::{done, operation};
use super::{Answer, Script, answer, not_found};

/// The port that nobody may open or close.
const FIXED: i32 = 25;

/// Work that is done at once, or comes to what the name of the instance says.
fn work<M: Message>(
    name: &str,
    kind: &str,
    request: &M,
    port: Option<&PortInfo>,
) -> Result<Option<Operation>, Status> {
    if port.is_some_and(|port| port.from_port() == FIXED) {
        return Err(Status::failed_precondition("port 25 stays as it is"));
    }
    match name {
        "ghost" => Err(not_found(name)),
        "broken" | "late" => Ok(Some(operation(name, OperationStatus::Started))),
        _ => Ok(Some(done(name, kind, request))),
    }
}

fn state(range: (i32, i32), protocol: NetworkProtocol, [v4, v6, aliases]: [&[&str]; 3]) -> InstancePortState {
    let list = |texts: &[&str]| -> Vec<String> { texts.iter().copied().map(str::to_owned).collect() };
    InstancePortState {
        from_port: Some(range.0),
        to_port: Some(range.1),
        protocol: Some(protocol.into()),
        state: Some(PortState::Open.into()),
        cidrs: list(v4),
        ipv6_cidrs: list(v6),
        cidr_list_aliases: list(aliases),
    }
}

#[tonic::async_trait]
impl Firewall for Script {
    async fn open_instance_public_ports(
        &self,
        request: Request<OpenInstancePublicPortsRequest>,
    ) -> Answer<OpenInstancePublicPortsResult> {
        let request = request.into_inner();
        let (name, port) = (&request.instance_name, request.port_info.as_ref());
        let operation = work(name, "OpenInstancePublicPortsRequest", &request, port)?;
        answer(OpenInstancePublicPortsResult { operation })
    }

    async fn put_instance_public_ports(
        &self,
        request: Request<PutInstancePublicPortsRequest>,
    ) -> Answer<PutInstancePublicPortsResult> {
        let request = request.into_inner();
        let operation = work(&request.instance_name, "PutInstancePublicPortsRequest", &request, None)?;
        answer(PutInstancePublicPortsResult { operation })
    }

    async fn close_instance_public_ports(
        &self,
        request: Request<CloseInstancePublicPortsRequest>,
    ) -> Answer<CloseInstancePublicPortsResult> {
        let request = request.into_inner();
        let (name, port) = (&request.instance_name, request.port_info.as_ref());
        let operation = work(name, "CloseInstancePublicPortsRequest", &request, port)?;
        answer(CloseInstancePublicPortsResult { operation })
    }

    async fn get_instance_port_states(
        &self,
        request: Request<GetInstancePortStatesRequest>,
    ) -> Answer<GetInstancePortStatesResult> {
        if request.into_inner().instance_name == "ghost" {
            return Err(not_found("ghost"));
        }
        let (v4, v6): (&[&str], &[&str]) = (&["0.0.0.0/0"], &["::/0"]);
        answer(GetInstancePortStatesResult {
            port_states: vec![
                state((22, 22), NetworkProtocol::Tcp, [&["192.0.2.0/24"], &[], &["lightsail-connect"]]),
                state((8000, 8100), NetworkProtocol::Udp, [v4, v6, &[]]),
                state((443, 443), NetworkProtocol::Tcp, [v4, &[], &[]]),
                state((8, -1), NetworkProtocol::Icmp, [v4, &[], &[]]),
                state((-1, -1), NetworkProtocol::Icmpv6, [&[], v6, &[]]),
                state((0, 65_535), NetworkProtocol::All, [&["192.0.2.7/32"], v6, &[]]),
            ],
        })
    }
}

#[tonic::async_trait]
impl Publishing for Script {
    async fn publish_port(&self, request: Request<PublishPortRequest>) -> Answer<PublishPortResult> {
        let request = request.into_inner();
        if request.instance_name == "ghost" {
            return Err(not_found("ghost"));
        }
        let operation = done(&request.instance_name, "PublishPortRequest", &request);
        answer(PublishPortResult { operation: Some(operation), is_open: request.port == 80 })
    }

    async fn unpublish_port(&self, request: Request<UnpublishPortRequest>) -> Answer<UnpublishPortResult> {
        let request = request.into_inner();
        if request.host_port == 1 {
            return Err(not_found("1"));
        }
        answer(UnpublishPortResult { operation: Some(done("web", "UnpublishPortRequest", &request)) })
    }

    async fn get_published_ports(
        &self,
        request: Request<GetPublishedPortsRequest>,
    ) -> Answer<GetPublishedPortsResult> {
        let instance_name = request.into_inner().instance_name.unwrap_or_else(|| "web".into());
        let protocol = NetworkProtocol::Tcp.into();
        let published_ports = vec![PublishedPort { instance_name, protocol, host_port: 8080, port: 80 }];
        answer(GetPublishedPortsResult { published_ports })
    }
}
