//! gRPC on a Unix socket: the door of `sloop` and of programs that want streams.

mod add_ons;
mod alarms;
mod caller;
mod catalogue;
mod convert;
mod costs;
mod disks;
mod failure;
mod firewall;
mod health;
mod history;
mod host;
mod images;
mod instances;
mod key_pairs;
mod metrics;
mod operations;
mod publishing;
mod readiness;
mod snapshots;
mod static_ips;
mod storage;
mod tags;
mod terminal;
mod transfer;
mod transport;

use sloop_proto::v1 as wire;
use tokio_stream::wrappers::UnixListenerStream;

pub use self::caller::Callers;
use crate::verbs::Verbs;

/// One of these serves every service.
#[derive(Clone)]
struct Door {
    verbs: Verbs,
    callers: Callers,
}

/// No request of the contract is anywhere near it; user data has 16 KiB.
const MESSAGE_MAX: usize = 256 * 1024;

/// Serves until `ended` resolves, then lets what is under way finish.
pub async fn serve(
    verbs: Verbs,
    callers: Callers,
    listener: tokio::net::UnixListener,
    ended: impl Future<Output = ()> + Send,
) -> anyhow::Result<()> {
    let door = Door { verbs, callers };
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_service_status("", tonic_health::ServingStatus::Serving).await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(sloop_proto::DESCRIPTORS)
        .build_v1()?;
    macro_rules! service {
        ($server:ty) => {
            <$server>::new(door.clone()).max_decoding_message_size(MESSAGE_MAX)
        };
    }
    tonic::transport::Server::builder()
        .add_service(health_service)
        .add_service(reflection)
        .add_service(service!(wire::catalogue_server::CatalogueServer<Door>))
        .add_service(service!(wire::instances_server::InstancesServer<Door>))
        .add_service(service!(wire::firewall_server::FirewallServer<Door>))
        .add_service(service!(wire::static_ips_server::StaticIpsServer<Door>))
        .add_service(service!(wire::add_ons_server::AddOnsServer<Door>))
        .add_service(service!(wire::costs_server::CostsServer<Door>))
        .add_service(service!(wire::disks_server::DisksServer<Door>))
        .add_service(service!(wire::snapshots_server::SnapshotsServer<Door>))
        .add_service(service!(wire::storage_server::StorageServer<Door>))
        .add_service(service!(wire::key_pairs_server::KeyPairsServer<Door>))
        .add_service(service!(wire::operations_server::OperationsServer<Door>))
        .add_service(service!(wire::tags_server::TagsServer<Door>))
        .add_service(service!(wire::host_server::HostServer<Door>))
        .add_service(service!(wire::health_server::HealthServer<Door>))
        .add_service(service!(wire::images_server::ImagesServer<Door>))
        .add_service(service!(wire::publishing_server::PublishingServer<Door>))
        .add_service(service!(wire::transfer_server::TransferServer<Door>))
        .add_service(service!(wire::history_server::HistoryServer<Door>))
        .add_service(service!(wire::transport_server::TransportServer<Door>))
        .add_service(service!(wire::terminal_server::TerminalServer<Door>))
        .add_service(service!(wire::readiness_server::ReadinessServer<Door>))
        .add_service(service!(wire::metrics_server::MetricsServer<Door>))
        .add_service(service!(wire::alarms_server::AlarmsServer<Door>))
        .serve_with_incoming_shutdown(UnixListenerStream::new(listener), ended)
        .await?;
    Ok(())
}
