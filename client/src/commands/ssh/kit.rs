//! What one login needs: the details in order, and the files that `ssh` wants them in.

use std::fs::{OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use sloop_proto::v1::{HostKeyAttributes, InstanceAccessDetails};
use tempfile::TempDir;
use tokio::process::Command;

use crate::failure::{Exit, Failure};

/// Access details that hold what a login needs.
pub(super) struct Access {
    /// Where the instance answers.
    pub(super) address: IpAddr,
    user: String,
    private_key: Option<String>,
    certificate: Option<String>,
    host_keys: Vec<String>,
}

impl TryFrom<InstanceAccessDetails> for Access {
    type Error = Failure;

    fn try_from(details: InstanceAccessDetails) -> Result<Self, Failure> {
        let lacking = |what: &str| Failure::new(Exit::Other, format!("sloopd gave no {what} to log in with"));
        let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let host_keys: Vec<_> = details.host_keys.iter().filter_map(host_key).collect();
        if host_keys.is_empty() {
            return Err(lacking("host key"));
        }
        Ok(Self {
            address: details.ip_address().parse().map_err(|_| lacking("address"))?,
            user: given(details.username).ok_or_else(|| lacking("user"))?,
            private_key: given(details.private_key),
            certificate: given(details.cert_key),
            host_keys,
        })
    }
}

/// `ALGORITHM BASE64` of a host key, whether it came as a whole line or as its bare middle.
fn host_key(key: &HostKeyAttributes) -> Option<String> {
    let words: Vec<_> = key.public_key().split_whitespace().collect();
    match words.as_slice() {
        [] => None,
        [blob] => Some(format!("{} {blob}", key.algorithm().split_whitespace().next()?)),
        [algorithm, blob, ..] => Some(format!("{algorithm} {blob}")),
    }
}

/// The lines of a known hosts file for one instance.
fn known_hosts(name: &str, access: &Access) -> String {
    let line = |key: &String| format!("{name},{} {key}\n", access.address);
    access.host_keys.iter().map(line).collect()
}

/// The files that one login needs, in a directory that nobody else can look into.
pub(super) struct Kit {
    dir: TempDir,
    has_key: bool,
}

impl Kit {
    /// Writes the files.
    pub(super) fn write(name: &str, access: &Access) -> Result<Self, Failure> {
        let mut private = tempfile::Builder::new();
        private.prefix("sloop-ssh-").permissions(Permissions::from_mode(0o700));
        let dir = private.tempdir_in(runtime_dir())?;
        write(&dir.path().join("known_hosts"), &known_hosts(name, access))?;
        if let Some(key) = &access.private_key {
            // OpenSSH refuses a key whose last line does not end.
            write(&dir.path().join("key"), &format!("{}\n", key.trim_end()))?;
        }
        if let Some(certificate) = &access.certificate {
            write(&dir.path().join("key-cert.pub"), &format!("{}\n", certificate.trim_end()))?;
        }
        Ok(Self { dir, has_key: access.private_key.is_some() })
    }

    /// An `ssh` that trusts this host key and no other.
    pub(super) fn ssh(&self, name: &str, access: &Access) -> Command {
        let mut ssh = Command::new("ssh");
        let mut option = |text: String| {
            ssh.arg("-o").arg(text);
        };
        option(format!("UserKnownHostsFile=\"{}\"", self.dir.path().join("known_hosts").display()));
        option("GlobalKnownHostsFile=/dev/null".to_owned());
        option("StrictHostKeyChecking=yes".to_owned());
        option(format!("HostKeyAlias={name}"));
        option("LogLevel=ERROR".to_owned());
        if self.has_key {
            option("IdentitiesOnly=yes".to_owned());
            ssh.arg("-i").arg(self.dir.path().join("key"));
        }
        ssh.arg("-l").arg(&access.user);
        ssh
    }
}

fn runtime_dir() -> PathBuf {
    let given = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    given.filter(|dir| dir.is_absolute() && dir.is_dir()).unwrap_or_else(std::env::temp_dir)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(algorithm: &str, public_key: &str) -> HostKeyAttributes {
        HostKeyAttributes {
            algorithm: Some(algorithm.into()),
            public_key: Some(public_key.into()),
            ..HostKeyAttributes::default()
        }
    }

    fn details(host_keys: Vec<HostKeyAttributes>) -> InstanceAccessDetails {
        InstanceAccessDetails {
            ip_address: Some("192.0.2.7".into()),
            username: Some("admin".into()),
            private_key: Some("KEY".into()),
            cert_key: Some(String::new()),
            host_keys,
            ..InstanceAccessDetails::default()
        }
    }

    #[test]
    fn known_hosts_has_the_alias_and_the_address_before_either_form_of_key() {
        let keys = vec![key("ssh-ed25519", "AAAA"), key("ssh-rsa", "ssh-rsa BBBB root@web\n")];
        let access = Access::try_from(details(keys)).ok().unwrap();
        assert_eq!(
            known_hosts("web", &access),
            "web,192.0.2.7 ssh-ed25519 AAAA\nweb,192.0.2.7 ssh-rsa BBBB\n"
        );
    }

    #[test]
    fn without_a_host_key_there_is_no_login() {
        assert!(Access::try_from(details(vec![key("ssh-ed25519", " ")])).is_err());
    }

    #[test]
    fn the_files_are_private_and_go_with_the_kit() {
        let access = Access::try_from(details(vec![key("ssh-ed25519", "AAAA")])).ok().unwrap();
        let kit = Kit::write("web", &access).unwrap();
        let dir = kit.dir.path().to_owned();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode(&dir), mode(&dir.join("key")), mode(&dir.join("known_hosts"))),
            (0o700, 0o600, 0o600)
        );
        assert!(!dir.join("key-cert.pub").exists());
        drop(kit);
        assert!(!dir.exists());
    }
}
