//! Speaks to the kernel's packet filter in its own language, for what must not wait: one instance's rules, an address that
//! moves, connections that end, and changes by others.
//!
//! `nft` reads every chain and set before it changes one, and waits for the kernel when it ends; that is 16 to 24 ms where
//! the change itself takes less than one (docs/decisions/0010). `message` writes messages, `batch`, `expression` and
//! `conntrack` say what is in them, all pure; `socket` sends them; `events` reads what others did. Names and numbers are those
//! of linux/netfilter/nf_tables.h and nfnetlink_conntrack.h.

mod batch;
mod conntrack;
mod events;
mod expression;
mod message;
mod socket;

pub(super) use self::{
    batch::transaction,
    conntrack::{forget, forget_own, forget_published},
    events::{Seen, Watch},
    socket::Channel,
};
