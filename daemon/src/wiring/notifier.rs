//! Whoever tells people, as the configuration wants it.

use std::sync::Arc;

use crate::{
    adapters::notify::{HostNames, Limits, Messenger, Settings, Smtp, Tls, Webhooks},
    config::{self, Config, TlsWord},
    model::HostId,
    ports::Notifier,
};

/// Where names are served to guests and to the host, though the daemon listens at another port.
const NAMES: u16 = 53;

pub(super) fn notifier(config: &Config, host_id: HostId) -> anyhow::Result<Arc<dyn Notifier>> {
    let (private, public) = config.pools()?;
    let mut doors = vec![config.network.metadata_port, config.network.dns_port, NAMES];
    doors.extend(config.http.address()?.map(|address| address.port()));
    let webhooks = Webhooks {
        allowed: config.alarms.places()?,
        private,
        public,
        ipv6: config.ipv6(host_id)?,
        doors,
        names: Arc::new(HostNames),
    };
    let settings = Settings {
        smtp: config.smtp.as_ref().map(smtp),
        webhooks,
        commands: config.alarms.commands.clone(),
        limits: Limits::default(),
    };
    Ok(Arc::new(Messenger::new(settings)?))
}

fn smtp(smtp: &config::Smtp) -> Smtp {
    Smtp {
        host: smtp.host.clone(),
        port: smtp.port(),
        tls: match smtp.tls {
            TlsWord::StartTls => Tls::StartTls,
            TlsWord::Implicit => Tls::Implicit,
            TlsWord::None => Tls::None,
        },
        from: smtp.from.clone(),
        login: smtp.login(),
    }
}
