//! Commands, as the administrator writes them.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt as _, chown},
    path::PathBuf,
};

use nix::unistd::geteuid;
use sloopd::{
    adapters::notify::{Messenger, Settings},
    model::{Kind, Notice},
    ports::Notifier as _,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    net::TcpListener,
};

use crate::stand::{LONG, command, hasty, messenger, notice, settings};

/// A notifier that knows a program with its arguments as `page`.
fn page(words: &[&str], settings: Settings) -> Messenger {
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    messenger(Settings { commands: [("page".to_owned(), words)].into(), ..settings })
}

/// One script in a place that everybody can look into, as the user that it is run as must.
struct Program {
    _dir: TempDir,
    path: PathBuf,
}

impl Program {
    fn new(script: &str) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).expect("changed");
        let path = dir.path().join("page");
        fs::write(&path, format!("{script}\n")).expect("written");
        fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("changed");
        Self { _dir: dir, path }
    }

    /// A notifier that knows it as `page`. Its shell is what is run: a file that was just written may still be open elsewhere,
    /// and then it is no program yet.
    fn known_by(&self, settings: Settings) -> Messenger {
        let path = self.path.to_str().expect("text");
        page(&["/bin/bash", path, "first word", "$HOME"], settings)
    }

    /// What it comes to when it is run.
    async fn run(&self, notice: &Notice) -> Result<(), String> {
        let messenger = self.known_by(settings());
        messenger.admit(&command("page")).expect("sound");
        let ran = messenger.tell(&command("page"), notice).await;
        ran.map_err(|error| {
            assert_eq!((error.kind, error.code), (Kind::Unavailable, "NotDelivered"));
            error.message
        })
    }
}

#[tokio::test]
async fn a_command_is_told_by_variables_arguments_and_json() {
    let checks = [
        r#"[ "$SLOOP_ALARM $SLOOP_INSTANCE $SLOOP_METRIC" = "web-is-busy web CPUUtilization" ]"#,
        r#"[ "$SLOOP_STATE $SLOOP_STATE_BEFORE $SLOOP_TEST" = "ALARM OK false" ]"#,
        r#"[ "$SLOOP_REASON" = "CPUUtilization was above 80 %." ]"#,
        r#"[ "$SLOOP_AT $SLOOP_HOST" = "1970-01-01T00:00:00Z homelab" ]"#,
        // No shell has looked at them.
        r#"[ "$#" = 2 ] && [ "$1" = "first word" ] && [ "$2" = "\$HOME" ]"#,
        r#"[[ "$(cat)" == '{"type":"alarm","alarm":"web-is-busy",'* ]]"#,
        r#"[ "$PWD" = / ]"#,
    ];
    for check in checks {
        let program = Program::new(&format!("{check} || {{ env >&2; exit 1; }}"));
        assert_eq!(program.run(&notice()).await, Ok(()), "{check}");
    }
}

#[tokio::test]
async fn a_command_gets_nothing_else_of_the_daemon() {
    let dir = tempfile::tempdir().expect("a directory");
    let secret = fs::File::create(dir.path().join("secret-of-the-daemon")).expect("made");
    let checks = [
        // Cargo sets it for every test.
        r#"[ -z "$CARGO_MANIFEST_DIR" ]"#,
        r"! ls -l /proc/$$/fd | grep -q secret-of-the-daemon",
        r"grep -q '^CapEff:[[:space:]]*0*$' /proc/self/status",
        r"grep -q '^CapAmb:[[:space:]]*0*$' /proc/self/status",
        r"grep -q '^NoNewPrivs:[[:space:]]*1$' /proc/self/status",
        r#"[ "$(id -u)" != 0 ]"#,
    ];
    for check in checks {
        let program = Program::new(&format!("{check} || {{ echo it has >&2; exit 1; }}"));
        assert_eq!(program.run(&notice()).await, Ok(()), "{check}");
    }
    drop(secret);
}

#[tokio::test]
async fn a_failure_quotes_the_first_line_of_complaint() {
    for (script, message) in [
        ("exit 3", "the command page ended with exit status 3"),
        (
            "echo >&2; echo no such pager >&2; echo more >&2; exit 1",
            "the command page ended with exit status 1: no such pager",
        ),
        (
            "printf 'red \\033[31malarm\\r\\n' >&2; exit 1",
            "the command page ended with exit status 1: red [31malarm",
        ),
        ("echo not here; exit 1", "the command page ended with exit status 1"),
        ("kill -TERM $$", "the command page ended with signal: 15 (SIGTERM)"),
    ] {
        assert_eq!(Program::new(script).run(&notice()).await, Err(message.to_owned()), "{script}");
    }
}

