//! Who may have how many connections, so that no guest takes all.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The connections that are open, by address. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Seats(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// Room for one connection; free again when it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Seats,
    who: IpAddr,
}

impl Seats {
    /// Room for one more of `who`, who may have `each`, while all together may have `all`. None where there is none.
    pub(super) fn take(&self, who: IpAddr, each: usize, all: usize) -> Option<Seat> {
        let mut taken = self.lock();
        let total: usize = taken.values().sum();
        let own = taken.get(&who).copied().unwrap_or_default();
        if own >= each || total >= all {
            return None;
        }
        taken.insert(who, own + 1);
        Some(Seat { seats: self.clone(), who })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        let left = taken.get(&self.who).map_or(0, |own| own - 1);
        if left == 0 {
            taken.remove(&self.who);
        } else {
            taken.insert(self.who, left);
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
    fn each_has_its_share_and_all_together_theirs() {
        let seats = Seats::default();
        let take = |last| seats.take(guest(last), 2, 3);
        let held = [take(10), take(10), take(11)];
        assert!(held.iter().all(Option::is_some));
        assert!(take(10).is_none(), "two of two");
        assert!(take(12).is_none(), "three of three");
        drop(held);
        assert!(seats.lock().is_empty());
        assert!(take(10).is_some());
    }

    #[test]
    fn a_seat_is_free_again_when_its_guest_has_gone() {
        let seats = Seats::default();
        let one = seats.take(guest(10), 2, 9);
        let two = seats.take(guest(10), 2, 9);
        drop(one);
        assert!(seats.take(guest(10), 2, 9).is_some() && two.is_some());
        assert!(seats.take(guest(11), 2, 9).is_some());
    }
}
