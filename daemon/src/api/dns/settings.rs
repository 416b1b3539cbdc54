//! What the door is told at the start.

use std::{path::PathBuf, time::Duration};

use crate::model::Pool;

/// What the naming service needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where instances have their own addresses from. Its gateway is the host.
    pub private: Pool,
    /// Where they have their public addresses from.
    pub public: Pool,
    /// The file that names the host's own resolvers.
    pub resolv_conf: PathBuf,
    /// How much is borne.
    pub limits: Limits,
}

impl Settings {
    /// What is usual, for these ranges.
    pub fn new(private: Pool, public: Pool) -> Self {
        Self { private, public, resolv_conf: "/etc/resolv.conf".into(), limits: Limits::default() }
    }
}

/// How much is borne, and how long.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Questions of one guest that are forwarded at once.
    pub forwards_each: usize,
    /// Questions of all that are forwarded at once.
    pub forwards: usize,
    /// TCP connections of one guest.
    pub talks_each: usize,
    /// TCP connections of all.
    pub talks: usize,
    /// After how long the next resolver is asked, too.
    pub next_server: Duration,
    /// How long all resolvers together have.
    pub forward: Duration,
    /// How long a TCP connection may be idle.
    pub idle: Duration,
    /// How long what was read of the names is good: a guest that asks without end does not keep the state busy.
    pub fresh: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            forwards_each: 64,
            forwards: 512,
            talks_each: 16,
            talks: 128,
            next_server: Duration::from_secs(2),
            forward: Duration::from_secs(6),
            idle: Duration::from_secs(10),
            fresh: Duration::from_millis(500),
        }
    }
}
