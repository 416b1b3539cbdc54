use std::{collections::HashSet, net::Ipv4Addr};

use tokio::sync::MutexGuard;

use super::{
    Verbs,
    admission::{Cursor, ipv6},
    trace::disks_made_with,
};
use crate::{
    model::{
        AutoSnapshot, BaseImage, Beneath, Blueprint, Bundle, Caller, DiskId, Drive, Error, Firmware,
        FirstBoot, Identity, Instance, InstanceId, Ipv6Range, KeyPair, Layer, MetadataOptions, Operation,
        OperationKind, Order as Waits, PortRule, ResourceName, ResourceType, Result, Slot, SnapshotId, Stack,
        Status, Tags, TimeOfDay, UserData,
    },
    ports::Change,
};

/// What is asked for: several instances of one kind.
#[derive(Clone, Debug, Default)]
pub struct CreateInstances {
    /// Their names.
    pub names: Vec<String>,
    /// Must be this host's zone.
    pub zone: String,
    /// What to make them from.
    pub blueprint_id: String,
    /// Their plan.
    pub bundle_id: String,
    /// What to run at first boot.
    pub user_data: String,
    /// Key pair to let in; the default one when absent.
    pub key_pair: Option<String>,
    /// Without an IPv6 address, where there is IPv6 on this host.
    pub ipv4_only: bool,
    /// Labels, each a key and a value.
    pub tags: Vec<(String, String)>,
    /// Daily snapshots of each from the beginning, at that time.
    pub daily: Option<TimeOfDay>,
}

/// What all the instances of one request have in common, checked.
pub(super) struct Order<'a> {
    caller: &'a Caller,
    names: Vec<ResourceName>,
    bundle: &'a Bundle,
    pub(super) mold: Mold,
    key_pair: Option<KeyPair>,
    user_data: UserData,
    ipv6_range: Option<Ipv6Range>,
    tags: Tags,
    daily: Option<TimeOfDay>,
}

/// What they are made after: a blueprint, or an instance that was.
pub(super) struct Mold {
    /// In words, for the history.
    pub(super) from: String,
    pub(super) blueprint_id: String,
    pub(super) blueprint_name: String,
    pub(super) username: String,
    pub(super) firmware: Firmware,
    pub(super) ports: Vec<PortRule>,
    pub(super) vendor_config: String,
    pub(super) disks: Vec<MoldDisk>,
}

/// A disk that each of them has.
pub(super) struct MoldDisk {
    /// The name of the disk that it is a copy of; none of a system disk.
    pub(super) name: Option<ResourceName>,
    /// The name that it is given; made from the instance's and the other's where absent.
    pub(super) given: Option<ResourceName>,
    pub(super) slot: Slot,
    pub(super) beneath: Beneath,
    pub(super) bytes: u64,
}

/// As many as one request may name.
const NAMES_MAX: usize = 20;

impl Verbs {
    /// Asks for instances: all are accepted, or none is.
    pub async fn create_instances(&self, caller: &Caller, asked: CreateInstances) -> Result<Vec<Operation>> {
        let blueprint = self.blueprint(&asked.blueprint_id).await?;
        let bundle = self.catalogue.bundle(&asked.bundle_id)?;
        fits(&blueprint, bundle)?;
        let base = self.base_for(&blueprint, bundle).await?;
        let mut order = self.check_common(caller, asked, blueprint_mold(&blueprint, bundle, base)).await?;
        // From here to the commit nobody else may count instances, take addresses or remove images.
        let cursor = self.admission.lock().await;
        let base = self.base_for(&blueprint, bundle).await?;
        let awaited = base.is_none();
        order.mold = blueprint_mold(&blueprint, bundle, base);
        let operations = self.make(&order, cursor).await?;
        if awaited {
            self.begin_with_image(&blueprint, caller, operations.clone());
        }
        Ok(operations)
    }

    /// Reserves what the instances need and writes them down, all or none. Those that wait for an image do not begin yet.
    pub(super) async fn make(
        &self,
        order: &Order<'_>,
        cursor: MutexGuard<'_, Cursor>,
    ) -> Result<Vec<Operation>> {
        self.make_when(order, cursor, None).await
    }

