//! The control socket: 0660, group `sloop`.

use std::{
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _},
    path::Path,
};

use anyhow::{Context as _, bail};
use nix::unistd::{Group, chown};
use tokio::net::UnixListener;

/// Listens at `path`. A socket that a dead daemon left is replaced; a live daemon's is not, and nothing else ever is.
pub(crate) fn listen(path: &Path, group: &str) -> anyhow::Result<UnixListener> {
    let dir = path.parent().context("the socket needs a directory")?;
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => {
            bail!("{} is in the way: it is not a socket", path.display())
        }
        Ok(_) if std::os::unix::net::UnixStream::connect(path).is_ok() => {
            bail!("another sloopd is serving {}", path.display())
        }
        Ok(_) => std::fs::remove_file(path).with_context(|| format!("cannot replace {}", path.display()))?,
        Err(_) => {}
    }
    let listener =
        UnixListener::bind(path).with_context(|| format!("cannot listen at {}", path.display()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
    match Group::from_name(group)? {
        Some(found) => chown(path, None, Some(found.gid))
            .with_context(|| format!("cannot give {} to group {group}", path.display()))?,
        None => {
            tracing::warn!(group, "there is no such group: only this user and root can talk to the daemon");
        }
    }
    Ok(listener)
}
