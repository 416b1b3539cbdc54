mod snapshots;
mod static_ips;

use jiff::Timestamp;

use super::Verbs;
use crate::{
    model::{
        Bundle, Caller, Charge, Disk, Error, Instance, Kind, Month, Operation, OperationStatus, Owner,
        ResourceName, ResourceType, Result, Stretch, Transfer, UsageCost, estimate, plan_times,
    },
    ports::OperationFilter,
};

/// What a resource would have cost at Lightsail.
#[derive(Clone, Debug, PartialEq)]
pub struct CostReport {
    /// Its name.
    pub name: String,
    /// What sort of resource it is.
    pub kind: ResourceType,
    /// When.
    pub asked: Stretch,
    /// What it would have cost for what, as far as that is past.
    pub usages: Vec<UsageCost>,
}

/// Operations that are read at once.
const SOME: usize = 200;

impl Verbs {
    /// What a resource would have cost at Lightsail in a stretch of time, as far as that is past: from its creation on, whatever it was
    /// doing. One that was deleted costs nothing any more, as at Lightsail. An instance counts with the plans that it had, what it
    /// moved beyond their allowance, and its automatic snapshots; its disks are resources of their own, and count with the sizes that
    /// they have now.
    pub async fn get_cost_estimate(&self, caller: &Caller, name: &str, asked: Stretch) -> Result<CostReport> {
        let name = ResourceName::parse("resourceName", name)?;
        let now = self.ports.clock.now();
        check(asked, now)?;
        let past = Stretch { end: asked.end.min(now), ..asked };
        let (kind, charges) = self.charges(caller, &name, past, now).await?;
        let usages = estimate(&charges, past);
        Ok(CostReport { name: name.as_str().to_owned(), kind, asked, usages })
    }

    async fn charges(
        &self,
        caller: &Caller,
        name: &ResourceName,
        past: Stretch,
        now: Timestamp,
    ) -> Result<(ResourceType, Vec<Charge>)> {
        let store = &self.ports.store;
        let allowed = |owner: &Owner| self.policy.access.allows(caller, owner);
        if let Some(instance) = store.instance(name).await?.filter(|one| allowed(&one.owner)) {
            return Ok((ResourceType::Instance, self.charges_of_instance(&instance, past, now).await?));
        }
        if let Some(disk) = store.disk(name).await?.filter(|one| allowed(&one.owner)) {
            return Ok((ResourceType::Disk, self.charges_of_disk(&disk, now).await?));
        }
        if let Some(snapshot) = store.snapshot(name).await?.filter(|one| allowed(&one.owner)) {
            let id = snapshot.id;
            let charges = self.charges_of_snapshots(&snapshot.owner, now, move |one| one.id == id).await?;
            return Ok((snapshot.resource_type(), charges));
        }
        if let Some(static_ip) = store.static_ip(name).await?.filter(|one| allowed(&one.owner)) {
            return Ok((ResourceType::StaticIp, self.charges_of_static_ip(&static_ip, now).await?));
        }
        if store.key_pair(name).await?.is_some_and(|one| allowed(&one.owner)) {
            return Ok((ResourceType::KeyPair, Vec::new()));
        }
        Err(Error::not_found("Resource", name)
            .tip("a cost is estimated of what is there: sloop cost lists it all"))
    }

    async fn charges_of_instance(
        &self,
        instance: &Instance,
        past: Stretch,
        now: Timestamp,
    ) -> Result<Vec<Charge>> {
        let operations = self.work_done_on(instance.name.as_str()).await?;
        let plans = plan_times(instance, &operations, now);
        let mut charges = Vec::new();
        for plan in plans.iter().filter(|plan| plan.stretch.common(past).is_some()) {
            charges.push(Charge::plan(self.priced(&plan.bundle_id, instance)?, plan.stretch));
        }
        // Where the counters cannot be read, what they said a minute ago is answer enough.
        self.engine.tally_if_possible().await;
        let life = Stretch { start: instance.created_at, end: now };
        for part in life.months().filter(|part| part.common(past).is_some()) {
            let month = Month::of(part.start);
            let moved = self.ports.store.transfer(instance.id, month).await?;
            // The allowance is that of the month's last plan.
            let plan = plans.iter().rev().find(|plan| plan.stretch.start < part.end);
            let allowed = plan.map_or(instance.transfer_gb, |plan| plan.transfer_gb);
            charges.extend(Charge::overage(&Transfer::new(month, moved, allowed), part));
        }
        charges.extend(self.charges_of_automatic(&instance.owner, instance.id.0, now).await?);
        Ok(charges)
    }

    async fn charges_of_disk(&self, disk: &Disk, now: Timestamp) -> Result<Vec<Charge>> {
        let mut charges = self.charges_of_automatic(&disk.owner, disk.id.0, now).await?;
        charges.push(Charge::disk(disk.stack.bytes(), Stretch { start: disk.created_at, end: now }));
        Ok(charges)
    }

    /// Automatic snapshots have no names to ask for, and go with what they are of: they count there.
    async fn charges_of_automatic(
        &self,
        owner: &Owner,
        source: uuid::Uuid,
        now: Timestamp,
    ) -> Result<Vec<Charge>> {
        self.charges_of_snapshots(owner, now, move |one| one.day.is_some() && one.source() == source).await
    }

    /// A plan with its price, whether or not new instances may have it.
    fn priced(&self, id: &str, instance: &Instance) -> Result<&Bundle> {
        self.catalogue.bundles.iter().find(|bundle| bundle.id == id).ok_or_else(|| {
            let message = format!(
                "{} had the plan {id}, which is not in the catalogue, and neither is its price",
                instance.name
            );
            Error::new(Kind::WrongState, "BundleWithoutPrice", message)
                .tip("put the plan back into bundles.toml, with active = false")
        })
    }

    /// All operations on what has that name, or had it, that have reached their goals, the newest first.
    async fn work_done_on(&self, name: &str) -> Result<Vec<Operation>> {
        let (mut done, mut before) = (Vec::new(), None);
        loop {
            let filter = OperationFilter {
                resource: Some(name.to_owned()),
                before,
                limit: SOME,
                ..OperationFilter::default()
            };
            let page = self.ports.store.operations(filter).await?;
            let Some(last) = page.last() else { return Ok(done) };
            before = Some(last.id);
            done.extend(page.into_iter().filter(|one| one.status == OperationStatus::Succeeded));
        }
    }
}

/// Refuses what is no stretch of time, or has not begun.
fn check(asked: Stretch, now: Timestamp) -> Result<()> {
    if asked.start >= asked.end {
        return Err(Error::invalid("endTime", "The end of a cost estimate must come after its start"));
    }
    if asked.start > now {
        let message = format!("A cost estimate begins in the past, and {:.0} is yet to come", asked.start);
        return Err(Error::invalid("startTime", message).tip("what is not used yet costs nothing"));
    }
    Ok(())
}
