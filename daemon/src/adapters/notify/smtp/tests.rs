use std::fs;

use super::*;
use crate::model::{AlarmState, Metric};

fn mailer(from: &str) -> Result<Mailer> {
    let host = "mail.example.com".to_owned();
    Mailer::new(Smtp { host, port: 587, tls: Tls::StartTls, from: from.to_owned(), login: None })
}

fn notice(host: &str, reason: &str) -> Notice {
    Notice::Alarm(AlarmNotice {
        alarm: "web-is-busy".into(),
        instance: "web".into(),
        metric: Metric::CpuUtilization,
        before: AlarmState::Ok,
        now: AlarmState::Alarm,
        reason: reason.into(),
        at: jiff::Timestamp::UNIX_EPOCH,
        test: false,
        host: host.into(),
    })
}

#[test]
fn what_is_no_address_is_refused() {
    for address in [
        "",
        "ann",
        "@example.com",
        "ann@",
        "ann@exa mple.com",
        "ann@example.com\r\nRCPT TO:<bob@example.com>",
        "ann@example.com\nBcc: bob@example.com",
        "ann\0@example.com",
        "Ann <ann@example.com>",
        "ann@example.com, bob@example.com",
        "\"ann smith\"@example.com",
    ] {
        let error = recipient(address).expect_err(address);
        assert!(error.message.contains("no e-mail address"), "{address:?} gave {error}");
        assert_eq!(error.field, Some("contactEndpoint"));
    }
    for address in ["ann@example.com", "ann+alarms@mail.example.com", "root@localhost"] {
        recipient(address).expect(address);
    }
}

#[test]
fn whom_messages_are_from_must_be_somebody() {
    for from in ["", "sloop", "Sloop <sloop>"] {
        assert!(mailer(from).is_err_and(|error| error.message.contains("smtp.from")), "{from:?}");
    }
    for from in ["sloop@example.com", "Sloop at home <sloop@example.com>"] {
        assert!(mailer(from).is_ok(), "{from:?}");
    }
}

/// The header's lines of a message, and its body.
fn parts(notice: &Notice) -> (Vec<String>, String) {
    let mailer = mailer("Sloop <sloop@example.com>").expect("sound");
    let to = recipient("ann@example.com").expect("sound");
    let message = mailer.message(to, notice).expect("a message").formatted();
    let text = String::from_utf8(message).expect("ASCII");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
    // A line that begins with a space goes on from the last.
    let unfolded = head.replace("\r\n ", " ");
    (unfolded.split("\r\n").map(ToOwned::to_owned).collect(), body.to_owned())
}

#[test]
fn nothing_that_is_told_becomes_a_header() {
    let hostile = "x\r\nBcc: everybody@example.com\r\n\r\n.\r\nMAIL FROM:<eve@example.com>\r\n";
    let names = |lines: &[String]| -> Vec<String> {
        lines.iter().map(|line| line.split(':').next().unwrap_or_default().to_owned()).collect()
    };
    let (quiet, _) = parts(&notice("homelab", "It is hot."));
    for notice in [notice(hostile, hostile), notice("hömelab", hostile)] {
        let (head, body) = parts(&notice);
        assert_eq!(names(&head), names(&quiet));
        assert!(!body.contains("\r\n.\r\n") && !body.contains("\r\nMAIL"), "{body}");
    }
    assert!(quiet.contains(&"Auto-Submitted: auto-generated".to_owned()), "{quiet:?}");
    assert!(quiet.contains(&"To: ann@example.com".to_owned()), "{quiet:?}");
}

#[test]
fn a_name_that_is_none_is_not_said() {
    for (host, said) in [
        ("homelab", "homelab"),
        ("homelab.example.com", "homelab.example.com"),
        ("", "[127.0.0.1]"),
        ("a b", "[127.0.0.1]"),
        ("x\r\nMAIL FROM:<>", "[127.0.0.1]"),
        ("hömelab", "[127.0.0.1]"),
    ] {
        assert_eq!(hello(&notice(host, "")).to_string(), said, "{host:?}");
    }
}

#[tokio::test]
async fn a_password_is_one_line_that_nobody_else_can_read() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("password");
    for (text, mode, outcome) in [
        ("secret word\n", 0o600, Ok("secret word")),
        ("secret\r\n", 0o400, Ok("secret")),
        ("secret", 0o600, Ok("secret")),
        ("secret", 0o640, Err("others")),
        ("secret", 0o604, Err("others")),
        ("", 0o600, Err("no password")),
        ("\n", 0o600, Err("no password")),
        ("one\ntwo\n", 0o600, Err("no password")),
    ] {
        fs::write(&file, text).expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("changed");
        match (password(&file).await, outcome) {
            (Ok(found), Ok(wanted)) => assert_eq!(found, wanted),
            (Err(error), Err(word)) => assert!(error.to_string().contains(word), "{text:?}: {error}"),
            (found, _) => panic!("{text:?} {mode:o} gave {found:?}"),
        }
        fs::remove_file(&file).expect("removed");
    }
    assert!(password(&file).await.is_err());
}
