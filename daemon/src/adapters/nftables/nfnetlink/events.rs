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
/// Messages that say that something is gone: a table, a chain, a rule, a set, elements, an object.
const GONE: [u16; 6] = [2, 5, 8, 11, 14, 20];
/// A transaction has ended.
const GENERATION: u16 = 15;

/// What somebody else did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::adapters::nftables) enum Seen {
    /// Something was taken out of our tables, or may have been.
    Harm,
    /// Something was changed in other tables.
    Others,
}

/// Tells what somebody else does.
pub(in crate::adapters::nftables) struct Watch {
    socket: TokioSocket,
    /// What the transaction whose messages are coming in has done so far.
    seen: Option<Seen>,
}

impl Watch {
    /// Begins to watch.
    pub(in crate::adapters::nftables) fn open() -> io::Result<Self> {
        let mut socket = TokioSocket::new(NETLINK_NETFILTER)?;
        socket.socket_mut().bind_auto()?;
        socket.socket_mut().add_membership(GROUP)?;
        Ok(Self { socket, seen: None })
    }

    /// Waits for a transaction that `is_ours` does not know.
    pub(in crate::adapters::nftables) async fn seen(
        &mut self,
        is_ours: impl Fn(u32) -> bool,
    ) -> io::Result<Seen> {
        loop {
            let bytes = match self.socket.recv_from_full().await {
                Ok((bytes, _)) => bytes,
                // More was done than could be told: it is looked at as harm.
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => return Ok(Seen::Harm),
                Err(error) => return Err(error),
            };
            let mut seen = None;
            for message in received(&bytes) {
                seen = worse(seen, self.take(message, &is_ours));
            }
            if let Some(seen) = seen {
                return Ok(seen);
            }
        }
    }

    fn take(&mut self, message: Received<'_>, is_ours: impl Fn(u32) -> bool) -> Option<Seen> {
        let kind = message.kind & 0xff;
        if message.kind >> 8 != NFTABLES {
            return None;
        }
        if kind == GENERATION {
            return self.seen.take().filter(|_| !is_ours(message.port));
        }
        // Behind the four bytes of the family's header, the first attribute is the table's name.
        let table = find(message.body, 4, 1).and_then(|name| name.strip_suffix(&[0]));
        let seen = match table {
            Some(table) if table == TABLE.as_bytes() => GONE.contains(&kind).then_some(Seen::Harm),
            _ => Some(Seen::Others),
        };
        self.seen = worse(self.seen, seen);
        None
    }
}

fn worse(one: Option<Seen>, other: Option<Seen>) -> Option<Seen> {
    match (one, other) {
        (Some(Seen::Harm), _) | (_, Some(Seen::Harm)) => Some(Seen::Harm),
        (one, other) => one.or(other),
    }
}
