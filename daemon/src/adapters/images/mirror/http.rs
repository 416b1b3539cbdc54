//! A mirror on the network. Everything it does may be wrong: it may stall, lie about lengths, lead in circles, ignore ranges,
//! or change a file between two of them.

use std::time::Duration;

use reqwest::{
    Client, Response, StatusCode, Url,
    header::{ACCEPT_ENCODING, CONTENT_RANGE, ETAG, HeaderMap, IF_RANGE, LAST_MODIFIED, RANGE},
    redirect::{Attempt, Policy},
};

use super::{Partial, Patience, Wanted, misbehaves, partial::Label};
use crate::{
    model::{Error, ImageMoment, Kind, Result},
    ports::Told,
};

/// As many redirections as browsers of old followed.
const REDIRECTIONS: usize = 10;

/// A client for one mirror.
pub(super) struct Http {
    client: Client,
    mirror: Option<Url>,
    patience: Patience,
}

/// Why a piece of a download ended before the file did.
enum Break {
    /// The mirror is at fault; trying again may help.
    Again(Error),
    /// Trying again will not help.
    Final(Error),
}

impl Http {
    pub(super) fn new(mirror: Option<&String>, patience: Patience) -> Result<Self> {
        let failed = |error: String| Error::internal(format!("cannot prepare for downloads: {error}"));
        // Whoever was first has installed the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            // Some publishers refuse who does not say who they are.
            .user_agent(concat!("sloopd/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(patience.stall.min(Duration::from_secs(15)))
            .read_timeout(patience.stall)
            .redirect(Policy::custom(follow))
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let mirror =
            mirror.map(|url| url.parse().map_err(|error| failed(format!("{url}: {error}")))).transpose()?;
        Ok(Self { client, mirror, patience })
    }

    /// Where a publisher's file is here.
    fn locate(&self, url: &str) -> Result<Url> {
        let url: Url = url.parse().map_err(|error| Error::internal(format!("{url:?} is no URL: {error}")))?;
        let place = match &self.mirror {
            None => url,
            Some(mirror) => {
                let way = format!("{}{}", url.host_str().unwrap_or_default(), url.path());
                mirror.join(&way).map_err(|error| Error::internal(format!("{way:?} is no way: {error}")))?
            }
        };
        if !is_allowed(&place) {
            return Err(misbehaves(place.as_str(), "only https is trusted"));
        }
        reachable(&place)?;
        Ok(place)
    }

    pub(super) async fn small(&self, url: &str, limit: u64) -> Result<Vec<u8>> {
        let place = self.locate(url)?;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.small_once(&place, limit).await {
                Ok(bytes) => return Ok(bytes),
                Err(Break::Again(_)) if tries < self.patience.tries => {}
                Err(Break::Again(error) | Break::Final(error)) => return Err(error),
            }
        }
    }

    async fn small_once(&self, place: &Url, limit: u64) -> Result<Vec<u8>, Break> {
        let request = self.client.get(place.clone()).header(ACCEPT_ENCODING, "identity");
        let mut answer = sound(request.send().await.map_err(|error| broken(place, &error))?)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| broken(place, &error))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > limit {
                let error = misbehaves(place.as_str(), "it is far too long for what it is");
                return Err(Break::Final(error));
            }
        }
        Ok(bytes)
    }

    pub(super) async fn large(&self, wanted: &Wanted<'_>, partial: &mut Partial, told: &Told) -> Result<()> {
        let place = self.locate(wanted.url)?;
        let (mut fruitless, mut furthest) = (0, partial.length());
        loop {
            match self.large_once(&place, wanted, partial, told).await {
                Ok(()) => return Ok(()),
                Err(Break::Final(error)) => return Err(error),
                Err(Break::Again(error)) => {
                    // What brings the file on is not counted: a slow line may break off any number of times. A file that
                    // is begun anew again and again is not brought on.
                    fruitless += 1;
                    if partial.length() > furthest + (1 << 20) {
                        (fruitless, furthest) = (0, partial.length());
                    }
                    if fruitless >= self.patience.tries {
                        return Err(error);
                    }
                    tracing::warn!(url = %place, %error, length = partial.length(), "download broke off; going on");
                }
            }
        }
    }

    async fn large_once(
        &self,
        place: &Url,
        wanted: &Wanted<'_>,
        partial: &mut Partial,
        told: &Told,
    ) -> Result<(), Break> {
        let mut request = self.client.get(place.clone()).header(ACCEPT_ENCODING, "identity");
        let known = partial.label().validator.clone().filter(|_| partial.length() > 0);
        if let Some(validator) = known.filter(|_| partial.label().url == place.as_str()) {
            request =
                request.header(RANGE, format!("bytes={}-", partial.length())).header(IF_RANGE, validator);
        }
        let answer = request.send().await.map_err(|error| broken(place, &error))?;
        if answer.status() == StatusCode::RANGE_NOT_SATISFIABLE {
            // Nothing is left of it, or it became shorter: the digest will tell, or it begins anew.
            if length_behind_slash(answer.headers()) == Some(partial.length()) {
                return Ok(());
            }
            partial.restart(Label::default()).map_err(Break::Final)?;
            return Err(Break::Again(misbehaves(
                place.as_str(),
                "it became shorter since the download began",
            )));
        }
        let mut answer = sound(answer)?;
        let total = begin(&answer, place, partial).map_err(Break::Final)?;
        wanted.admit(total.unwrap_or(0)).map_err(Break::Final)?;
        while let Some(chunk) = answer.chunk().await.map_err(|error| broken(place, &error))? {
            partial.append(&chunk).map_err(Break::Final)?;
            if let Err(error) = wanted.admit(partial.length()) {
                partial.discard().map_err(Break::Final)?;
                return Err(Break::Final(error));
            }
            told(ImageMoment::counted("downloading", partial.length(), total.unwrap_or(0)));
        }
        match total {
            Some(total) if partial.length() < total => {
                Err(Break::Again(misbehaves(place.as_str(), "it ended before its end")))
            }
            _ => Ok(()),
        }
    }
}

