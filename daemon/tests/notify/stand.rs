//! A notifier with settings of a test's own, and what it tells.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use sloopd::{
    adapters::notify::{HostNames, Limits, Messenger, Names, Settings, Smtp, Tls, Webhooks},
    model::{AlarmNotice, AlarmState, Channel, Endpoint, Metric, Notice},
};

/// Nothing here takes longer unless it is broken.
pub(crate) const LONG: Duration = Duration::from_secs(20);
/// As long as is waited for what never comes.
pub(crate) const SHORT: Duration = Duration::from_millis(300);

/// Nothing is configured, and a try may take long.
pub(crate) fn settings() -> Settings {
    Settings {
        smtp: None,
        webhooks: Webhooks {
            allowed: Vec::new(),
            private: "172.26.0.0/16".parse().expect("a range"),
            public: "172.27.0.0/22".parse().expect("a range"),
            ipv6: None,
            doors: vec![7566],
            names: Arc::new(HostNames),
        },
        commands: BTreeMap::new(),
        limits: Limits { email: LONG, webhook: LONG, command: LONG },
    }
}

/// The same with little patience.
pub(crate) fn hasty() -> Settings {
    Settings { limits: Limits { email: SHORT, webhook: SHORT, command: SHORT }, ..settings() }
}

pub(crate) fn messenger(settings: Settings) -> Messenger {
    Messenger::new(settings).expect("sound settings")
}

/// A mail server of a test's own.
pub(crate) fn smtp(address: SocketAddr) -> Smtp {
    Smtp {
        host: address.ip().to_string(),
        port: address.port(),
        tls: Tls::None,
        from: "Sloop <sloop@example.com>".to_owned(),
        login: None,
    }
}

pub(crate) fn email(address: &str) -> Endpoint {
    Endpoint { channel: Channel::Email, address: address.to_owned() }
}

pub(crate) fn webhook(address: &str) -> Endpoint {
    Endpoint { channel: Channel::Webhook, address: address.to_owned() }
}

pub(crate) fn command(name: &str) -> Endpoint {
    Endpoint { channel: Channel::Command, address: name.to_owned() }
}

pub(crate) fn notice() -> Notice {
    notice_because("CPUUtilization was above 80 %.")
}

pub(crate) fn notice_because(reason: &str) -> Notice {
    Notice::Alarm(AlarmNotice {
        alarm: "web-is-busy".to_owned(),
        instance: "web".to_owned(),
        metric: Metric::CpuUtilization,
        before: AlarmState::Ok,
        now: AlarmState::Alarm,
        reason: reason.to_owned(),
        at: Timestamp::UNIX_EPOCH,
        test: false,
        host: "homelab".to_owned(),
    })
}

/// A resolver that says what it is told to: at the first question, and at all others.
#[derive(Clone, Debug)]
pub(crate) struct Fickle {
    first: Vec<IpAddr>,
    later: Vec<IpAddr>,
    asked: Arc<AtomicUsize>,
}

impl Fickle {
    pub(crate) fn new(first: &[&str], later: &[&str]) -> Self {
        let read = |all: &[&str]| all.iter().map(|one| one.parse().expect("an address")).collect();
        Self { first: read(first), later: read(later), asked: Arc::default() }
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Names for Fickle {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let is_first = self.asked.fetch_add(1, Ordering::SeqCst) == 0;
        Ok(if is_first { self.first.clone() } else { self.later.clone() })
    }
}

/// A resolver that knows no name.
#[derive(Debug)]
pub(crate) struct Nobody;

#[async_trait]
impl Names for Nobody {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Err(io::Error::other("Name or service not known"))
    }
}
