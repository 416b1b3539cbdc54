//! Where people are told of alarms, and how they show that they read it.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Channel, ContactId, Endpoint, Owner, Tags};

/// A code counts for so long, as Lightsail's do.
const CODE_HOURS: i64 = 24;
/// So often somebody may say a wrong one.
const CODE_TRIES: u32 = 5;
/// Without those that are taken for each other.
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Where somebody is told. Each has one of each way at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactMethod {
    /// Its identity.
    pub id: ContactId,
    /// Whose it is.
    pub owner: Owner,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// By which way, and where.
    pub endpoint: Endpoint,
    /// Whether it is known that somebody wants to be told there.
    pub is_valid: bool,
    /// The code that says so; none where nothing is waited for.
    pub code: Option<Code>,
    /// Labels.
    pub tags: Tags,
}

/// A code that was sent, and that whoever reads it says.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    /// Eight letters and digits.
    pub text: String,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// So often may a wrong one still be said.
    pub tries: u32,
}

/// How a contact method stands, in Lightsail's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactStatus {
    /// A code was sent, and nobody has said it yet.
    PendingVerification,
    /// Notices go there.
    Valid,
    /// The code does not count any more.
    Invalid,
}

impl ContactMethod {
    /// One that somebody asks for. An e-mail address has to be confirmed; whoever can set up the others reads them.
    pub fn new(owner: Owner, endpoint: Endpoint, tags: Tags, now: Timestamp) -> Self {
        let is_valid = endpoint.channel != Channel::Email;
        let code = (!is_valid).then(|| Code::fresh(now));
        Self { id: ContactId::fresh(), owner, created_at: now, endpoint, is_valid, code, tags }
    }

    /// How it stands.
    pub fn status(&self, now: Timestamp) -> ContactStatus {
        match &self.code {
            _ if self.is_valid => ContactStatus::Valid,
            Some(code) if code.counts(now) => ContactStatus::PendingVerification,
            _ => ContactStatus::Invalid,
        }
    }

    /// Its name: each has one of each way.
    pub fn name(&self) -> &'static str {
        self.endpoint.channel.word()
    }

    /// Where it leads, for the history. Whoever knows the address of a webhook can write there: it is not told.
    pub fn told(&self) -> &str {
        match self.endpoint.channel {
            Channel::Webhook => "a webhook",
            Channel::Email | Channel::Command => &self.endpoint.address,
        }
    }
}

impl Code {
    /// A new one, which nobody can guess.
    pub fn fresh(now: Timestamp) -> Self {
        // Of a random identity's bytes, those that are random in all of their bits.
        let random = Uuid::new_v4();
        let bytes = random.as_bytes();
        let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
        let text = bytes[..4].iter().chain(&bytes[10..14]).map(letter).collect();
        Self { text, sent_at: now, tries: CODE_TRIES }
    }

    /// Whether it can still be said.
    pub fn counts(&self, now: Timestamp) -> bool {
        self.tries > 0 && now.duration_since(self.sent_at).abs() < SignedDuration::from_hours(CODE_HOURS)
    }

    /// Whether that is it. Case, spaces and hyphens do not matter.
    pub fn is(&self, said: &str) -> bool {
        let said = said.chars().filter(|letter| !letter.is_whitespace() && *letter != '-');
        said.map(|letter| letter.to_ascii_uppercase()).eq(self.text.chars())
    }
}

impl fmt::Debug for Code {
    /// Without the code: a log must not hold it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Code")
            .field("sent_at", &self.sent_at)
            .field("tries", &self.tries)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn contact(channel: Channel) -> ContactMethod {
        let endpoint = Endpoint { channel, address: "somewhere".into() };
        ContactMethod::new(Owner("ann".into()), endpoint, Tags::default(), NOW)
    }

    #[test]
    fn an_address_is_confirmed_and_the_others_count_at_once() {
        let email = contact(Channel::Email);
        assert_eq!(email.status(NOW), ContactStatus::PendingVerification);
        assert_eq!(email.status(NOW + SignedDuration::from_hours(24)), ContactStatus::Invalid);
        for channel in [Channel::Webhook, Channel::Command] {
            assert_eq!(contact(channel).status(NOW), ContactStatus::Valid);
        }
    }

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let code = Code { text: "K7QX2MPA".into(), ..Code::fresh(NOW) };
        for said in ["K7QX2MPA", "k7qx-2mpa", " k7qx 2MPA\n"] {
            assert!(code.is(said), "{said:?}");
        }
        for said in ["", "K7QX2MP", "K7QX2MPAA", "K7QX2MPB", "ſ7QX2MPA"] {
            assert!(!code.is(said), "{said:?}");
        }
        assert!(!Code { tries: 0, ..code }.counts(NOW));
    }

    #[test]
    fn codes_differ_and_are_in_no_log() {
        let (one, two) = (Code::fresh(NOW), Code::fresh(NOW));
        assert_ne!(one.text, two.text);
        assert!(one.text.len() == 8 && one.text.bytes().all(|byte| LETTERS.contains(&byte)));
        assert!(!format!("{one:?}").contains(&one.text));
    }
}
