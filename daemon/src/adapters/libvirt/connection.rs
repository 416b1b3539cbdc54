//! The line to the libvirt daemon.
//!
//! Calls block and leave their errors with the thread, so each whole call is one closure on a blocking thread. libvirtd
//! serves five requests of a client at a time; more would only wait there, unseen.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, Once, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::{Semaphore, broadcast};
use virt::{connect::Connect, error::Error as VirtError};
use virt_sys as sys;

use super::{
    ending::{Hint, Hints},
    errors::from_virt,
};
use crate::{
    adapters::ffi,
    model::{Error, InstanceId, Result},
    ports::DomainEvent,
};

const AT_ONCE: usize = 5;
/// Longer than any call that works; starting a guest takes half a second.
const CALL_LIMIT: Duration = Duration::from_mins(1);
/// Between two tries to reach a libvirt daemon that is away.
const RETRY: Duration = Duration::from_millis(500);

pub(super) struct Connection {
    line: Arc<Line>,
}

struct Line {
    uri: String,
    open: Mutex<Option<Connect>>,
    /// Held by the one who opens a connection. Not the lock of `open`: libvirt may tell of a line's end in the very thread
    /// that is opening it.
    opening: Mutex<()>,
    permits: Arc<Semaphore>,
    events: broadcast::Sender<DomainEvent>,
    /// Every stop with libvirt's reason for it, which the port's events do not tell.
    stops: broadcast::Sender<(InstanceId, u32)>,
    hints: Arc<Hints>,
    runtime: tokio::runtime::Handle,
}

impl Connection {
    pub(super) async fn start(uri: String) -> Result<Self> {
        start_event_loop()?;
        let line = Arc::new(Line {
            uri,
            open: Mutex::default(),
            opening: Mutex::default(),
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            events: broadcast::channel(256).0,
            stops: broadcast::channel(16).0,
            hints: Arc::default(),
            runtime: tokio::runtime::Handle::current(),
        });
        let connection = Self { line: line.clone() };
        if let Err(error) = connection.call(|_| Ok(())).await {
            tracing::error!(uri = line.uri, %error, "libvirt does not answer; trying until it does");
            line.reconnect();
        }
        Ok(connection)
    }

    pub(super) fn events(&self) -> broadcast::Receiver<DomainEvent> {
        self.line.events.subscribe()
    }

    /// Stops from now on, each with the number of its detail (`virDomainEventStoppedDetailType`).
    pub(super) fn stops(&self) -> broadcast::Receiver<(InstanceId, u32)> {
        self.line.stops.subscribe()
    }

    /// Whether another call would be begun at once.
    pub(super) fn has_place(&self) -> bool {
        self.line.permits.available_permits() > 0
    }

    /// What was told of a domain's end before it came.
    pub(super) fn hint(&self, id: InstanceId) -> Option<Hint> {
        self.line.hints.of(id)
    }

    pub(super) fn uri(&self) -> &str {
        &self.line.uri
    }

    /// Runs `work` with an open connection.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connect) -> Result<T, VirtError> + Send + 'static,
    ) -> Result<T> {
        let line = self.line.clone();
        let call = async move {
            let permits = line.permits.clone().acquire_owned().await;
            let permit = permits.map_err(|_| Error::internal("the line to libvirt is closed"))?;
            let work = move || {
                // Held until libvirt has answered, also when nobody waits for it any more.
                let _permit = permit;
                work(&line.connection()?)
            };
            let done = tokio::task::spawn_blocking(work).await;
            done.map_err(|error| Error::internal(format!("a call to libvirt broke off: {error}")))?
                .map_err(|error| from_virt(&error))
        };
        tokio::time::timeout(CALL_LIMIT, call).await.unwrap_or_else(|_| {
            Err(Error::unavailable(format!("libvirt did not answer within {} seconds", CALL_LIMIT.as_secs()))
                .tip("look at libvirtd's log"))
        })
    }
}

