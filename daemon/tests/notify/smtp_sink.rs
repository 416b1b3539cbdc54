//! A mail server for tests: as much of SMTP as it takes, and faults where they are wanted.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What it says to what, other than what all servers say: the beginning of a command, and the answer. An empty answer is none at
/// all, for ever.
pub(crate) type Quirks = &'static [(&'static str, &'static str)];

/// A mail server that serves one client.
pub(crate) struct SmtpSink {
    pub(crate) address: SocketAddr,
    heard: JoinHandle<Vec<String>>,
}

impl SmtpSink {
    pub(crate) async fn open(quirks: Quirks) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let heard = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a client");
            serve(stream, quirks).await
        });
        Self { address, heard }
    }

    /// Every line that the client sent, once it has gone.
    pub(crate) async fn heard(self) -> Vec<String> {
        tokio::time::timeout(crate::stand::LONG, self.heard)
            .await
            .expect("the client goes")
            .expect("no panic")
    }
}

async fn serve(stream: TcpStream, quirks: Quirks) -> Vec<String> {
    let (input, mut output) = stream.into_split();
    let mut lines = BufReader::new(input).lines();
    let (mut heard, mut in_message) = (Vec::new(), false);
    let mut next = Some("<greeting>".to_owned());
    while let Some(line) = next {
        let is_end = line == ".";
        let answer = match (in_message, is_end) {
            (true, false) => None,
            (true, true) => Some(answer("<message>", quirks)),
            (false, _) => Some(answer(&line, quirks)),
        };
        in_message = (in_message && !is_end) || answer.as_deref().is_some_and(|text| text.starts_with("354"));
        heard.push(line);
        if let Some(text) = answer.filter(|text| !text.is_empty()) {
            // A client that has gone is heard no more below.
            let _ = output.write_all(format!("{text}\r\n").as_bytes()).await;
        }
        // Who breaks off in the middle has gone as well.
        next = lines.next_line().await.unwrap_or_default();
    }
    heard
}

fn answer(command: &str, quirks: Quirks) -> String {
    if let Some((_, quirk)) = quirks.iter().find(|(begin, _)| command.starts_with(begin)) {
        return (*quirk).to_owned();
    }
    let word = command.split([' ', ':']).next().unwrap_or_default();
    let text = match word {
        "<greeting>" => "220 sink ready",
        "EHLO" => "250-sink\r\n250-8BITMIME\r\n250 AUTH PLAIN",
        "AUTH" => "235 welcome",
        "MAIL" | "RCPT" | "<message>" => "250 ok",
        "DATA" => "354 go on",
        "QUIT" => "221 bye",
        _ => "500 what",
    };
    text.to_owned()
}
