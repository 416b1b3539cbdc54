//! Disks and snapshots on the simulated host: what each disk holds, whatever happens, and what is left of what was deleted.

#[path = "../common/mod.rs"]
mod common;

mod acts;
mod automatic;
mod disks;
mod examine;
mod faults;
mod life;
mod random;
mod room;
mod snapshots;
mod stand;
mod tidy;
mod transport;
mod twin;
