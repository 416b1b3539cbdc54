use std::{net::SocketAddr, time::Duration};

use hickory_proto::{op::Message, rr::RecordType};
use tokio::io::AsyncReadExt as _;

use super::*;
use crate::api::dns::{Limits, Settings, samples};

/// Nothing here takes longer unless it is broken.
const LIMIT: Duration = Duration::from_secs(10);

/// A door on the loopback, with no resolver behind it.
async fn door(limits: Limits) -> SocketAddr {
    let (private, public) = samples::pools();
    let settings = Settings { resolv_conf: "/nonexistent".into(), limits, ..Settings::new(private, public) };
    let door = Arc::new(Door::new(samples::look(), settings, 53));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(serve(door, listener));
    address
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.expect("connects")
}

async fn ask(stream: &mut TcpStream, name: &str) -> Message {
    let question = samples::bytes(&samples::question(name, RecordType::A));
    frame::write(stream, &question).await.expect("sends");
    let answer = timeout(LIMIT, frame::read(stream)).await.expect("in time").expect("an answer");
    samples::message(&answer)
}

/// Whether the other end hangs up. It may do so with a reset.
async fn ends(stream: &mut TcpStream) -> bool {
    let read = timeout(LIMIT, stream.read_u8()).await.expect("in time");
    read.is_err()
}

#[tokio::test]
async fn one_stream_bears_several_questions() {
    let mut stream = connect(door(Limits::default()).await).await;
    assert_eq!(ask(&mut stream, "web.sloop.internal.").await.answers.len(), 1);
    assert_eq!(ask(&mut stream, "a-b.sloop.internal.").await.answers.len(), 2);
    let unheard = ask(&mut stream, "example.com.").await;
    assert_eq!(unheard.metadata.response_code, ResponseCode::ServFail, "nobody to ask");
    assert_eq!(ask(&mut stream, "db.sloop.internal.").await.answers.len(), 1);
}

#[tokio::test]
async fn who_says_nothing_or_nonsense_is_hung_up_on() {
    let address = door(Limits { idle: Duration::from_millis(20), ..Limits::default() }).await;
    assert!(ends(&mut connect(address).await).await, "idle");
    let address = door(Limits::default()).await;
    let mut noisy = connect(address).await;
    frame::write(&mut noisy, b"nonsense").await.expect("sends");
    assert!(ends(&mut noisy).await);
    assert_eq!(ask(&mut connect(address).await, "web.sloop.internal.").await.answers.len(), 1);
}

#[tokio::test]
async fn too_many_streams_are_hung_up_on() {
    let address = door(Limits { talks_each: 2, ..Limits::default() }).await;
    let (mut first, mut second) = (connect(address).await, connect(address).await);
    ask(&mut first, "web.sloop.internal.").await;
    ask(&mut second, "web.sloop.internal.").await;
    assert!(ends(&mut connect(address).await).await);
    assert_eq!(ask(&mut first, "web.sloop.internal.").await.answers.len(), 1, "those that were there go on");
}
