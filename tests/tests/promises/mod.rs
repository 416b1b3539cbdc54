//! What every implementation of the ports promises.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use sloopd::{
    model::{
        BaseImage, Beneath, DomainState, Drive, Ending, Firmware, FirstBoot, Identity, Instance, InstanceId,
        Kind, Layer, MetadataOptions, Owner, PortRange, PortRule, ResourceName, Status, Tags, UserData,
    },
    ports::{DomainEvent, Ports},
};
use tokio::sync::broadcast::Receiver;

/// Checks all of them, in the order in which an instance is made and removed.
pub(crate) async fn all(ports: &Ports, base: BaseImage) -> Result<()> {
    let instance = instance(ports, base)?;
    nothing_is_there(ports, &instance).await?;
    files(ports, &instance).await?;
    wires(ports, &instance).await?;
    rules(ports, &instance).await?;
    domains(ports, &instance).await?;
    // Removing twice is no failure, and nothing is left.
    for _ in 0..2 {
        ports.firewall.remove(&instance).await?;
        ports.network.remove_link(instance.id).await?;
        ports.volumes.remove_seed(instance.id).await?;
        ports.volumes.remove_layer(instance.system()?.stack.top().id).await?;
        ports.volumes.remove_all(instance.id).await?;
    }
    nothing_is_there(ports, &instance).await
}

async fn nothing_is_there(ports: &Ports, instance: &Instance) -> Result<()> {
    let id = instance.id;
    ports.network.ensure_host().await?;
    ports.firewall.ensure_all(&[]).await?;
    ensure!(ports.hypervisor.state(id).await? == DomainState::Absent);
    ensure!(ports.hypervisor.list().await?.is_empty());
    ensure!(ports.network.list().await?.is_empty());
    ensure!(ports.firewall.list().await?.is_empty());
    ensure!(ports.volumes.list().await?.is_empty() && ports.volumes.layers().await?.is_empty());
    ports.hypervisor.ensure_off(id).await?;
    ports.hypervisor.ensure_undefined(id).await?;
    let missing = ports.hypervisor.ensure_running(id).await.err().context("there is nothing to start")?;
    ensure!(missing.kind == Kind::NotFound, "{missing:?}");
    ensure!(ports.hypervisor.console_log(id, 100).await?.is_empty());
    Ok(())
}

async fn files(ports: &Ports, instance: &Instance) -> Result<()> {
    ensure!(ports.volumes.free_bytes().await? > 0);
    for _ in 0..2 {
        let stack = &instance.system()?.stack;
        ports.volumes.make_layer(stack.top(), &stack.beneath_top()).await?;
        ports.volumes.ensure_seed(instance).await?;
    }
    ensure!(ports.volumes.list().await? == [instance.id]);
    ensure!(ports.volumes.layers().await? == [instance.system()?.stack.top().id]);
    Ok(())
}

async fn wires(ports: &Ports, instance: &Instance) -> Result<()> {
    for _ in 0..2 {
        ports.network.ensure_host().await?;
        ports.network.ensure_link(instance).await?;
    }
    ensure!(ports.network.list().await? == [instance.id]);
    ensure!(!ports.network.arp_answers(instance).await?, "nobody is on the wire");
    Ok(())
}

async fn rules(ports: &Ports, instance: &Instance) -> Result<()> {
    for _ in 0..2 {
        ports.firewall.ensure(instance).await?;
    }
    ensure!(ports.firewall.list().await? == [instance.id]);
    ports.firewall.ensure_all(&[]).await?;
    ensure!(ports.firewall.list().await?.is_empty());
    ports.firewall.ensure_all(std::slice::from_ref(instance)).await?;
    ensure!(ports.firewall.list().await? == [instance.id]);
    // Addresses and ports change, there and back; who has no rules gets none by it.
    let mut changed = instance.clone();
    changed.public_ip = Some([172, 27, 0, 99].into());
    changed.ports.clear();
    let stranger = Instance { id: InstanceId::fresh(), ..changed.clone() };
    for one in [&changed, instance, instance, &stranger] {
        ports.firewall.refresh(std::slice::from_ref(one)).await?;
        ensure!(ports.firewall.list().await? == [instance.id]);
    }
    Ok(())
}

