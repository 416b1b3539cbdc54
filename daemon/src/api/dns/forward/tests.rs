use std::path::PathBuf;

use hickory_proto::rr::RecordType;
use tokio::net::TcpListener;

use super::*;
use crate::api::dns::{query, samples};

/// Nothing here takes longer unless it is broken.
const LIMIT: Duration = Duration::from_secs(10);
/// The next server is asked soon.
const SOON: Patience = Patience { next: Duration::from_millis(20), all: LIMIT };
/// The next server is never asked for the time that passes.
const NEVER: Patience = Patience { next: LIMIT, all: LIMIT };

fn question() -> (Vec<u8>, Asked) {
    let bytes = samples::bytes(&samples::question("Example.com.", RecordType::A));
    let asked = query::read(&bytes).expect("a question");
    (bytes, asked)
}

/// An answer to that question, with a code.
fn answer(question: &[u8], code: u8) -> Vec<u8> {
    let mut answer = question.to_vec();
    answer[2] |= 0x80;
    answer[3] = 0x80 | code;
    answer
}

/// A server that sends, for each question, what `answers` makes of it.
async fn upstream(at: &str, answers: fn(&[u8]) -> Vec<Vec<u8>>) -> SocketAddr {
    let socket = UdpSocket::bind(at).await.expect("a free port");
    let address = socket.local_addr().expect("bound");
    tokio::spawn(async move {
        let mut buffer = [0; 1024];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            for answer in answers(&buffer[..length]) {
                socket.send_to(&answer, from).await.expect("sends");
            }
        }
    });
    address
}

async fn silent() -> SocketAddr {
    upstream("127.0.0.1:0", |_| Vec::new()).await
}

async fn sound() -> SocketAddr {
    upstream("127.0.0.1:0", |question| vec![answer(question, 0)]).await
}

async fn refusing() -> SocketAddr {
    upstream("127.0.0.1:0", |question| vec![answer(question, 5)]).await
}

/// Nobody listens there.
async fn closed() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    socket.local_addr().expect("bound")
}

async fn ask(servers: &[SocketAddr], patience: Patience) -> Option<Vec<u8>> {
    let (message, asked) = question();
    let (message, asked) = (message.as_slice(), &asked);
    let ask = move |server: SocketAddr| async move { by_datagram(server, message, asked).await };
    race(servers, patience, ask).await
}

#[tokio::test]
async fn the_next_is_asked_when_one_is_silent() {
    let servers = [silent().await, sound().await];
    assert_eq!(ask(&servers, SOON).await, Some(answer(&question().0, 0)));
}

#[tokio::test]
async fn who_cannot_or_will_not_answer_costs_no_time() {
    let servers = [closed().await, refusing().await, sound().await];
    assert_eq!(ask(&servers, NEVER).await, Some(answer(&question().0, 0)));
    let servers = [refusing().await, closed().await];
    assert_eq!(ask(&servers, NEVER).await, Some(answer(&question().0, 5)), "better than nothing");
    assert_eq!(ask(&[closed().await], NEVER).await, None);
}

#[tokio::test]
async fn who_was_asked_first_may_still_answer() {
    let late = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    let servers = [late.local_addr().expect("bound"), silent().await];
    let answered = async {
        let mut buffer = [0; 1024];
        let (length, from) = late.recv_from(&mut buffer).await.expect("receives");
        tokio::time::sleep(3 * SOON.next).await;
        late.send_to(&answer(&buffer[..length], 0), from).await.expect("sends");
    };
    let (given, ()) = tokio::join!(ask(&servers, SOON), answered);
    assert!(given.is_some());
}

#[tokio::test]
async fn other_answers_are_not_heard() {
    let server = upstream("127.0.0.1:0", |question| {
        let good = answer(question, 0);
        let mut other_number = good.clone();
        other_number[0] ^= 1;
        let mut other_question = good.clone();
        other_question[14] ^= 1;
        vec![question.to_vec(), other_number, other_question, vec![1, 2, 3], good]
    });
    assert_eq!(ask(&[server.await], NEVER).await, Some(answer(&question().0, 0)));
}

#[tokio::test]
async fn nobody_is_waited_for_without_end() {
    assert_eq!(ask(&[], NEVER).await, None, "nobody to ask");
    let hasty = Patience { next: LIMIT, all: Duration::from_millis(20) };
    assert_eq!(ask(&[silent().await], hasty).await, None);
}

#[tokio::test]
async fn streams_are_answered_by_streams() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let server = async {
        let (mut stream, _) = listener.accept().await.expect("accepts");
        let question = frame::read(&mut stream).await.expect("a question");
        frame::write(&mut stream, &answer(&question, 0)).await.expect("sends");
    };
    let dir = tempfile::tempdir().expect("a directory");
    let path: PathBuf = dir.path().join("resolv.conf");
    std::fs::write(&path, "nameserver 127.0.0.1\n").expect("writes");
    let forwarder = Forwarder::new(Upstreams::new(path, Ipv4Addr::UNSPECIFIED.into(), port), NEVER);
    let (message, asked) = question();
    let (given, ()) = tokio::join!(forwarder.ask(&message, &asked, Carrier::Tcp), server);
    assert_eq!(given, Some(answer(&message, 0)));
}
