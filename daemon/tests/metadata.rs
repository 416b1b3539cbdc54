//! The metadata address: who gets an answer, with which token, and over which connection.

mod common;

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use common::{Host, caller, create, policy};
use rstest::rstest;
use sloopd::{
    api::metadata::{self, Door, Peer},
    model::{FirstBoot, Instance, MetadataUpdate},
    verbs::Policy,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket},
};

const TOKEN: &str = "x-aws-ec2-metadata-token";
const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
const TOKENS: &str = "/latest/api/token";
const ID: &str = "/latest/meta-data/instance-id";
const REPORT: &str = "/sloop/v1/first-boot";

/// Two instances and their metadata address.
struct Stand {
    host: Host,
    door: Door,
}

struct Answer {
    status: StatusCode,
    text: String,
    headers: HeaderMap,
}

impl Stand {
    async fn new() -> Self {
        let host = Host::new();
        host.done(create(&host.verbs, &["web", "db"]).await.expect("accepted")).await;
        let door = Door::new(host.verbs.clone()).expect("a door");
        Self { host, door }
    }

    async fn instance(&self, name: &str) -> Instance {
        self.host.verbs.get_instance(&caller(), name).await.expect("it is there")
    }

    async fn peer(&self, name: &str) -> Peer {
        Peer::new(self.instance(name).await.private_ip)
    }

    async fn update(&self, name: &str, update: MetadataUpdate) {
        let operation = self.host.verbs.update_instance_metadata_options(&caller(), name, &update).await;
        operation.expect("updated");
    }

    async fn ask(&self, peer: &Peer, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        let (parts, body) = self.door.answer(peer, request).await.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body");
        let text = String::from_utf8(body.to_vec()).expect("text");
        Answer { status: parts.status, text, headers: parts.headers }
    }

    async fn get(&self, name: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask(&self.peer(name).await, "GET", ID, headers).await
    }

