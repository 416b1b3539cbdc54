//! The only unsafe code: what the well-kept libraries do not wrap. Each block says why it is sound.
#![allow(unsafe_code)]

pub mod libvirt;
pub mod packet;
pub mod statistics;
pub mod tun;