/// Takes up where the partial file ends if the server does the same, and begins anew if not. Gives the length of the whole.
fn begin(answer: &Response, place: &Url, partial: &mut Partial) -> Result<Option<u64>> {
    let range = answer.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
    if answer.status() == StatusCode::PARTIAL_CONTENT
        && range.is_some_and(|range| range.starts_with(&format!("bytes {}-", partial.length())))
    {
        return Ok(length_behind_slash(answer.headers()));
    }
    if answer.status() == StatusCode::PARTIAL_CONTENT {
        partial.restart(Label::default())?;
        return Err(misbehaves(place.as_str(), "it sent another part than was asked for"));
    }
    let validator = [ETAG, LAST_MODIFIED].iter().find_map(|name| {
        let value = answer.headers().get(name)?.to_str().ok()?;
        // A weak one means the same page, not the same bytes.
        (!value.starts_with("W/")).then(|| value.to_owned())
    });
    partial.restart(Label { url: place.to_string(), validator })?;
    Ok(answer.content_length())
}

fn length_behind_slash(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_RANGE)?.to_str().ok()?.rsplit('/').next()?.parse().ok()
}

fn sound(answer: Response) -> Result<Response, Break> {
    let (status, url) = (answer.status(), answer.url().to_string());
    if status == StatusCode::OK || status == StatusCode::PARTIAL_CONTENT {
        return Ok(answer);
    }
    let error = misbehaves(&url, &format!("the server answers {status}"));
    Err(if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        Break::Again(error)
    } else {
        Break::Final(error)
    })
}

fn broken(place: &Url, error: &reqwest::Error) -> Break {
    let mut causes = vec![error.to_string()];
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    // The first repeats the URL; the last says what happened.
    let last = causes.last().cloned().unwrap_or_default();
    let why = if error.is_timeout() { "it sends nothing any more".to_owned() } else { last };
    let fault = misbehaves(place.as_str(), &why);
    if error.is_redirect() { Break::Final(fault) } else { Break::Again(fault) }
}

fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    if attempt.previous().len() > REDIRECTIONS {
        return attempt.error("it leads in circles");
    }
    // A publisher has no business with what listens on this host.
    let from_here = attempt.previous().iter().all(is_local);
    if attempt.url().scheme() != "https" && !(is_allowed(attempt.url()) && from_here) {
        return attempt.error("it leads away from https");
    }
    attempt.follow()
}

/// TLS everywhere, but for this host itself.
pub(super) fn is_allowed(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_local(url))
}

fn is_local(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Says at once what a resolver would say after a minute: that there is no way out of this host.
fn reachable(url: &Url) -> Result<()> {
    let v4 = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
    let v6 = std::fs::read_to_string("/proc/net/ipv6_route").unwrap_or_default();
    // Destination and mask zero, and for IPv6 on a device that is not `lo`.
    let out4 = v4.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.get(1) == Some(&"00000000") && words.get(7) == Some(&"00000000")
    });
    let out6 = v6.lines().any(|line| {
        line.starts_with("00000000000000000000000000000000 00") && !line.trim_end().ends_with(" lo")
    });
    if is_local(url) || out4 || out6 {
        return Ok(());
    }
    let message = format!("{url} cannot be fetched: this host has no route to other networks");
    Err(Error::new(Kind::Unavailable, "Offline", message)
        .tip("import the image from a file: sloop image import; or name a mirror: images.mirror in the configuration"))
}
