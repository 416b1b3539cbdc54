use sloop_proto::v1::{self as wire, instances_server::Instances};
use tonic::{Request, Response, Status};

use super::{Door, add_ons::daily, convert, failure::status, health};
use crate::{
    model::{Instance, MetadataUpdate, Operation},
    verbs::{AccessDetails, CreateInstances, DailyTimes},
};

type Answer<T> = Result<Response<T>, Status>;

impl Door {
    pub(super) fn operations(&self, operations: Vec<Operation>) -> Vec<wire::Operation> {
        operations.into_iter().map(|operation| convert::operation(self.verbs.place(), operation)).collect()
    }

    fn shown(&self, daily: &DailyTimes, instance: Instance, with_health: bool) -> wire::Instance {
        let checked = with_health.then(|| (instance.status, self.verbs.health_of(&instance)));
        let mut shown = convert::instance(self.verbs.place(), daily, instance);
        if let Some((status, health)) = checked {
            health::show(&mut shown, status, &health);
        }
        shown
    }
}

#[tonic::async_trait]
impl Instances for Door {
    async fn create_instances(
        &self,
        request: Request<wire::CreateInstancesRequest>,
    ) -> Answer<wire::CreateInstancesResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::CreateInstancesRequest {
            instance_names,
            availability_zone,
            blueprint_id,
            bundle_id,
            user_data,
            key_pair_name,
            tags,
            custom_image_name,
            add_ons,
            ip_address_type,
        } = request.into_inner();
        not_served("customImageName", custom_image_name.is_some())?;
        let ipv4 =
            [None, Some(wire::IpAddressType::Ipv4 as i32), Some(wire::IpAddressType::Dualstack as i32)];
        not_served("ipAddressType", !ipv4.contains(&ip_address_type))?;
        let asked = CreateInstances {
            names: instance_names,
            zone: availability_zone,
            blueprint_id,
            bundle_id,
            user_data: user_data.unwrap_or_default(),
            key_pair: key_pair_name.filter(|name| !name.is_empty()),
            ipv4_only: ip_address_type == Some(wire::IpAddressType::Ipv4 as i32),
            tags: convert::pairs(tags),
            daily: daily(add_ons)?,
        };
        let operations = self.verbs.create_instances(&caller, asked).await.map_err(status)?;
        Ok(Response::new(wire::CreateInstancesResult { operations: self.operations(operations) }))
    }

    async fn get_instance(
        &self,
        request: Request<wire::GetInstanceRequest>,
    ) -> Answer<wire::GetInstanceResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::GetInstanceRequest { instance_name, include_health_status } = request.into_inner();
        let instance = self.verbs.get_instance(&caller, &instance_name).await.map_err(status)?;
        let daily = self.verbs.get_daily_times().await.map_err(status)?;
        let instance = Some(self.shown(&daily, instance, include_health_status.unwrap_or_default()));
        Ok(Response::new(wire::GetInstanceResult { instance }))
    }

    async fn get_instances(
        &self,
        request: Request<wire::GetInstancesRequest>,
    ) -> Answer<wire::GetInstancesResult> {
        let caller = self.caller(&request).map_err(status)?;
        let page = self
            .verbs
            .get_instances(&caller, request.get_ref().page_token.as_deref())
            .await
            .map_err(status)?;
        let daily = self.verbs.get_daily_times().await.map_err(status)?;
        let with_health = request.get_ref().include_health_status.unwrap_or_default();
        let instances = page.items.into_iter().map(|one| self.shown(&daily, one, with_health)).collect();
        Ok(Response::new(wire::GetInstancesResult { instances, next_page_token: page.next }))
    }

    async fn get_instance_state(
        &self,
        request: Request<wire::GetInstanceStateRequest>,
    ) -> Answer<wire::GetInstanceStateResult> {
        let caller = self.caller(&request).map_err(status)?;
        let instance =
            self.verbs.get_instance(&caller, &request.get_ref().instance_name).await.map_err(status)?;
        Ok(Response::new(wire::GetInstanceStateResult { state: Some(convert::state(instance.status)) }))
    }

    async fn start_instance(
        &self,
        request: Request<wire::StartInstanceRequest>,
    ) -> Answer<wire::StartInstanceResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::StartInstanceRequest { instance_name, attribute_updates } = request.into_inner();
        not_served("attributeUpdates", attribute_updates.is_some_and(|updates| updates.bundle_id.is_some()))?;
        let operations = self.verbs.start_instance(&caller, &instance_name).await.map_err(status)?;
        Ok(Response::new(wire::StartInstanceResult { operations: self.operations(operations) }))
    }

    async fn stop_instance(
        &self,
        request: Request<wire::StopInstanceRequest>,
    ) -> Answer<wire::StopInstanceResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::StopInstanceRequest { instance_name, force } = request.into_inner();
        let stop = self.verbs.stop_instance(&caller, &instance_name, force.unwrap_or_default());
        let operations = self.operations(stop.await.map_err(status)?);
        Ok(Response::new(wire::StopInstanceResult { operations }))
    }

    async fn reboot_instance(
        &self,
        request: Request<wire::RebootInstanceRequest>,
    ) -> Answer<wire::RebootInstanceResult> {
        let caller = self.caller(&request).map_err(status)?;
        let operations =
            self.verbs.reboot_instance(&caller, &request.get_ref().instance_name).await.map_err(status)?;
        Ok(Response::new(wire::RebootInstanceResult { operations: self.operations(operations) }))
    }

    async fn delete_instance(
        &self,
        request: Request<wire::DeleteInstanceRequest>,
    ) -> Answer<wire::DeleteInstanceResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::DeleteInstanceRequest { instance_name, force_delete_add_ons } = request.into_inner();
        let force = force_delete_add_ons.unwrap_or_default();
        let operations = self.verbs.delete_instance(&caller, &instance_name, force).await.map_err(status)?;
        Ok(Response::new(wire::DeleteInstanceResult { operations: self.operations(operations) }))
    }

    async fn get_instance_access_details(
        &self,
        request: Request<wire::GetInstanceAccessDetailsRequest>,
    ) -> Answer<wire::GetInstanceAccessDetailsResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::GetInstanceAccessDetailsRequest { instance_name, protocol } = request.into_inner();
        not_served("protocol", protocol == Some(wire::InstanceAccessProtocol::Rdp.into()))?;
        let details =
            self.verbs.get_instance_access_details(&caller, &instance_name).await.map_err(status)?;
        let access_details = Some(access_details(details));
        Ok(Response::new(wire::GetInstanceAccessDetailsResult { access_details }))
    }

    async fn set_ip_address_type(
        &self,
        request: Request<wire::SetIpAddressTypeRequest>,
    ) -> Answer<wire::SetIpAddressTypeResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::SetIpAddressTypeRequest {
            resource_type,
            resource_name,
            ip_address_type,
            // What Lightsail asks before it changes the price.
            accept_bundle_update: _,
        } = request.into_inner();
        not_served("resourceType", resource_type != wire::ResourceType::Instance as i32)?;
        let (dualstack, ipv4) = (wire::IpAddressType::Dualstack as i32, wire::IpAddressType::Ipv4 as i32);
        not_served("ipAddressType", ip_address_type != dualstack && ip_address_type != ipv4)?;
        let set = self.verbs.set_ip_address_type(&caller, &resource_name, ip_address_type == dualstack);
        let operations = self.operations(set.await.map_err(status)?);
        Ok(Response::new(wire::SetIpAddressTypeResult { operations }))
    }

    async fn update_instance_metadata_options(
        &self,
        request: Request<wire::UpdateInstanceMetadataOptionsRequest>,
    ) -> Answer<wire::UpdateInstanceMetadataOptionsResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::UpdateInstanceMetadataOptionsRequest {
            instance_name,
            http_tokens,
            http_endpoint,
            http_put_response_hop_limit,
            http_protocol_ipv6,
        } = request.into_inner();
        let update = MetadataUpdate {
            tokens_required: http_tokens.map(|word| word == wire::HttpTokens::Required as i32),
            enabled: http_endpoint.map(|word| word == wire::HttpEndpoint::Enabled as i32),
            hop_limit: http_put_response_hop_limit,
            ipv6: http_protocol_ipv6.map(|word| word == wire::HttpProtocolIpv6::Enabled as i32),
        };
        let update = self.verbs.update_instance_metadata_options(&caller, &instance_name, &update);
        let operation = Some(convert::operation(self.verbs.place(), update.await.map_err(status)?));
        Ok(Response::new(wire::UpdateInstanceMetadataOptionsResult { operation }))
    }
}

