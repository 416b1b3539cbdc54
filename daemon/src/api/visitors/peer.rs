//! Who is at the other end of a connection.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

/// The other end of one connection. Clones are the same end.
#[derive(Clone, Debug)]
pub struct Peer {
    address: IpAddr,
    /// 0 until somebody sets a limit.
    hops: Arc<AtomicU8>,
}

impl Peer {
    /// Whoever has that address.
    pub fn new(address: impl Into<IpAddr>) -> Self {
        Self { address: address.into(), hops: Arc::default() }
    }

    /// Its address, as the kernel saw it.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Routers that what is sent to this end may pass, where that was limited.
    pub fn hop_limit(&self) -> Option<u8> {
        Some(self.hops.load(Ordering::Relaxed)).filter(|hops| *hops > 0)
    }

    /// Limits that from the next packet on.
    pub(in crate::api) fn limit_hops(&self, hops: u8) {
        self.hops.store(hops, Ordering::Relaxed);
    }
}
