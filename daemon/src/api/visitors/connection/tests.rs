use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::serve::Listener as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket},
};

use super::*;
use crate::api::visitors::Visitors;

/// Longer than any of these tests takes.
const LONG: Duration = Duration::from_mins(1);

async fn door(limits: Limits) -> (Visitors, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    (Visitors::new(listener, limits), address)
}

/// Both ends of one connection.
async fn pair(limits: Limits) -> (Connection, Peer, TcpStream) {
    let (mut visitors, address) = door(limits).await;
    let visitor = TcpStream::connect(address).await.expect("connects");
    let (connection, peer) = visitors.accept().await;
    (connection, peer, visitor)
}

fn patient() -> Limits {
    Limits { patience: LONG, ..Limits::default() }
}

async fn failure(connection: &mut Connection) -> io::ErrorKind {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(LONG, connection.read_to_end(&mut bytes)).await;
    read.expect("it ends in time").expect_err("it was cut").kind()
}

#[tokio::test]
async fn who_sends_nothing_is_cut() {
    let limits = Limits { patience: Duration::from_millis(50), ..Limits::default() };
    let (mut connection, _, _visitor) = pair(limits).await;
    assert_eq!(failure(&mut connection).await, io::ErrorKind::TimedOut);
}

#[tokio::test]
async fn who_sends_a_byte_at_a_time_is_cut() {
    let limits = Limits { patience: Duration::from_millis(200), ..Limits::default() };
    let (mut connection, _, mut visitor) = pair(limits).await;
    let trickle = tokio::spawn(async move {
        while visitor.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert_eq!(failure(&mut connection).await, io::ErrorKind::TimedOut);
    drop(connection);
    trickle.await.expect("it notices");
}

#[tokio::test]
async fn who_takes_no_answer_is_cut() {
    let limits = Limits { patience: Duration::from_millis(200), ..Limits::default() };
    let (mut connection, _, _visitor) = pair(limits).await;
    let block = vec![0; 1 << 20];
    let flood = async { while connection.write_all(&block).await.is_ok() {} };
    tokio::time::timeout(LONG, flood).await.expect("it ends in time");
}

#[tokio::test]
async fn an_answer_gives_new_time() {
    let (mut connection, _, _visitor) = pair(patient()).await;
    let before = connection.end.deadline();
    tokio::time::sleep(Duration::from_millis(5)).await;
    connection.write_all(b"x").await.expect("written");
    assert!(connection.end.deadline() > before);
}

#[tokio::test]
async fn who_sends_too_much_is_cut() {
    let (mut connection, _, mut visitor) = pair(Limits { unanswered: 100, ..patient() }).await;
    visitor.write_all(&[b'x'; 100]).await.expect("written");
    connection.read_exact(&mut [0; 100]).await.expect("as much as may be");
    connection.write_all(b"answer").await.expect("written");
    visitor.write_all(&[b'x'; 101]).await.expect("written");
    assert_eq!(failure(&mut connection).await, io::ErrorKind::InvalidData);
}

#[tokio::test]
async fn who_speaks_http2_is_cut() {
    for piece in [1, 3, 24] {
        let (mut connection, _, mut visitor) = pair(patient()).await;
        let sent = tokio::spawn(async move {
            for bytes in b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".chunks(piece) {
                // Behind the cut nobody listens.
                visitor.write_all(bytes).await.ok();
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            visitor
        });
        assert_eq!(failure(&mut connection).await, io::ErrorKind::InvalidData, "{piece}");
        sent.await.expect("sent");
    }
}

#[tokio::test]
async fn hops_are_limited_before_the_answer_leaves() {
    let (mut connection, peer, mut visitor) = pair(patient()).await;
    let ttl = |connection: &Connection| SockRef::from(&connection.stream).ttl_v4().expect("readable");
    connection.write_all(b"one").await.expect("written");
    let usual = ttl(&connection);
    peer.limit_hops(3);
    assert_eq!(ttl(&connection), usual);
    connection.write_all(b"two").await.expect("written");
    assert_eq!(ttl(&connection), 3);
    visitor.read_exact(&mut [0; 6]).await.expect("both arrive");
}

#[tokio::test]
async fn one_visitor_does_not_take_anothers_place() {
    let (mut visitors, address) = door(Limits { each: 1, all: 2, ..patient() }).await;
    let from = async |last: u8| {
        let socket = TcpSocket::new_v4().expect("a socket");
        let own = SocketAddr::new(Ipv4Addr::new(127, 0, 0, last).into(), 0);
        socket.bind(own).expect("an address of this host");
        socket.connect(address).await.expect("connects")
    };
    let (_first, mut second, _other) = (from(1).await, from(1).await, from(2).await);
    let (one, peer) = visitors.accept().await;
    assert_eq!(peer.address(), Ipv4Addr::LOCALHOST);
    let (_two, peer) = visitors.accept().await;
    assert_eq!(peer.address(), Ipv4Addr::new(127, 0, 0, 2));
    let closed = tokio::time::timeout(LONG, second.read(&mut [0; 1])).await.expect("in time");
    assert!(!closed.is_ok_and(|bytes| bytes > 0), "the second one was closed");
    drop(one);
    let _again = from(1).await;
    assert_eq!(visitors.accept().await.1.address(), Ipv4Addr::LOCALHOST);
}
