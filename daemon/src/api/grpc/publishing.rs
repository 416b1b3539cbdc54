use sloop_proto::v1::{self as wire, publishing_server::Publishing};
use tonic::{Request, Response, Status};

use super::{Door, convert, failure::status, firewall};
use crate::model::{Protocol, Publication, ResourceName};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Publishing for Door {
    async fn publish_port(
        &self,
        request: Request<wire::PublishPortRequest>,
    ) -> Answer<wire::PublishPortResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::PublishPortRequest { instance_name, protocol, host_port, port } = request.into_inner();
        let wanted = firewall::protocol(protocol)
            .and_then(|protocol| Publication::parse(protocol, host_port, port))
            .map_err(status)?;
        let publish = self.verbs.publish_port(&caller, &instance_name, wanted);
        let (operation, is_open) = publish.await.map_err(status)?;
        let operation = Some(convert::operation(self.verbs.place(), operation));
        Ok(Response::new(wire::PublishPortResult { operation, is_open }))
    }

    async fn unpublish_port(
        &self,
        request: Request<wire::UnpublishPortRequest>,
    ) -> Answer<wire::UnpublishPortResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::UnpublishPortRequest { protocol, host_port } = request.into_inner();
        let protocol = firewall::protocol(protocol).map_err(status)?;
        let unpublish = self.verbs.unpublish_port(&caller, protocol, host_port);
        let operation = Some(convert::operation(self.verbs.place(), unpublish.await.map_err(status)?));
        Ok(Response::new(wire::UnpublishPortResult { operation }))
    }

    async fn get_published_ports(
        &self,
        request: Request<wire::GetPublishedPortsRequest>,
    ) -> Answer<wire::GetPublishedPortsResult> {
        let caller = self.caller(&request).map_err(status)?;
        let name = request.get_ref().instance_name.as_deref();
        let all = self.verbs.get_published_ports(&caller, name).await.map_err(status)?;
        Ok(Response::new(wire::GetPublishedPortsResult {
            published_ports: all.into_iter().map(port).collect(),
        }))
    }
}

fn port((name, publication): (ResourceName, Publication)) -> wire::PublishedPort {
    let Publication { protocol, host_port, port } = publication;
    let protocol =
        if protocol == Protocol::Udp { wire::NetworkProtocol::Udp } else { wire::NetworkProtocol::Tcp };
    wire::PublishedPort {
        instance_name: name.to_string(),
        protocol: protocol.into(),
        host_port: host_port.into(),
        port: port.into(),
    }
}
