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

pub(super) fn get(key: &str) -> String {
    std::fs::read_to_string(format!("/proc/sys/net/{key}")).unwrap_or_default().trim().to_owned()
}
