use std::{collections::HashSet, net::Ipv4Addr};

use super::{
    Verbs,
    admission::{Cursor, ipv6},
};
use crate::{
    model::{
        BaseImage, Beneath, Blueprint, Bundle, Caller, Drive, Error, FirstBoot, Identity, Instance,
        InstanceId, Ipv6Range, KeyPair, Layer, MetadataOptions, Operation, OperationKind, ResourceName,
        ResourceType, Result, Status, Tags, UserData, shown,
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
}

/// What all the instances of one request have in common, checked.
struct Order<'a> {
    caller: &'a Caller,
    names: Vec<ResourceName>,
    blueprint: Blueprint,
    bundle: &'a Bundle,
    /// None yet: the operations begin when it is here.
    base: Option<BaseImage>,
    key_pair: Option<KeyPair>,
    user_data: UserData,
    ipv6_range: Option<Ipv6Range>,
    tags: Tags,
}

/// As many as one request may name.
const NAMES_MAX: usize = 20;

impl Verbs {
    /// Asks for instances: all are accepted, or none is.
    pub async fn create_instances(&self, caller: &Caller, asked: CreateInstances) -> Result<Vec<Operation>> {
        let mut order = self.check(caller, asked).await?;
        // From here to the commit nobody else may count instances, take addresses or remove images.
        let mut cursor = self.admission.lock().await;
        order.base = self.base_for(&order.blueprint, order.bundle).await?;
        let mut instances = self.ports.store.instances().await?;
        let mut given = self.ports.store.public_addresses().await?;
        self.admit_count(&instances, order.names.len())?;
        self.admit_memory(&order.bundle.id, order.bundle.ram_bytes() * order.names.len() as u64, &instances)?;
        self.admit_disk(order.names.len()).await?;

        let (mut changes, mut made) = (Vec::new(), Vec::new());
        for name in &order.names {
            let instance = self.design(&order, name, &mut cursor, (&instances, &given))?;
            given.extend(instance.public_ip);
            let operation = Operation::accepted(
                OperationKind::CreateInstance,
                &caller.owner,
                (ResourceType::Instance, instance.id.0, name.as_str()),
                self.policy.place.zone.clone(),
                self.ports.clock.now(),
            );
            changes.push(Change::AddInstance(Box::new(instance.clone())));
            changes.push(Change::PutOperation(Box::new(operation.clone())));
            made.push((instance.id, operation));
            instances.push(instance);
        }
        if order.base.is_some() {
            let work = made.iter().map(|(id, operation)| (*id, operation.id)).collect();
            self.order(changes, work).await?;
        } else {
            self.order(changes, Vec::new()).await?;
            let waiting = made.iter().map(|(_, operation)| operation.clone()).collect();
            self.begin_with_image(&order.blueprint, &caller.owner, waiting);
        }
        drop(cursor);
        Ok(made.into_iter().map(|(_, operation)| operation).collect())
    }

    async fn check<'a>(&'a self, caller: &'a Caller, asked: CreateInstances) -> Result<Order<'a>> {
        let names = parse_names(&asked.names)?;
        let place = &self.policy.place;
        if asked.zone != place.zone {
            let shown = shown(&asked.zone);
            return Err(Error::invalid("availabilityZone", format!("Unknown availability zone: {shown}"))
                .tip(format!("this host is {}", place.zone)));
        }
        let blueprint = self.blueprint(&asked.blueprint_id).await?;
        let bundle = self.catalogue.bundle(&asked.bundle_id)?;
        fits(&blueprint, bundle)?;
        self.admit_bundle(bundle)?;
        let user_data = UserData::parse(asked.user_data)?;
        let mut tags = Tags::default();
        tags.put(asked.tags, self.policy.quotas.tags)?;
        let key_pair = match &asked.key_pair {
            Some(name) => Some(self.find_key_pair(caller, name).await?),
            None => Some(self.default_key_pair(caller).await?),
        };
        let base = self.base_for(&blueprint, bundle).await?;
        let ipv6_range = self.policy.ipv6_range.filter(|_| !asked.ipv4_only);
        Ok(Order { caller, names, blueprint, bundle, base, key_pair, user_data, ipv6_range, tags })
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
        let beneath = order.base.as_ref().map_or(Beneath::Awaited, |base| Beneath::Base(base.path.clone()));
        Ok(Instance {
            id,
            name: name.clone(),
            owner: order.caller.owner.clone(),
            owner_number: 0,
            created_at: self.ports.clock.now(),
            status: Status::Pending,
            blueprint_id: order.blueprint.id.clone(),
            blueprint_name: order.blueprint.name.clone(),
            bundle_id: order.bundle.id.clone(),
            cpu_count: order.bundle.cpu_count,
            ram_mb: order.bundle.ram_mb,
            disk_gb: order.bundle.disk_gb,
            transfer_gb: order.bundle.transfer_gb,
            bandwidth_kbps: order.bundle.bandwidth_kbps,
            username: order.blueprint.user.clone(),
            key_pair: order.key_pair.as_ref().map(|pair| pair.name.clone()),
            firmware: order.blueprint.firmware,
            drives: vec![Drive::system(id.system_disk(), Layer::on(beneath, order.bundle.disk_bytes()))],
            private_ip,
            public_ip: Some(cursor.public(self.policy.public_pool, given)?),
            has_static_ip: false,
            ipv6: ipv6.transpose()?,
            ports: order.blueprint.ports.clone(),
            published: Vec::new(),
            metadata: MetadataOptions::default(),
            identity: Identity {
                host_key_private: host_key.private,
                host_key_public: host_key.public.line,
                access_key_private: access_key.private,
                authorized_keys,
            },
            vendor_config: order.blueprint.vendor_config.clone(),
            user_data: order.user_data.clone(),
            first_boot: FirstBoot::Pending,
            tags: order.tags.clone(),
        })
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
