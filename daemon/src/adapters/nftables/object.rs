//! Named objects: counters of what instances exchange with the outside, and limits to it. Maps lead to them from the wire, so
//! that a packet costs the same however many there are. Pure.
//!
//! A counter lives as long as its instance: it stays while that is stopped, and nothing that it says is lost.

use crate::model::{Bytes, Instance, InstanceId};

/// The way of packets, as seen from the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// To it.
    In,
    /// From it.
    Out,
}

/// What elements of maps refer to by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Object {
    /// Counts, from so many bytes on.
    Counter { id: InstanceId, way: Way, bytes: u64 },
    /// Tells what is too much at so many bytes a second.
    Limit { id: InstanceId, way: Way, rate: u64 },
}

/// Bytes that a limit lets through at once, besides those of one second, which the kernel adds: a few of the largest packets
/// that guests hand over in one piece.
pub(super) const BURST: u32 = 64 << 10;

/// Bytes a second in a kilobit a second.
const KILOBIT: u64 = 1000 / 8;

impl Way {
    const BOTH: [Self; 2] = [Self::In, Self::Out];

    fn word(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

impl Object {
    /// Its name, which says whose it is.
    pub(super) fn name(self) -> String {
        match self {
            Self::Counter { id, way, .. } => format!("{}_{}", way.word(), id.0.simple()),
            Self::Limit { id, way, .. } => format!("cap_{}_{}", way.word(), id.0.simple()),
        }
    }

    /// The map that leads to it.
    pub(super) fn map(self) -> &'static str {
        match self {
            Self::Counter { way: Way::In, .. } => "acct_in",
            Self::Counter { way: Way::Out, .. } => "acct_out",
            Self::Limit { way: Way::In, .. } => "cap_in",
            Self::Limit { way: Way::Out, .. } => "cap_out",
        }
    }

    /// The counter that has this name.
    pub(super) fn counter(name: &str, bytes: u64) -> Option<Self> {
        whose(name).map(|(way, id)| Self::Counter { id, way, bytes })
    }

    /// The limit that has this name.
    pub(super) fn limit(name: &str, rate: u64) -> Option<Self> {
        whose(name.strip_prefix("cap_")?).map(|(way, id)| Self::Limit { id, way, rate })
    }
}

/// An instance's counters, from what was `counted` on.
pub(super) fn counters(id: InstanceId, counted: Bytes) -> [Object; 2] {
    let Bytes { inward, outward } = counted;
    [
        Object::Counter { id, way: Way::In, bytes: inward },
        Object::Counter { id, way: Way::Out, bytes: outward },
    ]
}

/// An instance's limits; none where its plan has none.
pub(super) fn limits(instance: &Instance) -> Vec<Object> {
    // The kernel refuses a rate of nothing.
    let Some(kilobits) = instance.bandwidth_kbps.filter(|kilobits| *kilobits > 0) else { return Vec::new() };
    let (id, rate) = (instance.id, u64::from(kilobits) * KILOBIT);
    Way::BOTH.map(|way| Object::Limit { id, way, rate }).to_vec()
}

fn whose(name: &str) -> Option<(Way, InstanceId)> {
    let (word, id) = name.split_once('_')?;
    let way = Way::BOTH.into_iter().find(|way| way.word() == word)?;
    Some((way, id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn names_are_read_again() {
        let mut instance = testing::instance("web");
        instance.bandwidth_kbps = Some(20_000);
        let counted = Bytes { inward: 7, outward: 9 };
        for counter in counters(instance.id, counted) {
            let Object::Counter { bytes, .. } = counter else { panic!("{counter:?}") };
            assert_eq!(Object::counter(&counter.name(), bytes), Some(counter));
            assert_eq!(Object::limit(&counter.name(), bytes), None);
        }
        let limits = limits(&instance);
        assert_eq!(limits.len(), 2);
        for limit in limits {
            assert_eq!(Object::limit(&limit.name(), 2_500_000), Some(limit));
            assert_eq!(Object::counter(&limit.name(), 0), None);
        }
        for name in ["", "in", "in_", "in_web", "cap_", "cap_up_5", "name"] {
            assert_eq!((Object::counter(name, 0), Object::limit(name, 0)), (None, None), "{name}");
        }
    }

    #[test]
    fn no_plan_no_limit() {
        let mut instance = testing::instance("web");
        assert_eq!(limits(&instance), []);
        instance.bandwidth_kbps = Some(0);
        assert_eq!(limits(&instance), []);
    }
}
