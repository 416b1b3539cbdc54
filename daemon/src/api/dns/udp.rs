//! Questions in datagrams.

use std::{net::SocketAddr, sync::Arc};

use hickory_proto::op::ResponseCode;
use tokio::{net::UdpSocket, task::JoinSet};

use super::{
    Door,
    answer::{self, Decision},
    query::{Asked, Carrier},
};

/// Longer than a question can be that makes sense.
const QUESTION_MAX: usize = 4096;

/// Serves until it is dropped. Our own answers are given one after the other, so that a guest that floods us has the kernel
/// throw its questions away; those that others answer wait side by side.
pub(super) async fn serve(door: Arc<Door>, socket: UdpSocket) {
    let socket = Arc::new(socket);
    let mut forwards = JoinSet::new();
    let mut buffer = vec![0; QUESTION_MAX];
    loop {
        while forwards.try_join_next().is_some() {}
        let (length, from) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            Err(error) => {
                super::rest(&error).await;
                continue;
            }
        };
        let message = &buffer[..length];
        match door.decide(from.ip(), message, Carrier::Udp).await {
            Decision::Silence => {}
            Decision::Answer(answer) => send(&socket, &answer, from).await,
            Decision::Forward(asked) => {
                forward(&door, &socket, &mut forwards, Question { asked, message: message.to_vec(), from })
                    .await;
            }
        }
    }
}

/// A question for others, and whose it is.
struct Question {
    asked: Asked,
    message: Vec<u8>,
    from: SocketAddr,
}

/// Begins to forward, if that one has not too many under way.
async fn forward(door: &Arc<Door>, socket: &Arc<UdpSocket>, forwards: &mut JoinSet<()>, question: Question) {
    let Question { asked, message, from } = question;
    let Some(slot) = door.forwards.take(from.ip()) else {
        if let Some(answer) = answer::failure(&asked, ResponseCode::ServFail) {
            send(socket, &answer, from).await;
        }
        return;
    };
    let (door, socket) = (door.clone(), socket.clone());
    forwards.spawn(async move {
        if let Some(answer) = door.forward(&message, &asked, Carrier::Udp).await {
            send(&socket, &answer, from).await;
        }
        drop(slot);
    });
}

/// What cannot be sent is lost; whoever asked asks again.
async fn send(socket: &UdpSocket, answer: &[u8], to: SocketAddr) {
    if let Err(error) = socket.send_to(answer, to).await {
        tracing::debug!(%to, %error, "cannot send an answer");
    }
}

#[cfg(test)]
mod tests;
