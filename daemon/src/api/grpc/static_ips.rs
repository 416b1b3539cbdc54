use sloop_proto::v1::{self as wire, static_ips_server::StaticIps};
use tonic::{Request, Response, Status};

use super::{Door, convert, failure::status};
use crate::model::{Place, StaticIp};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl StaticIps for Door {
    async fn allocate_static_ip(
        &self,
        request: Request<wire::AllocateStaticIpRequest>,
    ) -> Answer<wire::AllocateStaticIpResult> {
        let caller = self.caller(&request).map_err(status)?;
        let allocate = self.verbs.allocate_static_ip(&caller, &request.get_ref().static_ip_name);
        let operations = self.operations(allocate.await.map_err(status)?);
        Ok(Response::new(wire::AllocateStaticIpResult { operations }))
    }

    async fn attach_static_ip(
        &self,
        request: Request<wire::AttachStaticIpRequest>,
    ) -> Answer<wire::AttachStaticIpResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::AttachStaticIpRequest { static_ip_name, instance_name } = request.into_inner();
        let attach = self.verbs.attach_static_ip(&caller, &static_ip_name, &instance_name);
        let operations = self.operations(attach.await.map_err(status)?);
        Ok(Response::new(wire::AttachStaticIpResult { operations }))
    }

    async fn detach_static_ip(
        &self,
        request: Request<wire::DetachStaticIpRequest>,
    ) -> Answer<wire::DetachStaticIpResult> {
        let caller = self.caller(&request).map_err(status)?;
        let detach = self.verbs.detach_static_ip(&caller, &request.get_ref().static_ip_name);
        let operations = self.operations(detach.await.map_err(status)?);
        Ok(Response::new(wire::DetachStaticIpResult { operations }))
    }

    async fn release_static_ip(
        &self,
        request: Request<wire::ReleaseStaticIpRequest>,
    ) -> Answer<wire::ReleaseStaticIpResult> {
        let caller = self.caller(&request).map_err(status)?;
        let release = self.verbs.release_static_ip(&caller, &request.get_ref().static_ip_name);
        let operations = self.operations(release.await.map_err(status)?);
        Ok(Response::new(wire::ReleaseStaticIpResult { operations }))
    }

    async fn get_static_ip(
        &self,
        request: Request<wire::GetStaticIpRequest>,
    ) -> Answer<wire::GetStaticIpResult> {
        let caller = self.caller(&request).map_err(status)?;
        let get = self.verbs.get_static_ip(&caller, &request.get_ref().static_ip_name);
        let static_ip = Some(static_ip(self.verbs.place(), get.await.map_err(status)?));
        Ok(Response::new(wire::GetStaticIpResult { static_ip }))
    }

    async fn get_static_ips(
        &self,
        request: Request<wire::GetStaticIpsRequest>,
    ) -> Answer<wire::GetStaticIpsResult> {
        let caller = self.caller(&request).map_err(status)?;
        let page = self.verbs.get_static_ips(&caller, request.get_ref().page_token.as_deref());
        let page = page.await.map_err(status)?;
        let static_ips = page.items.into_iter().map(|one| static_ip(self.verbs.place(), one)).collect();
        Ok(Response::new(wire::GetStaticIpsResult { static_ips, next_page_token: page.next }))
    }
}

fn static_ip(place: &Place, one: StaticIp) -> wire::StaticIp {
    wire::StaticIp {
        name: Some(one.name.to_string()),
        arn: Some(place.arn("StaticIp", one.id.0)),
        support_code: Some(format!("{}/{}", place.account, one.address)),
        created_at: Some(convert::timestamp(one.created_at)),
        // Lightsail gives the region alone a static address; its zone is "all".
        location: Some(convert::location(place, "all")),
        resource_type: Some(wire::ResourceType::StaticIp.into()),
        ip_address: Some(one.address.to_string()),
        is_attached: Some(one.holder.is_some()),
        attached_to: one.holder.map(|holder| holder.name.to_string()),
    }
}
