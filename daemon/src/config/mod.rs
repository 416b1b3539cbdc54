//! The configuration file, `/etc/sloop/sloop.toml`. Unknown keys are refused, with their place.

mod alarms;
mod cpu;
mod history;
mod http;
mod images;
mod libvirt;
mod metrics;
mod network;
mod quotas;
mod recovery;
mod smtp;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

pub use self::{
    alarms::Alarms,
    cpu::CpuWord,
    history::History,
    http::Http,
    images::{Images, PruneWord},
    libvirt::{AcceleratorWord, Libvirt},
    metrics::Metrics,
    network::Network,
    quotas::Quotas,
    recovery::{PolicyWord, Recovery},
    smtp::{Smtp, TlsWord},
};
use crate::model::{Access, Error, HostId, Ipv6Range, Kind, Place, Pool, Result};

/// All that can be configured, with its defaults.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where everything that lasts is kept.
    pub state_dir: PathBuf,
    /// The socket that `sloop` talks to.
    pub socket: PathBuf,
    /// Members of this group may talk to the daemon.
    pub group: String,
    /// Members of this group see and change everybody's resources where access is private.
    pub admin_group: Option<String>,
    /// Who shares what.
    pub access: AccessWord,
    /// What runs virtual machines.
    pub hypervisor: HypervisorWord,
    /// How much of the host's processors instances may have.
    pub cpu: CpuWord,
    /// A Lightsail region's name; clients refuse others.
    pub region: String,
    /// A zone, which begins with the region's name.
    pub zone: String,
    /// Twelve digits for ARNs.
    pub account: String,
    /// The libvirt daemon.
    pub libvirt: Libvirt,
    /// Addresses.
    pub network: Network,
    /// Plain HTTP.
    pub http: Http,
    /// Images.
    pub images: Images,
    /// What was done.
    pub history: History,
    /// What was measured.
    pub metrics: Metrics,
    /// How much there may be.
    pub quotas: Quotas,
    /// How much of the host may be promised.
    pub capacity: Capacity,
    /// What is done when instances end without being told to.
    pub recovery: Recovery,
    /// Whom alarms may be told to.
    pub alarms: Alarms,
    /// By which server e-mail is sent.
    pub smtp: Option<Smtp>,
    /// How long to wait.
    pub limits: Limits,
}

/// Who shares what.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessWord {
    /// Everybody shares everything.
    Shared,
    /// Everybody sees their own.
    Private,
}

/// What runs virtual machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum HypervisorWord {
    /// Real machines.
    Libvirt,
    /// None: a host in memory.
    Simulated,
}

/// How much of the host may be promised.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Capacity {
    /// Memory that no instance may have, in MiB.
    pub memory_reserve_mb: u64,
    /// Free disk space that no create may touch, in MiB.
    pub disk_headroom_mb: u64,
}

/// How long to wait.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// How long a guest has to shut down before its power is cut, in seconds.
    pub shutdown_seconds: u64,
    /// How many instances are worked on at once.
    pub parallel: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            state_dir: "/var/lib/sloop".into(),
            socket: "/run/sloop/sloop.sock".into(),
            group: "sloop".into(),
            admin_group: None,
            access: AccessWord::Shared,
            hypervisor: HypervisorWord::Libvirt,
            cpu: CpuWord::Unlimited,
            region: "us-east-1".into(),
            zone: "us-east-1a".into(),
            account: "000000000000".into(),
            libvirt: Libvirt::default(),
            network: Network::default(),
            http: Http::default(),
            images: Images::default(),
            history: History::default(),
            metrics: Metrics::default(),
            quotas: Quotas::default(),
            capacity: Capacity::default(),
            recovery: Recovery::default(),
            alarms: Alarms::default(),
            smtp: None,
            limits: Limits::default(),
        }
    }
}

