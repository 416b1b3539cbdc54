//! Who is told: a server for webhooks and one for e-mail, each on a port of the host in a lab.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use sloop_lab::Lab;

/// What came, in the order in which it came.
#[derive(Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, what: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }
}

/// The bodies of requests.
pub(crate) fn webhooks(lab: &Lab, address: SocketAddr) -> Result<Told> {
    served(lab, address, |stream| {
        let mut input = BufReader::new(stream.try_clone()?);
        let mut length = 0;
        for line in input.by_ref().lines() {
            let line = line?.to_ascii_lowercase();
            if let Some(said) = line.strip_prefix("content-length:") {
                length = said.trim().parse().unwrap_or_default();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        input.read_exact(&mut body)?;
        (&stream).write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")?;
        Ok(Some(String::from_utf8_lossy(&body).into_owned()))
    })
}

/// The messages, with their headers.
pub(crate) fn mail(lab: &Lab, address: SocketAddr) -> Result<Told> {
    served(lab, address, |stream| {
        let mut output = &stream;
        output.write_all(b"220 sink ready\r\n")?;
        let (mut message, mut in_message) = (None::<String>, false);
        for line in BufReader::new(stream.try_clone()?).lines() {
            let line = line?;
            if in_message {
                in_message = line != ".";
                let kept = message.get_or_insert_default();
                kept.push_str(&line);
                kept.push('\n');
                if in_message {
                    continue;
                }
            } else {
                in_message = line == "DATA";
            }
            output.write_all(match line.as_str() {
                "DATA" => b"354 go on\r\n",
                "QUIT" => b"221 bye\r\n",
                _ => b"250 ok\r\n",
            })?;
            if line == "QUIT" {
                break;
            }
        }
        Ok(message)
    })
}

/// Serves one after the other, until the test ends.
fn served(
    lab: &Lab,
    address: SocketAddr,
    serve: impl Fn(TcpStream) -> Result<Option<String>> + Send + 'static,
) -> Result<Told> {
    let listener = lab.inside(move || Ok(TcpListener::bind(address)?))?;
    let told = Told::default();
    let own = told.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if let Ok(Some(what)) = serve(stream) {
                own.put(what);
            }
        }
    });
    Ok(told)
}
