//! Tells people: by e-mail, by a webhook, by a command.
//!
//! ```text
//!   notice ─ render ─┬─ message ─── smtp ────── the administrator's mail server
//!                    ├─ JSON ────── webhook ─── a place that is not inside (inside.rs)
//!                    └─ variables ─ command ─── a program of the configuration
//! ```
//! Users say where; the configuration says what may be. Whatever the other side does, a try ends within its limit, and a failure is
//! one line of words.

mod command;
mod inside;
mod render;
mod smtp;
mod webhook;
mod words;

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;

use self::{
    command::Commands,
    smtp::Mailer,
    words::{failed, refused},
};
pub use self::{
    smtp::{Smtp, Tls},
    webhook::{HostNames, Names, Webhooks},
};
use crate::{
    model::{Channel, Endpoint, Notice, Result},
    ports::Notifier,
};

/// As long as Lightsail lets an endpoint be, in bytes.
const LONGEST: usize = 256;

/// How people are told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// By which server e-mail is sent; no e-mail without one.
    pub smtp: Option<Smtp>,
    /// Where webhooks may lead to.
    pub webhooks: Webhooks,
    /// Programs with their arguments, by the name that users know them by.
    pub commands: BTreeMap<String, Vec<String>>,
    /// How long one try may take.
    pub limits: Limits,
}

/// How long one try may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of e-mail.
    pub email: Duration,
    /// Of a webhook.
    pub webhook: Duration,
    /// Of a command.
    pub command: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { email: seconds(30), webhook: seconds(10), command: seconds(30) }
    }
}

/// The adapter.
pub struct Messenger {
    mailer: Option<Mailer>,
    webhooks: Webhooks,
    commands: Commands,
    limits: Limits,
}

impl Messenger {
    /// Refuses settings by which nobody could be told.
    pub fn new(settings: Settings) -> Result<Self> {
        let Settings { smtp, webhooks, commands, limits } = settings;
        Ok(Self {
            mailer: smtp.map(Mailer::new).transpose()?,
            webhooks,
            commands: Commands(commands),
            limits,
        })
    }

    fn mailer(&self) -> Result<&Mailer> {
        self.mailer.as_ref().ok_or_else(|| {
            refused("this host sends no e-mail: it has not been told by which server").tip(
                "the host's administrator names one in the section [smtp] of the configuration, /etc/sloop/sloop.toml",
            )
        })
    }
}

#[async_trait]
impl Notifier for Messenger {
    fn admit(&self, endpoint: &Endpoint) -> Result<()> {
        let address = endpoint.address.as_str();
        if address.len() > LONGEST {
            return Err(refused(format!(
                "an endpoint has at most {LONGEST} bytes, and this has {}",
                address.len()
            )));
        }
        match endpoint.channel {
            Channel::Email => smtp::recipient(address).and_then(|_| self.mailer().map(drop)),
            Channel::Webhook => self.webhooks.admit(address).map(drop),
            Channel::Command => self.commands.admit(address).map(drop),
        }
    }

    async fn tell(&self, endpoint: &Endpoint, notice: &Notice) -> Result<()> {
        let (address, limits) = (endpoint.address.as_str(), self.limits);
        match endpoint.channel {
            Channel::Email => {
                let sent = self.mailer()?.tell(address, notice);
                within(limits.email, "the mail server did not take the message", sent).await
            }
            Channel::Webhook => {
                let posted = self.webhooks.tell(address, notice);
                within(limits.webhook, "the webhook did not answer", posted).await
            }
            Channel::Command => {
                let ran = self.commands.tell(address, notice);
                within(limits.command, &format!("the command {address} did not end"), ran).await
            }
        }
    }
}

/// Breaks a try off that takes too long.
async fn within(limit: Duration, failure: &str, one_try: impl Future<Output = Result<()>>) -> Result<()> {
    match tokio::time::timeout(limit, one_try).await {
        Ok(told) => told,
        Err(_) => Err(failed(format!("{failure} within {} s", limit.as_secs_f64()))),
    }
}
