//! Virtual machines by libvirt. `virt` is known in this room only.
//!
//! `xml` renders, `storage` changes disks of running domains, `merge` makes layers beneath them one, `connection` keeps the line to the libvirt daemon, `hypervisor` is the port, `usage` reads what domains have used, `accelerator` and `probe`
//! find out what guests can run on, `console` carries serial consoles, `cpu` holds processors to a share of their time.
//! `ending` says how a domain ended, `agent` whether its guest's agent answers.

mod accelerator;
mod agent;
mod connection;
mod console;
mod cpu;
mod ending;
mod errors;
mod hypervisor;
mod merge;
mod probe;
mod ring;
mod storage;
mod usage;
mod xml;

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::sync::{OnceCell, Semaphore, broadcast};

use self::connection::Connection;
pub use self::{accelerator::Wish, xml::NAMESPACE};
use crate::{
    model::{Accelerator, HostId, Layout, Result},
    ports::DomainEvent,
};

/// What the adapter must be told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Connection URI.
    pub uri: String,
    /// Which accelerator to use.
    pub wish: Wish,
    /// How long the probe guest may take.
    pub probe_limit: Duration,
    /// Whose domains these are.
    pub host_id: HostId,
    /// Where instances' files are.
    pub layout: Layout,
    /// Where the outcome of the probe is kept until the next boot of the host.
    pub probe_record: PathBuf,
}

/// The adapter.
pub struct Libvirt {
    settings: Settings,
    connection: Connection,
    accelerator: OnceCell<(Accelerator, String)>,
    lines: usage::Lines,
    /// Who may ask a guest's agent: it may keep a call waiting, and calls are few.
    asking: Semaphore,
}

impl Libvirt {
    /// Connects, or begins to try: a libvirt daemon that is away does not keep this one from starting.
    pub async fn connect(settings: Settings) -> Result<Arc<Self>> {
        let connection = Connection::start(settings.uri.clone()).await?;
        let adapter = Arc::new(Self {
            settings,
            connection,
            accelerator: OnceCell::new(),
            lines: usage::Lines::default(),
            asking: Semaphore::new(agent::AT_ONCE),
        });
        if let Err(error) = adapter.accelerator().await {
            tracing::error!(%error, "the accelerator is not known yet");
        }
        Ok(adapter)
    }

    fn domain_events(&self) -> broadcast::Receiver<DomainEvent> {
        self.connection.events()
    }
}
