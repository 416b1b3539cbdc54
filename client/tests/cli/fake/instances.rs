//! Instances that begin whatever is asked of them.

use sloop_proto::v1::instances_server::Instances;
use sloop_proto::v1::transfer_server::Transfer;
use sloop_proto::v1::*;
use tonic::{Request, Status};

use super::add_ons::add_on;
use super::work::{done, operation};
use super::{Answer, HOST_KEY, Script, answer, beyond, not_found};

fn instance(name: &str) -> Instance {
    Instance {
        name: Some(name.into()),
        state: Some(InstanceState { code: Some(16), name: Some("running".into()) }),
        blueprint_id: Some("debian_12".into()),
        bundle_id: Some("nano_3_0".into()),
        public_ip_address: Some("192.0.2.7".into()),
        ..Instance::default()
    }
}

/// An instance whose firewall and metadata options are not as they usually are, and that had automatic snapshots once.
fn strict() -> Instance {
    let port = |from, to, protocol: NetworkProtocol, cidrs: &[&str]| InstancePortInfo {
        from_port: Some(from),
        to_port: Some(to),
        protocol: Some(protocol.into()),
        cidrs: cidrs.iter().copied().map(str::to_owned).collect(),
        ..InstancePortInfo::default()
    };
    let cidr_list_aliases = vec!["lightsail-connect".to_owned()];
    let ssh = port(22, 22, NetworkProtocol::Tcp, &["192.0.2.0/24"]);
    let ping = port(8, -1, NetworkProtocol::Icmp, &["0.0.0.0/0"]);
    let all = port(0, 65_535, NetworkProtocol::All, &["0.0.0.0/0"]);
    let ports = vec![InstancePortInfo { cidr_list_aliases, ..ssh }, ping, all];
    Instance {
        networking: Some(InstanceNetworking { ports, ..InstanceNetworking::default() }),
        metadata_options: Some(InstanceMetadataOptions {
            state: Some(InstanceMetadataState::Applied.into()),
            http_tokens: Some(HttpTokens::Required.into()),
            http_endpoint: Some(HttpEndpoint::Enabled.into()),
            http_put_response_hop_limit: Some(2),
            http_protocol_ipv6: Some(HttpProtocolIpv6::Disabled.into()),
        }),
        add_ons: vec![add_on("Disabled")],
        ..instance("strict")
    }
}

/// An instance with disks at the first two paths and automatic snapshots.
fn stacked() -> Instance {
    let disk = |name: Option<&str>, letter: char, size| Disk {
        name: name.map(str::to_owned),
        path: Some(format!("/dev/xvd{letter}")),
        size_in_gb: Some(size),
        is_system_disk: Some(name.is_none()),
        ..Disk::default()
    };
    Instance {
        hardware: Some(InstanceHardware {
            cpu_count: Some(2),
            disks: vec![disk(None, 'a', 20), disk(Some("data"), 'f', 8), disk(Some("logs"), 'g', 32)],
            ram_size_in_gb: Some(0.5),
        }),
        add_ons: vec![add_on("Enabled")],
        ..instance("stacked")
    }
}

fn begun(name: &str) -> Result<Vec<Operation>, Status> {
    match name {
        "ghost" => Err(not_found(name)),
        name => Ok(vec![operation(name, OperationStatus::Started)]),
    }
}

#[tonic::async_trait]
impl Instances for Script {
    async fn create_instances(
        &self,
        request: Request<CreateInstancesRequest>,
    ) -> Answer<CreateInstancesResult> {
        let request = request.into_inner();
        assert_eq!(request.availability_zone, "us-east-1a");
        // What was asked for is told where a test looks at it.
        let details = (!request.add_ons.is_empty())
            .then(|| done("", "CreateInstancesRequest", &request).operation_details)
            .flatten();
        let begun = |name: &String| Operation {
            operation_details: details.clone(),
            ..operation(name, OperationStatus::Started)
        };
        answer(CreateInstancesResult { operations: request.instance_names.iter().map(begun).collect() })
    }