    async fn token(&self, name: &str, ttl: &str) -> String {
        let answer = self.ask(&self.peer(name).await, "PUT", TOKENS, &[(TTL, ttl)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.text
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

fn required() -> MetadataUpdate {
    MetadataUpdate { tokens_required: Some(true), ..MetadataUpdate::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_each_is_told_who_it_is_and_counted() {
    let stand = Stand::new().await;
    for name in ["web", "db"] {
        let answer = stand.get(name, &[]).await;
        assert_eq!((answer.status, answer.text), (StatusCode::OK, stand.instance(name).await.id.guest()));
    }
    assert_eq!(stand.get("web", &[]).await.header("content-type"), Some("text/plain"));
    let token = stand.token("web", "60").await;
    stand.get("web", &[(TOKEN, token.as_str())]).await;
    let counts = &stand.host.engine;
    assert_eq!(counts.no_token(stand.instance("web").await.id), 2);
    assert_eq!(counts.no_token(stand.instance("db").await.id), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_tokens_are_required_nothing_goes_without() {
    let stand = Stand::new().await;
    stand.update("web", required()).await;
    assert_eq!(stand.get("web", &[]).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(stand.get("db", &[]).await.status, StatusCode::OK, "the other one is not meant");
    let token = stand.token("web", "21600").await;
    let answer = stand.get("web", &[(TOKEN, token.as_str())]).await;
    assert_eq!((answer.status, answer.text), (StatusCode::OK, stand.instance("web").await.id.guest()));
    assert_eq!(stand.host.engine.no_token(stand.instance("web").await.id), 0, "refused is not let in");
}

#[rstest]
#[case::optional(false)]
#[case::required(true)]
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_refused_in_any_case(#[case] is_required: bool) {
    let stand = Stand::new().await;
    let update = MetadataUpdate { tokens_required: Some(is_required), ..MetadataUpdate::default() };
    stand.update("web", update).await;
    let others = stand.token("db", "60").await;
    for wrong in ["", "x", "AAAA", others.as_str()] {
        assert_eq!(stand.get("web", &[(TOKEN, wrong)]).await.status, StatusCode::UNAUTHORIZED, "{wrong}");
    }
    let ended = stand.token("web", "1").await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(stand.get("web", &[(TOKEN, ended.as_str())]).await.status, StatusCode::UNAUTHORIZED);
    let later = Door::new(stand.host.verbs.clone()).expect("a door");
    let stand = Stand { door: later, ..stand };
    assert_eq!(stand.get("db", &[(TOKEN, others.as_str())]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_live_a_second_to_six_hours() {
    let stand = Stand::new().await;
    let peer = stand.peer("web").await;
    for ttl in ["1", "21600"] {
        let answer = stand.ask(&peer, "PUT", TOKENS, &[(TTL, ttl)]).await;
        assert_eq!((answer.status, answer.header(TTL)), (StatusCode::OK, Some(ttl)));
        assert_eq!(answer.header("content-type"), Some("text/plain"));
    }
    for ttl in ["", "0", "-1", "21601", "99999999999999999999", "1.5", "soon"] {
        let answer = stand.ask(&peer, "PUT", TOKENS, &[(TTL, ttl)]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{ttl}");
    }
    assert_eq!(stand.ask(&peer, "PUT", TOKENS, &[]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_through_a_proxy_gets_no_token() {
    let stand = Stand::new().await;
    let peer = stand.peer("web").await;
    let headers = [(TTL, "60"), ("X-Forwarded-For", "192.0.2.1")];
    assert_eq!(stand.ask(&peer, "PUT", TOKENS, &headers).await.status, StatusCode::FORBIDDEN);
    assert_eq!(peer.hop_limit(), None, "no token left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_goes_as_far_as_the_hop_limit() {
    let stand = Stand::new().await;
    let peer = stand.peer("web").await;
    stand.ask(&peer, "GET", ID, &[]).await;
    assert_eq!(peer.hop_limit(), None);
    stand.ask(&peer, "PUT", TOKENS, &[(TTL, "60")]).await;
    assert_eq!(peer.hop_limit(), Some(1));
    stand.update("web", MetadataUpdate { hop_limit: Some(3), ..MetadataUpdate::default() }).await;
    stand.ask(&peer, "PUT", "/latest//api/token/", &[(TTL, "60")]).await;
    assert_eq!(peer.hop_limit(), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_disabled_only_the_report_is_taken() {
    let stand = Stand::new().await;
    let token = stand.token("web", "60").await;
    stand.update("web", MetadataUpdate { enabled: Some(false), ..required() }).await;
    let peer = stand.peer("web").await;
    for (method, path) in [("GET", ID), ("HEAD", ID), ("GET", "/none"), ("PUT", TOKENS), ("DELETE", ID)] {
        let answer = stand.ask(&peer, method, path, &[(TOKEN, token.as_str()), (TTL, "60")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
    }
    let report = Request::post(REPORT).body(Body::from("{\"errors\": [\"no\"]}")).expect("a request");
    assert_eq!(stand.door.answer(&peer, report).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(stand.instance("web").await.first_boot, FirstBoot::Failed(vec!["no".into()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_bounded() {
    let stand = Stand::new().await;
    let peer = stand.peer("web").await;
    for (body, status) in [
        ("not JSON".to_owned(), StatusCode::BAD_REQUEST),
        (format!("{{\"errors\": [\"{}\"]}}", "x".repeat(16 * 1024)), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let report = Request::post(REPORT).body(Body::from(body)).expect("a request");
        assert_eq!(stand.door.answer(&peer, report).await.status(), status);
    }
    let report = Request::post(REPORT).body(Body::from("{}")).expect("a request");
    let nobody = Peer::new(Ipv4Addr::new(172, 26, 200, 200));
    assert_eq!(stand.door.answer(&nobody, report).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn head_says_how_long_the_answer_would_be() {
    let stand = Stand::new().await;
    let peer = stand.peer("web").await;
    let whole = stand.ask(&peer, "GET", ID, &[]).await.text;
    let head = stand.ask(&peer, "HEAD", ID, &[]).await;
    assert_eq!((head.status, head.text.as_str()), (StatusCode::OK, ""));
    assert_eq!(head.header("content-length"), Some(whole.len().to_string().as_str()));
    stand.update("web", required()).await;
    assert_eq!(stand.ask(&peer, "HEAD", ID, &[]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_are_refused() {
    let stand = Stand::new().await;
    let peer = stand.peer("web").await;
    for (method, path, allowed) in [
        ("POST", ID, "GET, HEAD"),
        ("PUT", ID, "GET, HEAD"),
        ("DELETE", "/", "GET, HEAD"),
        ("OPTIONS", REPORT, "GET, HEAD"),
        ("GET", TOKENS, "PUT"),
        ("POST", TOKENS, "PUT"),
    ] {
        let answer = stand.ask(&peer, method, path, &[(TTL, "60")]).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_strange_paths_find_nothing() {
    let stand = Stand::new().await;
    let nobody = Ipv4Addr::new(172, 26, 200, 200);
    for peer in [Peer::new(nobody), Peer::new(Ipv4Addr::LOCALHOST), Peer::new(Ipv6Addr::LOCALHOST)] {
        for (method, path) in [("GET", "/"), ("GET", ID), ("PUT", TOKENS), ("POST", REPORT)] {
            let answer = stand.ask(&peer, method, path, &[(TTL, "60")]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
        }
    }
    let peer = stand.peer("web").await;
    let answer = stand.ask(&peer, "GET", "/latest/meta-data/../../etc/passwd", &[]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.text.contains("<h1>404"), "{}", answer.text);
}

/// What comes back for `request` from a guest that has this address on the loopback interface.
async fn over_the_wire(door: SocketAddr, from: Ipv4Addr, request: &str) -> String {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::new(from.into(), 0)).expect("all of 127/8 is this host");
    let mut stream = socket.connect(door).await.expect("connects");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("text");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_are_served_over_tcp() {
    // Guests whose addresses are the loopback interface's, so that one can speak as such a guest.
    let host = Host::with(Policy { private_pool: "127.26.0.0/16".parse().expect("a range"), ..policy() });
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    let instance = host.verbs.get_instance(&caller(), "web").await.expect("it is there");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let door = Door::new(host.verbs.clone()).expect("a door");
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(metadata::serve(door, listener, async move {
        ended.await.ok();
    }));

    let ask = async |request: String| over_the_wire(address, instance.private_ip, &request).await;
    let close = "Host: 169.254.169.254\r\nConnection: close";
    let answer = ask(format!("PUT {TOKENS} HTTP/1.1\r\n{close}\r\n{TTL}: 60\r\n\r\n")).await;
    let (head, token) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let answer = ask(format!("GET {ID} HTTP/1.1\r\n{close}\r\n{TOKEN}: {token}\r\n\r\n")).await;
    assert!(answer.ends_with(&format!("\r\n\r\n{}", instance.id.guest())), "{answer}");
    let answer = ask(format!("HEAD {ID} HTTP/1.1\r\n{close}\r\n\r\n")).await;
    assert!(answer.contains("content-length: 19\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
    let answer = ask(format!("POST {REPORT} HTTP/1.1\r\n{close}\r\nContent-Length: 2\r\n\r\n{{}}")).await;
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    let stranger = Ipv4Addr::new(127, 26, 200, 200);
    let answer = over_the_wire(address, stranger, &format!("GET {ID} HTTP/1.1\r\n{close}\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");

    end.send(()).expect("it still serves");
    tokio::time::timeout(Duration::from_secs(20), served)
        .await
        .expect("it ends")
        .expect("no panic")
        .expect("served");
}
