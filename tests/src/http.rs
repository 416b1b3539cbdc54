//! Plain HTTP inside a lab.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};

use crate::Lab;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

impl Lab {
    /// Asks somebody who serves plain HTTP on the host, and gives the body of the answer, which must be a good one.
    pub fn get(&self, address: SocketAddr, path: &str) -> Result<String> {
        // The older version: nothing comes in chunks, and the end of the answer is the end of the stream.
        let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
        let answer = self.inside(move || {
            let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.write_all(request.as_bytes())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        })?;
        let (head, body) = answer.split_once("\r\n\r\n").with_context(|| format!("no HTTP: {answer}"))?;
        ensure!(head.split(' ').nth(1) == Some("200"), "{path}: {answer}");
        Ok(body.to_owned())
    }
}
