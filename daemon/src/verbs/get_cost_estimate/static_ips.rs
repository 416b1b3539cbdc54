use jiff::Timestamp;

use crate::{
    model::{Charge, OperationKind, Result, StaticIp, Stretch, idle_stretches},
    verbs::Verbs,
};

impl Verbs {
    /// What a static address costs: it does whenever no instance has it.
    pub(super) async fn charges_of_static_ip(
        &self,
        static_ip: &StaticIp,
        now: Timestamp,
    ) -> Result<Vec<Charge>> {
        let turns = self.turns_of(static_ip, now).await?;
        let idle = idle_stretches(static_ip.created_at, &turns, static_ip.holder.is_some(), now);
        Ok(idle.into_iter().filter_map(Charge::idle_address).collect())
    }

    /// When instances got the address (`true`) and lost it (`false`), in this order, as the operations on it tell.
    async fn turns_of(&self, static_ip: &StaticIp, now: Timestamp) -> Result<Vec<(Timestamp, bool)>> {
        let mut work = self.work_done_on(static_ip.name.as_str()).await?;
        // Another may have had the name before.
        work.retain(|one| one.resource_id == static_ip.id.0);
        let mut turns = Vec::new();
        // From the last one on, so that it is known when the next one was.
        let mut next = now;
        for one in work {
            let at = one.created_at;
            match one.kind {
                OperationKind::AttachStaticIp => {
                    // An instance that is deleted lets go of it, which is no operation on the address.
                    let holder = Stretch { start: at, end: next };
                    turns.extend(self.deletion(&one.details, holder).await?.map(|end| (end, false)));
                    turns.push((at, true));
                }
                OperationKind::DetachStaticIp => turns.push((at, false)),
                _ => continue,
            }
            next = at;
        }
        turns.reverse();
        Ok(turns)
    }

    /// When the instance of that name was deleted which was there when a stretch began, if it was within it.
    async fn deletion(&self, name: &str, within: Stretch) -> Result<Option<Timestamp>> {
        let work = self.work_done_on(name).await?;
        let deleted = work.iter().filter(|one| one.kind == OperationKind::DeleteInstance);
        let ends = deleted.map(|one| one.status_changed_at);
        Ok(ends.filter(|end| within.start < *end && *end <= within.end).min())
    }
}