    /// The same. With `first`, another instance's operation is written and begun first, and they begin when it has ended.
    pub(super) async fn make_when(
        &self,
        order: &Order<'_>,
        mut cursor: MutexGuard<'_, Cursor>,
        first: Option<(SnapshotId, InstanceId, (Vec<Change>, Operation))>,
    ) -> Result<Vec<Operation>> {
        let mut instances = self.ports.store.instances().await?;
        let mut given = self.ports.store.public_addresses().await?;
        self.admit_count(&instances, order.names.len())?;
        self.admit_memory(&order.bundle.id, order.bundle.ram_bytes() * order.names.len() as u64, &instances)?;
        self.admit_disk(order.names.len()).await?;

        let (mut changes, mut operations, mut work) = (Vec::new(), Vec::new(), Vec::new());
        let mut waits = Waits::Plain;
        if let Some((snapshot, source, (its_changes, operation))) = first {
            changes.extend(its_changes);
            work.push((source, operation.id));
            waits = Waits::Clone { of: snapshot };
        }
        for name in &order.names {
            let instance = self.design(order, name, &mut cursor, (&instances, &given))?;
            given.extend(instance.public_ip);
            let (its_changes, operation) = self.entry(order, &instance, waits.clone());
            changes.extend(its_changes);
            if waits == Waits::Plain && !instance.awaits_image() {
                work.push((instance.id, operation.id));
            }
            operations.push(operation);
            instances.push(instance);
        }
        self.order(changes, work).await?;
        Ok(operations)
    }

    /// What is written of a new instance, with the operation that makes it.
    fn entry(&self, order: &Order<'_>, instance: &Instance, waits: Waits) -> (Vec<Change>, Operation) {
        let zone = self.policy.place.zone.as_str();
        let daily = order.daily.map(|time| format!(", snapshots daily at {time}")).unwrap_or_default();
        let mut operation = self
            .accept(order.caller, OperationKind::CreateInstance, instance, zone)
            .changing(format!("{}, {}, {zone}{daily}", order.mold.from, instance.bundle_id));
        operation.order = waits;
        let now = operation.created_at;
        let mut changes = vec![
            Change::AddInstance(Box::new(instance.clone())),
            Change::PutOperation(Box::new(operation.clone())),
        ];
        let disks = disks_made_with(&operation, instance, &order.mold.from);
        changes.extend(disks.map(|disk| Change::PutOperation(Box::new(disk))));
        let begin = |time| AutoSnapshot::beginning(instance.id.0, ResourceType::Instance, time, now);
        changes.extend(order.daily.map(begin).map(Change::PutAutoSnapshot));
        (changes, operation)
    }

    /// What does not depend on what the instances are made from.
    pub(super) async fn check_common<'a>(
        &'a self,
        caller: &'a Caller,
        asked: CreateInstances,
        mold: Mold,
    ) -> Result<Order<'a>> {
        let names = parse_names(&asked.names)?;
        self.policy.place.admit_zone(&asked.zone)?;
        let bundle = self.catalogue.bundle(&asked.bundle_id)?;
        self.admit_bundle(bundle)?;
        let user_data = UserData::parse(asked.user_data)?;
        let mut tags = Tags::default();
        tags.put(asked.tags, self.policy.quotas.tags)?;
        let key_pair = match &asked.key_pair {
            Some(name) => Some(self.find_key_pair(caller, name).await?),
            None => Some(self.default_key_pair(caller).await?),
        };
        let ipv6_range = self.policy.ipv6_range.filter(|_| !asked.ipv4_only);
        Ok(Order { caller, names, bundle, mold, key_pair, user_data, ipv6_range, tags, daily: asked.daily })
    }

    /// The base image, which must fit the plan; none where it can be brought.
    async fn base_for(&self, blueprint: &Blueprint, bundle: &Bundle) -> Result<Option<BaseImage>> {
        let base = self.ports.images.base(blueprint).await?;
        match &base {
            Some(base) if base.virtual_bytes > bundle.disk_bytes() => {
                Err(too_small(&blueprint.id, base.virtual_bytes, &bundle.id, bundle.disk_gb))
            }
            Some(_) => Ok(base),
            None => Self::obtainable(blueprint).map(|()| None),
        }
    }

    fn design(
        &self,
        order: &Order<'_>,
        name: &ResourceName,
        cursor: &mut Cursor,
        (others, given): (&[Instance], &HashSet<Ipv4Addr>),
    ) -> Result<Instance> {
        let id = fresh_id(others);
        let private_ip = cursor.private(self.policy.private_pool, others)?;
        let ipv6 =
            order.ipv6_range.map(|range| ipv6(range, self.policy.private_pool, (id, private_ip), others));
        let host_key = self.ports.keys.generate(&name.host_name())?;
        let access_key = self.ports.keys.generate("sloop")?;
        let mut authorized_keys = vec![access_key.public.line.clone()];
        authorized_keys.extend(order.key_pair.iter().map(|pair| pair.public.line.clone()));
        let mold = &order.mold;
        Ok(Instance {
            id,
            name: name.clone(),
            owner: order.caller.owner.clone(),
            owner_number: 0,
            created_at: self.ports.clock.now(),
            status: Status::Pending,
            blueprint_id: mold.blueprint_id.clone(),
            blueprint_name: mold.blueprint_name.clone(),
            bundle_id: order.bundle.id.clone(),
            cpu_count: order.bundle.cpu_count,
            ram_mb: order.bundle.ram_mb,
            disk_gb: order.bundle.disk_gb,
            transfer_gb: order.bundle.transfer_gb,
            bandwidth_kbps: order.bundle.bandwidth_kbps,
            username: mold.username.clone(),
            key_pair: order.key_pair.as_ref().map(|pair| pair.name.clone()),
            firmware: mold.firmware,
            drives: mold.disks.iter().map(|disk| drive(id, name, disk)).collect::<Result<_>>()?,
            private_ip,
            public_ip: Some(cursor.public(self.policy.public_pool, given)?),
            has_static_ip: false,
            ipv6: ipv6.transpose()?,
            ports: mold.ports.clone(),
            published: Vec::new(),
            metadata: MetadataOptions::default(),
            identity: Identity {
                host_key_private: host_key.private,
                host_key_public: host_key.public.line,
                access_key_private: access_key.private,
                authorized_keys,
            },
            vendor_config: mold.vendor_config.clone(),
            user_data: order.user_data.clone(),
            first_boot: FirstBoot::Pending,
            tags: order.tags.clone(),
        })
    }
}

