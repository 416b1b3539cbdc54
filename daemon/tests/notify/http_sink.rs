//! A place for webhooks, for tests: it answers whatever it is told to.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::stand::LONG;

/// What it does once it has heard a request.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// Says this, and goes.
    Says(&'static str),
    /// Says this, and then that again and again.
    SaysOnAndOn(&'static str, &'static str),
    /// Says nothing until the other side goes.
    Nothing,
}

/// A request as it came.
pub(crate) struct Request {
    /// Its lines, in lower case but for the first.
    pub(crate) head: Vec<String>,
    pub(crate) body: String,
}

/// A server for one request.
pub(crate) struct HttpSink {
    pub(crate) address: SocketAddr,
    heard: JoinHandle<Request>,
}

impl HttpSink {
    pub(crate) async fn open(act: Act) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let heard = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a client");
            serve(stream, act).await
        });
        Self { address, heard }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/alarm?token=secret", self.address)
    }

    /// What was asked of it.
    pub(crate) async fn heard(self) -> Request {
        tokio::time::timeout(LONG, self.heard).await.expect("the client goes").expect("no panic")
    }
}

async fn serve(stream: TcpStream, act: Act) -> Request {
    let (input, mut output) = stream.into_split();
    let mut input = BufReader::new(input);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        input.read_line(&mut line).await.expect("a line");
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        head.push(if head.is_empty() { line.to_owned() } else { line.to_ascii_lowercase() });
    }
    let length = head.iter().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.and_then(|length| length.parse().ok()).expect("a length")];
    input.read_exact(&mut body).await.expect("a body");
    match act {
        Act::Says(answer) => output.write_all(answer.as_bytes()).await.expect("said"),
        Act::SaysOnAndOn(first, then) => {
            let mut said = output.write_all(first.as_bytes()).await;
            while said.is_ok() {
                said = output.write_all(then.as_bytes()).await;
            }
        }
        Act::Nothing => {
            let _ = input.read_to_end(&mut Vec::new()).await;
        }
    }
    Request { head, body: String::from_utf8(body).expect("text") }
}
