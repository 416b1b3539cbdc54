use crate::{
    model::{Alarm, Caller, Letter, Result},
    verbs::{Page, Verbs},
};

/// An alarm, with what it has told lately where that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownAlarm {
    /// The alarm.
    pub alarm: Alarm,
    /// What it has told, the newest first.
    pub letters: Vec<Letter>,
}

impl Verbs {
    /// Alarms that the caller may see, by name, a page at a time: that one with what it has told lately, those on an instance, or all.
    pub async fn get_alarms(
        &self,
        caller: &Caller,
        name: Option<&str>,
        instance: Option<&str>,
        token: Option<&str>,
    ) -> Result<Page<ShownAlarm>> {
        if let Some(name) = name {
            let alarm = self.find_alarm(caller, name).await?;
            let letters = self.ports.store.letters_of(alarm.id).await?;
            let items = vec![ShownAlarm { alarm, letters }];
            return Ok(Page { items, next: None });
        }
        let watched = match instance {
            Some(instance) => Some(self.find(caller, instance).await?.id),
            None => None,
        };
        let mut alarms = self.ports.store.alarms().await?;
        alarms.retain(|alarm| {
            self.policy.access.allows(caller, &alarm.owner) && watched.is_none_or(|id| id == alarm.watched.id)
        });
        let shown: Vec<_> =
            alarms.into_iter().map(|alarm| ShownAlarm { alarm, letters: Vec::new() }).collect();
        Page::by_name(shown, |one| one.alarm.name.as_str(), token)
    }
}
