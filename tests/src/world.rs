//! What lies beyond a lab's host: a namespace behind a wire, from which public addresses are reached.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::{Lab, guest::inside, sweep};

/// The host's end of the wire, and the world's.
const HOST: &str = "10.99.0.1";
/// The world's address, which is also its name for guests.
pub(crate) const WORLD: &str = "10.99.0.2";

/// The same with IPv6.
const HOST6: &str = "2001:db8:99::1";
/// The world's IPv6 address.
pub const WORLD6: &str = "2001:db8:99::2";
/// An IPv6 range that the world has a way to, through the lab's host.
pub const ROUTED6: &str = "2001:db8:12::/48";

/// The rest of the world. It is gone with the value.
pub struct World {
    name: String,
}

impl World {
    /// The world of a lab, which the lab's host routes to.
    pub fn of(lab: &Lab) -> Result<Self> {
        let host = lab.netns()?;
        // The same beginning: what is left of it is swept away with the lab's.
        let world = Self { name: format!("{host}-world") };
        let name = &world.name;
        for line in [
            format!("netns add {name}"),
            format!("link add up0 netns {host} type veth peer name up0 netns {name}"),
            format!("-n {host} addr add {HOST}/30 dev up0"),
            format!("-n {name} addr add {WORLD}/30 dev up0"),
            format!("-n {name} link set lo up"),
            format!("-n {name} link set up0 up"),
            format!("-n {host} link set up0 up"),
            format!("-n {host} route add default via {WORLD}"),
            format!("-n {name} route add 172.27.0.0/22 via {HOST}"),
            // For what must not get through: there is a way, and the host has to refuse it.
            format!("-n {name} route add 172.26.0.0/16 via {HOST}"),
            format!("-n {host} addr add {HOST6}/64 dev up0 nodad"),
            format!("-n {name} addr add {WORLD6}/64 dev up0 nodad"),
            format!("-n {host} route add default via {WORLD6}"),
            format!("-n {name} route add {ROUTED6} via {HOST6}"),
        ] {
            crate::guest::ip(&line)?;
        }
        Ok(world)
    }

    /// Its address.
    pub fn address(&self) -> &'static str {
        WORLD
    }

    /// The name of its network namespace.
    pub fn netns(&self) -> &str {
        &self.name
    }

    /// Runs `work` in it.
    pub fn inside<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        inside(&self.name, work)
    }

    /// A command line in it.
    pub fn command(&self, program: &str) -> std::process::Command {
        let mut command = std::process::Command::new("ip");
        command.args(["netns", "exec", &self.name, program]);
        command
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = sweep::namespace(&self.name);
    }
}

impl Lab {
    /// Runs `work` in the host's network namespace.
    pub fn inside<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        inside(&self.netns()?, work)
    }

    /// The name of the host's network namespace.
    pub fn netns(&self) -> Result<String> {
        let name = Path::new(self.dir()).file_name().context("a lab has a name")?;
        Ok(name.to_string_lossy().into_owned())
    }
}
