//! What every notifier promises, the simulated one too.

use std::sync::Arc;

use sloopd::{
    adapters::notify::Settings,
    model::{Endpoint, Kind},
    ports::Notifier,
    simulated::Simulated,
};

use crate::{
    smtp_sink::SmtpSink,
    stand::{command, email, messenger, notice, settings, smtp, webhook},
};

async fn notifiers() -> Vec<(&'static str, Arc<dyn Notifier>)> {
    let sink = SmtpSink::open(&[]).await;
    let commands = [("page".to_owned(), vec!["/bin/true".to_owned()])].into();
    let real: Arc<dyn Notifier> =
        Arc::new(messenger(Settings { smtp: Some(smtp(sink.address)), commands, ..settings() }));
    let simulated: Arc<dyn Notifier> = Arc::new(Simulated::default());
    vec![("real", real), ("simulated", simulated)]
}

fn sound() -> Vec<Endpoint> {
    vec![
        email("ann@example.com"),
        email("ann+alarms@mail.example.com"),
        webhook("https://hooks.example.com/services/T0?token=1"),
        webhook("http://192.0.2.7:9000/"),
        command("page"),
    ]
}

fn unsound() -> Vec<Endpoint> {
    let long = "x".repeat(256);
    vec![
        email(""),
        email("ann"),
        email("@example.com"),
        email("ann@"),
        email("ann@example.com\r\nRCPT TO:<bob@example.com>"),
        email("ann @example.com"),
        email(&format!("ann@{long}.example.com")),
        webhook(""),
        webhook("hooks.example.com"),
        webhook("https://"),
        webhook("ftp://hooks.example.com/"),
        webhook("https://hooks.exa mple.com/"),
        webhook(&format!("https://hooks.example.com/{long}")),
        command(""),
        command("page\n"),
        command(&long.repeat(2)),
    ]
}

#[tokio::test]
async fn sound_endpoints_are_admitted_again_and_again() {
    for (which, notifier) in notifiers().await {
        for endpoint in sound().iter().chain(&sound()) {
            notifier.admit(endpoint).unwrap_or_else(|error| panic!("{which}: {endpoint}: {error}"));
        }
    }
}

#[tokio::test]
async fn unsound_endpoints_are_refused_and_nothing_is_sent_there() {
    for (which, notifier) in notifiers().await {
        for endpoint in unsound() {
            let error = notifier.admit(&endpoint).expect_err(which);
            assert_eq!(error.kind, Kind::InvalidInput, "{which}: {endpoint:?}: {error}");
            assert_eq!(error.field, Some("contactEndpoint"), "{which}: {endpoint:?}");
            notifier.tell(&endpoint, &notice()).await.expect_err(which);
        }
    }
}

#[tokio::test]
async fn what_is_told_arrives() {
    for (which, notifier) in notifiers().await {
        for endpoint in [email("ann@example.com"), command("page")] {
            let told = notifier.tell(&endpoint, &notice()).await;
            told.unwrap_or_else(|error| panic!("{which}: {endpoint}: {error}"));
        }
    }
}