async fn domains(ports: &Ports, instance: &Instance) -> Result<()> {
    let (hypervisor, id) = (&ports.hypervisor, instance.id);
    let mut events = hypervisor.events();
    for _ in 0..2 {
        hypervisor.ensure_defined(instance).await?;
    }
    ensure!(hypervisor.state(id).await? == DomainState::Off);
    ensure!(hypervisor.ending(id).await? == Ending::Unknown && !hypervisor.agent_answers(id).await?);
    let attached = hypervisor.console(id).await.err().context("a console of what is off")?;
    ensure!(attached.kind == Kind::WrongState, "{attached:?}");
    for _ in 0..2 {
        hypervisor.ensure_running(id).await?;
    }
    heard(&mut events, DomainEvent::Started(id)).await?;
    ensure!(hypervisor.list().await? == [(id, DomainState::Running)]);
    drop(hypervisor.console(id).await?);
    used(ports, id).await?;
    let running = hypervisor.ensure_undefined(id).await.err().context("it is running")?;
    ensure!(running.kind == Kind::WrongState, "{running:?}");
    // Defining what runs changes nothing about its running.
    hypervisor.ensure_defined(instance).await?;
    ensure!(hypervisor.state(id).await? == DomainState::Running);
    for _ in 0..2 {
        hypervisor.ensure_off(id).await?;
    }
    heard(&mut events, DomainEvent::Stopped(id)).await?;
    ensure!(hypervisor.state(id).await? == DomainState::Off);
    ensure!(hypervisor.usage().await?.is_empty(), "what is off uses nothing");
    ensure!(hypervisor.ending(id).await? == Ending::Destroyed);
    for _ in 0..2 {
        hypervisor.ensure_undefined(id).await?;
    }
    ensure!(hypervisor.state(id).await? == DomainState::Absent);
    Ok(())
}

/// What it has used is said while it runs, by counters of its own that grow.
async fn used(ports: &Ports, id: InstanceId) -> Result<()> {
    let read = async || {
        let all = ports.hypervisor.usage().await?;
        let found = all.into_iter().find(|(one, _)| *one == id).context("what runs has used something")?.1;
        anyhow::Ok((found, found.cpu.context("its processor ran")?))
    };
    let (first, cpu) = read().await?;
    ensure!(first.resident.is_some_and(|bytes| bytes > 1 << 20), "{first:?}");
    let disks = first.disks.context("its disks did something")?;
    let later = async {
        loop {
            let (now, more) = read().await?;
            ensure!(now.boot == first.boot && more >= cpu, "{first:?} and then {now:?}");
            ensure!(now.disks.is_none_or(|now| now.read_bytes >= disks.read_bytes), "{first:?} {now:?}");
            if more > cpu {
                return Ok(());
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), later).await.context("it used nothing more")??;
    ensure!(ports.network.traffic().await?.iter().any(|(one, _)| *one == id));
    Ok(())
}

async fn heard(events: &mut Receiver<DomainEvent>, wanted: DomainEvent) -> Result<()> {
    let wait = async {
        while events.recv().await? != wanted {}
        Ok(())
    };
    tokio::time::timeout(Duration::from_secs(20), wait)
        .await
        .with_context(|| format!("{wanted:?} was not heard"))?
}

fn instance(ports: &Ports, base: BaseImage) -> Result<Instance> {
    let (host, access) = (ports.keys.generate("web")?, ports.keys.generate("sloop")?);
    let (id, gib) = (InstanceId::fresh(), 1 << 30);
    Ok(Instance {
        id,
        name: ResourceName::parse("instanceName", "web")?,
        owner: Owner("ann".into()),
        owner_number: 1,
        created_at: jiff::Timestamp::UNIX_EPOCH,
        status: Status::Pending,
        blueprint_id: "tiny".into(),
        blueprint_name: "Tiny".into(),
        bundle_id: "tiny_1_0".into(),
        cpu_count: 1,
        ram_mb: 128,
        disk_gb: 2,
        transfer_gb: 1,
        bandwidth_kbps: None,
        published: Vec::new(),
        username: "admin".into(),
        key_pair: None,
        firmware: Firmware::Bios,
        drives: vec![Drive::system(id.system_disk(), Layer::on(Beneath::Base(base.path), 2 * gib))],
        private_ip: [172, 26, 0, 10].into(),
        public_ip: Some([172, 27, 0, 10].into()),
        has_static_ip: false,
        ipv6: None,
        ports: vec![PortRule::everybody(PortRange::tcp(22))],
        metadata: MetadataOptions::default(),
        identity: Identity {
            host_key_private: host.private,
            host_key_public: host.public.line,
            access_key_private: access.private,
            authorized_keys: vec![access.public.line],
        },
        vendor_config: String::new(),
        user_data: UserData::default(),
        first_boot: FirstBoot::Pending,
        tags: Tags::default(),
    })
}
