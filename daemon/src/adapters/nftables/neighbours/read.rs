//! Looks at what other programs have told the packet filter. Thin: `rules` reads what `nft` prints.

use super::{
    Uplinks,
    remedy::is_plain,
    rules::{Ruleset, foreign_tables},
};
use crate::model::{Error, Result};

/// What `nft` may print about one table: a set of fifty thousand addresses, five times over.
const MOST_BYTES: u64 = 4 << 20;
/// Tables that are looked at.
const MOST_TABLES: usize = 64;

/// What there is to see.
pub(super) struct Look {
    /// Tables of others.
    pub(super) rules: Ruleset,
    /// What could not be looked at, and why.
    pub(super) unread: Vec<String>,
    /// The interfaces that the default routes lead to.
    pub(super) uplinks: Uplinks,
    /// Whether there are rules of the kernel's older packet filter, which `nft` does not see.
    pub(super) has_legacy: bool,
}

/// Looks at every table of others. One that cannot be read does not hide the rest.
pub(super) async fn look() -> Result<Look> {
    let listing = nft(&["-j", "list", "tables"]).await?;
    let tables = foreign_tables(&listing)
        .map_err(|error| Error::internal(format!("nft's list of tables: {error}")))?;
    let (mut rules, mut unread) = (Ruleset::default(), Vec::new());
    for (count, (family, table)) in tables.iter().enumerate() {
        let taken = match count {
            0..MOST_TABLES => take(&mut rules, family, table).await,
            _ => Err(Error::internal(format!("it is not among the first {MOST_TABLES}"))),
        };
        if let Err(error) = taken {
            unread.push(format!("table {family} {table:?}: {}", error.message));
        }
    }
    Ok(Look {
        rules,
        unread,
        uplinks: Uplinks { v4: uplink(&proc_net("route")), v6: uplink6(&proc_net("ipv6_route")) },
        has_legacy: proc_net("ip_tables_names").lines().any(|table| table == "filter"),
    })
}

async fn take(rules: &mut Ruleset, family: &str, table: &str) -> Result<()> {
    // What is said to `nft` is a command, whatever the name of a table would make of it.
    if !is_plain(table) {
        return Err(Error::internal("its name cannot be said to nft"));
    }
    let whole = nft(&["-j", "-a", "list", "table", family, table]).await.ok();
    let is_whole = whole.is_some();
    let json = match whole {
        Some(json) => json,
        // A blocklist makes it too much.
        None => nft(&["-j", "-a", "-t", "list", "table", family, table]).await?,
    };
    let text = if json.contains("\"xt\"") {
        nft(&["-a", "-t", "list", "table", family, table]).await?
    } else {
        String::new()
    };
    rules.take(&json, &text).map_err(|error| Error::internal(format!("nft's JSON: {error}")))?;
    if !is_whole {
        // What asks for one of them cannot be judged.
        rules.forget_sets(family, table);
    }
    Ok(())
}

async fn nft(arguments: &[&str]) -> Result<String> {
    super::super::nft::print(arguments, MOST_BYTES).await
}

/// A file of the network's that may not be there, or not for us.
fn proc_net(name: &str) -> String {
    std::fs::read_to_string(format!("/proc/net/{name}")).unwrap_or_default()
}

/// The interface of the default route with the lowest metric.
fn uplink(routes: &str) -> Option<String> {
    let defaults = routes.lines().skip(1).filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [name, "00000000", _, _, _, _, metric, "00000000", ..] => {
                metric.parse::<u32>().ok().map(|metric| (metric, (*name).to_owned()))
            }
            _ => None,
        }
    });
    defaults.min().map(|(_, name)| name)
}

/// The same for IPv6, where numbers are hexadecimal and a route to nowhere has the interface lo.
fn uplink6(routes: &str) -> Option<String> {
    let defaults = routes.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [to, "00", _, "00", _, metric, _, _, _, name]
                if *name != "lo" && to.bytes().all(|b| b == b'0') =>
            {
                u32::from_str_radix(metric, 16).ok().map(|metric| (metric, (*name).to_owned()))
            }
            _ => None,
        }
    });
    defaults.min().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uplink_is_where_the_default_route_leads() {
        let routes = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
                      wlan0\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
                      eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
                      eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        assert_eq!(uplink(routes).as_deref(), Some("eth0"));
        assert_eq!(uplink(""), None);
        let (none, dev) = ("0".repeat(32), "00000001 00000000 00000003");
        let routes = format!(
            "{none} 00 {none} 00 {none} ffffffff {dev}       lo\n\
             fe80{rest} 40 {none} 00 {none} 00000100 {dev} eth1\n\
             {none} 00 {none} 00 fe80{rest} 00000400 {dev} eth0\n",
            rest = "0".repeat(28)
        );
        assert_eq!(uplink6(&routes).as_deref(), Some("eth0"));
    }
}
