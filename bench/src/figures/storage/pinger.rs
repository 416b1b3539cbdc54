//! Asks a guest's kernel for a sign of life, a thousand times a second.

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{JoinHandle, sleep},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use sloop_lab::{Lab, inside};

use crate::stats::millis;

/// Nobody listens there: the guest's kernel itself refuses, and no program in the guest takes part.
const PORT: u16 = 9;
/// From one question to the next, where the answer does not take longer.
const BEAT: Duration = Duration::from_millis(1);
/// A guest that stands still for so long is broken.
const PATIENCE: Duration = Duration::from_secs(5);

/// A span of time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    began: Instant,
    ended: Instant,
}

impl Span {
    /// What `work` took.
    pub(super) fn of(work: impl FnOnce() -> Result<()>) -> Result<Self> {
        let began = Instant::now();
        work()?;
        Ok(Self { began, ended: Instant::now() })
    }

    /// How long it is.
    pub(super) fn length(self) -> Duration {
        self.ended.duration_since(self.began)
    }

    /// The longest of those spans of which any moment lies in this one, in milliseconds.
    pub(super) fn longest(self, spans: &[Self]) -> Result<f64> {
        let meets = |other: &&Self| self.began < other.ended && other.began < self.ended;
        let longest = spans.iter().filter(meets).map(|span| span.length()).max();
        longest.map(millis).context("the guest was not asked meanwhile")
    }
}

/// Somebody who asks until it is ended.
pub(super) struct Pinger {
    ended: Arc<AtomicBool>,
    asking: Option<JoinHandle<Result<Vec<Span>>>>,
}

impl Pinger {
    /// Begins to ask an instance, from the host.
    pub(super) fn of(lab: &Lab, name: &str) -> Result<Self> {
        let shown = lab.json(&["instance", "show", name])?;
        let address: Ipv4Addr =
            shown["instance"]["privateIpAddress"].as_str().context("an address")?.parse()?;
        let (host, ended) = (lab.netns()?, Arc::new(AtomicBool::new(false)));
        let end = ended.clone();
        let asking = std::thread::spawn(move || inside(&host, move || ask((address, PORT).into(), &end)));
        Ok(Self { ended, asking: Some(asking) })
    }

    /// Ends it, and gives the spans from each answer to the next: in between nobody knows whether the guest lives.
    pub(super) fn end(mut self) -> Result<Vec<Span>> {
        self.ended.store(true, Ordering::Relaxed);
        let asking = self.asking.take().context("it asks")?;
        asking.join().map_err(|_| anyhow::anyhow!("the asking panicked"))?
    }
}

impl Drop for Pinger {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

fn ask(guest: SocketAddr, ended: &AtomicBool) -> Result<Vec<Span>> {
    let (mut spans, mut last) = (Vec::new(), Instant::now());
    while !ended.load(Ordering::Relaxed) {
        let asked = Instant::now();
        if let Err(error) = TcpStream::connect_timeout(&guest, PATIENCE)
            && error.kind() != ErrorKind::ConnectionRefused
        {
            bail!("the guest does not answer: {error}");
        }
        let answered = Instant::now();
        spans.push(Span { began: last, ended: answered });
        last = answered;
        sleep(BEAT.saturating_sub(asked.elapsed()));
    }
    Ok(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_span_is_of_those_that_meet() {
        let zero = Instant::now();
        let span = |from, to| Span {
            began: zero + Duration::from_millis(from),
            ended: zero + Duration::from_millis(to),
        };
        let spans = [span(0, 9), span(9, 10), span(10, 14), span(14, 15), span(15, 30)];
        let longest = |from, to| span(from, to).longest(&spans).ok();
        assert_eq!(longest(9, 10), Some(1.0));
        assert_eq!(longest(9, 11), Some(4.0), "one that goes on after the end counts whole");
        assert_eq!(longest(14, 16), Some(15.0));
        assert_eq!(longest(31, 32), None);
    }
}
