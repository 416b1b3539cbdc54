//! A way out of a lab, for guests that fetch packages: a second namespace that stands for the rest of the world, with an HTTP
//! proxy in it that reaches the package mirrors this machine uses, and nothing else.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    path::Path,
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use nix::sched::{CloneFlags, setns};

use crate::{Lab, sweep};

/// The lab's end of the wire, and the world's.
const LAB: &str = "10.98.0.1";
const WORLD: &str = "10.98.0.2";
/// Where the proxy listens.
const PORT: u16 = 3128;
/// How long a mirror may be silent.
const PATIENCE: Duration = Duration::from_mins(1);

/// The way out. It is gone with the value.
pub struct Uplink {
    name: String,
}

impl Uplink {
    /// The proxy's URL, as guests reach it.
    pub fn proxy() -> String {
        format!("http://{WORLD}:{PORT}")
    }

    /// Gives a lab a way out.
    pub fn of(lab: &Lab) -> Result<Self> {
        let inside = lab.dir().file_name().context("a lab has a name")?.to_string_lossy().into_owned();
        // The same beginning: what is left of it is swept away with the lab's.
        let uplink = Self { name: format!("{inside}-up") };
        let name = &uplink.name;
        let (wire, bits) = (format!("up{}", std::process::id() % 100_000), 30);
        for line in [
            format!("netns add {name}"),
            format!("link add {wire} netns {inside} type veth peer name uplink netns {name}"),
            format!("-n {inside} addr add {LAB}/{bits} dev {wire}"),
            format!("-n {name} addr add {WORLD}/{bits} dev uplink"),
            format!("-n {name} link set lo up"),
            format!("-n {name} link set uplink up"),
            format!("-n {inside} link set {wire} up"),
            format!("-n {inside} route add default via {WORLD}"),
        ] {
            let status = Command::new("ip").args(line.split(' ')).status()?;
            ensure!(status.success(), "ip {line} failed");
        }
        let listener = listen_in(name)?;
        // Ends with the process; nobody reaches it once the namespace is gone.
        std::thread::spawn(move || {
            for guest in listener.incoming().flatten() {
                std::thread::spawn(move || drop(serve(guest)));
            }
        });
        Ok(uplink)
    }
}

impl Drop for Uplink {
    fn drop(&mut self) {
        let _ = sweep::namespace(&self.name);
    }
}

/// A socket belongs to the namespace that it was made in, wherever it is listened to.
fn listen_in(namespace: &str) -> Result<TcpListener> {
    let there = File::open(Path::new("/run/netns").join(namespace))?;
    let made = std::thread::spawn(move || -> Result<TcpListener> {
        // This thread's alone, and it ends.
        setns(there, CloneFlags::CLONE_NEWNET)?;
        Ok(TcpListener::bind((WORLD, PORT))?)
    });
    made.join().map_err(|_| anyhow::anyhow!("the listener could not be made"))?
}

/// One request and its answer.
fn serve(mut guest: TcpStream) -> io::Result<()> {
    guest.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(guest.try_clone()?);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        // A head is short; who goes on and on is no package manager.
        if reader.by_ref().take(8192).read_line(&mut line)? == 0 || head.len() > 64 {
            return Ok(());
        }
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_owned());
    }
    let Some((host, path)) = head.first().and_then(|line| target(line)) else {
        return guest
            .write_all(b"HTTP/1.1 403 Not a package\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    let mut mirror = TcpStream::connect((host.as_str(), 80))?;
    mirror.set_read_timeout(Some(PATIENCE))?;
    write!(mirror, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n")?;
    for line in &head[1..] {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if !matches!(name.as_str(), "host" | "connection" | "proxy-connection" | "keep-alive") {
            write!(mirror, "{line}\r\n")?;
        }
    }
    mirror.write_all(b"\r\n")?;
    io::copy(&mut mirror, &mut guest)?;
    guest.shutdown(Shutdown::Write)
}

/// Host and path of a request for a package of Debian's.
fn target(line: &str) -> Option<(String, String)> {
    let mut words = line.split(' ');
    let url = (words.next() == Some("GET")).then(|| words.next())??.strip_prefix("http://")?;
    let (host, path) = url.split_once('/')?;
    let debian = path.starts_with("debian/") || path.starts_with("debian-security/");
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    (debian && plain).then(|| (host.to_owned(), format!("/{path}")))
}
