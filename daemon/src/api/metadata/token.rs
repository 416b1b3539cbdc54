//! Session tokens. Nothing is kept of them: a token says itself whose it is and until when, under a seal that only this
//! daemon can make. Those of an earlier start are worth nothing.

use std::{io, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use ssh_key::rand_core::{OsRng, RngCore as _};

use crate::model::InstanceId;

/// The longest life of a token in seconds, six hours:
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html>
pub(super) const TTL_MAX: u32 = 21_600;

/// Issues tokens and knows its own again.
pub(super) struct Tokens {
    /// Holds the key.
    keyed: Hmac<Sha256>,
}

impl Tokens {
    /// With a key that nobody knows. Fails where the kernel gives no random bytes.
    pub(super) fn new() -> io::Result<Self> {
        let mut key = [0u8; 32];
        let failed = |why: &dyn std::fmt::Display| io::Error::other(format!("cannot make a key: {why}"));
        OsRng.try_fill_bytes(&mut key).map_err(|error| failed(&error))?;
        let keyed = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| failed(&error))?;
        Ok(Self { keyed })
    }

    /// A token for one instance. `now` is the time on any clock that only goes forward.
    pub(super) fn issue(&self, id: InstanceId, ttl_seconds: u32, now: Duration) -> String {
        let end = millis(now + Duration::from_secs(ttl_seconds.into()));
        let mut bytes = end.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.seal(end, id).finalize().into_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whether the token was issued for this instance and has not ended. Takes as long for a wrong seal as for a right one.
    pub(super) fn check(&self, token: &str, id: InstanceId, now: Duration) -> bool {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(token) else { return false };
        let Some((end, seal)) = bytes.split_first_chunk::<8>() else { return false };
        let end = u64::from_be_bytes(*end);
        self.seal(end, id).verify_slice(seal).is_ok() && millis(now) < end
    }

    fn seal(&self, end: u64, id: InstanceId) -> Hmac<Sha256> {
        self.keyed.clone().chain_update(end.to_be_bytes()).chain_update(id.0.as_bytes())
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Duration = Duration::from_secs(1000);

    fn tokens() -> Tokens {
        Tokens::new().expect("random bytes")
    }

    #[test]
    fn a_token_lives_as_long_as_it_was_asked_for() {
        let (tokens, id) = (tokens(), InstanceId::fresh());
        let token = tokens.issue(id, 60, START);
        assert!(tokens.check(&token, id, START));
        assert!(tokens.check(&token, id, START + Duration::from_millis(59_999)));
        assert!(!tokens.check(&token, id, START + Duration::from_mins(1)));
    }

    #[test]
    fn a_token_is_worth_nothing_to_another() {
        let (tokens, id) = (tokens(), InstanceId::fresh());
        let token = tokens.issue(id, TTL_MAX, START);
        assert!(!tokens.check(&token, InstanceId::fresh(), START));
        assert!(!Tokens::new().expect("random bytes").check(&token, id, START), "another key");
    }

    #[test]
    fn a_changed_token_is_refused() {
        let (tokens, id) = (tokens(), InstanceId::fresh());
        let token = tokens.issue(id, 60, START);
        for at in 0..token.len() {
            let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
            let mut changed = token.clone();
            changed.replace_range(at..=at, other);
            assert!(!tokens.check(&changed, id, START), "{changed}");
            assert!(!tokens.check(&token[..at], id, START));
        }
        assert!(!tokens.check(&format!("{token}A"), id, START));
        assert!(!tokens.check(&format!("{token}="), id, START));
    }

    proptest! {
        #[test]
        fn no_other_text_is_a_token(text in "\\PC{0,80}") {
            prop_assert!(!tokens().check(&text, InstanceId::fresh(), START));
        }
    }
}
