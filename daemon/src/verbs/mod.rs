//! One file for each use case: authorise, validate, one transaction, wake the engine, return operations.
//!
//! A verb writes what shall be and returns at once; the engine makes it so. Doors call verbs and nothing else. Imports
//! `model`, `ports` and `engine`.

mod add_ons;
mod admission;
mod alarms;
mod clone_instance;
mod contacts;
mod create_instances;
mod create_key_pair;
mod delete_instance;
mod delete_key_pair;
mod disks;
mod doctor;
mod download_default_key_pair;
mod examine_cpu;
mod examine_health;
mod examine_storage;
mod export_metrics;
mod firewall;
mod follow;
mod forget_history;
mod get_access_details;
mod get_active_names;
mod get_catalogue;
mod get_cost_estimate;
mod get_history;
mod get_host;
mod get_instance_health;
mod get_instances;
mod get_key_pairs;
mod get_metadata;
mod get_operations;
mod get_storage;
mod get_transfer;
mod images;
mod import_key_pair;
mod metrics;
mod page;
mod publications;
mod reboot_instance;
mod report_first_boot;
mod resize_instance;
mod resolve_name;
mod roll_back_instance;
mod set_ip_address_type;
mod set_recovery_policy;
mod snapshots;
mod start_instance;
mod static_ips;
mod stop_instance;
mod tag_resource;
mod terminal;
mod trace;
mod untag_resource;
mod update_instance_metadata_options;
mod watch_operation;
mod watch_readiness;

use std::sync::Arc;

pub use self::{
    add_ons::{AutoChoice, AutoSnapshots, DailyTimes},
    admission::{Capacity, Quotas},
    alarms::{PutAlarm, ShownAlarm},
    create_instances::CreateInstances,
    create_key_pair::CreatedKeyPair,
    disks::{CreateDisk, DiskOrigin},
    download_default_key_pair::DefaultKeyPair,
    export_metrics::{HostMetrics, InstanceMetrics, MetricsReport},
    get_access_details::AccessDetails,
    get_cost_estimate::CostReport,
    get_history::HistoryEntry,
    get_host::HostReport,
    get_instance_health::HealthReport,
    get_metadata::Metadata,
    get_storage::{StorageReport, StorageUse},
    images::{Course, ImageInUse, ImageList, ImportRequest, MissingImage, SupplyMoment},
    metrics::{LatestMetrics, LatestOfInstance, MetricData},
    page::Page,
    resolve_name::KnownName,
    snapshots::{
        CopySnapshot, CreateFromSnapshot, DiskSource, ExportPart, ExportRequest, ImportSnapshot,
        ImportedDisk, ImportedInstance, NewDiskName, SnapshotExport,
    },
    watch_operation::OperationMoment,
    watch_readiness::ReadinessMoment,
};
use crate::{
    engine::Engine,
    model::{
        Access, Caller, Catalogue, Error, Instance, InstanceId, Ipv6Range, OperationId, Place, Pool,
        ResourceName, Result,
    },
    ports::{Change, Ports},
};

/// What the host's owner decided.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Region and zone.
    pub place: Place,
    /// Who shares what.
    pub access: Access,
    /// How much there may be.
    pub quotas: Quotas,
    /// How much of the host may be promised.
    pub capacity: Capacity,
    /// Where instances get their own addresses from.
    pub private_pool: Pool,
    /// Where they get their public addresses from.
    pub public_pool: Pool,
    /// Where they get their IPv6 addresses from; none where there is no IPv6.
    pub ipv6_range: Option<Ipv6Range>,
    /// So many automatic snapshots are kept of each instance or disk.
    pub auto_snapshots_kept: usize,
    /// Length of the periods of alarms, in seconds; shorter where the metric's own are.
    pub alarm_period: u32,
    /// So many days are operations kept after they ended.
    pub history_days: u32,
    /// Remove images that a newer one has replaced and no instance stands on, when the newer one comes.
    pub prune_replaced: bool,
    /// HTTP proxy for the packages of a bake; none when empty.
    pub package_proxy: String,
}

/// All verbs. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Verbs {
    ports: Ports,
    engine: Engine,
    catalogue: Arc<Catalogue>,
    policy: Arc<Policy>,
    admission: Arc<tokio::sync::Mutex<admission::Cursor>>,
    supplies: Arc<images::Supplies>,
}

impl Verbs {
    /// The verbs over `ports`, whose operations `engine` runs.
    pub fn new(ports: Ports, engine: Engine, catalogue: Catalogue, policy: Policy) -> Self {
        Self {
            ports,
            engine,
            catalogue: Arc::new(catalogue),
            policy: Arc::new(policy),
            admission: Arc::default(),
            supplies: Arc::default(),
        }
    }

    /// Region and zone of this host.
    pub fn place(&self) -> &Place {
        &self.policy.place
    }

    /// Writes what shall be and hands the operations to the engine. Both happen even if the caller hangs up between: an
    /// operation that is written and never run would block its instance until the next start.
    async fn order(&self, changes: Vec<Change>, work: Vec<(InstanceId, OperationId)>) -> Result<()> {
        let verbs = self.clone();
        let ordered = tokio::spawn(async move {
            verbs.ports.store.commit(changes).await?;
            for (instance, operation) in work {
                verbs.engine.submit(instance, operation);
            }
            Ok(())
        });
        ordered.await.map_err(|error| Error::internal(format!("the order broke off: {error}")))?
    }

    /// The instance `name` if the caller may see it. One that is another's does not exist for them.
    async fn find(&self, caller: &Caller, name: &str) -> Result<Instance> {
        let name = ResourceName::parse("instanceName", name)?;
        let instance = self.ports.store.instance(&name).await?;
        instance
            .filter(|instance| self.policy.access.allows(caller, &instance.owner))
            .ok_or_else(|| Error::not_found("Instance", &name).tip("see which there are: sloop ls"))
    }
}
