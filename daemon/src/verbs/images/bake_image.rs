use std::time::Duration;

use futures::StreamExt as _;

use super::{
    super::{CreateInstances, Verbs},
    Course, only_admins,
};
use crate::{
    model::{
        Bake, Blueprint, Caller, Error, FirstBoot, ImageMoment, ImageSource, Instance, Kind, Operation,
        OperationStatus, Owner, Result, Status, StoredImage,
    },
    ports::Told,
};

/// Marks the guests that bake: what the daemon itself made, it may clear away.
const TAG: &str = "sloop:bake";
/// Their plan: the smallest disk there is, so that the image fits any plan.
const BUNDLE: &str = "nano_3_0";
/// How long a bake may take. Without KVM a large application takes a quarter of an hour.
const LIMIT: Duration = Duration::from_hours(1);
/// Lines of the console that go with a failure.
const LINES: usize = 6;

impl Verbs {
    /// Bakes an application's image anew.
    pub async fn bake_image(&self, caller: &Caller, blueprint_id: &str) -> Result<Course> {
        only_admins(self, caller, "bake one")?;
        let blueprint = self.blueprint(blueprint_id).await?;
        if !matches!(blueprint.source, ImageSource::Bake(_)) {
            let message = format!("{} is an operating system, not an application to be baked", blueprint.id);
            return Err(
                Error::invalid("blueprintId", message).tip(format!("sloop image pull {}", blueprint.id))
            );
        }
        Ok(self.supply(&blueprint, caller))
    }

    /// Has a guest of the operating system carry out the recipe, and makes an image of its disk. Nothing is left of the
    /// guest, however it ends.
    pub(super) async fn bake(
        &self,
        blueprint: &Blueprint,
        bake: &Bake,
        owner: &Owner,
        told: Told,
    ) -> Result<StoredImage> {
        let caller = Caller { admin: true, ..Caller::daemon(owner) };
        let base = self.blueprint(&bake.base).await?;
        if self.ports.images.base(&base).await?.is_none() {
            Self::obtainable(&base)?;
            // Boxed, because a bake waits for a supply, and a supply may be a bake.
            Box::pin(self.await_supply(&base, &caller, |moment| told(moment.clone()))).await?;
        }
        let name = format!("bake-{}-{}", blueprint.id, &uuid::Uuid::new_v4().simple().to_string()[..6]);
        let asked = CreateInstances {
            names: vec![name.clone()],
            zone: self.policy.place.zone.clone(),
            blueprint_id: base.id.clone(),
            bundle_id: BUNDLE.to_owned(),
            user_data: self.recipe(bake)?,
            key_pair: None,
            ipv4_only: true,
            tags: vec![(TAG.to_owned(), blueprint.id.clone())],
            daily: None,
        };
        told(ImageMoment::of("starting a guest to bake in"));
        let operations = self.create_instances(&caller, asked).await?;
        let baked =
            tokio::time::timeout(LIMIT, self.bake_in(blueprint, &caller, &name, operations, &told)).await;
        let baked = baked.unwrap_or_else(|_| {
            let minutes = LIMIT.as_secs() / 60;
            Err(Error::unavailable(format!("baking {} did not end within {minutes} minutes", blueprint.id)))
        });
        told(ImageMoment::of("clearing the guest away"));
        match self.delete_instance(&caller, &name, true).await {
            Ok(operations) => drop(self.ended(&caller, operations).await),
            // It never came to be, or somebody was quicker.
            Err(error) => tracing::debug!(%error, name, "the guest is gone already"),
        }
        baked
    }

    async fn bake_in(
        &self,
        blueprint: &Blueprint,
        caller: &Caller,
        name: &str,
        begun: Vec<Operation>,
        told: &Told,
    ) -> Result<StoredImage> {
        self.ended(caller, begun).await?;
        let guest = self.find(caller, name).await?;
        self.first_boot_over(caller, &guest, told).await?;
        told(ImageMoment::of("shutting the guest down"));
        let stop = self.stop_instance(caller, name, false).await?;
        self.ended(caller, stop).await?;
        self.ports.images.adopt(blueprint, guest.system()?.stack.top().id, told.clone()).await
    }

    /// Waits until the guest says that the recipe is carried out.
    async fn first_boot_over(&self, caller: &Caller, guest: &Instance, told: &Told) -> Result<()> {
        let mut moments = Box::pin(self.watch_readiness(caller, guest.name.as_str()).await?);
        while let Some(moment) = moments.next().await {
            let moment = moment?;
            told(ImageMoment { note: moment.console_line, ..ImageMoment::of("baking") });
            let why = match moment.instance.first_boot {
                FirstBoot::Done => return Ok(()),
                FirstBoot::Failed(errors) => errors.join("; "),
                FirstBoot::Pending if moment.instance.status == Status::Running => continue,
                FirstBoot::Pending => "the guest stopped before it was done".to_owned(),
            };
            return Err(self.burnt(guest, &why).await);
        }
        Err(Error::unavailable("the guest that was baking is gone"))
    }

    /// What went wrong, with the last lines that the guest wrote.
    async fn burnt(&self, guest: &Instance, why: &str) -> Error {
        let log = self.ports.hypervisor.console_log(guest.id, 8 * 1024).await.unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned();
        let lines: Vec<&str> = log.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let last = lines[lines.len().saturating_sub(LINES)..].join(" | ");
        let last: String = last.chars().filter(|c| !c.is_control()).collect();
        Error::new(
            Kind::Unavailable,
            "BakeFailed",
            format!("the recipe failed: {why}; the guest's last words: {last}"),
        )
        .tip(
            "a bake fetches packages: has this host a network, or images.package_proxy in the configuration?",
        )
    }

    /// Waits until all operations have ended; one that failed is an error.
    async fn ended(&self, caller: &Caller, operations: Vec<Operation>) -> Result<()> {
        for operation in operations {
            let mut moments = Box::pin(self.watch_operation(caller, &operation.id.to_string()).await?);
            let mut last = operation;
            while let Some(moment) = moments.next().await {
                last = moment?.operation;
            }
            if last.status == OperationStatus::Failed {
                let why = last.error_details.unwrap_or_default();
                return Err(Error::unavailable(format!(
                    "{} of {} failed: {why}",
                    last.kind.word(),
                    last.resource_name
                )));
            }
        }
        Ok(())
    }

    /// Clears away the guests that an earlier daemon was baking with: their bake begins anew when it is asked for.
    pub(super) async fn clear_bakes(&self) -> Result<()> {
        for instance in self.ports.store.instances().await? {
            if instance.tags.iter().any(|(key, _)| key == TAG) {
                let caller = Caller { admin: true, ..Caller::daemon(&instance.owner) };
                tracing::info!(instance = %instance.name, "clearing away a guest of a bake that was cut off");
                if let Err(error) = self.delete_instance(&caller, instance.name.as_str(), true).await {
                    tracing::warn!(instance = %instance.name, %error, "cannot clear it away");
                }
            }
        }
        Ok(())
    }
}
