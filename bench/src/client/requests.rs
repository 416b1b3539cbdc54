//! What a bench asks of the daemon.

use anyhow::{Context as _, Result};
use sloop_proto::v1::{
    CreateInstancesRequest, DeleteInstanceRequest, GetInstanceAccessDetailsRequest, GetInstancesRequest,
    Instance, InstanceAccessDetails, StartInstanceRequest, StopInstanceRequest, WatchReadinessRequest,
    readiness_client::ReadinessClient,
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
