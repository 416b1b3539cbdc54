//! What the history tells of an operation besides what Lightsail does.

use std::time::Duration;

use jiff::Timestamp;

use super::{Operation, OperationKind};

/// The most characters of what changed.
const LONGEST: usize = 1000;

impl Operation {
    /// The same operation, with what it changes, in words: `before -> after`. It is said when the operation is accepted; whether it came
    /// to be is for its status to say. Nothing secret belongs here.
    #[must_use]
    pub fn changing(mut self, what: impl Into<String>) -> Self {
        self.change = what.into();
        if let Some((end, _)) = self.change.char_indices().nth(LONGEST) {
            self.change.truncate(end);
            self.change.push('…');
        }
        self
    }

    /// How long it took, or has taken up to `now`. Clocks that were turned back meanwhile make it zero.
    pub fn took(&self, now: Timestamp) -> Duration {
        let end = if self.status.is_terminal() { self.status_changed_at } else { now };
        Duration::try_from(end.duration_since(self.created_at)).unwrap_or_default()
    }
}

impl OperationKind {
    /// Whether it ends with the daemon that began it: it is no worker's, and the next daemon does not take it up.
    pub fn ends_with_daemon(self) -> bool {
        matches!(
            self,
            Self::PullImage
                | Self::BakeImage
                | Self::ImportImage
                | Self::RemoveImage
                | Self::PruneImages
                | Self::ImportSnapshot
        )
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::model::{Caller, Door, OperationStatus, Resource};

    fn operation() -> Operation {
        let caller = Caller::new("ann", Door::Grpc, false);
        let image = Resource::image("tiny");
        Operation::accepted(OperationKind::PullImage, &caller, image, "", Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn what_takes_long_is_counted_to_its_end_or_to_now() {
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let mut one = operation();
        assert_eq!(one.took(at(7)), Duration::from_secs(7));
        one.advance(OperationStatus::Failed, at(9));
        assert_eq!(one.took(at(1000)), Duration::from_secs(9));
        one.status_changed_at = at(-5);
        assert_eq!(one.took(at(1000)), Duration::ZERO, "a clock that was turned back");
    }

    #[test]
    fn what_changed_has_an_end() {
        assert_eq!(operation().changing("8 GB -> 16 GB").change, "8 GB -> 16 GB");
        let long = operation().changing("é".repeat(5000)).change;
        assert_eq!(long.chars().count(), LONGEST + 1);
        assert!(long.ends_with('…'), "{long}");
    }
}
