use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    super::Verbs,
    Course,
    course::{self, follow},
};
use crate::{
    engine::Engine,
    model::{
        BaseImage, Blueprint, Caller, Error, ImageMoment, ImageSource, InstanceId, Kind, Operation,
        OperationKind, Order, Resource, Result, StoredImage,
    },
    ports::{Change, Told},
};

/// Work under way, by blueprint: who asks for the same image waits for the same work.
#[derive(Default)]
pub(in crate::verbs) struct Supplies {
    jobs: Mutex<HashMap<String, Course>>,
}

impl Supplies {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Course>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An entry that goes with the work that it stands for, however that ends.
struct Job<'a>(&'a Supplies, &'a str);

impl Drop for Job<'_> {
    fn drop(&mut self) {
        self.0.lock().remove(self.1);
    }
}

impl Verbs {
    /// Joins the work on a blueprint's image, or begins it. It goes on when those who asked for it have gone.
    pub(super) fn supply(&self, blueprint: &Blueprint, caller: &Caller) -> Course {
        let mut jobs = self.supplies.lock();
        if let Some(course) = jobs.get(&blueprint.id) {
            return course.clone();
        }
        let (verbs, blueprint, caller) = (self.clone(), blueprint.clone(), caller.clone());
        let id = blueprint.id.clone();
        let course = course::begin(|told| async move {
            let _job = Job(&verbs.supplies, &blueprint.id);
            let operation = verbs.accept(&caller, kind_of(&blueprint), Resource::image(&blueprint.id), "");
            let bringing = verbs.bring(&blueprint, &caller, told);
            let result = verbs.traced(operation, bringing, |image| image.id.clone()).await;
            match &result {
                Ok(image) => {
                    tracing::info!(image = image.id, origin = image.origin, "image is here");
                    verbs.prune_by_policy().await;
                }
                Err(error) => tracing::warn!(blueprint = blueprint.id, %error, "image did not come"),
            }
            result
        });
        // The work, which takes its entry away when it ends, waits until this lock is open.
        jobs.insert(id, course.clone());
        course
    }

    async fn bring(&self, blueprint: &Blueprint, caller: &Caller, told: Told) -> Result<StoredImage> {
        match &blueprint.source {
            ImageSource::Download(_) => self.ports.images.pull(blueprint, told).await,
            ImageSource::Bake(bake) => self.bake(blueprint, bake, &caller.owner, told).await,
            ImageSource::Recipe(_) | ImageSource::Own => Err(missing(blueprint)),
        }
    }

    /// Has the operations of new instances begin when their image is here, and fail when it does not come.
    pub(in crate::verbs) fn begin_with_image(
        &self,
        blueprint: &Blueprint,
        caller: &Caller,
        work: Vec<Operation>,
    ) {
        let (verbs, blueprint, caller) = (self.clone(), blueprint.clone(), caller.clone());
        tokio::spawn(async move {
            let total = work.first().map_or(0, Engine::steps_of);
            let result = verbs.base_of(&blueprint, &caller, |moment| {
                for operation in &work {
                    let stage = format!("image: {}", moment.stage);
                    verbs.engine.tell_waiting(operation.id, total, stage, moment.detail());
                }
            });
            let result = result.await;
            for operation in work {
                verbs.image_came(operation, &result).await;
            }
        });
    }

    /// A blueprint's image: by work that is under way, or as it is here since, or brought now.
    async fn base_of(
        &self,
        blueprint: &Blueprint,
        caller: &Caller,
        each: impl FnMut(&ImageMoment),
    ) -> Result<BaseImage> {
        let under_way = self.supplies.lock().get(&blueprint.id).cloned();
        if under_way.is_none()
            && let Ok(Some(base)) = self.ports.images.base(blueprint).await
        {
            return Ok(base);
        }
        let mut course = under_way.unwrap_or_else(|| self.supply(blueprint, caller));
        let image = follow(&mut course, each).await?;
        Ok(BaseImage { path: image.path, virtual_bytes: image.virtual_bytes })
    }

