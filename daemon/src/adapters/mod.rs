//! The real world behind the ports: pure renderers beside thin executors.
//!
//! Each adapter imports `model` and `ports`, and alone knows its library: `virt` stays in `libvirt`, SQL in `sqlite` and `metrics`.

pub mod catalogue;
pub mod clock;
pub mod dhcp;
mod disk;
pub mod ffi;
pub mod host;
pub mod images;
pub mod keys;
pub mod libvirt;
pub mod metrics;
pub mod netlink;
pub mod nftables;
pub mod notify;
pub mod ra;
pub mod seed;
pub mod sqlite;
pub mod volumes;