#[tokio::test]
async fn a_command_may_complain_without_end_and_read_nothing() {
    let program = Program::new("exec <&-; head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 1");
    let message = program.run(&notice()).await.expect_err("it fails");
    assert!(message.starts_with("the command page ended with exit status 1: xxx"), "{message}");
    assert!(message.chars().count() < 400, "{}", message.len());
}

/// A script that waits until its child holds a connection to `port`; the child never ends, nor lets go of its standard error.
fn clinging(port: u16, then: &str) -> String {
    let child = format!("exec 3<>/dev/tcp/127.0.0.1/{port}; echo here >&3; echo; exec sleep 1000");
    format!("exec 4< <({child})\nread -r _ <&4\n{then}")
}

/// Waits until the child has let go of its connection.
async fn has_ended(listener: &TcpListener, meanwhile: impl FnOnce()) {
    let ended = async {
        let mut child = BufReader::new(listener.accept().await.expect("it comes").0);
        let mut line = String::new();
        child.read_line(&mut line).await.expect("it says that it is here");
        assert_eq!(line, "here\n");
        meanwhile();
        child.read_to_end(&mut Vec::new()).await.ok();
    };
    tokio::time::timeout(LONG, ended).await.expect("the child has ended");
}

#[tokio::test]
async fn what_a_command_leaves_behind_ends_with_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let program = Program::new(&clinging(listener.local_addr().expect("an address").port(), "exit 0"));
    assert_eq!(program.run(&notice()).await, Ok(()));
    has_ended(&listener, || ()).await;
}

#[tokio::test]
async fn a_command_ends_with_all_that_it_started_when_nobody_waits_for_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endless = clinging(listener.local_addr().expect("an address").port(), "read -r _ <&4");
    let program = Program::new(&endless);
    let messenger = program.known_by(settings());
    let told = tokio::spawn(async move { messenger.tell(&command("page"), &notice()).await });
    has_ended(&listener, || told.abort()).await;
}

#[tokio::test]
async fn nobody_waits_for_a_command_longer_than_its_limit() {
    let program = Program::new("exec sleep 1000");
    let error = program.known_by(hasty()).tell(&command("page"), &notice()).await.expect_err("it never ends");
    assert_eq!(error.message, "the command page did not end within 0.3 s");
}

#[tokio::test]
async fn only_programs_that_nobody_else_can_change_are_run() {
    let refused = |program: &Program| {
        let known = page(&[program.path.to_str().expect("text")], settings());
        let error = known.admit(&command("page")).expect_err("not sound");
        assert_eq!((error.kind, error.field), (Kind::InvalidInput, Some("contactEndpoint")));
        error.message
    };
    let program = Program::new("exit 0");
    for (mode, word) in [
        (0o757, "written to by others"),
        (0o775, "written to by others"),
        (0o777, "written to by others"),
        (0o644, "not executable"),
    ] {
        fs::set_permissions(&program.path, Permissions::from_mode(mode)).expect("changed");
        assert!(refused(&program).contains(word), "{mode:o}");
    }
    fs::set_permissions(&program.path, Permissions::from_mode(0o755)).expect("changed");
    if geteuid().is_root() {
        chown(&program.path, Some(54_321), None).expect("root may");
        assert!(refused(&program).contains("neither to root"));
    }
    fs::remove_file(&program.path).expect("removed");
    assert!(refused(&program).contains("No such file"));
    fs::create_dir(&program.path).expect("made");
    assert!(refused(&program).contains("no file"));
}

#[tokio::test]
async fn a_name_that_is_none_is_answered_with_those_that_there_are() {
    let program = Program::new("exit 0");
    let known = program.known_by(settings());
    for name in ["pager", "", "/bin/sh", "page ", "page\0", program.path.to_str().expect("text")] {
        let error = known.admit(&command(name)).expect_err(name);
        assert_eq!(error.tip.as_deref(), Some("there are: page"), "{name:?}");
        assert!(known.tell(&command(name), &notice()).await.is_err(), "{name:?}");
    }
    let error = messenger(settings()).admit(&command("page")).expect_err("there is none");
    assert!(error.tip.expect("advice").contains("[alarms.commands]"));
}
