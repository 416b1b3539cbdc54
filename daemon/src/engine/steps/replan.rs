use async_trait::async_trait;

use super::{Scene, Step};
use crate::{
    model::{Beneath, Instance, Layer, Order, Result, Size},
    ports::Change,
};

/// Another plan for an instance that is off. A larger disk is a new top: taken away again, nothing has happened.
pub(in crate::engine) struct Replan;

#[async_trait]
impl Step for Replan {
    fn stage(&self) -> &'static str {
        "changing the plan"
    }

    fn undo_stage(&self) -> &'static str {
        "giving the old plan back"
    }

    fn rewrites(&self) -> bool {
        true
    }

    async fn ensure(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        let Order::Resize { to, tops, .. } = scene.order else { return Err(scene.odd_order()) };
        let mut changes = vec![Change::SetSize(instance.id, to.clone())];
        if let Some((new, old)) = *tops
            && instance.system()?.stack.top().id != new
        {
            let top = Layer { id: new, beneath: Beneath::Layer(old), bytes: bytes(to), is_made: false };
            changes.push(Change::PutOnTop(instance.id.system_disk(), top));
        }
        scene.ports.store.commit(changes).await
    }

    async fn undo(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        let Order::Resize { from, tops, .. } = scene.order else { return Err(scene.odd_order()) };
        let mut changes = vec![Change::SetSize(instance.id, from.clone())];
        changes.extend(tops.map(|(_, old)| Change::SetTop(instance.id.system_disk(), old)));
        scene.ports.store.commit(changes).await
    }
}

fn bytes(size: &Size) -> u64 {
    u64::from(size.disk_gb) << 30
}
