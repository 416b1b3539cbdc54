//! The door itself, over TCP.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use sloopd::api::http::{self, Readers, Settings};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

use crate::{
    common::{Host, caller, create},
    grammar::{Sample, read},
};

const TOKEN: &str = "0123456789abcdef0123";
/// Longer than any of these tests takes.
const LONG: Duration = Duration::from_hours(1);

/// A door to a host, as programs find it.
struct Door {
    address: SocketAddr,
    end: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

struct Answer {
    status: u16,
    /// Its lines, in lower case.
    head: String,
    body: String,
}

impl Door {
    async fn open(host: &Host, readers: Readers, metrics_kept: Duration) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let hosts = vec!["sloop.example".to_owned()];
        let settings = Settings { listen: address, hosts, readers, metrics_kept };
        let (end, ended) = oneshot::channel();
        let served = tokio::spawn(http::serve(host.verbs.clone(), settings, listener, async move {
            ended.await.ok();
        }));
        Self { address, end, served }
    }

    /// Everything that comes back for the lines of a request.
    async fn ask(&self, lines: &[&str]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.expect("connects");
        let request = format!("{}\r\nConnection: close\r\n\r\n", lines.join("\r\n"));
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status");
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    async fn get(&self, headers: &[&str]) -> Answer {
        self.ask(&[&["GET /metrics HTTP/1.1", "Host: localhost"][..], headers].concat()).await
    }

    async fn scrape(&self) -> Vec<Sample> {
        let answer = self.get(&["Accept: text/plain"]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let kind = "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert!(answer.head.contains(kind), "{}", answer.head);
        read(&answer.body).unwrap_or_else(|why| panic!("{why}\n{}", answer.body))
    }
}

/// The instances that anything is told of.
fn names(samples: &[Sample]) -> Vec<&str> {
    let names = samples.iter().map(|sample| sample.label("name")).filter(|name| !name.is_empty());
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

fn value(samples: &[Sample], name: &str, instance: &str) -> Option<f64> {
    let found = samples.iter().find(|one| one.name == name && one.label("name") == instance);
    found.map(|one| one.value)
}

async fn host(names: &[&str]) -> Host {
    let host = Host::new();
    host.done(create(&host.verbs, names).await.expect("accepted")).await;
    host
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_is_gone_is_gone_from_the_next_scrape() {
    let host = host(&["web", "db"]).await;
    let door = Door::open(&host, Readers::Everybody, Duration::ZERO).await;
    let before = door.scrape().await;
    assert_eq!(names(&before), ["db", "web"]);
    assert!(before.iter().any(|one| one.name == "sloop_process_resident_memory_bytes" && one.value > 0.0));
    host.done(host.verbs.delete_instance(&caller(), "db", false).await.expect("there")).await;
    assert_eq!(names(&door.scrape().await), ["web"]);
    host.done(create(&host.verbs, &["db"]).await.expect("accepted")).await;
    let after = door.scrape().await;
    assert_eq!(names(&after), ["db", "web"]);
    let id = |samples: &[Sample]| {
        let db = samples.iter().find(|one| one.name == "sloop_instance_info" && one.label("name") == "db");
        db.map(|one| one.label("id").to_owned())
    };
    assert_ne!(id(&before), id(&after), "another one of the same name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_instance_has_no_counters() {
    let host = host(&["web"]).await;
    let door = Door::open(&host, Readers::Everybody, Duration::ZERO).await;
    assert_eq!(value(&door.scrape().await, "sloop_instance_up", "web"), Some(1.0));
    host.done(host.verbs.stop_instance(&caller(), "web", false).await.expect("runs")).await;
    let samples = door.scrape().await;
    assert_eq!(value(&samples, "sloop_instance_up", "web"), Some(0.0));
    let told: Vec<&str> =
        samples.iter().filter(|one| one.label("name") == "web").map(|one| one.name.as_str()).collect();
    assert_eq!(
        told,
        ["sloop_instance_info", "sloop_instance_up", "sloop_instance_vcpus", "sloop_instance_memory_bytes"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_reading_metrics_by_the_doors_own_names_is_answered() {
    let host = host(&["web"]).await;
    let door = Door::open(&host, Readers::Everybody, Duration::ZERO).await;
    let own = format!("Host: {}", door.address);
    for (lines, status) in [
        (vec!["GET /metrics HTTP/1.1", own.as_str()], 200),
        (vec!["GET /metrics HTTP/1.1", "Host: sloop.example"], 200),
        (vec!["GET /metrics?x=1 HTTP/1.1", "Host: [::1]:7566"], 200),
        (vec!["GET http://localhost/metrics HTTP/1.1", "Host: localhost"], 200),
        (vec!["GET /metrics HTTP/1.1", "Host: evil.example"], 421),
        (vec!["GET /metrics HTTP/1.1", "Host: evil.example", "Host: localhost"], 421),
        (vec!["GET http://evil.example/metrics HTTP/1.1", "Host: localhost"], 421),
        (vec!["GET /metrics HTTP/1.0"], 421),
        (vec!["GET /none HTTP/1.1", "Host: evil.example"], 421),
        (vec!["POST /metrics HTTP/1.1", "Host: evil.example", "Content-Length: 0"], 421),
        (vec!["GET / HTTP/1.1", "Host: localhost"], 404),
        (vec!["GET /metrics/ HTTP/1.1", "Host: localhost"], 404),
        (vec!["GET /metrics/../metrics HTTP/1.1", "Host: localhost"], 404),
        (vec!["POST / HTTP/1.1", "Host: localhost", "Content-Length: 0"], 404),
        (vec!["POST /metrics HTTP/1.1", "Host: localhost", "Content-Length: 0"], 405),
        (vec!["DELETE /metrics HTTP/1.1", "Host: localhost"], 405),
        (vec!["OPTIONS /metrics HTTP/1.1", "Host: localhost"], 405),
    ] {
        let answer = door.ask(&lines).await;
        assert_eq!(answer.status, status, "{lines:?}: {}", answer.body);
        if status != 200 {
            assert!(answer.body.ends_with(".\n"), "{lines:?} is told in a sentence: {:?}", answer.body);
            assert!(answer.head.contains("content-type: text/plain"), "{}", answer.head);
        }
        assert!(status != 405 || answer.head.contains("\r\nallow: get,head"), "{}", answer.head);
    }
    let head = door.ask(&["HEAD /metrics HTTP/1.1", "Host: localhost"]).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert!(head.head.contains("content-length: "), "{}", head.head);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_token_is_needed_nothing_is_told_without() {
    let host = host(&["web"]).await;
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("token");
    std::fs::write(&file, format!("{TOKEN}\n")).expect("written");
    let door = Door::open(&host, Readers::WithToken(file.clone()), LONG).await;
    let right = format!("Authorization: Bearer {TOKEN}");
    let answer = door.get(&[right.as_str()]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    for headers in [vec![], vec!["Authorization: Bearer 0123456789abcdef0124"], vec!["X-Token: x"]] {
        let answer = door.get(&headers).await;
        assert_eq!(answer.status, 401, "{headers:?}: {}", answer.body);
        assert!(answer.head.contains("www-authenticate: bearer"), "{}", answer.head);
        assert!(!answer.body.contains("sloop_"), "{}", answer.body);
    }
    std::fs::remove_file(file).expect("removed");
    assert_eq!(
        door.get(&[right.as_str()]).await.status,
        403,
        "what was told before is told to nobody either"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_token_yet_it_is_said_what_to_do() {
    let host = host(&["web"]).await;
    let door = Door::open(&host, Readers::Nobody, Duration::ZERO).await;
    let answer = door.get(&[]).await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("metrics_token_file") && !answer.body.contains("web"), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_again_at_once_is_told_the_same() {
    let host = host(&["web", "db"]).await;
    let door = Door::open(&host, Readers::Everybody, LONG).await;
    let first = door.get(&[]).await.body;
    host.done(host.verbs.delete_instance(&caller(), "db", false).await.expect("there")).await;
    let (second, third) = tokio::join!(door.get(&[]), door.get(&[]));
    assert_eq!((second.body.as_str(), third.body.as_str()), (first.as_str(), first.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_when_it_is_told_to() {
    let host = host(&["web"]).await;
    let door = Door::open(&host, Readers::Everybody, Duration::ZERO).await;
    // A connection without a request does not keep it open.
    let idle = TcpStream::connect(door.address).await.expect("connects");
    door.scrape().await;
    door.end.send(()).expect("it still serves");
    let limit = Duration::from_mins(1);
    tokio::time::timeout(limit, door.served).await.expect("it ends").expect("no panic").expect("served");
    drop(idle);
}
