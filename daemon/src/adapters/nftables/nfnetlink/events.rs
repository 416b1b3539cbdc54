//! What is done to the packet filter by others.

use std::io;

use netlink_sys::{AsyncSocket as _, AsyncSocketExt as _, TokioSocket, protocols::NETLINK_NETFILTER};
use nix::libc;

use super::message::{Received, find, received};
use crate::adapters::nftables::table::TABLE;

/// `NFNLGRP_NFTABLES`.
const GROUP: u32 = 7;
/// The subsystem in a message's type.
const NFTABLES: u16 = 10;
/// Messages that say that something is gone: a table, a chain, a rule, a set, elements.
const GONE: [u16; 5] = [2, 5, 8, 11, 14];
/// A transaction has ended.
const GENERATION: u16 = 15;

/// Tells when somebody else took something out of our tables.
pub(in crate::adapters::nftables) struct Watch {
    socket: TokioSocket,
    /// Something is gone by the transaction whose messages are coming in.
    harmed: bool,
}

impl Watch {
    /// Begins to watch.
    pub(in crate::adapters::nftables) fn open() -> io::Result<Self> {
        let mut socket = TokioSocket::new(NETLINK_NETFILTER)?;
        socket.socket_mut().bind_auto()?;
        socket.socket_mut().add_membership(GROUP)?;
        Ok(Self { socket, harmed: false })
    }

    /// Waits until a transaction that `is_ours` does not know has taken something out, or may have.
    pub(in crate::adapters::nftables) async fn harmed(
        &mut self,
        is_ours: impl Fn(u32) -> bool,
    ) -> io::Result<()> {
        loop {
            let bytes = match self.socket.recv_from_full().await {
                Ok((bytes, _)) => bytes,
                // More was done than could be told: it is looked at as harm.
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => return Ok(()),
                Err(error) => return Err(error),
            };
            let mut harmed = false;
            for message in received(&bytes) {
                harmed |= self.take(message, &is_ours);
            }
            if harmed {
                return Ok(());
            }
        }
    }

    fn take(&mut self, message: Received<'_>, is_ours: impl Fn(u32) -> bool) -> bool {
        let kind = message.kind & 0xff;
        if message.kind >> 8 != NFTABLES {
            return false;
        }
        if kind == GENERATION {
            return std::mem::take(&mut self.harmed) && !is_ours(message.port);
        }
        // Behind the four bytes of the family's header, the first attribute is the table's name.
        self.harmed |= GONE.contains(&kind)
            && find(message.body, 4, 1).is_some_and(|name| name.strip_suffix(&[0]) == Some(TABLE.as_bytes()));
        false
    }
}
