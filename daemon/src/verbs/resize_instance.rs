use super::Verbs;
use crate::{
    model::{
        Bundle, Caller, Error, Instance, LayerId, Operation, OperationKind, Order, Result, Size, Status,
        changed,
    },
    ports::Change,
};

impl Verbs {
    /// Gives an instance another plan: more or fewer processors, more or less memory, a disk as large or larger. It keeps all that is
    /// its own, and is restarted if it runs. When that fails it has its old plan, and runs again.
    pub async fn resize_instance(&self, caller: &Caller, name: &str, bundle: &str) -> Result<Vec<Operation>> {
        let _alone = self.admission.lock().await;
        let instance = self.find(caller, name).await?;
        let bundle = self.catalogue.bundle(bundle)?;
        check(&instance, bundle)?;
        self.admit_bundle(bundle)?;
        self.idle(&instance).await?;
        let others: Vec<_> =
            self.ports.store.instances().await?.into_iter().filter(|other| other.id != instance.id).collect();
        if instance.status == Status::Running {
            self.admit_memory(&bundle.id, bundle.ram_bytes(), &others)?;
        }
        self.admit_disk(1).await?;
        let top = instance.system()?.stack.top();
        let grows = bundle.disk_bytes() > top.bytes;
        let details = format!("{} to {}", instance.bundle_id, bundle.id);
        let mut operation = self
            .accept(caller, OperationKind::ResizeInstance, &instance, details)
            .changing(changed::between(&instance.bundle_id, &bundle.id));
        operation.order = Order::Resize {
            from: instance.size(),
            to: size(bundle),
            tops: grows.then(|| (LayerId::fresh(), top.id)),
            restart: instance.status == Status::Running,
        };
        let changes = vec![
            Change::Expect(instance.id, instance.status),
            Change::PutOperation(Box::new(operation.clone())),
        ];
        self.order(changes, vec![(instance.id, operation.id)]).await?;
        Ok(vec![operation])
    }

    /// Refuses work that must find an instance as it is now while other work on it is not done.
    pub(super) async fn idle(&self, instance: &Instance) -> Result<()> {
        let unfinished = self.ports.store.unfinished().await?;
        let Some(other) = unfinished.iter().find(|operation| operation.resource_id == instance.id.0) else {
            return Ok(());
        };
        let message = format!("{} is busy: {} has not ended", instance.name, other.kind.word());
        Err(Error::new(crate::model::Kind::WrongState, "InstanceBusy", message).tip("wait until it has"))
    }
}

fn check(instance: &Instance, bundle: &Bundle) -> Result<()> {
    if !matches!(instance.status, Status::Running | Status::Stopped) {
        let tip = "wait until it is running or stopped";
        return Err(instance.status.refuse("resize", &instance.name, tip));
    }
    if instance.bundle_id == bundle.id {
        return Err(Error::invalid(
            "bundleId",
            format!("{} has the plan {} already", instance.name, bundle.id),
        ));
    }
    let has = instance.system()?.stack.bytes();
    if bundle.disk_bytes() < has {
        let message = format!(
            "The disk of {} has {} GB, and {} has {} GB: a disk cannot become smaller",
            instance.name,
            has >> 30,
            bundle.id,
            bundle.disk_gb
        );
        return Err(Error::invalid("bundleId", message)
            .tip("make a new instance of that plan, and copy what you need"));
    }
    Ok(())
}

fn size(bundle: &Bundle) -> Size {
    Size {
        bundle_id: bundle.id.clone(),
        cpu_count: bundle.cpu_count,
        ram_mb: bundle.ram_mb,
        disk_gb: bundle.disk_gb,
        transfer_gb: bundle.transfer_gb,
        bandwidth_kbps: bundle.bandwidth_kbps,
    }
}
