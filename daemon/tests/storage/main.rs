//! Disks and snapshots on the simulated host: what each disk holds, whatever happens, and what is left of what was deleted.

#[path = "../common/mod.rs"]
mod common;

mod disks;
mod faults;
mod random;
mod snapshots;
mod stand;
