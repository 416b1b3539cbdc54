//! The port.

use async_trait::async_trait;
use tokio::sync::broadcast;
use virt::{
    connect::Connect,
    domain::{Domain, DomainPausedReason, DomainState as VirtState, DomainStateReason},
    enumutil::Enum::Known,
    error::Error as VirtError,
};
use virt_sys as sys;

use super::{Libvirt, console, errors, ring, xml};
use crate::{
    model::{
        Beneath, CpuShare, DomainState, Drive, Ending, Error, Finding, HypervisorFacts, Instance, InstanceId,
        Kind, LayerId, Result, Slot, Usage, Way,
    },
    ports::{ConsoleStream, DomainEvent, Hypervisor},
};

#[async_trait]
impl Hypervisor for Libvirt {
    async fn ensure_defined(&self, instance: &Instance) -> Result<()> {
        let (accelerator, _) = self.accelerator().await?;
        let text = xml::domain(instance, &self.settings.layout, self.settings.host_id, accelerator);
        self.connection.call(move |libvirt| libvirt.define_domain_xml(&text).map(drop)).await
    }

    async fn ensure_undefined(&self, id: InstanceId) -> Result<()> {
        // libvirt would forget a running domain's definition and leave it running, which nobody then finds again.
        if self.state(id).await?.is_alive() {
            return Err(Error::new(Kind::WrongState, "DomainRunning", format!("{} is running", id.domain())));
        }
        let flags = sys::VIR_DOMAIN_UNDEFINE_NVRAM | sys::VIR_DOMAIN_UNDEFINE_MANAGED_SAVE;
        self.with_own(id, move |domain| domain.undefine_flags(flags)).await.map(drop)
    }

    async fn ensure_running(&self, id: InstanceId) -> Result<()> {
        let start = |domain: &Domain| {
            let started = match alive(domain)? {
                DomainState::Running => Ok(()),
                DomainState::Paused => domain.resume().map(drop),
                DomainState::Off | DomainState::Absent => domain.create(),
            };
            match started {
                // A start that a killed daemon asked for may end while this one waits: paused is also how a domain starts.
                Err(error) if errors::is_idle(&error) && alive(domain)?.is_alive() => Ok(()),
                other => other,
            }
        };
        match self.with_own(id, start).await? {
            Some(()) => Ok(()),
            None => Err(Error::not_found("domain", id.domain())),
        }
    }

    async fn request_shutdown(&self, id: InstanceId) -> Result<()> {
        let ask = |domain: &Domain| tolerate(domain.shutdown_flags(sys::VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN));
        self.with_own(id, ask).await.map(drop)
    }

    async fn ensure_off(&self, id: InstanceId) -> Result<()> {
        self.with_own(id, |domain| tolerate(domain.destroy())).await.map(drop)
    }

    async fn pivot(&self, id: InstanceId, tops: &[(Slot, LayerId)]) -> Result<bool> {
        self.pivot_to(id, tops).await
    }

    async fn tops(&self, id: InstanceId) -> Result<Vec<(Slot, LayerId)>> {
        self.tops_of(id).await
    }

    async fn plug(&self, id: InstanceId, drive: &Drive) -> Result<()> {
        self.plug_in(id, drive).await
    }

    async fn unplug(&self, id: InstanceId, slot: Slot) -> Result<()> {
        self.pull_out(id, slot).await
    }

    async fn grow(&self, id: InstanceId, slot: Slot, bytes: u64) -> Result<()> {
        self.tell_size(id, slot, bytes).await
    }

    async fn merge(&self, id: InstanceId, slot: Slot, way: &Way) -> Result<()> {
        self.begin_merging(id, slot, way).await
    }

    async fn is_merging(&self, id: InstanceId, slot: Slot) -> Result<bool> {
        self.has_block_job(id, slot).await
    }

    async fn stop_merging(&self, id: InstanceId, slot: Slot) -> Result<()> {
        self.abort_block_job(id, slot).await
    }

    async fn open_files(&self, id: InstanceId, slot: Slot) -> Result<Vec<Beneath>> {
        self.chain(id, slot).await
    }

    async fn state(&self, id: InstanceId) -> Result<DomainState> {
        Ok(self.with_own(id, alive).await?.unwrap_or(DomainState::Absent))
    }

    async fn ending(&self, id: InstanceId) -> Result<Ending> {
        self.ending_of(id).await
    }

    async fn list(&self) -> Result<Vec<(InstanceId, DomainState)>> {
        let host = self.settings.host_id.to_string();
        self.connection
            .call(move |libvirt| {
                let mut found = Vec::new();
                for domain in libvirt.list_all_domains(0)? {
                    // A domain may vanish between the list and the look.
                    if let (Some(id), Ok(state)) = (owned(&domain, &host), alive(&domain)) {
                        found.push((id, state));
                    }
                }
                Ok(found)
            })
            .await
    }

    async fn halted(&self) -> Result<Vec<InstanceId>> {
        let host = self.settings.host_id.to_string();
        self.connection
            .call(move |libvirt| {
                let paused = libvirt.list_all_domains(sys::VIR_CONNECT_LIST_DOMAINS_PAUSED)?;
                Ok(paused
                    .iter()
                    .filter(|domain| is_halted(domain))
                    .filter_map(|domain| owned(domain, &host))
                    .collect())
            })
            .await
    }

