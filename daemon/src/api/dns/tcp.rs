//! Questions on streams, one after the other on each.

use std::{net::IpAddr, sync::Arc};

use hickory_proto::op::ResponseCode;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};

use super::{
    Door,
    answer::{self, Decision},
    frame,
    query::{Asked, Carrier},
};

/// Serves until it is dropped, and with it all that talk.
pub(super) async fn serve(door: Arc<Door>, listener: TcpListener) {
    let mut talks = JoinSet::new();
    loop {
        while talks.try_join_next().is_some() {}
        let (stream, from) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                super::rest(&error).await;
                continue;
            }
        };
        // Whoever has too many is hung up on.
        let Some(slot) = door.talks.take(from.ip()) else { continue };
        let door = door.clone();
        talks.spawn(async move {
            talk(&door, stream, from.ip()).await;
            drop(slot);
        });
    }
}

/// Until the other end has no more questions, asks none for too long, or does not take its answer.
async fn talk(door: &Door, mut stream: TcpStream, from: IpAddr) {
    while let Ok(Ok(message)) = timeout(door.idle, frame::read(&mut stream)).await {
        let answer = match door.decide(from, &message, Carrier::Tcp).await {
            Decision::Silence => None,
            Decision::Answer(answer) => Some(answer),
            Decision::Forward(asked) => forwarded(door, from, &message, &asked).await,
        };
        let Some(answer) = answer else { return };
        if !matches!(timeout(door.idle, frame::write(&mut stream, &answer)).await, Ok(Ok(()))) {
            return;
        }
    }
}

async fn forwarded(door: &Door, from: IpAddr, message: &[u8], asked: &Asked) -> Option<Vec<u8>> {
    let Some(slot) = door.forwards.take(from) else {
        return answer::failure(asked, ResponseCode::ServFail);
    };
    let answer = door.forward(message, asked, Carrier::Tcp).await;
    drop(slot);
    answer
}

#[cfg(test)]
mod tests;
