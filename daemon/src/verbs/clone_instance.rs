use tokio::sync::broadcast::error::RecvError;

use super::{
    CreateInstances, Verbs,
    create_instances::{Mold, MoldDisk},
    snapshots::frozen,
};
use crate::{
    model::{
        Beneath, Bundle, Caller, Error, Instance, InstanceId, LayerId, Operation, OperationKind, Order,
        Result, Snapshot, SnapshotId, SnapshotState, Status,
    },
    ports::Change,
};

impl Verbs {
    /// Makes an instance that begins with what another one, running or stopped, holds now. It is one of its own, with keys and an
    /// identity that nothing else has.
    pub async fn clone_instance(
        &self,
        caller: &Caller,
        name: &str,
        new_name: &str,
        bundle: Option<&str>,
    ) -> Result<Vec<Operation>> {
        let source = self.find(caller, name).await?;
        let bundle_id = bundle.map_or_else(|| source.bundle_id.clone(), str::to_owned);
        let asked = CreateInstances {
            names: vec![new_name.to_owned()],
            zone: self.policy.place.zone.clone(),
            bundle_id,
            key_pair: source.key_pair.as_ref().map(ToString::to_string),
            ipv4_only: source.ipv6.is_none(),
            ..CreateInstances::default()
        };
        let bundle = self.catalogue.bundle(&asked.bundle_id)?;
        let mut order = self.check_common(caller, asked, mold(&source, bundle)?).await?;
        let cursor = self.admission.lock().await;
        // As it is now that nobody else may change it.
        let source = self.find(caller, name).await?;
        check(&source)?;
        self.idle(&source).await?;
        self.admit_snapshot().await?;
        order.mold = mold(&source, bundle)?;
        let passing = self.design_snapshot(caller, None, frozen(&source), Vec::new())?;
        let snapshot = passing.id;
        let freezing = self.freezing(caller, &source, passing, new_name);
        let operations = self.make_when(&order, cursor, Some((snapshot, source.id, freezing))).await?;
        self.begin_after(snapshot, operations.clone());
        Ok(operations)
    }

    /// What freezes the source, with the operation that does so.
    fn freezing(
        &self,
        caller: &Caller,
        source: &Instance,
        passing: Snapshot,
        new_name: &str,
    ) -> (Vec<Change>, Operation) {
        let mut operation = self
            .accept(caller, OperationKind::CreateInstanceSnapshot, source, new_name)
            .changing(format!("held still for its clone {new_name}"));
        operation.order = Order::Snapshot(passing.id);
        let disks = source.drives.iter().map(|drive| drive.frozen(Some(LayerId::fresh())));
        let freeze = Change::Freeze(passing.id, disks.collect());
        let changes = vec![
            Change::Expect(source.id, source.status),
            Change::AddSnapshot(Box::new(passing)),
            freeze,
            Change::PutOperation(Box::new(operation.clone())),
        ];
        (changes, operation)
    }

    /// Has the operations of clones begin when what they stand on is frozen, and fail when it is not to be.
    pub(super) fn begin_after(&self, snapshot: SnapshotId, clones: Vec<Operation>) {
        let verbs = self.clone();
        tokio::spawn(async move {
            let frozen = verbs.until_frozen(snapshot).await;
            for operation in clones {
                let instance = InstanceId(operation.resource_id);
                let begun = match &frozen {
                    Ok(()) => verbs.let_go(snapshot, &operation).await,
                    Err(error) => Err(error.clone()),
                };
                match begun {
                    Ok(()) => verbs.engine.submit(instance, operation.id),
                    Err(error) => verbs.engine.refuse(instance, operation.id, error),
                }
            }
        });
    }

    async fn until_frozen(&self, id: SnapshotId) -> Result<()> {
        let mut moments = self.engine.moments();
        loop {
            match self.ports.store.snapshot_by_id(id).await? {
                Some(snapshot) if snapshot.state == SnapshotState::Available => return Ok(()),
                Some(_) => {}
                None => {
                    return Err(Error::internal("the instance that it is a clone of could not be frozen")
                        .tip("see why: sloop operation list"));
                }
            }
            if let Err(RecvError::Closed) = moments.recv().await {
                return Err(Error::unavailable("the daemon is ending"));
            }
        }
    }

    /// The clone stands on the layers itself: the snapshot has done its work. From here on the clone is like any new instance.
    async fn let_go(&self, snapshot: SnapshotId, operation: &Operation) -> Result<()> {
        let plain = Operation { order: Order::Plain, ..operation.clone() };
        let changes = vec![Change::RemoveSnapshot(snapshot), Change::PutOperation(Box::new(plain))];
        self.ports.store.commit(changes).await
    }
}

fn check(source: &Instance) -> Result<()> {
    if matches!(source.status, Status::Running | Status::Stopped) {
        return Ok(());
    }
    Err(source.status.refuse("clone", &source.name, "wait until it is running or stopped"))
}

fn mold(source: &Instance, bundle: &Bundle) -> Result<Mold> {
    let bytes = source.system()?.stack.bytes();
    if bundle.disk_bytes() < bytes {
        let message = format!(
            "{} has a disk of {} GB, and {} has {} GB",
            source.name,
            bytes >> 30,
            bundle.id,
            bundle.disk_gb
        );
        return Err(Error::invalid("bundleId", message).tip("choose the same bundle or a bigger one"));
    }
    let disks = source.drives.iter().map(|drive| MoldDisk {
        name: drive.name.clone(),
        given: None,
        slot: drive.slot,
        beneath: Beneath::Layer(drive.stack.top().id),
        bytes: if drive.slot.is_system() { bundle.disk_bytes() } else { drive.stack.bytes() },
    });
    Ok(Mold {
        from: format!("a clone of {}", source.name),
        blueprint_id: source.blueprint_id.clone(),
        blueprint_name: source.blueprint_name.clone(),
        username: source.username.clone(),
        firmware: source.firmware,
        ports: source.ports.clone(),
        vendor_config: source.vendor_config.clone(),
        disks: disks.collect(),
    })
}
