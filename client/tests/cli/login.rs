//! `sloop ssh`, with a program in the place of `ssh` that tells how it was called.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::fake::{Daemon, HOST_KEY};
use crate::{run, sloop};

const SSH: &str = "#!/bin/sh
for word in \"$@\"; do echo \"$word\"; done
while [ $# -gt 0 ]; do
  case $1 in
    UserKnownHostsFile=*) eval cat \"${1#*=}\" ;;
    -i) cat \"$2\" ;;
  esac
  shift
done
exit 42
";

/// A daemon, and a directory whose `ssh` is [`SSH`].
fn daemon() -> Daemon {
    let daemon = Daemon::start();
    let ssh = daemon.dir().join("ssh");
    fs::write(&ssh, SSH).unwrap();
    fs::set_permissions(&ssh, fs::Permissions::from_mode(0o755)).unwrap();
    daemon
}

#[test]
fn ssh_is_told_the_host_key_and_its_exit_code_is_ours() {
    let daemon = daemon();
    let path = format!("{}:/usr/bin:/bin", daemon.dir().display());
    let runtime = daemon.dir().join("runtime");
    fs::create_dir(&runtime).unwrap();
    let mut command = sloop(&daemon.socket());
    command.env("PATH", path).env("XDG_RUNTIME_DIR", &runtime);
    let (code, out, err) = run(&mut command, &["ssh", "web", "--", "uptime", "-p"]);
    assert_eq!(code, 42, "{err}");
    let lines: Vec<_> = out.lines().collect();
    for word in [
        "StrictHostKeyChecking=yes",
        "GlobalKnownHostsFile=/dev/null",
        "HostKeyAlias=web",
        "IdentitiesOnly=yes",
    ] {
        assert!(lines.contains(&word), "{word} in {out}");
    }
    assert!(out.contains("-l\nadmin\n--\n192.0.2.7\nuptime\n-p\n"), "{out}");
    assert!(out.ends_with(&format!("web,192.0.2.7 ssh-ed25519 {HOST_KEY}\nPRIVATE\n")), "{out}");
    assert_eq!(fs::read_dir(&runtime).unwrap().count(), 0, "the key is left behind");
}

#[test]
fn a_stopped_instance_names_the_remedy() {
    let daemon = daemon();
    let (code, _, err) = run(&mut sloop(&daemon.socket()), &["ssh", "off"]);
    assert_eq!(code, 4);
    assert!(err.ends_with("error: off is stopped\n  try: sloop start off\n"), "{err}");
}

#[test]
fn without_ssh_the_package_is_named() {
    let daemon = Daemon::start();
    let (code, _, err) = run(sloop(&daemon.socket()).env("PATH", daemon.dir()), &["ssh", "web"]);
    assert_eq!(code, 1);
    assert!(err.contains("openssh-client"), "{err}");
}