fn access_details(details: AccessDetails) -> wire::InstanceAccessDetails {
    let AccessDetails { instance, host_key, host_key_sha1 } = details;
    let algorithm = host_key.line.split(' ').next().unwrap_or_default().to_owned();
    wire::InstanceAccessDetails {
        // A plain key lets in; no certificate is needed.
        cert_key: None,
        expires_at: None,
        ip_address: instance.public_ip.map(|ip| ip.to_string()),
        ipv6_addresses: instance.ipv6.iter().map(ToString::to_string).collect(),
        password: None,
        password_data: None,
        private_key: Some(instance.identity.access_key_private),
        protocol: Some(wire::InstanceAccessProtocol::Ssh.into()),
        instance_name: Some(instance.name.to_string()),
        username: Some(instance.username),
        host_keys: vec![wire::HostKeyAttributes {
            algorithm: Some(algorithm),
            public_key: Some(host_key.line),
            witnessed_at: Some(convert::timestamp(instance.created_at)),
            fingerprint_sha1: Some(host_key_sha1),
            fingerprint_sha256: Some(host_key.fingerprint),
            not_valid_before: None,
            not_valid_after: None,
        }],
    }
}

/// Members that this host does not serve yet are refused rather than ignored.
pub(super) fn not_served(field: &'static str, given: bool) -> Result<(), Status> {
    if !given {
        return Ok(());
    }
    let message = format!("{field} with this value is not served by this version");
    Err(status(crate::model::Error::invalid(field, message).tip(format!("leave {field} out"))))
}
