//! Static addresses: `site`, which is attached, and `spare`; `ghost` is none.

use sloop_proto::v1::static_ips_server::StaticIps;
use sloop_proto::v1::*;
use tonic::{Request, Status};

use super::work::{done, operation};
use super::{Answer, Script, answer};

fn static_ip(name: &str) -> StaticIp {
    let attached_to = (name == "site").then(|| "web".to_owned());
    StaticIp {
        name: Some(name.into()),
        ip_address: Some("172.27.0.12".into()),
        is_attached: Some(attached_to.is_some()),
        attached_to,
        ..StaticIp::default()
    }
}

fn known(name: &str) -> Result<(), Status> {
    match name {
        "ghost" => Err(Status::not_found("there is no static address ghost")),
        _ => Ok(()),
    }
}

#[tonic::async_trait]
impl StaticIps for Script {
    async fn allocate_static_ip(
        &self,
        request: Request<AllocateStaticIpRequest>,
    ) -> Answer<AllocateStaticIpResult> {
        let request = request.into_inner();
        let operation = done(&request.static_ip_name, "AllocateStaticIpRequest", &request);
        answer(AllocateStaticIpResult { operations: vec![operation] })
    }

    async fn attach_static_ip(
        &self,
        request: Request<AttachStaticIpRequest>,
    ) -> Answer<AttachStaticIpResult> {
        let request = request.into_inner();
        known(&request.static_ip_name)?;
        let address = done(&request.static_ip_name, "AttachStaticIpRequest", &request);
        let instance = operation(&request.instance_name, OperationStatus::Started);
        answer(AttachStaticIpResult { operations: vec![address, instance] })
    }

    async fn detach_static_ip(
        &self,
        request: Request<DetachStaticIpRequest>,
    ) -> Answer<DetachStaticIpResult> {
        let request = request.into_inner();
        known(&request.static_ip_name)?;
        let operation = done(&request.static_ip_name, "DetachStaticIpRequest", &request);
        answer(DetachStaticIpResult { operations: vec![operation] })
    }

    async fn release_static_ip(
        &self,
        request: Request<ReleaseStaticIpRequest>,
    ) -> Answer<ReleaseStaticIpResult> {
        let request = request.into_inner();
        known(&request.static_ip_name)?;
        let operation = done(&request.static_ip_name, "ReleaseStaticIpRequest", &request);
        answer(ReleaseStaticIpResult { operations: vec![operation] })
    }

    async fn get_static_ip(&self, request: Request<GetStaticIpRequest>) -> Answer<GetStaticIpResult> {
        let name = request.into_inner().static_ip_name;
        known(&name)?;
        answer(GetStaticIpResult { static_ip: Some(static_ip(&name)) })
    }

    async fn get_static_ips(&self, request: Request<GetStaticIpsRequest>) -> Answer<GetStaticIpsResult> {
        let (name, next) = match request.into_inner().page_token {
            None => ("site", Some("2".to_owned())),
            Some(_) => ("spare", None),
        };
        answer(GetStaticIpsResult { static_ips: vec![static_ip(name)], next_page_token: next })
    }
}