    async fn resume_halted(&self, id: InstanceId) -> Result<()> {
        let resume = |domain: &Domain| if is_halted(domain) { domain.resume().map(drop) } else { Ok(()) };
        self.with_own(id, resume).await.map(drop)
    }

    async fn usage(&self) -> Result<Vec<(InstanceId, Usage)>> {
        self.usage_of_all().await
    }

    async fn limit_cpu(&self, id: InstanceId, share: Option<CpuShare>) -> Result<()> {
        self.hold_to(id, share).await
    }

    async fn agent_answers(&self, id: InstanceId) -> Result<bool> {
        self.ping_agent(id).await
    }

    async fn accelerator_fault(&self) -> Option<String> {
        self.accelerator_gone().await
    }

    fn events(&self) -> broadcast::Receiver<DomainEvent> {
        self.domain_events()
    }

    async fn console(&self, id: InstanceId) -> Result<ConsoleStream> {
        if self.state(id).await? != DomainState::Running {
            return Err(Error::new(Kind::WrongState, "InvalidInstanceState", "The instance is not running"));
        }
        console::attach(self.connection.uri().to_owned(), id).await
    }

    async fn console_log(&self, id: InstanceId, tail: usize) -> Result<Vec<u8>> {
        let file = self.settings.layout.instance(id).console;
        tokio::task::spawn_blocking(move || ring::tail(&file, tail))
            .await
            .map_err(|error| Error::internal(error.to_string()))?
            .map_err(|error| Error::internal(format!("cannot read what the console kept: {error}")))
    }

    async fn facts(&self) -> Result<HypervisorFacts> {
        let (library, emulator) =
            self.connection.call(|libvirt| Ok((libvirt.lib_version()?, libvirt.hyp_version()?))).await?;
        let (accelerator, reason) = self.accelerator().await?;
        let version = format!("libvirt {}, QEMU {}", dotted(library), dotted(emulator));
        Ok(HypervisorFacts { name: "libvirt".into(), version, accelerator, reason })
    }

    async fn examine(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.push(match self.facts().await {
            Ok(facts) => Finding::ok("libvirt", format!("{} at {}", facts.version, self.connection.uri())),
            Err(error) => Finding::failed("libvirt", error.message, error.tip.unwrap_or_default()),
        });
        findings.push(self.examine_accelerator().await);
        findings
    }
}

impl Libvirt {
    /// Runs `work` on the instance's domain if there is one. One without this daemon's tag is never touched, whatever its
    /// name or UUID.
    pub(super) async fn with_own<T: Send + 'static>(
        &self,
        id: InstanceId,
        work: impl FnOnce(&Domain) -> Result<T, VirtError> + Send + 'static,
    ) -> Result<Option<T>> {
        let host = self.settings.host_id.to_string();
        let done = self.connection.call(move |libvirt| match find(libvirt, id)? {
            None => Ok(Ok(None)),
            Some(domain) if owned(&domain, &host) == Some(id) => work(&domain).map(|value| Ok(Some(value))),
            Some(_) => Ok(Err(id)),
        });
        done.await?.map_err(|id| {
            Error::internal(format!("the domain {id} is not this daemon's: its tag is missing or another's"))
                .tip("it was left alone; look at it with virsh")
        })
    }
}

fn find(libvirt: &Connect, id: InstanceId) -> Result<Option<Domain>, VirtError> {
    match libvirt.lookup_domain_by_uuid_string(&id.to_string()) {
        Ok(domain) => Ok(Some(domain)),
        Err(error) if errors::is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The instance that the domain's tag names, if the tag is of this host.
pub(super) fn owned(domain: &Domain, host: &str) -> Option<InstanceId> {
    let element = sys::VIR_DOMAIN_METADATA_ELEMENT.cast_signed();
    let tag = domain.metadata(element, Some(xml::NAMESPACE), 0).ok()?;
    let mut reader = quick_xml::Reader::from_str(&tag);
    let quick_xml::events::Event::Empty(tag) = reader.read_event().ok()? else { return None };
    let value = |name: &str| Some(tag.try_get_attribute(name).ok()??.unescape_value().ok()?.into_owned());
    if value("host")? == host { value("id")?.parse().ok() } else { None }
}

/// Whether it stands still because there was no room for what it wrote.
fn is_halted(domain: &Domain) -> bool {
    let reason = domain.state().map(|(_, reason)| reason);
    reason == Ok(Known(DomainStateReason::Paused(Known(DomainPausedReason::IOError))))
}

fn alive(domain: &Domain) -> Result<DomainState, VirtError> {
    Ok(match domain.state()?.0 {
        Known(VirtState::Running | VirtState::Blocked | VirtState::Shutdown) => DomainState::Running,
        Known(VirtState::Paused | VirtState::PMSuspended) => DomainState::Paused,
        _ => DomainState::Off,
    })
}

/// A domain that is off already needs no turning off.
fn tolerate<T>(result: Result<T, VirtError>) -> Result<(), VirtError> {
    match result {
        Err(error) if !errors::is_idle(&error) => Err(error),
        _ => Ok(()),
    }
}

/// libvirt's version numbers: major × 1,000,000 + minor × 1,000 + release.
fn dotted(version: u32) -> String {
    format!("{}.{}.{}", version / 1_000_000, version / 1_000 % 1_000, version % 1_000)
}
