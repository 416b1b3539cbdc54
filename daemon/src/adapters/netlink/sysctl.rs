//! Kernel settings.

use crate::model::{Error, Result};

/// Sets `net/…` to `value`.
pub(super) fn set(key: &str, value: &str) -> Result<()> {
    let path = format!("/proc/sys/net/{key}");
    // Where it is so already nothing is written: a hardened unit may be allowed to read only.
    if std::fs::read_to_string(&path).is_ok_and(|now| now.trim() == value) {
        return Ok(());
    }
    std::fs::write(&path, value).map_err(|error| {
        Error::internal(format!("cannot set net.{} to {value}: {error}", key.replace('/', ".")))
            .tip("the daemon needs CAP_NET_ADMIN and a writable /proc/sys/net")
    })
}

/// Whether the kernel has IPv6 at all.
pub(super) fn has_ipv6() -> bool {
    std::path::Path::new("/proc/sys/net/ipv6").exists()
}

/// The interfaces that the kernel has IPv6 settings of: `default` first, so that one which comes meanwhile has them too.
pub(super) fn ipv6_interfaces() -> Vec<String> {
    let listed = std::fs::read_dir("/proc/sys/net/ipv6/conf").into_iter().flatten().flatten();
    let names = listed.filter_map(|entry| entry.file_name().into_string().ok());
    let others = names.filter(|name| !matches!(name.as_str(), "all" | "default" | "lo"));
    std::iter::once("default".to_owned()).chain(others).collect()
}

pub(super) fn get(key: &str) -> String {
    std::fs::read_to_string(format!("/proc/sys/net/{key}")).unwrap_or_default().trim().to_owned()
}
