//! So many at once for each who asks, and so many in all, so that no guest takes all.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Places that can be taken.
#[derive(Debug)]
pub(in crate::api) struct Slots {
    each: usize,
    all: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by: HashMap<IpAddr, usize>,
}

/// A place that is taken, until this is dropped.
#[derive(Debug)]
pub(in crate::api) struct Slot {
    slots: Arc<Slots>,
    by: IpAddr,
}

impl Slots {
    pub(in crate::api) fn new(each: usize, all: usize) -> Arc<Self> {
        Arc::new(Self { each, all, taken: Mutex::default() })
    }

    /// A place, if there is one left.
    pub(in crate::api) fn take(self: &Arc<Self>, by: IpAddr) -> Option<Slot> {
        let mut taken = self.taken();
        let own = taken.by.get(&by).copied().unwrap_or_default();
        if own >= self.each || taken.all >= self.all {
            return None;
        }
        taken.by.insert(by, own + 1);
        taken.all += 1;
        Some(Slot { slots: self.clone(), by })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken();
        taken.all -= 1;
        match taken.by.get_mut(&self.by) {
            Some(own) if *own > 1 => *own -= 1,
            // Nothing is remembered of those who hold nothing.
            _ => {
                taken.by.remove(&self.by);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guest(last: u8) -> IpAddr {
        [172, 26, 0, last].into()
    }

    #[test]
    fn each_and_all_are_bounded_and_places_come_back() {
        let [ann, bob] = [guest(10), guest(11)];
        let slots = Slots::new(2, 3);
        let held = [slots.take(ann), slots.take(ann), slots.take(bob)];
        assert!(held.iter().all(Option::is_some));
        assert!(slots.take(ann).is_none() && slots.take(bob).is_none());
        let [first, second, third] = held;
        drop(third);
        assert!(slots.take(ann).is_none(), "ann has two");
        drop(first);
        assert!(slots.take(ann).is_some());
        drop(second);
        let taken = slots.taken();
        assert!(taken.by.is_empty() && taken.all == 0);
    }

    #[test]
    fn each_has_its_share_and_all_together_theirs() {
        let slots = Slots::new(2, 3);
        let take = |last| slots.take(guest(last));
        let held = [take(10), take(10), take(11)];
        assert!(held.iter().all(Option::is_some));
        assert!(take(10).is_none(), "two of two");
        assert!(take(12).is_none(), "three of three");
        drop(held);
        assert!(slots.taken().by.is_empty());
        assert!(take(10).is_some());
    }

    #[test]
    fn a_place_is_free_again_when_its_guest_has_gone() {
        let slots = Slots::new(2, 9);
        let one = slots.take(guest(10));
        let two = slots.take(guest(10));
        drop(one);
        assert!(slots.take(guest(10)).is_some() && two.is_some());
        assert!(slots.take(guest(11)).is_some());
    }
}
