use sloop_proto::v1::{self as wire, firewall_server::Firewall};
use tonic::{Request, Response, Status};

use super::{Door, convert, failure::status};
use crate::model::{Error, HOST_ALIAS, PortRange, PortRule, Protocol, Result, Sources};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Firewall for Door {
    async fn open_instance_public_ports(
        &self,
        request: Request<wire::OpenInstancePublicPortsRequest>,
    ) -> Answer<wire::OpenInstancePublicPortsResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::OpenInstancePublicPortsRequest { port_info, instance_name } = request.into_inner();
        let (range, sources) = asked(port_info.unwrap_or_default()).map_err(status)?;
        let open = self.verbs.open_instance_public_ports(&caller, &instance_name, range, sources);
        let operation = Some(convert::operation(self.verbs.place(), open.await.map_err(status)?));
        Ok(Response::new(wire::OpenInstancePublicPortsResult { operation }))
    }

    async fn put_instance_public_ports(
        &self,
        request: Request<wire::PutInstancePublicPortsRequest>,
    ) -> Answer<wire::PutInstancePublicPortsResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::PutInstancePublicPortsRequest { port_infos, instance_name } = request.into_inner();
        let wanted = port_infos.into_iter().map(asked).collect::<Result<_>>().map_err(status)?;
        let put = self.verbs.put_instance_public_ports(&caller, &instance_name, wanted);
        let operation = Some(convert::operation(self.verbs.place(), put.await.map_err(status)?));
        Ok(Response::new(wire::PutInstancePublicPortsResult { operation }))
    }

    async fn close_instance_public_ports(
        &self,
        request: Request<wire::CloseInstancePublicPortsRequest>,
    ) -> Answer<wire::CloseInstancePublicPortsResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::CloseInstancePublicPortsRequest { port_info, instance_name } = request.into_inner();
        let (range, sources) = asked(port_info.unwrap_or_default()).map_err(status)?;
        let close = self.verbs.close_instance_public_ports(&caller, &instance_name, range, sources);
        let operation = Some(convert::operation(self.verbs.place(), close.await.map_err(status)?));
        Ok(Response::new(wire::CloseInstancePublicPortsResult { operation }))
    }

    async fn get_instance_port_states(
        &self,
        request: Request<wire::GetInstancePortStatesRequest>,
    ) -> Answer<wire::GetInstancePortStatesResult> {
        let caller = self.caller(&request).map_err(status)?;
        let get = self.verbs.get_instance_port_states(&caller, &request.get_ref().instance_name);
        let port_states = get.await.map_err(status)?.iter().map(state).collect();
        Ok(Response::new(wire::GetInstancePortStatesResult { port_states }))
    }
}

fn asked(info: wire::PortInfo) -> Result<(PortRange, Sources)> {
    let wire::PortInfo { from_port, to_port, protocol, cidrs, ipv6_cidrs, cidr_list_aliases } = info;
    let range = PortRange::parse(self::protocol(protocol.unwrap_or_default())?, from_port, to_port)?;
    Ok((range, Sources::parse(&cidrs, &ipv6_cidrs, &cidr_list_aliases)?))
}

pub(super) fn protocol(number: i32) -> Result<Protocol> {
    match wire::NetworkProtocol::try_from(number) {
        Ok(wire::NetworkProtocol::Tcp) => Ok(Protocol::Tcp),
        Ok(wire::NetworkProtocol::Udp) => Ok(Protocol::Udp),
        Ok(wire::NetworkProtocol::Icmp) => Ok(Protocol::Icmp),
        Ok(wire::NetworkProtocol::Icmpv6) => Ok(Protocol::Icmpv6),
        Ok(wire::NetworkProtocol::All) => Ok(Protocol::All),
        Ok(wire::NetworkProtocol::Unspecified) | Err(_) => {
            Err(Error::invalid("protocol", "A protocol is missing").tip("use tcp, udp, icmp, icmpv6 or all"))
        }
    }
}

fn state(rule: &PortRule) -> wire::InstancePortState {
    let PortRange { protocol, from, to } = rule.range;
    wire::InstancePortState {
        from_port: Some(from),
        to_port: Some(to),
        protocol: Some(word(protocol).into()),
        state: Some(wire::PortState::Open.into()),
        cidrs: texts(&rule.sources.v4),
        ipv6_cidrs: texts(&rule.sources.v6),
        cidr_list_aliases: aliases(&rule.sources),
    }
}

/// A rule as an instance's `networking` shows it.
pub(super) fn port(rule: &PortRule) -> wire::InstancePortInfo {
    let PortRange { protocol, from, to } = rule.range;
    wire::InstancePortInfo {
        from_port: Some(from),
        to_port: Some(to),
        protocol: Some(word(protocol).into()),
        access_from: Some(rule.sources.access_from().into()),
        access_type: Some(wire::PortAccessType::Public.into()),
        common_name: Some(rule.range.common_name().to_owned()),
        access_direction: Some(wire::AccessDirection::Inbound.into()),
        cidrs: texts(&rule.sources.v4),
        ipv6_cidrs: texts(&rule.sources.v6),
        cidr_list_aliases: aliases(&rule.sources),
    }
}

fn word(protocol: Protocol) -> wire::NetworkProtocol {
    match protocol {
        Protocol::Tcp => wire::NetworkProtocol::Tcp,
        Protocol::Udp => wire::NetworkProtocol::Udp,
        Protocol::Icmp => wire::NetworkProtocol::Icmp,
        Protocol::Icmpv6 => wire::NetworkProtocol::Icmpv6,
        Protocol::All => wire::NetworkProtocol::All,
    }
}

fn texts<T: ToString>(nets: impl IntoIterator<Item = T>) -> Vec<String> {
    nets.into_iter().map(|net| net.to_string()).collect()
}

fn aliases(sources: &Sources) -> Vec<String> {
    sources.host.then(|| HOST_ALIAS.to_owned()).into_iter().collect()
}
