//! Disks and snapshots: what a snapshot costs a guest, and what is left of its costs afterwards.

pub(crate) mod deep;
pub(crate) mod discard;
mod guest;
pub(crate) mod large;
pub(crate) mod pause;
mod pinger;
mod reads;
pub(crate) mod snapshots;
