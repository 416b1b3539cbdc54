//! Simulated disks as files: a text that says what is in which block.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use serde::{Deserialize, Serialize};

use super::{LayerFile, Simulated};
use crate::{
    model::{Arrival, Beneath, Cut, Error, ImageMoment, Kind, Result, Stack, Tally},
    ports::{Parcel, Pieces, Told},
};

/// Bytes that are handed out at once: few, so that a file is several pieces.
const PIECE: usize = 16;

/// A disk as a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    bytes: u64,
    content: BTreeMap<u64, u64>,
}

impl Simulated {
    pub(super) fn hand_out(&self, cut: &Cut, told: &Told) -> Result<Parcel> {
        let world = self.world();
        if world.disk_free < cut.headroom {
            return Err(Error::new(Kind::Capacity, "InsufficientDisk", "No space left on device"));
        }
        drop(world);
        told(ImageMoment::of("preparing"));
        let mut content = self.held(&cut.stack)?;
        if let Some(since) = &cut.since {
            let before = self.held(since)?;
            content.retain(|block, value| before.get(block) != Some(value));
        }
        let text = serde_json::to_vec(&Text { bytes: cut.bytes, content })
            .map_err(|error| Error::internal(format!("cannot write the disk down: {error}")))?;
        let pieces: Vec<_> = text.chunks(PIECE).map(|piece| Ok(piece.to_vec())).collect();
        Ok(Parcel { bytes: text.len() as u64, pieces: futures::stream::iter(pieces).boxed() })
    }

    fn held(&self, stack: &Stack) -> Result<BTreeMap<u64, u64>> {
        match stack.content() {
            Beneath::Layer(id) => self.content(id),
            _ => Ok(BTreeMap::new()),
        }
    }

    pub(super) async fn take_in(&self, arrival: &Arrival, mut file: Pieces, told: &Told) -> Result<u64> {
        if self.world().disk_free < arrival.file_bytes.saturating_add(arrival.headroom) {
            return Err(Error::new(Kind::Capacity, "InsufficientDisk", "No space left on device"));
        }
        let (mut text, mut tally) = (Vec::new(), Tally::default());
        while let Some(piece) = file.next().await {
            let piece = piece?;
            tally.add(&piece);
            arrival.bound(&tally)?;
            text.extend(piece);
            told(ImageMoment::counted("receiving", tally.bytes(), arrival.file_bytes));
        }
        arrival.verify(tally)?;
        let Text { bytes, content } = serde_json::from_slice(&text).map_err(|error| {
            let message = format!("this is not a usable disk image: {error}");
            Error::new(Kind::InvalidInput, "ImageRefused", message)
        })?;
        let bytes = arrival.size(bytes)?;
        let file = LayerFile { beneath: arrival.beneath.clone(), bytes, content };
        self.world().arrivals.insert(arrival.layer, file);
        Ok(bytes)
    }
}
