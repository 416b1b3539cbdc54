//! Notices on their way.

use jiff::{SignedDuration, Timestamp};

use super::{AlarmId, ContactId, ContactMethod, Endpoint, LetterId, Notice, Result};

/// Between two tries, in seconds. After the last one it is given up: a quarter of an hour after the first.
const PAUSES: [i64; 4] = [30, 60, 180, 600];
/// So many characters of a failure are kept.
const LONGEST: usize = 300;

/// A notice to one person. It is written down before it is sent, and is sent until somebody takes it: at least once.
#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    /// Its identity.
    pub id: LetterId,
    /// For whom.
    pub contact: ContactId,
    /// Where that is.
    pub endpoint: Endpoint,
    /// The alarm that it tells of; none of a code.
    pub alarm: Option<AlarmId>,
    /// What it says.
    pub notice: Notice,
    /// How far it has come.
    pub delivery: Delivery,
    /// How often it was tried.
    pub tries: u32,
    /// Why the last try failed; empty where it did not.
    pub error: String,
    /// Not before then it is tried.
    pub due: Timestamp,
    /// When it was written.
    pub created_at: Timestamp,
}

/// How far a letter has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Nobody has taken it yet.
    Waiting,
    /// Somebody has.
    Sent,
    /// It is not tried again.
    GivenUp,
}

impl Delivery {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Sent, Self::GivenUp];

    /// The word that it is written down by.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::GivenUp => "given-up",
        }
    }
}

impl Letter {
    /// One that is to be sent at once.
    pub fn new(contact: &ContactMethod, alarm: Option<AlarmId>, notice: Notice, now: Timestamp) -> Self {
        Self {
            id: LetterId::fresh(),
            contact: contact.id,
            endpoint: contact.endpoint.clone(),
            alarm,
            notice,
            delivery: Delivery::Waiting,
            tries: 0,
            error: String::new(),
            due: now,
            created_at: now,
        }
    }

    /// Whether it is to be tried now. None is put off for so long as one that seems to be when the clock was set back.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let longest = PAUSES.into_iter().max().map(SignedDuration::from_secs);
        let left = self.due.duration_since(now);
        !left.is_positive() || longest.is_some_and(|longest| left > longest)
    }

    /// The same after it was tried.
    #[must_use]
    pub fn tried(mut self, result: &Result<()>, now: Timestamp) -> Self {
        let pause = usize::try_from(self.tries).ok().and_then(|tried| PAUSES.get(tried));
        self.tries += 1;
        let Err(error) = result else {
            return Self { delivery: Delivery::Sent, error: String::new(), ..self };
        };
        let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
        self.error = error.message.chars().take(LONGEST).map(plain).collect();
        match pause.and_then(|pause| now.checked_add(SignedDuration::from_secs(*pause)).ok()) {
            Some(due) => self.due = due,
            None => self.delivery = Delivery::GivenUp,
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Channel, Error, Owner, Tags};

    fn letter() -> Letter {
        let endpoint = Endpoint { channel: Channel::Webhook, address: "https://example.org/hook".into() };
        let contact =
            ContactMethod::new(Owner("ann".into()), endpoint, Tags::default(), Timestamp::UNIX_EPOCH);
        let notice = Notice::Confirm { code: "K7QX2MPA".into(), host: "home".into() };
        Letter::new(&contact, None, notice, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn it_is_tried_five_times_in_a_quarter_of_an_hour() {
        let refused = Err(Error::unavailable("503\r\nService\0Unavailable".to_owned() + &"!".repeat(1000)));
        let (mut letter, mut now, mut times) = (letter(), Timestamp::UNIX_EPOCH, Vec::new());
        while letter.delivery == Delivery::Waiting {
            now = letter.due;
            times.push(now.as_second());
            letter = letter.tried(&refused, now);
        }
        assert_eq!(times, [0, 30, 90, 270, 870]);
        assert_eq!((letter.delivery, letter.tries), (Delivery::GivenUp, 5));
        assert!(letter.error.starts_with("503  Service Unavailable!"), "{}", letter.error);
        assert!(letter.error.chars().count() == LONGEST);
        assert!(now < Timestamp::UNIX_EPOCH + SignedDuration::from_mins(15));
    }

    #[test]
    fn a_clock_that_is_set_back_puts_nothing_off() {
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let letter = Letter { due: at(7200), ..letter() };
        let due = [7200, 9000, 7199, 6600, 6599, 3600].map(|now| letter.is_due(at(now)));
        assert_eq!(due, [true, true, false, false, true, true]);
    }

    #[test]
    fn what_was_taken_is_done_with() {
        let failed = letter().tried(&Err(Error::unavailable("busy")), Timestamp::UNIX_EPOCH);
        assert_eq!((failed.delivery, &*failed.error), (Delivery::Waiting, "busy"));
        let sent = failed.tried(&Ok(()), Timestamp::UNIX_EPOCH);
        assert_eq!((sent.delivery, sent.tries, &*sent.error), (Delivery::Sent, 2, ""));
    }
}