    async fn image_came(&self, operation: Operation, result: &Result<BaseImage>) {
        let instance = InstanceId(operation.resource_id);
        let begun = match result {
            Ok(image) => self.take_base(instance, image).await,
            Err(error) => Err(error.clone().while_doing("its image did not come")),
        };
        match begun {
            Ok(()) => self.engine.submit(instance, operation.id),
            Err(error) => self.engine.refuse(instance, operation.id, error),
        }
    }

    async fn take_base(&self, id: InstanceId, image: &BaseImage) -> Result<()> {
        if let Some(instance) = self.ports.store.instance_by_id(id).await?
            && image.virtual_bytes > instance.disk_bytes()
        {
            return Err(super::super::create_instances::too_small(
                &instance.blueprint_id,
                image.virtual_bytes,
                &instance.bundle_id,
                instance.disk_gb,
            ));
        }
        // Nobody may remove it meanwhile.
        let _admission = self.admission.lock().await;
        self.ports.store.commit(vec![Change::SetBase(id, image.path.clone())]).await
    }

    /// Takes up the waits that the last daemon left, and clears away the guests that it was baking with.
    pub async fn resume_supplies(&self, waiting: Vec<Operation>) -> Result<()> {
        self.clear_bakes().await?;
        for operation in waiting {
            if let Order::Clone { of } = operation.order {
                self.begin_after(of, vec![operation]);
                continue;
            }
            let id = InstanceId(operation.resource_id);
            let Some(instance) = self.ports.store.instance_by_id(id).await? else { continue };
            match self.blueprint(&instance.blueprint_id).await {
                Ok(blueprint) => match self.ports.images.base(&blueprint).await {
                    Ok(Some(base)) => {
                        self.ports.store.commit(vec![Change::SetBase(id, base.path)]).await?;
                        self.engine.submit(id, operation.id);
                    }
                    _ => {
                        let daemon = Caller::daemon(&instance.owner);
                        self.begin_with_image(&blueprint, &daemon, vec![operation]);
                    }
                },
                Err(error) => self.engine.refuse(id, operation.id, error),
            }
        }
        Ok(())
    }

    /// A blueprint of the catalogue or of somebody's own.
    pub(in crate::verbs) async fn blueprint(&self, id: &str) -> Result<Blueprint> {
        match self.catalogue.blueprint(id) {
            Ok(blueprint) => Ok(blueprint.clone()),
            Err(unknown) => {
                let own = self.ports.images.own().await?.into_iter().find(|own| own.id == id);
                own.ok_or(unknown)
            }
        }
    }

    /// Whether anything could bring the image.
    pub(in crate::verbs) fn obtainable(blueprint: &Blueprint) -> Result<()> {
        match &blueprint.source {
            ImageSource::Download(_) | ImageSource::Bake(_) => Ok(()),
            ImageSource::Recipe(_) | ImageSource::Own => Err(missing(blueprint)),
        }
    }

    /// Waits for a blueprint's image on behalf of other work.
    pub(super) async fn await_supply(
        &self,
        blueprint: &Blueprint,
        caller: &Caller,
        mut each: impl FnMut(&ImageMoment),
    ) -> Result<StoredImage> {
        follow(&mut self.supply(blueprint, caller), &mut each).await
    }
}

/// What bringing its image is called in the history.
fn kind_of(blueprint: &Blueprint) -> OperationKind {
    match blueprint.source {
        ImageSource::Bake(_) => OperationKind::BakeImage,
        ImageSource::Download(_) | ImageSource::Recipe(_) | ImageSource::Own => OperationKind::PullImage,
    }
}

fn missing(blueprint: &Blueprint) -> Error {
    let message = format!("The image of {} is not on this host", blueprint.id);
    let tip = match &blueprint.source {
        ImageSource::Own => format!("import it again: sloop image import FILE --name {}", blueprint.id),
        _ => format!("build it: make image ID={}", blueprint.id),
    };
    Error::new(Kind::Unavailable, "ImageMissing", message).tip(tip)
}
