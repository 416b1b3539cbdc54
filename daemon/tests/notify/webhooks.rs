//! Webhooks, to places of a test's own that the administrator allows.

use std::net::SocketAddr;

use sloopd::{
    adapters::notify::{Messenger, Settings, Webhooks},
    model::Kind,
    ports::Notifier as _,
};

use crate::{
    http_sink::{Act, HttpSink},
    stand::{hasty, messenger, notice, settings, webhook},
};

/// A notifier that may send to that place.
fn allowing(address: SocketAddr, settings: Settings) -> Messenger {
    let allowed = vec![(address.ip().to_string(), Some(address.port()))];
    messenger(Settings { webhooks: Webhooks { allowed, ..settings.webhooks.clone() }, ..settings })
}

/// The failure that an act leads to.
async fn failure(act: Act, settings: Settings) -> sloopd::model::Error {
    let sink = HttpSink::open(act).await;
    let messenger = allowing(sink.address, settings);
    let error = messenger.tell(&webhook(&sink.url()), &notice()).await.expect_err("it did not take it");
    assert_eq!((error.kind, error.code), (Kind::Unavailable, "NotDelivered"), "{error}");
    assert!(!error.message.contains("secret"), "{error}");
    error
}

#[tokio::test]
async fn json_arrives() {
    let sink = HttpSink::open(Act::Says("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")).await;
    let messenger = allowing(sink.address, settings());
    messenger.admit(&webhook(&sink.url())).expect("allowed");
    messenger.tell(&webhook(&sink.url()), &notice()).await.expect("sent");
    let (host, heard) = (format!("host: {}", sink.address), sink.heard().await);
    assert_eq!(heard.head[0], "POST /alarm?token=secret HTTP/1.1");
    for line in ["content-type: application/json", host.as_str()] {
        assert!(heard.head.iter().any(|one| one == line), "{line} is not in {:?}", heard.head);
    }
    let body: serde_json::Value = serde_json::from_str(&heard.body).expect("JSON");
    assert_eq!((&body["alarm"], &body["state"]), (&"web-is-busy".into(), &"ALARM".into()));
}

#[tokio::test]
async fn every_answer_of_success_will_do() {
    for answer in ["HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n"] {
        let sink = HttpSink::open(Act::Says(answer)).await;
        allowing(sink.address, settings()).tell(&webhook(&sink.url()), &notice()).await.expect(answer);
    }
}

#[tokio::test]
async fn an_answer_of_failure_is_told_and_what_it_says_is_not() {
    for (answer, word) in [
        ("HTTP/1.1 500 Oops\r\ncontent-length: 6\r\n\r\nsecret", "answers HTTP 500 Internal Server Error"),
        ("HTTP/1.1 404 secret\r\ncontent-length: 6\r\n\r\nsecret", "answers HTTP 404 Not Found"),
        ("HTTP/1.1 400 x\r\n\r\n", "answers HTTP 400 Bad Request"),
    ] {
        let error = failure(Act::Says(answer), settings()).await;
        assert!(error.message.contains(word), "{answer:?} gave {error}");
    }
}

#[tokio::test]
async fn nobody_is_led_elsewhere() {
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    elsewhere.set_nonblocking(true).expect("set");
    let url = format!("http://{}/", elsewhere.local_addr().expect("an address"));
    for (status, place) in [
        ("301 Moved", "http://169.254.169.254/latest/meta-data/"),
        ("302 Found", "http://127.0.0.1:7566/metrics"),
        ("303 See Other", url.as_str()),
        ("307 Temporary", url.as_str()),
        ("308 Permanent", url.as_str()),
    ] {
        let answer = format!("HTTP/1.1 {status}\r\nlocation: {place}\r\ncontent-length: 0\r\n\r\n");
        // What the server says has to live as long as the server.
        let error = failure(Act::Says(answer.leak()), settings()).await;
        assert!(error.message.contains(&status[..3]), "{status} gave {error}");
        assert!(!error.message.contains(place) && error.tip.is_some(), "{status} gave {error:?}");
    }
    let error = elsewhere.accept().expect_err("nobody came");
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn a_server_that_stalls_is_left() {
    let error = failure(Act::Nothing, hasty()).await;
    assert_eq!(error.message, "the webhook did not answer within 0.3 s");
}

#[tokio::test]
async fn a_server_that_never_ends_is_not_listened_to() {
    let endless = Act::SaysOnAndOn("HTTP/1.1 200 OK\r\n", "x-again: and again\r\n");
    let error = failure(endless, settings()).await;
    assert!(error.message.contains("too large"), "{error}");
    // Whatever comes behind a sound head is not waited for.
    let endless = Act::SaysOnAndOn("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "3\r\nabc\r\n");
    let sink = HttpSink::open(endless).await;
    allowing(sink.address, settings()).tell(&webhook(&sink.url()), &notice()).await.expect("it has it");
    sink.heard().await;
}

#[tokio::test]
async fn what_is_no_http_is_a_failure_in_words() {
    let error = failure(Act::Says("SSH-2.0-OpenSSH_9.2\r\n"), settings()).await;
    assert!(error.message.starts_with("the webhook at 127.0.0.1:"), "{error}");
    let error = failure(Act::Says(""), settings()).await;
    assert!(error.message.starts_with("the webhook at 127.0.0.1:"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_failure_in_words() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = gone.local_addr().expect("an address");
    drop(gone);
    let url = format!("http://{address}/secret");
    let error =
        allowing(address, settings()).tell(&webhook(&url), &notice()).await.expect_err("nobody there");
    assert_eq!(error.message, format!("the webhook at {address}: Connection refused"));
}
