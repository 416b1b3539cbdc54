use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    model::{Result, TimeOfDay},
    verbs::Verbs,
};

/// When daily snapshots are taken, of everything that they are taken of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DailyTimes(HashMap<Uuid, TimeOfDay>);

impl DailyTimes {
    /// When they are of that instance or disk, if they are.
    pub fn of(&self, source: Uuid) -> Option<TimeOfDay> {
        self.0.get(&source).copied()
    }
}

impl Verbs {
    /// When daily snapshots are taken. It is not asked whose: a door pairs them with what the caller may see.
    pub async fn get_daily_times(&self) -> Result<DailyTimes> {
        let all = self.ports.store.auto_snapshots().await?;
        Ok(DailyTimes(all.into_iter().map(|daily| (daily.source, daily.time)).collect()))
    }
}
