//! Webhooks: one POST of JSON, to where whoever made the contact method may send things, and nowhere else.
//!
//! A name is asked for once; every address that it has is judged; and the connection is made to those addresses and no others,
//! so that a name that changes its mind in between gains nothing. Where an answer leads to is not followed, and its body is not
//! read: what a place inside says would else be told to who may not ask it.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use reqwest::{
    Client, StatusCode, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::CONTENT_TYPE,
    redirect::Policy,
};

use super::{
    inside::{Inside, own_addresses},
    render,
    words::{cause, failed, refused},
};
use crate::model::{Error, Ipv6Range, Notice, Pool, Result};

/// Where webhooks may lead to.
#[derive(Clone, Debug)]
pub struct Webhooks {
    /// Hosts that the administrator allows, some of them at one port alone, though they are inside. In lower case.
    pub allowed: Vec<(String, Option<u16>)>,
    /// Where instances have their own addresses from.
    pub private: Pool,
    /// Where they have their public addresses from.
    pub public: Pool,
    /// Where they have their IPv6 addresses from.
    pub ipv6: Option<Ipv6Range>,
    /// Ports of the daemon's own doors: nobody can allow them.
    pub doors: Vec<u16>,
    /// Who knows names.
    pub names: Arc<dyn Names>,
}

/// Who knows which addresses a name has.
#[async_trait]
pub trait Names: fmt::Debug + Send + Sync {
    /// All of them. A name that is not known is a failure.
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The host's own resolver.
#[derive(Clone, Copy, Debug)]
pub struct HostNames;

#[async_trait]
impl Names for HostNames {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

impl Webhooks {
    /// Refuses what can be refused without asking the network.
    pub(super) fn admit(&self, address: &str) -> Result<Url> {
        let url = parse(address)?;
        if let Some(literal) = literal(&url) {
            self.judge(&url, &[literal])?;
        }
        Ok(url)
    }

    /// Sends it there, once.
    pub(super) async fn tell(&self, address: &str, notice: &Notice) -> Result<()> {
        let url = self.admit(address)?;
        let addresses = self.addresses(&url).await?;
        self.judge(&url, &addresses)?;
        let port = port(&url);
        let client = client(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect())?;
        let request = client.post(url.clone()).header(CONTENT_TYPE, "application/json");
        let answer = request.body(render::json(notice)?).send().await;
        // The rest of a URL is as good as a password at many a service, and failures are shown to others.
        let answer = answer.map_err(|error| {
            failed(format!("the webhook at {}: {}", place(&url), cause(&error.without_url())))
        })?;
        judge_answer(&url, answer.status())
    }

    async fn addresses(&self, url: &Url) -> Result<Vec<IpAddr>> {
        if let Some(literal) = literal(url) {
            return Ok(vec![literal]);
        }
        let host = host(url);
        let found = self.names.addresses(&host).await;
        let found =
            found.map_err(|error| failed(format!("the name {host} is not found: {}", cause(&error))))?;
        if found.is_empty() { Err(failed(format!("the name {host} has no address"))) } else { Ok(found) }
    }

    /// Refuses a URL if any of the addresses is inside, and not allowed.
    fn judge(&self, url: &Url, addresses: &[IpAddr]) -> Result<()> {
        let (host, port) = (host(url), port(url));
        let inside =
            Inside { private: self.private, public: self.public, ipv6: self.ipv6, own: own_addresses()? };
        let is_named =
            self.allowed.iter().any(|(name, only)| *name == host && only.is_none_or(|one| one == port));
        for address in addresses {
            let Some(whose) = inside.whose(*address) else { continue };
            let may_be_allowed = whose.may_be_allowed() && !self.doors.contains(&port);
            if is_named && may_be_allowed {
                continue;
            }
            let message = format!(
                "a webhook at {} leads to {address}, which is {}: none may go there",
                place(url),
                whose.words()
            );
            let tip = if may_be_allowed {
                format!(
                    "the host's administrator can allow it: webhook_hosts = [\"{}\"] in the section [alarms] of the configuration",
                    place(url)
                )
            } else {
                "nobody can allow that; give the URL of a service elsewhere".to_owned()
            };
            return Err(refused(message).tip(tip));
        }
        Ok(())
    }
}

fn parse(address: &str) -> Result<Url> {
    let wrong = |why: &str| {
        refused(format!("this is no URL for a webhook: {why}"))
            .tip("write it like https://hooks.example.com/sloop")
    };
    let url: Url = address.parse().map_err(|error| wrong(&format!("{error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it must begin with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it must hold no user and no password"));
    }
    if url.fragment().is_some() {
        return Err(wrong("what is behind # is never sent"));
    }
    if host(&url).is_empty() {
        return Err(wrong("it names no host"));
    }
    Ok(url)
}

/// The URL's host in the one way in which it is compared.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => host.trim_end_matches('.').to_ascii_lowercase(),
    }
}

fn port(url: &Url) -> u16 {
    url.port_or_known_default().unwrap_or_default()
}

/// What of a URL may be shown to everybody, as the configuration takes it.
fn place(url: &Url) -> String {
    let (host, port) = (host(url), port(url));
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// The address of a URL that needs no resolver.
fn literal(url: &Url) -> Option<IpAddr> {
    let host = host(url);
    if host == "localhost" || host.ends_with(".localhost") {
        return Some(Ipv4Addr::LOCALHOST.into());
    }
    host.parse().ok()
}

/// Whatever name is asked for has these addresses.
struct Pinned(Vec<SocketAddr>);

impl Resolve for Pinned {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

/// A client for one request to one of these addresses.
fn client(addresses: Vec<SocketAddr>) -> Result<Client> {
    // Whoever was first has installed the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("sloopd/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Pinned(addresses))
        .redirect(Policy::none())
        // One from the environment would be the host that is connected to.
        .no_proxy()
        // Nobody is told twice by one try.
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(0)
        .http1_only()
        .build()
        .map_err(|error| Error::internal(format!("cannot prepare for webhooks: {}", cause(&error))))
}

fn judge_answer(url: &Url, status: StatusCode) -> Result<()> {
    if status.is_success() {
        return Ok(());
    }
    let place = place(url);
    let failure = failed(format!("the webhook at {place} answers HTTP {status}"));
    Err(if status.is_redirection() {
        failure.tip("redirections are not followed: give the URL that it leads to")
    } else {
        failure
    })
}

#[cfg(test)]
mod tests;
