//! A mirror on loopback that does what a test tells it to, and counts what it sends.

mod act;

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

pub(crate) use self::act::{Act, Request};
use self::act::{Copy, Plan};

/// A server; it ends with the runtime that it was opened in.
pub(crate) struct Site {
    address: SocketAddr,
    tree: Arc<Mutex<Tree>>,
}

/// Files by `/host/path` of their publisher's URL.
#[derive(Default)]
struct Tree {
    files: HashMap<String, Held>,
    versions: usize,
}

struct Held {
    copy: Copy,
    /// For the next requests; then the last is for all.
    acts: VecDeque<Act>,
    requests: Vec<Request>,
}

impl Site {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it has one");
        let tree = Arc::<Mutex<Tree>>::default();
        tokio::spawn(accept(listener, tree.clone()));
        Self { address, tree }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Holds a publisher's file from now on, with an `ETag` of its own.
    pub(crate) fn hold(&self, url: &str, bytes: impl Into<Vec<u8>>) {
        let mut tree = self.tree();
        let copy = Copy { bytes: Arc::new(bytes.into()), tag: tree.new_tag() };
        let held = tree.files.entry(path(url)).or_insert_with(|| Held {
            copy: copy.clone(),
            acts: VecDeque::from([Act::Honest]),
            requests: Vec::new(),
        });
        held.copy = copy;
    }

    pub(crate) fn bytes(&self, url: &str) -> Vec<u8> {
        self.tree().files[&path(url)].copy.bytes.to_vec()
    }

    /// What it does with the next requests for a file; the last act is for all that follow.
    pub(crate) fn act(&self, url: &str, acts: impl IntoIterator<Item = Act>) {
        let mut tree = self.tree();
        let held = tree.files.get_mut(&path(url)).expect("it holds the file");
        held.acts = acts.into_iter().collect();
        held.requests.clear();
    }

    /// Requests for a file since it was last told what to do with it.
    pub(crate) fn requests(&self, url: &str) -> Vec<Request> {
        self.tree().files.get(&path(url)).map(|held| held.requests.clone()).unwrap_or_default()
    }

    /// Bytes of a file that it has sent since then.
    pub(crate) fn sent(&self, url: &str) -> u64 {
        self.requests(url).iter().map(|request| request.sent).sum()
    }

    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().expect("unpoisoned")
    }
}

impl Tree {
    fn new_tag(&mut self) -> String {
        self.versions += 1;
        format!("\"{}\"", self.versions)
    }

    /// Decides on a request, and notes it; gives its number, too.
    fn answer(&mut self, path: &str, asked: Request) -> (Plan, usize) {
        let tag = self.new_tag();
        let Some(held) = self.files.get_mut(path) else {
            let nothing = Copy { bytes: Arc::default(), tag };
            return (Plan::new(&Act::Status(404), &nothing, &asked), 0);
        };
        let act = if held.acts.len() > 1 { held.acts.pop_front() } else { held.acts.front().cloned() };
        let act = act.expect("there is a last act");
        let plan = Plan::new(&act, &held.copy, &asked);
        if let Act::Then(_, bytes, keep) = &act {
            held.copy = Copy { bytes: bytes.clone(), tag: if *keep { held.copy.tag.clone() } else { tag } };
        }
        held.requests.push(asked);
        (plan, held.requests.len() - 1)
    }
}

/// `/host/path` of a URL.
fn path(url: &str) -> String {
    format!("/{}", url.strip_prefix("https://").expect("a publisher's URL"))
}

async fn accept(listener: TcpListener, tree: Arc<Mutex<Tree>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let tree = tree.clone();
        // Who hangs up in the middle is no failure of the mirror's.
        connections.spawn(async move { drop(serve(stream, &tree).await) });
    }
}

async fn serve(mut stream: TcpStream, tree: &Mutex<Tree>) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let (path, asked) = read_request(&head);
    let (plan, number) = tree.lock().expect("unpoisoned").answer(&path, asked);
    stream.write_all(plan.head.as_bytes()).await?;
    for chunk in plan.body[plan.from..plan.until].chunks(64 * 1024) {
        stream.write_all(chunk).await?;
        let mut tree = tree.lock().expect("unpoisoned");
        let request = tree.files.get_mut(&path).and_then(|held| held.requests.get_mut(number));
        if let Some(request) = request {
            request.sent += chunk.len() as u64;
        }
    }
    if plan.stalls {
        // Until the other side has had enough.
        stream.read_u8().await?;
    }
    stream.shutdown().await
}

fn read_request(head: &str) -> (String, Request) {
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let header = |name: &str| {
        let (_, value) = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(found, _)| found.eq_ignore_ascii_case(name))?;
        Some(value.to_owned())
    };
    let from = header("range").map(|range| {
        let first = range.strip_prefix("bytes=").and_then(|range| range.strip_suffix('-'));
        first.and_then(|first| first.parse().ok()).expect("a range that is open at its end")
    });
    (path, Request { from, sent: 0, if_range: header("if-range") })
}
