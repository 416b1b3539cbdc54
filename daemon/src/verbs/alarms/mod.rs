//! Alarms: one file for each verb.

mod delete_alarm;
mod get_alarms;
mod put_alarm;
mod test_alarm;

pub use self::{get_alarms::ShownAlarm, put_alarm::PutAlarm};
use super::Verbs;
use crate::model::{Alarm, Caller, Error, ResourceName, Result};

impl Verbs {
    /// The alarm `name` if the caller may see it. One that is another's does not exist for them.
    pub(super) async fn find_alarm(&self, caller: &Caller, name: &str) -> Result<Alarm> {
        let name = ResourceName::parse("alarmName", name)?;
        let found = self.ports.store.alarm(&name).await?;
        found
            .filter(|alarm| self.policy.access.allows(caller, &alarm.owner))
            .ok_or_else(|| Error::not_found("Alarm", &name).tip("see which there are: sloop alarm list"))
    }
}
