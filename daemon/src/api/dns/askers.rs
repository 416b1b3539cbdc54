//! Who asks, and which names they may know.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use tokio::sync::Mutex;

use crate::{
    model::{Kind, Result},
    verbs::KnownName,
};

/// Reads the names that whoever asks from an address may know.
pub(super) type Look = Arc<dyn Fn(Ipv4Addr) -> BoxFuture<'static, Result<Vec<KnownName>>> + Send + Sync>;

/// What is known of who asks.
#[derive(Clone, Debug)]
pub(super) enum Known {
    /// They may know these.
    Names(Arc<[KnownName]>),
    /// They are nobody's guest.
    Stranger,
    /// That cannot be said now.
    Failed,
}

/// More addresses than a host has guests: those of strangers do not pile up.
const KEPT_MAX: usize = 1024;

/// Knows who asks, and for a moment remembers it.
pub(super) struct Askers {
    look: Look,
    fresh: Duration,
    kept: Mutex<HashMap<Ipv4Addr, (Instant, Known)>>,
}

impl Askers {
    pub(super) fn new(look: Look, fresh: Duration) -> Self {
        Self { look, fresh, kept: Mutex::default() }
    }

    /// Who asks from that address. One is looked up after the other: a guest that asks without end keeps others waiting no
    /// longer than one look takes.
    pub(super) async fn known(&self, from: IpAddr) -> Known {
        let IpAddr::V4(from) = from else {
            return Known::Stranger;
        };
        let mut kept = self.kept.lock().await;
        if let Some((at, known)) = kept.get(&from)
            && at.elapsed() < self.fresh
        {
            return known.clone();
        }
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        let known = match (self.look)(from).await {
            Ok(names) => Known::Names(names.into()),
            Err(error) if error.kind == Kind::NotFound => Known::Stranger,
            Err(error) => {
                tracing::error!(%from, %error, "cannot tell which names there are");
                Known::Failed
            }
        };
        kept.insert(from, (Instant::now(), known.clone()));
        known
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::FutureExt as _;

    use super::*;
    use crate::{api::dns::samples, model::Error};

    #[tokio::test]
    async fn strangers_and_faults_are_told_apart() {
        let askers = Askers::new(samples::look(), Duration::ZERO);
        let known = askers.known([127, 0, 0, 1].into()).await;
        assert!(matches!(known, Known::Names(names) if *names == *samples::names()));
        assert!(matches!(askers.known([192, 0, 2, 1].into()).await, Known::Stranger));
        assert!(matches!(askers.known("::1".parse().expect("an address")).await, Known::Stranger));
        let broken: Look = Arc::new(|_: Ipv4Addr| async { Err(Error::internal("no disk")) }.boxed());
        let askers = Askers::new(broken, Duration::ZERO);
        assert!(matches!(askers.known([127, 0, 0, 1].into()).await, Known::Failed));
    }

    #[tokio::test]
    async fn who_asks_again_at_once_is_remembered() {
        let looks = Arc::new(AtomicUsize::new(0));
        let counted = looks.clone();
        let look: Look = Arc::new(move |_: Ipv4Addr| {
            counted.fetch_add(1, Ordering::Relaxed);
            async { Ok(samples::names()) }.boxed()
        });
        let askers = Askers::new(look.clone(), Duration::from_mins(1));
        for last in [1, 1, 2, 1, 2] {
            askers.known([172, 26, 0, last].into()).await;
        }
        assert_eq!(looks.load(Ordering::Relaxed), 2);
        for number in 0..2 * KEPT_MAX {
            let address = Ipv4Addr::from_bits(u32::try_from(number).expect("small"));
            askers.known(address.into()).await;
        }
        assert!(askers.kept.lock().await.len() <= KEPT_MAX);
        let forgetful = Askers::new(look, Duration::ZERO);
        let before = looks.load(Ordering::Relaxed);
        forgetful.known([172, 26, 0, 1].into()).await;
        forgetful.known([172, 26, 0, 1].into()).await;
        assert_eq!(looks.load(Ordering::Relaxed), before + 2);
    }
}
