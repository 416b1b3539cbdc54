//! What is done to a host by chance, and what goes wrong meanwhile.

use proptest::prelude::*;

/// What is done next. Numbers choose among what there is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    Write(u8, u8, u64),
    Snapshot(u8),
    Forget(u8),
    Restore(u8),
    Clone(u8),
    RollBack(u8, u8),
    Resize(u8),
    StopOrStart(u8),
    Delete(u8),
    NewDisk,
    Attach(u8, u8),
    Detach(u8),
    DeleteDisk(u8),
    Tidy,
}

/// What goes wrong meanwhile.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Harm {
    None,
    /// This call of the world fails.
    Fault(u8),
    /// The engine dies at this moment.
    Kill(u8),
}

pub(crate) fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => (any::<u8>(), 0..6u8, any::<u64>()).prop_map(|(who, block, value)| Act::Write(who, block, value)),
        4 => any::<u8>().prop_map(Act::Snapshot),
        2 => any::<u8>().prop_map(Act::Forget),
        2 => any::<u8>().prop_map(Act::Restore),
        1 => any::<u8>().prop_map(Act::Clone),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(who, which)| Act::RollBack(who, which)),
        1 => any::<u8>().prop_map(Act::Resize),
        2 => any::<u8>().prop_map(Act::StopOrStart),
        1 => any::<u8>().prop_map(Act::Delete),
        1 => Just(Act::NewDisk),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(which, who)| Act::Attach(which, who)),
        1 => any::<u8>().prop_map(Act::Detach),
        1 => any::<u8>().prop_map(Act::DeleteDisk),
        3 => Just(Act::Tidy),
    ]
}

pub(crate) fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        5 => Just(Harm::None),
        2 => (0..12u8).prop_map(Harm::Fault),
        2 => (0..24u8).prop_map(Harm::Kill),
    ]
}
