//! E-mail, by a server of a test's own.

use std::{fs, os::unix::fs::PermissionsExt as _};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sloopd::{
    adapters::notify::{Settings, Smtp, Tls},
    model::Kind,
    ports::Notifier as _,
};

use crate::{
    smtp_sink::{Quirks, SmtpSink},
    stand::{email, hasty, messenger, notice, notice_because, settings, smtp},
};

fn begins_with<'a>(lines: &'a [String], word: &str) -> Vec<&'a str> {
    lines.iter().map(String::as_str).filter(|line| line.starts_with(word)).collect()
}

#[tokio::test]
async fn a_message_arrives() {
    let sink = SmtpSink::open(&[]).await;
    let messenger = messenger(Settings { smtp: Some(smtp(sink.address)), ..settings() });
    messenger.admit(&email("ann@example.com")).expect("sound");
    messenger.tell(&email("ann@example.com"), &notice()).await.expect("sent");
    let heard = sink.heard().await;
    assert!(heard.contains(&"EHLO homelab".to_owned()), "{heard:?}");
    assert!(heard.contains(&"MAIL FROM:<sloop@example.com>".to_owned()), "{heard:?}");
    assert!(heard.contains(&"RCPT TO:<ann@example.com>".to_owned()), "{heard:?}");
    let subject = "Subject: ALARM: web-is-busy, instance web on homelab";
    assert!(heard.contains(&subject.to_owned()), "{heard:?}");
    assert!(heard.contains(&"Reason:   CPUUtilization was above 80 %.".to_owned()), "{heard:?}");
    assert_eq!(begins_with(&heard, "QUIT"), ["QUIT"]);
}

#[tokio::test]
async fn hostile_words_stay_in_their_message() {
    let sink = SmtpSink::open(&[]).await;
    let messenger = messenger(Settings { smtp: Some(smtp(sink.address)), ..settings() });
    let hostile = notice_because("x\r\n.\r\nMAIL FROM:<eve@example.com>\r\nRCPT TO:<all@example.com>\r\n.");
    messenger.tell(&email("ann@example.com"), &hostile).await.expect("sent");
    let heard = sink.heard().await;
    assert_eq!(begins_with(&heard, "MAIL"), ["MAIL FROM:<sloop@example.com>"]);
    assert_eq!(begins_with(&heard, "RCPT"), ["RCPT TO:<ann@example.com>"]);
    assert_eq!(heard.iter().filter(|line| *line == ".").count(), 1);
}

#[tokio::test]
async fn the_server_is_told_who_asks() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("password");
    fs::write(&file, "secret word\n").expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("changed");
    let sink = SmtpSink::open(&[]).await;
    let smtp = Smtp { login: Some(("sloop".to_owned(), file.clone())), ..smtp(sink.address) };
    let messenger = messenger(Settings { smtp: Some(smtp), ..settings() });
    messenger.tell(&email("ann@example.com"), &notice()).await.expect("sent");
    let login = format!("AUTH PLAIN {}", BASE64_STANDARD.encode("\0sloop\0secret word"));
    assert_eq!(begins_with(&sink.heard().await, "AUTH"), [login]);

    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("changed");
    let error = messenger.tell(&email("ann@example.com"), &notice()).await.expect_err("all can read it");
    assert!(error.message.contains("smtp.password_file") && error.message.contains("others"), "{error}");
    assert!(!error.message.contains("secret"), "{error}");
}

/// The failure that a server's quirks lead to.
async fn failure(quirks: Quirks) -> String {
    let sink = SmtpSink::open(quirks).await;
    let messenger = messenger(Settings { smtp: Some(smtp(sink.address)), ..settings() });
    let error = messenger.tell(&email("ann@example.com"), &notice()).await.expect_err("not sent");
    assert_eq!((error.kind, error.code), (Kind::Unavailable, "NotDelivered"));
    assert!(!error.message.contains(char::is_control), "{error:?}");
    error.message
}

#[tokio::test]
async fn what_a_server_says_to_a_refusal_is_passed_on_in_a_line() {
    let said = failure(&[("RCPT", "550-no such\r\n550 \x1b[31muser")]).await;
    assert!(said.ends_with("refuses: 550 no such [31muser"), "{said}");
    let said = failure(&[("MAIL", "451 try again later")]).await;
    assert!(said.ends_with("refuses: 451 try again later"), "{said}");
    let said = failure(&[("<message>", "554 spam")]).await;
    assert!(said.ends_with("refuses: 554 spam"), "{said}");
    let said = failure(&[("<greeting>", "554 go away")]).await;
    assert!(said.ends_with("refuses: 554 go away"), "{said}");
    let said = failure(&[("<greeting>", "SSH-2.0-OpenSSH")]).await;
    assert!(said.contains("cannot be used"), "{said}");
}

#[tokio::test]
async fn nothing_is_said_in_the_clear_to_a_server_without_tls() {
    let sink = SmtpSink::open(&[]).await;
    let smtp = Smtp { tls: Tls::StartTls, ..smtp(sink.address) };
    let messenger = messenger(Settings { smtp: Some(smtp), ..settings() });
    let error = messenger.tell(&email("ann@example.com"), &notice()).await.expect_err("no TLS");
    assert!(error.message.contains("STARTTLS is not supported"), "{error}");
    let heard = sink.heard().await;
    assert!(begins_with(&heard, "MAIL").is_empty() && begins_with(&heard, "AUTH").is_empty(), "{heard:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_or_says_nothing_is_a_failure_in_words() {
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = gone.local_addr().expect("an address");
    drop(gone);
    let refused = messenger(Settings { smtp: Some(smtp(address)), ..settings() });
    let error = refused.tell(&email("ann@example.com"), &notice()).await.expect_err("nobody there");
    assert!(error.message.ends_with("Connection refused"), "{error}");

    let sink = SmtpSink::open(&[("DATA", "")]).await;
    let silent = messenger(Settings { smtp: Some(smtp(sink.address)), ..hasty() });
    let error = silent.tell(&email("ann@example.com"), &notice()).await.expect_err("it says nothing");
    assert_eq!(error.message, "the mail server did not take the message within 0.3 s");
}

#[tokio::test]
async fn a_server_that_has_the_message_need_not_say_goodbye() {
    let sink = SmtpSink::open(&[("QUIT", "")]).await;
    let messenger = messenger(Settings { smtp: Some(smtp(sink.address)), ..settings() });
    messenger.tell(&email("ann@example.com"), &notice()).await.expect("it has it");
}

#[tokio::test]
async fn without_a_server_there_is_no_email() {
    let messenger = messenger(settings());
    let error = messenger.admit(&email("ann@example.com")).expect_err("no server");
    assert!(error.tip.expect("advice").contains("[smtp]"));
    assert!(messenger.tell(&email("ann@example.com"), &notice()).await.is_err());
}
