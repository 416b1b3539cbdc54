//! The network: what changes cost, and what packets cost.

pub(crate) mod changes;
mod crowd;
pub(crate) mod packets;
mod road;
