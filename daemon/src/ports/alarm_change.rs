use jiff::Timestamp;

use crate::model::{Alarm, AlarmId, AlarmState, ContactId, ContactMethod, Letter, Tags};

/// What is written of alarms, and of what they tell.
#[derive(Clone, Debug)]
pub enum AlarmChange {
    /// A new alarm. Its name must be free among all resources.
    Add(Box<Alarm>),
    /// What an alarm watches and whom it tells, and its tags. What it says stays.
    Put(Box<Alarm>),
    /// What an alarm says from now on.
    SetState {
        /// The alarm as it was when this was decided. The commit fails if it watches or says something else meanwhile.
        was: Box<Alarm>,
        /// What it says.
        state: AlarmState,
        /// Why.
        reason: String,
        /// Since when.
        since: Timestamp,
        /// What it said before somebody tried it; none where nobody does.
        before_test: Option<AlarmState>,
    },
    /// The tags of an alarm.
    SetTags(AlarmId, Tags),
    /// An alarm that is no more, with what it has still to tell.
    Remove(AlarmId),
    /// A contact method, new or not. Another of the same owner and way goes, with what is on its way there.
    PutContact(Box<ContactMethod>),
    /// A contact method that is no more, with what is on its way there.
    RemoveContact(ContactId),
    /// A letter that is to be sent.
    AddLetter(Box<Letter>),
    /// How far a letter has come. One that went meanwhile is passed over.
    SetLetter(Box<Letter>),
}
