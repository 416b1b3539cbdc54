//! How an instance may ask for its metadata.

use super::{Error, Result};

/// The largest hop limit that EC2 and Lightsail accept.
const HOPS_MAX: u8 = 64;

/// Lightsail's instance metadata options, as they are for one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetadataOptions {
    /// Requests without a session token are refused: `httpTokens` is `required`.
    pub tokens_required: bool,
    /// The metadata address answers at all: `httpEndpoint` is `enabled`.
    pub enabled: bool,
    /// Routers that a session token may pass on its way into the instance, 1 to 64: `httpPutResponseHopLimit`. With 1 it
    /// comes no further than the instance itself, and no container behind it gets one.
    pub hop_limit: u8,
    /// The address is wanted under IPv6 too: `httpProtocolIpv6` is `enabled`. Kept and shown; guests are served by IPv4.
    pub ipv6: bool,
}

/// What shall change in the options of an instance. What is absent stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetadataUpdate {
    /// New value of [`MetadataOptions::tokens_required`].
    pub tokens_required: Option<bool>,
    /// New value of [`MetadataOptions::enabled`].
    pub enabled: Option<bool>,
    /// New value of [`MetadataOptions::hop_limit`], not checked yet.
    pub hop_limit: Option<i32>,
    /// New value of [`MetadataOptions::ipv6`].
    pub ipv6: Option<bool>,
}

impl Default for MetadataOptions {
    /// What a new Lightsail instance has: with or without a token, from the instance itself only.
    fn default() -> Self {
        Self { tokens_required: false, enabled: true, hop_limit: 1, ipv6: false }
    }
}

impl MetadataOptions {
    /// The options after the update. A hop limit outside 1 to 64 is refused.
    pub fn updated(self, update: &MetadataUpdate) -> Result<Self> {
        Ok(Self {
            tokens_required: update.tokens_required.unwrap_or(self.tokens_required),
            enabled: update.enabled.unwrap_or(self.enabled),
            hop_limit: update.hop_limit.map_or(Ok(self.hop_limit), hops)?,
            ipv6: update.ipv6.unwrap_or(self.ipv6),
        })
    }
}

fn hops(asked: i32) -> Result<u8> {
    u8::try_from(asked).ok().filter(|hops| (1..=HOPS_MAX).contains(hops)).ok_or_else(|| {
        let message = format!("The hop limit must be between 1 and {HOPS_MAX}; {asked} is not");
        Error::invalid("httpPutResponseHopLimit", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_instance_answers_with_and_without_tokens() {
        let options = MetadataOptions::default();
        assert!(options.enabled && !options.tokens_required && !options.ipv6);
        assert_eq!(options.hop_limit, 1);
    }

    #[test]
    fn what_is_left_out_stays() {
        let before = MetadataOptions { tokens_required: true, enabled: false, hop_limit: 7, ipv6: true };
        assert_eq!(before.updated(&MetadataUpdate::default()), Ok(before));
    }

    #[test]
    fn what_is_given_counts() {
        let update = MetadataUpdate {
            tokens_required: Some(true),
            enabled: Some(false),
            hop_limit: Some(64),
            ipv6: Some(true),
        };
        let after = MetadataOptions { tokens_required: true, enabled: false, hop_limit: 64, ipv6: true };
        assert_eq!(MetadataOptions::default().updated(&update), Ok(after));
    }

    #[test]
    fn hop_limits_have_bounds() {
        let with = |hops| MetadataUpdate { hop_limit: Some(hops), ..MetadataUpdate::default() };
        let of = |hops| MetadataOptions::default().updated(&with(hops));
        for hops in [i32::MIN, -1, 0, 65, 256, 257, i32::MAX] {
            assert_eq!(of(hops).expect_err("refused").field, Some("httpPutResponseHopLimit"), "{hops}");
        }
        assert_eq!(of(1).expect("the least").hop_limit, 1);
        assert_eq!(of(64).expect("the most").hop_limit, 64);
    }
}
