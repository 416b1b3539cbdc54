//! Private keys go where they are told to, and nowhere else.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::fake::Daemon;
use crate::{run, sloop};

#[test]
fn a_new_private_key_is_printed_as_it_is() {
    let daemon = Daemon::start();
    let (code, out, _) = run(&mut sloop(&daemon.socket()), &["key-pair", "create", "laptop"]);
    assert_eq!((code, &*out), (0, "-----BEGIN\nKEY\n"));
}

#[test]
fn a_private_key_in_a_file_is_private_and_in_no_answer() {
    let daemon = Daemon::start();
    let file = daemon.dir().join("key");
    let args = ["key-pair", "create", "laptop", "-o", "json", "--output-file", file.to_str().unwrap()];
    let (code, out, _) = run(&mut sloop(&daemon.socket()), &args);
    assert_eq!((code, out.contains("KEY")), (0, false));
    assert_eq!(fs::read_to_string(&file).unwrap(), "-----BEGIN\nKEY\n");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_existing_file_is_not_written_over() {
    let daemon = Daemon::start();
    let file = daemon.dir().join("key");
    fs::write(&file, "mine").unwrap();
    let args = ["key-pair", "create", "laptop", "--output-file", file.to_str().unwrap()];
    assert_eq!(run(&mut sloop(&daemon.socket()), &args).0, 2);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn without_a_key_there_is_no_file() {
    let daemon = Daemon::start();
    let file = daemon.dir().join("key");
    let args = ["key-pair", "create", "taken", "--output-file", file.to_str().unwrap()];
    assert_eq!(run(&mut sloop(&daemon.socket()), &args).0, 4);
    assert!(!file.exists());
}

#[test]
fn a_private_key_is_never_imported() {
    let daemon = Daemon::start();
    let (private, public) = (daemon.dir().join("id"), daemon.dir().join("id.pub"));
    fs::write(&private, "-----BEGIN OPENSSH PRIVATE KEY-----\n").unwrap();
    fs::write(&public, "ssh-ed25519 AAAA me@laptop\n").unwrap();
    let import = |file: &std::path::Path| {
        run(&mut sloop(&daemon.socket()), &["key-pair", "import", "laptop", file.to_str().unwrap()])
    };
    assert_eq!(import(&private).0, 2);
    assert_eq!(import(&public).1, "laptop: imported\n");
}
