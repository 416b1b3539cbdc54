//! What a bench asks of the daemon.

use anyhow::{Context as _, Result};
use sloop_proto::v1::{
    AllocateStaticIpRequest, AttachStaticIpRequest, CreateInstancesRequest, DeleteInstanceRequest,
    GetInstanceAccessDetailsRequest, GetInstanceStateRequest, GetInstancesRequest, Instance,
    InstanceAccessDetails, NetworkProtocol, PortInfo, PutInstancePublicPortsRequest, StartInstanceRequest,
    StopInstanceRequest, WatchReadinessRequest, firewall_client::FirewallClient,
    readiness_client::ReadinessClient, static_ips_client::StaticIpsClient,
};

use super::Client;

impl Client {
    /// Makes instances of the smallest plan and waits until they run.
    pub(crate) fn launch(&self, names: &[String], blueprint: &str) -> Result<()> {
        self.create(names, blueprint, "tiny_1_0")
    }

    /// Makes instances and waits until they run.
    pub(crate) fn create(&self, names: &[String], blueprint: &str, bundle: &str) -> Result<()> {
        let request = CreateInstancesRequest {
            instance_names: names.to_vec(),
            availability_zone: "us-east-1a".into(),
            blueprint_id: blueprint.into(),
            bundle_id: bundle.into(),
            ..CreateInstancesRequest::default()
        };
        self.work(async { Ok(self.instances().create_instances(request).await?.into_inner().operations) })
    }

    /// Deletes an instance and waits until it is gone.
    pub(crate) fn delete(&self, name: &str) -> Result<()> {
        let request = DeleteInstanceRequest { instance_name: name.into(), ..Default::default() };
        self.work(async { Ok(self.instances().delete_instance(request).await?.into_inner().operations) })
    }

    /// Starts an instance and waits until it runs.
    pub(crate) fn start(&self, name: &str) -> Result<()> {
        let request = StartInstanceRequest { instance_name: name.into(), ..Default::default() };
        self.work(async { Ok(self.instances().start_instance(request).await?.into_inner().operations) })
    }

    /// Cuts an instance's power and waits until it is off.
    pub(crate) fn stop(&self, name: &str) -> Result<()> {
        let request = StopInstanceRequest { instance_name: name.into(), force: Some(true) };
        self.work(async { Ok(self.instances().stop_instance(request).await?.into_inner().operations) })
    }

    /// Whether an instance runs.
    pub(crate) fn is_running(&self, name: &str) -> Result<bool> {
        let request = GetInstanceStateRequest { instance_name: name.into() };
        let asked = async { self.instances().get_instance_state(request).await };
        let state = self.runtime.block_on(asked)?.into_inner().state;
        Ok(state.is_some_and(|state| state.name() == "running"))
    }

    /// Opens these TCP ports to everybody and closes every other.
    pub(crate) fn put_ports(&self, name: &str, ports: &[u16]) -> Result<()> {
        let info = |port: &u16| PortInfo {
            from_port: Some((*port).into()),
            to_port: Some((*port).into()),
            protocol: Some(NetworkProtocol::Tcp.into()),
            ..PortInfo::default()
        };
        let port_infos = ports.iter().map(info).collect();
        let request = PutInstancePublicPortsRequest { port_infos, instance_name: name.into() };
        let mut client = FirewallClient::new(self.channel.clone());
        self.runtime.block_on(client.put_instance_public_ports(request))?;
        Ok(())
    }

    /// Takes a static address.
    pub(crate) fn allocate(&self, name: &str) -> Result<()> {
        let request = AllocateStaticIpRequest { static_ip_name: name.into() };
        let mut client = StaticIpsClient::new(self.channel.clone());
        self.runtime.block_on(client.allocate_static_ip(request))?;
        Ok(())
    }

    /// Makes a static address an instance's.
    pub(crate) fn attach(&self, static_ip: &str, instance: &str) -> Result<()> {
        let request =
            AttachStaticIpRequest { static_ip_name: static_ip.into(), instance_name: instance.into() };
        let mut client = StaticIpsClient::new(self.channel.clone());
        self.runtime.block_on(client.attach_static_ip(request))?;
        Ok(())
    }

    /// The first page of instances, which holds a hundred.
    pub(crate) fn list(&self) -> Result<Vec<Instance>> {
        let asked = async { self.instances().get_instances(GetInstancesRequest::default()).await };
        Ok(self.runtime.block_on(asked)?.into_inner().instances)
    }

    /// The names of all instances.
    pub(crate) fn names(&self) -> Result<Vec<String>> {
        Ok(self.list()?.into_iter().filter_map(|instance| instance.name).collect())
    }

    /// The names of the instances that are in that state.
    pub(crate) fn names_in(&self, state: &str) -> Result<Vec<String>> {
        let mut instances = self.list()?;
        instances.retain(|instance| instance.state.as_ref().is_some_and(|now| now.name() == state));
        Ok(instances.into_iter().filter_map(|instance| instance.name).collect())
    }

    /// What a login needs.
    pub(crate) fn access(&self, name: &str) -> Result<InstanceAccessDetails> {
        let request = GetInstanceAccessDetailsRequest { instance_name: name.into(), ..Default::default() };
        let asked = async { self.instances().get_instance_access_details(request).await };
        self.runtime.block_on(asked)?.into_inner().access_details.context("access details")
    }

    /// Waits until the guest's SSH server answers.
    pub(crate) fn reachable(&self, name: &str) -> Result<()> {
        let request = WatchReadinessRequest { instance_name: name.into() };
        self.runtime.block_on(async {
            let mut client = ReadinessClient::new(self.channel.clone());
            let mut moments = client.watch_readiness(request).await?.into_inner();
            while let Some(moment) = moments.message().await? {
                if moment.ssh_reachable {
                    return Ok(());
                }
            }
            anyhow::bail!("{name}: the daemon stopped telling before SSH answered")
        })
    }
}