    async fn get_instance(&self, request: Request<GetInstanceRequest>) -> Answer<GetInstanceResult> {
        match request.into_inner().instance_name.as_str() {
            "ghost" => Err(not_found("ghost")),
            "strict" => answer(GetInstanceResult { instance: Some(strict()) }),
            "stacked" => answer(GetInstanceResult { instance: Some(stacked()) }),
            name => answer(GetInstanceResult { instance: Some(instance(name)) }),
        }
    }

    async fn get_instances(&self, request: Request<GetInstancesRequest>) -> Answer<GetInstancesResult> {
        answer(match request.into_inner().page_token.as_deref() {
            None => {
                GetInstancesResult { instances: vec![instance("web")], next_page_token: Some("2".into()) }
            }
            Some(_) => GetInstancesResult { instances: vec![instance("db")], next_page_token: None },
        })
    }

    async fn get_instance_state(
        &self,
        _: Request<GetInstanceStateRequest>,
    ) -> Answer<GetInstanceStateResult> {
        beyond()
    }

    async fn start_instance(&self, request: Request<StartInstanceRequest>) -> Answer<StartInstanceResult> {
        answer(StartInstanceResult { operations: begun(&request.into_inner().instance_name)? })
    }

    async fn stop_instance(&self, request: Request<StopInstanceRequest>) -> Answer<StopInstanceResult> {
        answer(StopInstanceResult { operations: begun(&request.into_inner().instance_name)? })
    }

    async fn reboot_instance(&self, _: Request<RebootInstanceRequest>) -> Answer<RebootInstanceResult> {
        beyond()
    }

    async fn delete_instance(&self, request: Request<DeleteInstanceRequest>) -> Answer<DeleteInstanceResult> {
        answer(DeleteInstanceResult { operations: begun(&request.into_inner().instance_name)? })
    }

    async fn get_instance_access_details(
        &self,
        request: Request<GetInstanceAccessDetailsRequest>,
    ) -> Answer<GetInstanceAccessDetailsResult> {
        let host_key = HostKeyAttributes {
            algorithm: Some("ssh-ed25519".into()),
            public_key: Some(HOST_KEY.into()),
            ..HostKeyAttributes::default()
        };
        answer(GetInstanceAccessDetailsResult {
            access_details: Some(InstanceAccessDetails {
                ip_address: Some("192.0.2.7".into()),
                username: Some("admin".into()),
                private_key: Some("PRIVATE".into()),
                instance_name: Some(request.into_inner().instance_name),
                host_keys: vec![host_key],
                ..InstanceAccessDetails::default()
            }),
        })
    }

    async fn set_ip_address_type(
        &self,
        request: Request<SetIpAddressTypeRequest>,
    ) -> Answer<SetIpAddressTypeResult> {
        let request = request.into_inner();
        let operation = done(&request.resource_name, "SetIpAddressTypeRequest", &request);
        answer(SetIpAddressTypeResult { operations: vec![operation] })
    }

    async fn update_instance_metadata_options(
        &self,
        request: Request<UpdateInstanceMetadataOptionsRequest>,
    ) -> Answer<UpdateInstanceMetadataOptionsResult> {
        let request = request.into_inner();
        let operation = done(&request.instance_name, "UpdateInstanceMetadataOptionsRequest", &request);
        answer(UpdateInstanceMetadataOptionsResult { operation: Some(operation) })
    }
}

#[tonic::async_trait]
impl Transfer for Script {
    async fn get_instance_transfer(
        &self,
        request: Request<GetInstanceTransferRequest>,
    ) -> Answer<GetInstanceTransferResult> {
        match request.into_inner().instance_name.as_str() {
            "strict" => answer(GetInstanceTransferResult {
                month: "2026-11".into(),
                bytes_in: 3 << 29,
                bytes_out: 1 << 29,
                bytes_allowed: 1 << 40,
            }),
            name => Err(not_found(name)),
        }
    }
}
