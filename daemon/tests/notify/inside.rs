//! Webhooks that lead inside, by themselves or by a name that changes its mind.

use std::{io::ErrorKind, net::TcpListener, sync::Arc};

use sloopd::{
    adapters::notify::{HostNames, Names as _, Settings, Webhooks},
    ports::Notifier as _,
};

use crate::{
    http_sink::{Act, HttpSink},
    stand::{Fickle, Nobody, messenger, notice, settings, webhook},
};

const TAKEN: Act = Act::Says("HTTP/1.1 204 No Content\r\n\r\n");

/// Somebody who listens inside, and must not hear anything.
struct Inner(TcpListener);

impl Inner {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("set");
        Self(listener)
    }

    fn port(&self) -> u16 {
        self.0.local_addr().expect("an address").port()
    }

    /// On this host a connection that was made waits here at once.
    fn heard_nothing(&self) {
        assert_eq!(self.0.accept().expect_err("nobody came").kind(), ErrorKind::WouldBlock);
    }
}

/// Settings with that resolver, by which those hosts are allowed.
fn with(names: &Fickle, allowed: &[(&str, Option<u16>)]) -> Settings {
    let allowed = allowed.iter().map(|(host, port)| ((*host).to_owned(), *port)).collect();
    let webhooks = Webhooks { allowed, names: Arc::new(names.clone()), ..settings().webhooks };
    Settings { webhooks, ..settings() }
}

#[tokio::test]
async fn this_host_is_refused_before_a_connection_is_made() {
    let inner = Inner::open();
    let messenger = messenger(settings());
    for host in ["127.0.0.1", "127.1", "2130706433", "localhost", "[::ffff:127.0.0.1]"] {
        let there = webhook(&format!("http://{host}:{}/", inner.port()));
        messenger.admit(&there).expect_err(host);
        let error = messenger.tell(&there, &notice()).await.expect_err(host);
        assert!(error.message.contains("this host itself"), "{host} gave {error}");
    }
    inner.heard_nothing();
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_before_a_connection_is_made() {
    let inner = Inner::open();
    let there = webhook(&format!("http://hooks.example:{}/", inner.port()));
    for addresses in [
        &["127.0.0.1"][..],
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["64:ff9b::7f00:1"],
        // One that is outside does not excuse the other.
        &["192.0.2.7", "127.0.0.1"],
        &["127.0.0.1", "192.0.2.7"],
        &["169.254.169.254"],
        &["0.0.0.0"],
        &["172.26.0.1"],
        &["172.27.0.11"],
    ] {
        let messenger = messenger(with(&Fickle::new(addresses, addresses), &[]));
        messenger.admit(&there).expect("nobody has asked for its address yet");
        let error = messenger.tell(&there, &notice()).await.expect_err("it leads inside");
        assert!(error.message.contains("none may go there"), "{addresses:?} gave {error}");
    }
    inner.heard_nothing();
}

#[tokio::test]
async fn a_name_is_asked_for_once_and_what_it_says_later_is_not_heard() {
    let sink = HttpSink::open(TAKEN).await;
    let port = sink.address.port();
    // No server of names knows hooks.example; and its second answer leads to where nobody listens.
    let names = Fickle::new(&["127.0.0.1"], &["192.0.2.7"]);
    let messenger = messenger(with(&names, &[("hooks.example", Some(port))]));
    messenger.tell(&webhook(&format!("http://hooks.example:{port}/")), &notice()).await.expect("sent");
    assert_eq!(names.asked(), 1);
    let host = format!("host: hooks.example:{port}");
    assert!(sink.heard().await.head.contains(&host));
}

#[tokio::test]
async fn a_name_that_was_sound_is_judged_anew_each_time() {
    let sink = HttpSink::open(TAKEN).await;
    let inner = Inner::open();
    let names = Fickle::new(&["127.0.0.1"], &["127.0.0.1"]);
    let allowed = messenger(with(&names, &[("hooks.example", Some(sink.address.port()))]));
    let url = |port: u16| webhook(&format!("http://hooks.example:{port}/"));
    allowed.tell(&url(sink.address.port()), &notice()).await.expect("sent");
    // The same name at another port is not allowed.
    let error = allowed.tell(&url(inner.port()), &notice()).await.expect_err("not allowed");
    assert!(error.tip.expect("advice").contains("webhook_hosts"));
    inner.heard_nothing();
}

#[tokio::test]
async fn doors_of_the_daemon_are_reached_by_no_name() {
    let inner = Inner::open();
    let names = Fickle::new(&["127.0.0.1"], &["127.0.0.1"]);
    let mut settings = with(&names, &[("hooks.example", None), ("127.0.0.1", None)]);
    settings.webhooks.doors = vec![inner.port()];
    let messenger = messenger(settings);
    for host in ["hooks.example", "127.0.0.1"] {
        let there = webhook(&format!("http://{host}:{}/metrics", inner.port()));
        let error = messenger.tell(&there, &notice()).await.expect_err(host);
        assert!(error.tip.expect("advice").contains("nobody can allow"), "{host}");
    }
    inner.heard_nothing();
}

#[tokio::test]
async fn a_name_that_nobody_has_is_a_failure_in_words() {
    let there = webhook("http://nobody.invalid/secret");
    let webhooks = Webhooks { names: Arc::new(Nobody), ..settings().webhooks };
    let lost = messenger(Settings { webhooks, ..settings() });
    let error = lost.tell(&there, &notice()).await.expect_err("no such name");
    assert_eq!(error.message, "the name nobody.invalid is not found: Name or service not known");
    let silent = messenger(with(&Fickle::new(&[], &[]), &[]));
    let error = silent.tell(&there, &notice()).await.expect_err("no address");
    assert_eq!(error.message, "the name nobody.invalid has no address");
}

#[tokio::test]
async fn the_host_knows_its_own_name() {
    let addresses = HostNames.addresses("localhost").await.expect("known");
    assert!(!addresses.is_empty() && addresses.iter().all(std::net::IpAddr::is_loopback), "{addresses:?}");
}
