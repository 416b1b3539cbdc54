//! Servers in guests that say who they are, and those who ask them.

use std::{
    io::{BufRead as _, BufReader, ErrorKind, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use anyhow::{Result, ensure};
use sloop_lab::{Guest, Lab, World};

/// Answers on TCP ports of a guest, for as long as the test runs: to each line, and to each who comes, with `name`.
pub(crate) fn serve(guest: &Guest, name: &str, ports: &[u16]) -> Result<()> {
    for port in ports {
        let (name, port) = (name.to_owned(), *port);
        let listener = guest.inside(move || Ok(TcpListener::bind((Ipv6Addr::UNSPECIFIED, port))?))?;
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let name = name.clone();
                std::thread::spawn(move || drop(greet(stream, &name)));
            }
        });
    }
    Ok(())
}

fn greet(mut stream: TcpStream, name: &str) -> std::io::Result<()> {
    let lines = BufReader::new(stream.try_clone()?).lines();
    writeln!(stream, "{name}")?;
    for _ in lines.take_while(Result::is_ok) {
        writeln!(stream, "{name}")?;
    }
    Ok(())
}

/// Who answers at a TCP port, asked from the world; none when nobody does in time.
pub(crate) fn tcp_from(
    world: &World,
    to: impl Into<IpAddr>,
    port: u16,
    patience: Duration,
) -> Result<Option<String>> {
    let to = to.into();
    world.inside(move || who(to, port, patience))
}

/// The same, asked from the host.
pub(crate) fn tcp_from_host(
    lab: &Lab,
    to: impl Into<IpAddr>,
    port: u16,
    patience: Duration,
) -> Result<Option<String>> {
    let to = to.into();
    lab.inside(move || who(to, port, patience))
}

/// Who answers at a TCP port, asked from where this runs.
pub(crate) fn who(to: IpAddr, port: u16, patience: Duration) -> Result<Option<String>> {
    match TcpStream::connect_timeout(&SocketAddr::from((to, port)), patience) {
        Ok(stream) => line(&stream, patience),
        Err(error) if is_silence(error.kind()) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A firewall says nothing, or that there is no way.
fn is_silence(kind: ErrorKind) -> bool {
    use ErrorKind::{
        ConnectionRefused, ConnectionReset, HostUnreachable, NetworkUnreachable, TimedOut, WouldBlock,
    };
    let silent =
        [ConnectionRefused, ConnectionReset, HostUnreachable, NetworkUnreachable, TimedOut, WouldBlock];
    silent.contains(&kind)
}

fn line(stream: &TcpStream, patience: Duration) -> Result<Option<String>> {
    stream.set_read_timeout(Some(patience))?;
    let mut text = String::new();
    match BufReader::new(stream).read_line(&mut text) {
        Ok(_) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Err(error) if is_silence(error.kind()) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether a ping from the world comes back.
pub(crate) fn ping(world: &World, to: Ipv4Addr) -> Result<bool> {
    let mut command = world.command("busybox");
    let output = command.args(["ping", "-c", "1", "-W", "1", &to.to_string()]).output()?;
    Ok(output.status.success())
}

/// A connection that is kept.
pub(crate) struct Conversation(TcpStream);

impl Conversation {
    /// Connects from the world and reads the greeting.
    pub(crate) fn from(world: &World, to: Ipv4Addr, port: u16) -> Result<Self> {
        let patience = Duration::from_secs(5);
        let stream = world.inside(move || Ok(TcpStream::connect_timeout(&(to, port).into(), patience)?))?;
        ensure!(line(&stream, patience)?.is_some(), "no greeting");
        Ok(Self(stream))
    }

    /// Whether the other end, asked again, says this.
    pub(crate) fn says(&mut self, name: &str, patience: Duration) -> Result<bool> {
        if self.0.write_all(b"?\n").is_err() {
            return Ok(false);
        }
        Ok(line(&self.0, patience)?.as_deref() == Some(name))
    }
}