impl Default for Capacity {
    fn default() -> Self {
        Self { memory_reserve_mb: 512, disk_headroom_mb: 2048 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { shutdown_seconds: 90, parallel: 4 }
    }
}

impl Config {
    /// Reads the file. One that is not there is as good as an empty one, unless it was asked for by name.
    pub fn read(path: &Path, by_name: bool) -> Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).map_err(|error| error.while_doing(&path.display().to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !by_name => Ok(Self::default()),
            Err(error) => Err(broken(format!("cannot read {}: {error}", path.display()))),
        }
    }

    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Self> {
        let config: Self = toml::from_str(text).map_err(|error| broken(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    /// What no single value shows.
    pub fn check(&self) -> Result<()> {
        let (private, public) = self.pools()?;
        if private.is_lan() {
            return Err(broken(format!(
                "network.private {private} must be a network of its own, such as 172.26.0.0/16"
            )));
        }
        if private.overlaps(&public) {
            return Err(broken(format!("network.private {private} and network.public {public} overlap")));
        }
        self.ipv6(HostId(uuid::Uuid::nil()))?;
        if self.network.metadata_port == self.network.dns_port {
            return Err(broken("network.metadata_port and network.dns_port must differ".into()));
        }
        if !Place::is_region(&self.region) {
            return Err(broken(format!("region: Lightsail has no region {:?}", self.region)));
        }
        if !self.zone.starts_with(&self.region) {
            return Err(broken(format!(
                "zone: {:?} must begin with the region, {:?}",
                self.zone, self.region
            )));
        }
        if self.account.len() != 12 || !self.account.bytes().all(|b| b.is_ascii_digit()) {
            return Err(broken(format!("account: {:?} must have twelve digits", self.account)));
        }
        self.http.check()?;
        self.images.check()?;
        self.history.check()?;
        self.metrics.check()?;
        self.recovery.check()?;
        self.alarms.check()?;
        self.smtp.as_ref().map_or(Ok(()), Smtp::check)?;
        if self.limits.parallel == 0 {
            return Err(broken("limits.parallel must be at least 1".into()));
        }
        Ok(())
    }

    /// The private and the public range.
    pub fn pools(&self) -> Result<(Pool, Pool)> {
        let pool =
            |key: &str, text: &str| text.parse::<Pool>().map_err(|why| broken(format!("{key}: {why}")));
        Ok((pool("network.private", &self.network.private)?, pool("network.public", &self.network.public)?))
    }

    /// Where instances' IPv6 addresses are from; none where there is to be no IPv6.
    pub fn ipv6(&self, host: HostId) -> Result<Option<Ipv6Range>> {
        match self.network.ipv6.as_str() {
            "off" => Ok(None),
            "auto" => Ok(Some(Ipv6Range::local(host))),
            text => text.parse().map(Some).map_err(|why| broken(format!("network.ipv6: {why}"))),
        }
    }

    /// Region and zone.
    pub fn place(&self) -> Place {
        Place { region: self.region.clone(), zone: self.zone.clone(), account: self.account.clone() }
    }

    /// Who shares what.
    pub fn access(&self) -> Access {
        match self.access {
            AccessWord::Shared => Access::Shared,
            AccessWord::Private => Access::Private,
        }
    }

    /// Where base images are.
    pub fn images_dir(&self) -> PathBuf {
        self.images.dir.clone().unwrap_or_else(|| self.state_dir.join("images"))
    }

    /// How long a guest has to shut down.
    pub fn shutdown(&self) -> Duration {
        Duration::from_secs(self.limits.shutdown_seconds)
    }
}

fn broken(message: String) -> Error {
    Error::new(Kind::InvalidInput, "Configuration", message)
        .tip("mend the configuration file; nothing was started")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_sound() {
        Config::parse("").expect("an empty file will do");
    }

    #[test]
    fn plans_bind_nobody_unless_it_is_said() {
        assert_eq!(Config::parse("").expect("sound").cpu, CpuWord::Unlimited);
        assert_eq!(Config::parse("cpu = 'unlimited'").expect("sound").cpu, CpuWord::Unlimited);
        assert_eq!(Config::parse("cpu = 'burst'").expect("sound").cpu, CpuWord::Burst);
    }

    #[test]
    fn broken_files_are_refused_with_their_place() {
        for (text, word) in [
            ("colour = 1", "colour"),
            ("[network]\nprivat = ''", "privat"),
            ("state_dir = ", "state_dir"),
            ("hypervisor = 'xen'", "xen"),
            ("cpu = 'bursts'", "bursts"),
            ("[network]\nprivate = '172.26.0.1/16'", "network.private"),
            ("[network]\npublic = '172.26.8.0/24'", "overlap"),
            ("region = 'mars-1'", "mars-1"),
            ("zone = 'eu-west-1a'", "zone"),
            ("account = '12'", "account"),
            ("[limits]\nparallel = 0", "parallel"),
            ("[quotas]\ninstances = -1", "instances"),
            ("[recovery]\npolicy = 'perhaps'", "perhaps"),
            ("[recovery]\nlimit = 0", "recovery.limit"),
            ("[recovery]\nwindow_minutes = 0", "recovery.window_minutes"),
            ("[recovery]\npause_seconds = [1000000]", "recovery.pause_seconds"),
            ("[images]\nlargest_gb = 0", "largest_gb"),
            ("[history]\nkeep_days = 0", "keep_days"),
            ("[history]\nkeep_days = 40000", "keep_days"),
            ("[history]\nkeep_months = 24", "keep_months"),
            ("[metrics]\nmax_mb = 1", "metrics.max_mb"),
            ("[images]\nstall_seconds = 0", "stall_seconds"),
            ("[images]\npackage_proxy = 'a b'", "package_proxy"),
        ] {
            let error = Config::parse(text).expect_err(text);
            assert!(error.message.contains(word), "{text:?} gave {error}");
        }
    }
}
