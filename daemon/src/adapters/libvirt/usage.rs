//! What running domains have used.
//!
//! Processor time comes from the kernel by way of libvirt, and is there whatever a QEMU does. What disks did only QEMU knows; one that does not
//! answer keeps a line to libvirt waiting for ever, so that such calls have lines of their own, and nobody waits long for them.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{StreamExt as _, stream};
use virt_sys as sys;

use super::{Libvirt, connection::Connection, hypervisor::owned};
use crate::{
    adapters::ffi,
    model::{DiskUsage, InstanceId, Result, Usage},
};

/// How long a QEMU may take to say what its disks did.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many are asked at once.
const AT_ONCE: usize = 4;
/// Lines to libvirt for this. libvirt works on five calls of each, and on twenty of all its clients: three lines leave some to others when
/// all wait for a QEMU that hangs.
const LINES: usize = 3;

/// Lines for calls that may never end.
#[derive(Default)]
pub(super) struct Lines {
    open: tokio::sync::Mutex<Vec<Arc<Connection>>>,
    /// Domains that have been asked and have not answered.
    asked: Arc<Mutex<HashSet<InstanceId>>>,
    /// Which starts of domains bear this daemon's tag: their number by libvirt tells one start from another.
    known: Mutex<HashMap<InstanceId, u32>>,
}

struct Asked {
    id: InstanceId,
    all: Arc<Mutex<HashSet<InstanceId>>>,
}

impl Drop for Asked {
    fn drop(&mut self) {
        lock(&self.all).remove(&self.id);
    }
}

impl Libvirt {
    pub(super) async fn usage_of_all(&self) -> Result<Vec<(InstanceId, Usage)>> {
        let running = self.processor_times().await?;
        let asked = stream::iter(running).map(async |(id, usage)| {
            let (resident, disks) = self.disks_and_memory(id).await.unwrap_or_default();
            (id, Usage { resident, disks, ..usage })
        });
        Ok(asked.buffer_unordered(AT_ONCE).collect().await)
    }

    /// Every running domain of ours with the number of its start and the time of its processors.
    async fn processor_times(&self) -> Result<Vec<(InstanceId, Usage)>> {
        let host = self.settings.host_id.to_string();
        let known = lock(&self.lines.known).clone();
        let read = self.connection.call(move |libvirt| {
            let mut found = Vec::new();
            for domain in libvirt.list_all_domains(sys::VIR_CONNECT_LIST_DOMAINS_ACTIVE)? {
                // One may end between the list and the look.
                let (Ok(uuid), Some(boot)) = (domain.uuid_string(), domain.id()) else { continue };
                let Ok(id) = uuid.parse::<InstanceId>() else { continue };
                if known.get(&id) == Some(&boot) || owned(&domain, &host) == Some(id) {
                    let cpu = ffi::statistics::vcpu_time(&domain).ok();
                    found.push((id, boot, cpu));
                }
            }
            Ok(found)
        });
        let found = read.await?;
        *lock(&self.lines.known) = found.iter().map(|(id, boot, _)| (*id, *boot)).collect();
        let usage = |boot: u32, cpu| Usage { boot: boot.into(), cpu, ..Usage::default() };
        Ok(found.into_iter().map(|(id, boot, cpu)| (id, usage(boot, cpu))).collect())
    }

    /// Asks a domain's QEMU, unless it has been asked before and has not answered yet.
    async fn disks_and_memory(&self, id: InstanceId) -> Option<(Option<u64>, Option<DiskUsage>)> {
        if !lock(&self.lines.asked).insert(id) {
            return None;
        }
        let asked = Asked { id, all: self.lines.asked.clone() };
        let line = self.lines.free(self.connection.uri()).await?;
        let read = line.call(move |libvirt| {
            // Until the call ends, however long nobody has waited for it any more.
            let _asked = asked;
            let domain = libvirt.lookup_domain_by_uuid_string(&id.to_string())?;
            ffi::statistics::disks_and_memory(&domain)
        });
        match tokio::time::timeout(PATIENCE, read).await {
            Ok(Ok(numbers)) => Some(read_numbers(&numbers)),
            Ok(Err(error)) => {
                tracing::debug!(instance = %id, %error, "what its disks did cannot be read");
                None
            }
            Err(_) => {
                tracing::warn!(instance = %id, "QEMU does not say what its disks did; it is asked again when it has answered");
                None
            }
        }
    }
}

impl Lines {
    /// A line that is not waiting with all that it may; none when every line is.
    async fn free(&self, uri: &str) -> Option<Arc<Connection>> {
        let mut open = self.open.lock().await;
        if let Some(line) = open.iter().find(|line| line.has_place()) {
            return Some(line.clone());
        }
        if open.len() == LINES {
            return None;
        }
        let line = Arc::new(Connection::start(uri.to_owned()).await.ok()?);
        open.push(line.clone());
        Some(line)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Memory in bytes, and what all disks did together, from libvirt's numbers.
fn read_numbers(numbers: &[(String, u64)]) -> (Option<u64>, Option<DiskUsage>) {
    let named = |wanted: &str| numbers.iter().find(|(name, _)| name == wanted).map(|(_, value)| *value);
    let is_there = numbers.iter().any(|(name, _)| name.ends_with(".rd.reqs"));
    let total = |ending: &str| -> u64 {
        let disks = numbers.iter().filter(|(name, _)| name.starts_with("block.") && name.ends_with(ending));
        disks.map(|(_, value)| *value).sum()
    };
    let disks = is_there.then(|| DiskUsage {
        read_ops: total(".rd.reqs"),
        write_ops: total(".wr.reqs"),
        read_bytes: total(".rd.bytes"),
        write_bytes: total(".wr.bytes"),
        read_time: Duration::from_nanos(total(".rd.times")),
        write_time: Duration::from_nanos(total(".wr.times")),
    });
    (named("balloon.rss").map(|kib| kib << 10), disks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_disks_are_added_up() {
        let numbers = [
            ("balloon.rss", 2048),
            ("block.0.rd.reqs", 3),
            ("block.0.rd.bytes", 4096),
            ("block.0.rd.times", 1_000_000),
            ("block.0.wr.reqs", 1),
            ("block.1.rd.reqs", 2),
            ("block.1.wr.bytes", 512),
            ("block.1.physical", 99),
        ];
        let numbers: Vec<_> = numbers.map(|(name, value)| (name.to_owned(), value)).into();
        let (resident, disks) = read_numbers(&numbers);
        assert_eq!(resident, Some(2 << 20));
        let expected = DiskUsage {
            read_ops: 5,
            write_ops: 1,
            read_bytes: 4096,
            write_bytes: 512,
            read_time: Duration::from_millis(1),
            write_time: Duration::ZERO,
        };
        assert_eq!(disks, Some(expected));
    }

    #[test]
    fn what_is_not_said_is_not_there() {
        assert_eq!(read_numbers(&[]), (None, None));
    }
}
