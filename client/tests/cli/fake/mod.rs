//! A daemon with a script instead of machines: what becomes of an instance lies in its name.

mod add_ons;
mod alarms;
mod console;
mod costs;
mod disks;
mod firewall;
mod health;
mod history;
mod host;
mod images;
mod instances;
mod key_pairs;
mod metrics;
mod snapshots;
mod static_ips;
mod storage;
mod transport;
mod work;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use sloop_proto::v1::add_ons_server::AddOnsServer;
use sloop_proto::v1::alarms_server::AlarmsServer;
use sloop_proto::v1::catalogue_server::CatalogueServer;
use sloop_proto::v1::costs_server::CostsServer;
use sloop_proto::v1::disks_server::DisksServer;
use sloop_proto::v1::firewall_server::FirewallServer;
use sloop_proto::v1::health_server::HealthServer;
use sloop_proto::v1::history_server::HistoryServer;
use sloop_proto::v1::host_server::HostServer;
use sloop_proto::v1::images_server::ImagesServer;
use sloop_proto::v1::instances_server::InstancesServer;
use sloop_proto::v1::key_pairs_server::KeyPairsServer;
use sloop_proto::v1::metrics_server::MetricsServer;
use sloop_proto::v1::operations_server::OperationsServer;
use sloop_proto::v1::publishing_server::PublishingServer;
use sloop_proto::v1::readiness_server::ReadinessServer;
use sloop_proto::v1::snapshots_server::SnapshotsServer;
use sloop_proto::v1::static_ips_server::StaticIpsServer;
use sloop_proto::v1::storage_server::StorageServer;
use sloop_proto::v1::terminal_server::TerminalServer;
use sloop_proto::v1::transfer_server::TransferServer;
use sloop_proto::v1::transport_server::TransportServer;
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::runtime::{Builder, Runtime};
use tokio_stream::Stream;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server;
use tonic::{Code, Response, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

pub(crate) use self::images::{FILE, SHA256};
pub(crate) use self::transport::{DATA, sha256};

type Answer<T> = Result<Response<T>, Status>;
type Moments<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The host key of every instance.
pub(crate) const HOST_KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIHostKey";

/// A running daemon, which ends with the test.
pub(crate) struct Daemon {
    runtime: Runtime,
    dir: TempDir,
}

impl Daemon {
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { runtime: serve(&dir.path().join("sock"), Script { restarted: false }), dir }
    }

    /// Ends the daemon, connections and all, and starts another in its place.
    pub(crate) fn restart(&mut self) {
        std::fs::remove_file(self.socket()).unwrap();
        let next = serve(&self.socket(), Script { restarted: true });
        std::mem::replace(&mut self.runtime, next).shutdown_background();
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir().join("sock")
    }
}

fn serve(socket: &Path, script: Script) -> Runtime {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(async { UnixListener::bind(socket).unwrap() });
    let server = Server::builder()
        .add_service(AddOnsServer::new(script))
        .add_service(AlarmsServer::new(script))
        .add_service(CatalogueServer::new(script))
        .add_service(CostsServer::new(script))
        .add_service(DisksServer::new(script))
        .add_service(FirewallServer::new(script))
        .add_service(HistoryServer::new(script))
        .add_service(HealthServer::new(script))
        .add_service(HostServer::new(script))
        .add_service(ImagesServer::new(script))
        .add_service(InstancesServer::new(script))
        .add_service(KeyPairsServer::new(script))
        .add_service(MetricsServer::new(script))
        .add_service(OperationsServer::new(script))
        .add_service(PublishingServer::new(script))
        .add_service(ReadinessServer::new(script))
        .add_service(SnapshotsServer::new(script))
        .add_service(StaticIpsServer::new(script))
        .add_service(StorageServer::new(script))
        .add_service(TerminalServer::new(script))
        .add_service(TransferServer::new(script))
        .add_service(TransportServer::new(script));
    runtime.spawn(server.serve_with_incoming(UnixListenerStream::new(listener)));
    runtime
}

/// Instances are `web` and `db` in lists; others behave as their names say: `broken`, `slow`, `faulty`, `off`, `ghost`,
/// `strict`, `stacked`. What is slow is there after a restart of the daemon. `taken` is a name in use.
#[derive(Clone, Copy)]
struct Script {
    restarted: bool,
}

#[allow(clippy::unnecessary_wraps)] // It is what every request returns.
fn answer<T>(message: T) -> Answer<T> {
    Ok(Response::new(message))
}

fn beyond<T>() -> Answer<T> {
    Err(Status::unimplemented("not in the script"))
}

fn not_found(name: &str) -> Status {
    absent("Instance", name)
}

fn absent(kind: &str, name: &str) -> Status {
    let tip = format!("sloop {} list", kind.to_lowercase());
    let metadata = HashMap::from([("code".into(), "DoesNotExist".into()), ("tip".into(), tip)]);
    let details = ErrorDetails::with_error_info("NotFoundException", "lightsail", metadata);
    Status::with_error_details(Code::NotFound, format!("The {kind} does not exist: {name}"), details)
}

/// A name may be used once.
fn unused(name: &str) -> Result<(), Status> {
    if name != "taken" {
        return Ok(());
    }
    let metadata = HashMap::from([("code".into(), "NameExists".into())]);
    let details = ErrorDetails::with_error_info("InvalidInputException", "lightsail", metadata);
    Err(Status::with_error_details(Code::AlreadyExists, "Some names are already in use: taken", details))
}

/// A member of the request that is wrong.
fn invalid(field: &str, message: &str) -> Status {
    let mut details =
        ErrorDetails::with_error_info("InvalidInputException", "lightsail", HashMap::<String, String>::new());
    details.add_bad_request_violation(field, message);
    Status::with_error_details(Code::InvalidArgument, message, details)
}