/// The disk of an instance, empty on what it is to begin with.
fn drive(id: InstanceId, instance: &ResourceName, disk: &MoldDisk) -> Result<Drive> {
    let top = Layer::on(disk.beneath.clone(), disk.bytes);
    let Some(old) = &disk.name else { return Ok(Drive::system(id.system_disk(), top)) };
    let name = match &disk.given {
        Some(given) => given.clone(),
        None => ResourceName::parse("attachedDiskMapping", &format!("{instance}-{old}"))?,
    };
    Ok(Drive { disk: DiskId::fresh(), name: Some(name), slot: disk.slot, stack: Stack::single(top) })
}

/// One disk, of the plan's size, on the base image; on none yet where that must be brought first.
fn blueprint_mold(blueprint: &Blueprint, bundle: &Bundle, base: Option<BaseImage>) -> Mold {
    let system = MoldDisk {
        name: None,
        given: None,
        slot: Slot::SYSTEM,
        beneath: base.map_or(Beneath::Awaited, |base| Beneath::Base(base.path)),
        bytes: bundle.disk_bytes(),
    };
    Mold {
        from: blueprint.id.clone(),
        blueprint_id: blueprint.id.clone(),
        blueprint_name: blueprint.name.clone(),
        username: blueprint.user.clone(),
        firmware: blueprint.firmware,
        ports: blueprint.ports.clone(),
        vendor_config: blueprint.vendor_config.clone(),
        disks: vec![system],
    }
}

fn parse_names(names: &[String]) -> Result<Vec<ResourceName>> {
    if names.is_empty() || names.len() > NAMES_MAX {
        let message = format!("instanceNames must hold 1 to {NAMES_MAX} names; it holds {}", names.len());
        return Err(Error::invalid("instanceNames", message));
    }
    let parsed =
        names.iter().map(|name| ResourceName::parse("instanceNames", name)).collect::<Result<Vec<_>>>()?;
    let mut seen = HashSet::new();
    match parsed.iter().find(|name| !seen.insert(*name)) {
        Some(twice) => Err(Error::invalid("instanceNames", format!("The name {twice} is given twice"))),
        None => Ok(parsed),
    }
}

/// The plan's disk is smaller than the image's.
pub(super) fn too_small(blueprint: &str, bytes: u64, bundle: &str, disk_gb: u32) -> Error {
    let message =
        format!("{blueprint} needs a disk of {} GB; {bundle} has {disk_gb} GB", bytes.div_ceil(1 << 30));
    Error::invalid("bundleId", message).tip("choose a bigger bundle: sloop bundle list")
}

fn fits(blueprint: &Blueprint, bundle: &Bundle) -> Result<()> {
    if !bundle.supported_platforms.contains(&blueprint.platform) {
        let message = format!("{} is not for the platform of {}", bundle.id, blueprint.id);
        return Err(Error::invalid("bundleId", message).tip("see which is for what: sloop bundle list"));
    }
    if bundle.power < blueprint.min_power {
        let message = format!("{} is too small for {}", bundle.id, blueprint.id);
        return Err(Error::invalid("bundleId", message)
            .tip(format!("choose one with a power of at least {}", blueprint.min_power)));
    }
    Ok(())
}

/// An id whose short form, which names the tap, no other instance has.
fn fresh_id(others: &[Instance]) -> InstanceId {
    loop {
        let id = InstanceId::fresh();
        if others.iter().all(|other| other.id.short() != id.short()) {
            return id;
        }
    }
}
