//! The samples of one hour of one metric, as they come: two or three bytes each, so that hours of a hundred instances can be held.

use std::collections::BTreeMap;

use super::varint;

/// Samples in the order of their slots, the ticks of the hour.
#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    bytes: Vec<u8>,
    last: Option<(u16, i64)>,
}

impl Track {
    /// Keeps a sample; one that was kept of the same slot before is replaced.
    pub(super) fn put(&mut self, slot: u16, value: i64) {
        if self.last.is_none_or(|(last, _)| last < slot) {
            return self.append(slot, value);
        }
        // The clock was set back.
        let mut samples: BTreeMap<u16, i64> = self.samples().collect();
        samples.insert(slot, value);
        *self = Self::default();
        for (slot, value) in samples {
            self.append(slot, value);
        }
    }

    fn append(&mut self, slot: u16, value: i64) {
        let (slot_before, value_before) = self.last.unwrap_or_default();
        varint::put(&mut self.bytes, u64::from(slot - slot_before));
        varint::put_signed(&mut self.bytes, value.wrapping_sub(value_before));
        self.last = Some((slot, value));
    }

    /// All of them.
    pub(super) fn samples(&self) -> impl Iterator<Item = (u16, i64)> {
        samples(&self.bytes)
    }

    /// How it is written down.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The samples of a track that was written down, up to where it is damaged.
pub(super) fn samples(bytes: &[u8]) -> impl Iterator<Item = (u16, i64)> {
    let (mut rest, mut slot, mut value) = (bytes, 0u64, 0i64);
    std::iter::from_fn(move || {
        slot = slot.checked_add(varint::take(&mut rest)?)?;
        value = value.wrapping_add(varint::take_signed(&mut rest)?);
        Some((u16::try_from(slot).ok()?, value))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_put_last_is_kept(puts in proptest::collection::vec((0u16..360, any::<i64>()), 0..500)) {
            let mut track = Track::default();
            for (slot, value) in &puts {
                track.put(*slot, *value);
            }
            let naive: BTreeMap<u16, i64> = puts.into_iter().collect();
            prop_assert_eq!(track.samples().collect::<BTreeMap<_, _>>(), naive.clone());
            prop_assert_eq!(samples(track.bytes()).collect::<Vec<_>>(), naive.into_iter().collect::<Vec<_>>());
        }
    }
}
