//! The connection to `sloopd`: gRPC over its Unix socket.

use std::path::Path;

use hyper_util::rt::TokioIo;
use sloop_proto::v1::add_ons_client::AddOnsClient;
use sloop_proto::v1::alarms_client::AlarmsClient;
use sloop_proto::v1::catalogue_client::CatalogueClient;
use sloop_proto::v1::costs_client::CostsClient;
use sloop_proto::v1::disks_client::DisksClient;
use sloop_proto::v1::firewall_client::FirewallClient;
use sloop_proto::v1::health_client::HealthClient;
use sloop_proto::v1::history_client::HistoryClient;
use sloop_proto::v1::host_client::HostClient;
use sloop_proto::v1::images_client::ImagesClient;
use sloop_proto::v1::instances_client::InstancesClient;
use sloop_proto::v1::key_pairs_client::KeyPairsClient;
use sloop_proto::v1::metrics_client::MetricsClient;
use sloop_proto::v1::operations_client::OperationsClient;
use sloop_proto::v1::publishing_client::PublishingClient;
use sloop_proto::v1::readiness_client::ReadinessClient;
use sloop_proto::v1::snapshots_client::SnapshotsClient;
use sloop_proto::v1::static_ips_client::StaticIpsClient;
use sloop_proto::v1::storage_client::StorageClient;
use sloop_proto::v1::tags_client::TagsClient;
use sloop_proto::v1::terminal_client::TerminalClient;
use sloop_proto::v1::transfer_client::TransferClient;
use sloop_proto::v1::transport_client::TransportClient;
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint};

use crate::failure::Failure;

/// A console log, or what was measured in a year, may be longer than the four megabytes that gRPC takes by default.
const LARGEST_ANSWER: usize = 64 << 20;

/// An open connection, with a client for each family of requests.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    channel: Channel,
}

impl Session {
    /// Connects to the socket at `path`, at once rather than with the first request, so that a missing daemon is told
    /// from a request that failed.
    pub(crate) async fn open(path: &Path) -> Result<Self, Failure> {
        let socket = path.to_owned();
        let connector = tower::service_fn(move |_| {
            let socket = socket.clone();
            async move { UnixStream::connect(socket).await.map(TokioIo::new) }
        });
        // The address is never used; it becomes the `:authority` that HTTP/2 demands.
        let endpoint = Endpoint::from_static("http://sloopd");
        let channel = endpoint
            .connect_with_connector(connector)
            .await
            .map_err(|error| Failure::connect(path, &error))?;
        Ok(Self { channel })
    }

    /// Add-ons: automatic snapshots.
    pub(crate) fn add_ons(&self) -> AddOnsClient<Channel> {
        AddOnsClient::new(self.channel.clone())
    }

    /// Alarms, and where people are told of them.
    pub(crate) fn alarms(&self) -> AlarmsClient<Channel> {
        AlarmsClient::new(self.channel.clone())
    }

    /// What can be launched.
    pub(crate) fn catalogue(&self) -> CatalogueClient<Channel> {
        CatalogueClient::new(self.channel.clone())
    }

    /// What the same use would cost at Lightsail.
    pub(crate) fn costs(&self) -> CostsClient<Channel> {
        CostsClient::new(self.channel.clone())
    }

    /// Block storage.
    pub(crate) fn disks(&self) -> DisksClient<Channel> {
        DisksClient::new(self.channel.clone())
    }

    /// Firewalls of instances.
    pub(crate) fn firewall(&self) -> FirewallClient<Channel> {
        FirewallClient::new(self.channel.clone())
    }

    /// What was done.
    pub(crate) fn history(&self) -> HistoryClient<Channel> {
        HistoryClient::new(self.channel.clone())
    }

    /// Status checks and recovery.
    pub(crate) fn health(&self) -> HealthClient<Channel> {
        HealthClient::new(self.channel.clone())
    }

    /// The host.
    pub(crate) fn host(&self) -> HostClient<Channel> {
        HostClient::new(self.channel.clone())
    }

    /// Base images.
    pub(crate) fn images(&self) -> ImagesClient<Channel> {
        ImagesClient::new(self.channel.clone())
    }

    /// Instances.
    pub(crate) fn instances(&self) -> InstancesClient<Channel> {
        InstancesClient::new(self.channel.clone())
    }

    /// Key pairs.
    pub(crate) fn key_pairs(&self) -> KeyPairsClient<Channel> {
        KeyPairsClient::new(self.channel.clone())
    }

    /// What was measured.
    pub(crate) fn metrics(&self) -> MetricsClient<Channel> {
        MetricsClient::new(self.channel.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    /// Operations.
    pub(crate) fn operations(&self) -> OperationsClient<Channel> {
        OperationsClient::new(self.channel.clone())
    }

    /// How far instances have come.
    pub(crate) fn readiness(&self) -> ReadinessClient<Channel> {
        ReadinessClient::new(self.channel.clone())
    }

    /// Ports of the host that lead to instances.
    pub(crate) fn publishing(&self) -> PublishingClient<Channel> {
        PublishingClient::new(self.channel.clone())
    }

    /// What instances move.
    pub(crate) fn transfer(&self) -> TransferClient<Channel> {
        TransferClient::new(self.channel.clone())
    }

    /// What instances and disks held at one moment.
    pub(crate) fn snapshots(&self) -> SnapshotsClient<Channel> {
        SnapshotsClient::new(self.channel.clone())
    }

    /// Static addresses.
    pub(crate) fn static_ips(&self) -> StaticIpsClient<Channel> {
        StaticIpsClient::new(self.channel.clone())
    }

    /// What Lightsail takes several steps for.
    pub(crate) fn storage(&self) -> StorageClient<Channel> {
        StorageClient::new(self.channel.clone())
    }

    /// Tags.
    pub(crate) fn tags(&self) -> TagsClient<Channel> {
        TagsClient::new(self.channel.clone())
    }

    /// Snapshots that leave as files and come back.
    pub(crate) fn transport(&self) -> TransportClient<Channel> {
        TransportClient::new(self.channel.clone())
    }

    /// Consoles.
    pub(crate) fn terminal(&self) -> TerminalClient<Channel> {
        TerminalClient::new(self.channel.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }
}