impl Line {
    /// The open connection, or a new one.
    fn connection(self: &Arc<Self>) -> Result<Connect, VirtError> {
        if let Some(connection) = lock(&self.open).clone() {
            return Ok(connection);
        }
        let _one = lock(&self.opening);
        if let Some(connection) = lock(&self.open).clone() {
            return Ok(connection);
        }
        let connection = Connect::open(Some(&self.uri))?;
        // A daemon that hangs is given up after 25 seconds. Local drivers know no keep-alive, and need none.
        let _ = connection.set_keep_alive(5, 5);
        let (events, stops, hints) = (self.events.clone(), self.stops.clone(), self.hints.clone());
        let publish = move |uuid: &str, event: i32, detail: i32| {
            if let Ok(id) = uuid.parse() {
                hints.hear(id, (event, detail));
                publish(&events, &stops, id, (event, detail));
            }
        };
        ffi::libvirt::watch_lifecycle(&connection, Box::new(publish))?;
        let (line, broken) = (Arc::downgrade(self), Arc::new(AtomicBool::new(false)));
        // Local drivers have no line that could break, and say so.
        let told = broken.clone();
        let _ = ffi::libvirt::watch_close(&connection, Box::new(move || lost(&line, &told)));
        let mut open = lock(&self.open);
        if !broken.load(Ordering::SeqCst) {
            *open = Some(connection.clone());
        }
        Ok(connection)
    }

    /// Tries until the daemon answers again, then has everybody look again at everything.
    fn reconnect(self: &Arc<Self>) {
        let line = self.clone();
        self.runtime.spawn(async move {
            loop {
                tokio::time::sleep(RETRY).await;
                let attempt = line.clone();
                let opened = tokio::task::spawn_blocking(move || attempt.connection().map(drop)).await;
                if matches!(opened, Ok(Ok(()))) {
                    tracing::info!(uri = line.uri, "libvirt answers again");
                    let _ = line.events.send(DomainEvent::Resync);
                    return;
                }
            }
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection broke; `broken` is to say so, should it break before it is kept.
fn lost(line: &Weak<Line>, broken: &AtomicBool) {
    let Some(line) = line.upgrade() else { return };
    tracing::warn!(uri = line.uri, "libvirt went away; guests run on");
    let mut open = lock(&line.open);
    broken.store(true, Ordering::SeqCst);
    let connection = open.take();
    drop(open);
    // Dropped outside the callback: libvirt holds its lock while it calls.
    line.runtime.spawn_blocking(move || drop(connection));
    line.reconnect();
}

/// Passes a lifecycle event on: libvirt's numbers of the event and of its detail.
fn publish(
    events: &broadcast::Sender<DomainEvent>,
    stops: &broadcast::Sender<(InstanceId, u32)>,
    id: InstanceId,
    (event, detail): (i32, i32),
) {
    // Nobody may be listening.
    match event.cast_unsigned() {
        sys::VIR_DOMAIN_EVENT_STARTED => drop(events.send(DomainEvent::Started(id))),
        sys::VIR_DOMAIN_EVENT_SUSPENDED
            if detail.cast_unsigned() == sys::VIR_DOMAIN_EVENT_SUSPENDED_IOERROR =>
        {
            drop(events.send(DomainEvent::Halted(id)));
        }
        // One that crashed, because its guest panicked, is stopped by libvirt a moment later.
        sys::VIR_DOMAIN_EVENT_STOPPED => {
            let detail = detail.cast_unsigned();
            if matches!(detail, sys::VIR_DOMAIN_EVENT_STOPPED_CRASHED | sys::VIR_DOMAIN_EVENT_STOPPED_FAILED)
            {
                tracing::warn!(instance = %id, "QEMU ended by itself, not its guest; libvirt's log of the domain may say why");
            }
            let _ = stops.send((id, detail));
            let _ = events.send(DomainEvent::Stopped(id));
        }
        _ => {}
    }
}

/// libvirt's own event loop, on a thread of its own, before the first connection is opened.
fn start_event_loop() -> Result<()> {
    static STARTED: Once = Once::new();
    let mut result = Ok(());
    STARTED.call_once(|| {
        virt::error::clear_error_callback();
        result = virt::event::event_register_default_impl().map_err(|error| from_virt(&error));
        let looped = std::thread::Builder::new().name("libvirt-events".into()).spawn(|| {
            loop {
                if let Err(error) = virt::event::event_run_default_impl() {
                    tracing::error!(error = error.message(), "libvirt's event loop failed");
                    std::thread::sleep(RETRY);
                }
            }
        });
        if let Err(error) = looped {
            result = Err(Error::internal(format!("cannot start libvirt's event loop: {error}")));
        }
    });
    result
}
