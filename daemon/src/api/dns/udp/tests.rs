use std::{net::Ipv4Addr, time::Duration};

use hickory_proto::{op::Message, rr::RecordType};

use super::*;
use crate::api::dns::{Limits, Settings, samples};

/// Nothing here takes longer unless it is broken.
const LIMIT: Duration = Duration::from_secs(10);

/// A door on the loopback, and a resolver for it. Both serve until the test ends.
struct House {
    address: SocketAddr,
    resolver: UdpSocket,
    _dir: tempfile::TempDir,
}

async fn house(limits: Limits) -> House {
    let resolver = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    let dir = tempfile::tempdir().expect("a directory");
    let resolv_conf = dir.path().join("resolv.conf");
    std::fs::write(&resolv_conf, "nameserver 127.0.0.1\n").expect("writes");
    let (private, public) = samples::pools();
    let settings = Settings { resolv_conf, limits, ..Settings::new(private, public) };
    let port = resolver.local_addr().expect("bound").port();
    let door = Arc::new(Door::new(samples::look(), settings, port));
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    let address = socket.local_addr().expect("bound");
    tokio::spawn(serve(door, socket));
    House { address, resolver, _dir: dir }
}

impl House {
    /// Somebody who asks from that address.
    async fn guest(&self, from: [u8; 4]) -> UdpSocket {
        let socket = UdpSocket::bind((Ipv4Addr::from(from), 0)).await.expect("a free port");
        socket.connect(self.address).await.expect("connects");
        socket
    }

    /// The next question that reaches the resolver.
    async fn asked(&self) -> (Vec<u8>, SocketAddr) {
        let mut buffer = [0; 1024];
        let received = tokio::time::timeout(LIMIT, self.resolver.recv_from(&mut buffer));
        let (length, from) = received.await.expect("in time").expect("receives");
        (buffer[..length].to_vec(), from)
    }
}

async fn ask(guest: &UdpSocket, name: &str) {
    let question = samples::bytes(&samples::question(name, RecordType::A));
    guest.send(&question).await.expect("sends");
}

async fn hear(guest: &UdpSocket) -> Message {
    let mut buffer = [0; 1024];
    let received = tokio::time::timeout(LIMIT, guest.recv(&mut buffer));
    let length = received.await.expect("in time").expect("receives");
    samples::message(&buffer[..length])
}

#[tokio::test]
async fn names_are_answered_and_the_rest_is_forwarded() {
    let house = house(Limits::default()).await;
    let guest = house.guest([127, 0, 0, 1]).await;
    ask(&guest, "web.sloop.internal.").await;
    assert_eq!(hear(&guest).await.answers.len(), 1);
    ask(&guest, "eXample.com.").await;
    let (question, from) = house.asked().await;
    assert_eq!(question, samples::bytes(&samples::question("eXample.com.", RecordType::A)), "as it came");
    let mut answer = question;
    answer[2] |= 0x80;
    house.resolver.send_to(&answer, from).await.expect("sends");
    assert_eq!(hear(&guest).await.metadata.response_code, ResponseCode::NoError);
}

#[tokio::test]
async fn what_is_no_question_does_not_end_it() {
    let house = house(Limits::default()).await;
    let guest = house.guest([127, 0, 0, 1]).await;
    for noise in [&b""[..], b"x", &[0xff; 300]] {
        guest.send(noise).await.expect("sends");
    }
    ask(&guest, "web.sloop.internal.").await;
    assert_eq!(hear(&guest).await.answers.len(), 1);
}

#[tokio::test]
async fn who_forwards_too_much_is_told_so_and_others_are_not() {
    let house = house(Limits { forwards_each: 1, forwards: 2, ..Limits::default() }).await;
    let (ann, bob) = (house.guest([127, 0, 0, 1]).await, house.guest([127, 0, 0, 2]).await);
    let cid = house.guest([127, 0, 0, 3]).await;
    ask(&ann, "example.com.").await;
    house.asked().await;
    ask(&ann, "example.com.").await;
    assert_eq!(hear(&ann).await.metadata.response_code, ResponseCode::ServFail, "one each");
    ask(&bob, "example.com.").await;
    let (question, from) = house.asked().await;
    ask(&cid, "example.com.").await;
    assert_eq!(hear(&cid).await.metadata.response_code, ResponseCode::ServFail, "two in all");
    ask(&cid, "web.sloop.internal.").await;
    assert_eq!(hear(&cid).await.answers.len(), 1, "our own are for all");
    let mut answer = question;
    answer[2] |= 0x80;
    house.resolver.send_to(&answer, from).await.expect("sends");
    assert_eq!(hear(&bob).await.metadata.response_code, ResponseCode::NoError);
}

#[tokio::test]
async fn silence_is_told_in_the_end() {
    let house = house(Limits { forward: Duration::from_millis(20), ..Limits::default() }).await;
    let guest = house.guest([127, 0, 0, 1]).await;
    ask(&guest, "example.com.").await;
    let heard = hear(&guest).await;
    assert_eq!((heard.metadata.response_code, heard.queries.len()), (ResponseCode::ServFail, 1));
}
