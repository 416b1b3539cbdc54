//! Opens doors that the daemon can do without.

use std::time::Duration;

use tokio::{net::TcpListener, sync::watch};

use super::until;
use crate::{
    api::{
        self,
        http::{self, Readers, Settings},
    },
    config::Config,
    verbs::Verbs,
};

/// However many ask at once, metrics are looked at once a second: they change every ten.
const METRICS_KEPT: Duration = Duration::from_secs(1);

/// Serves the metadata address. When that is not possible it says so and the daemon goes on: guests still boot.
pub(super) async fn metadata(verbs: Verbs, address: std::net::SocketAddr, ended: watch::Receiver<bool>) {
    let served = async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        let door = api::metadata::Door::new(verbs)?;
        api::metadata::serve(door, listener, until(ended)).await
    };
    if let Err(error) = served.await {
        tracing::error!(%address, %error, "the metadata address is not served: first boots will not be reported");
    }
}

/// Serves names. When that is not possible it says so and the daemon goes on: guests are reached by their addresses.
pub(super) async fn names(
    verbs: Verbs,
    (settings, address): (api::dns::Settings, std::net::SocketAddr),
    ended: watch::Receiver<bool>,
) {
    match api::dns::bind(address).await {
        Ok((udp, tcp)) => api::dns::serve(verbs, settings, udp, tcp, until(ended)).await,
        Err(error) => tracing::error!(%address, %error, "names are not served: guests resolve nothing"),
    }
}

/// Serves plain HTTP, if the configuration wants it. When that is not possible it says so and the daemon goes on.
pub(super) async fn plain_http(verbs: Verbs, config: Config, ended: watch::Receiver<bool>) {
    let served = async {
        let Some(listen) = config.http.address()? else { return anyhow::Ok(()) };
        let listener = TcpListener::bind(listen).await?;
        let settings = Settings {
            listen,
            hosts: config.http.hosts.clone(),
            readers: readers(&config),
            metrics_kept: METRICS_KEPT,
        };
        http::serve(verbs, settings, listener, until(ended)).await?;
        Ok(())
    };
    if let Err(error) = served.await {
        let listen = &config.http.listen;
        tracing::error!(
            %listen,
            %error,
            "plain HTTP is not served, so there are no metrics at /metrics: free that port, or set http.listen to another one"
        );
    }
}

fn readers(config: &Config) -> Readers {
    match &config.http.metrics_token_file {
        Some(file) => Readers::WithToken(file.clone()),
        None if config.http.needs_token(config.access()) => Readers::Nobody,
        None => Readers::Everybody,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_read_metrics_follows_from_the_configuration() {
        let token = || Readers::WithToken("/etc/sloop/token".into());
        for (text, who) in [
            ("", Readers::Everybody),
            ("access = 'private'", Readers::Nobody),
            ("[http]\nlisten = '0.0.0.0:7566'", Readers::Nobody),
            ("[http]\nmetrics_token_file = '/etc/sloop/token'", token()),
            ("access = 'private'\n[http]\nmetrics_token_file = '/etc/sloop/token'", token()),
        ] {
            assert_eq!(readers(&Config::parse(text).expect("sound")), who, "{text:?}");
        }
    }
}
