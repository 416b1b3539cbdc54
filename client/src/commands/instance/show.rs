//! `sloop instance show`, `state` and `access`.

use sloop_proto::v1::{
    Disk, GetInstanceAccessDetailsRequest, GetInstanceAccessDetailsResult, GetInstanceHealthResult,
    GetInstanceRequest, GetInstanceStateRequest, GetInstanceTransferResult, Instance, InstanceAccessDetails,
    InstanceAccessProtocol,
};

use super::{health, metadata_options, transfer};
use crate::commands::firewall::Opening;
use crate::commands::snapshot::auto;
use crate::commands::tag;
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::{Output, facts};
use crate::text;

/// Shows one instance.
pub(crate) async fn run(session: &Session, output: &Output, name: &str) -> Outcome {
    let request = GetInstanceRequest { instance_name: name.to_owned(), ..GetInstanceRequest::default() };
    let result = session.instances().get_instance(request).await?.into_inner();
    // Left out where it cannot be had: the rest is worth showing.
    let (moved, checks) = (transfer::ask(session, name).await.ok(), health::ask(session, name).await.ok());
    output.answer("GetInstanceResult", &result, || {
        let describe = |instance| describe(instance, moved.as_ref(), checks.as_ref());
        result.instance.as_ref().map(describe).unwrap_or_default()
    })?;
    Ok(0)
}

/// Prints the state of one instance.
pub(crate) async fn state(session: &Session, output: &Output, name: &str) -> Outcome {
    let request = GetInstanceStateRequest { instance_name: name.to_owned() };
    let result = session.instances().get_instance_state(request).await?.into_inner();
    let word = result.state.as_ref().map(|state| text::safe(state.name()));
    output.answer("GetInstanceStateResult", &result, || word.unwrap_or_default())?;
    Ok(0)
}

/// Shows how to log in to one instance. The private key is in the JSON only.
pub(crate) async fn access(session: &Session, output: &Output, name: &str) -> Outcome {
    let result = access_details(session, name).await?;
    output.answer("GetInstanceAccessDetailsResult", &result, || {
        result.access_details.as_ref().map(describe_access).unwrap_or_default()
    })?;
    Ok(0)
}

/// All that is needed to log in.
pub(crate) async fn access_details(
    session: &Session,
    name: &str,
) -> Result<GetInstanceAccessDetailsResult, Failure> {
    let request = GetInstanceAccessDetailsRequest {
        instance_name: name.to_owned(),
        protocol: Some(InstanceAccessProtocol::Ssh.into()),
    };
    Ok(session.instances().get_instance_access_details(request).await?.into_inner())
}

fn describe(
    instance: &Instance,
    moved: Option<&GetInstanceTransferResult>,
    checks: Option<&GetInstanceHealthResult>,
) -> String {
    let networking = instance.networking.clone().unwrap_or_default();
    let ports: Vec<_> = networking.ports.iter().map(|port| Opening::from(port).to_string()).collect();
    let tags: Vec<_> = instance.tags.iter().map(tag::spell).collect();
    let state = instance.state.clone().unwrap_or_default();
    let location = instance.location.clone().unwrap_or_default();
    let kind = if instance.is_static_ip() { " (static)" } else { "" };
    let public_ip = instance.public_ip_address.as_ref().map(|ip| format!("{ip}{kind}"));
    let head = [
        ("Name", instance.name().to_owned()),
        ("State", state.name().to_owned()),
        ("Checks", checks.map(health::spell).unwrap_or_default()),
        ("Recovery", checks.map(health::policy).unwrap_or_default()),
        ("Blueprint", format!("{} ({})", instance.blueprint_id(), instance.blueprint_name())),
        ("Bundle", plan(instance)),
        ("Disks", attached(instance)),
        ("Zone", location.availability_zone().to_owned()),
        ("Public IP", public_ip.unwrap_or_default()),
        ("Private IP", instance.private_ip_address().to_owned()),
        ("IPv6", instance.ipv6_addresses.join(", ")),
        ("Ports", ports.join(", ")),
        ("Transfer", moved.map(transfer::spell).unwrap_or_default()),
        ("Metadata", instance.metadata_options.as_ref().map(metadata_options::unusual).unwrap_or_default()),
    ];
    let tail = [
        ("User", instance.username().to_owned()),
        ("Key pair", instance.ssh_key_name().to_owned()),
        ("Tags", tags.join(", ")),
        ("Age", text::age(instance.created_at.as_ref())),
        ("ARN", instance.arn().to_owned()),
    ];
    facts(&[&head[..], auto::fact(&instance.add_ons).as_slice(), &tail[..]].concat())
}

fn plan(instance: &Instance) -> String {
    let hardware = instance.hardware.clone().unwrap_or_default();
    let cpus = text::count(hardware.cpu_count(), "CPU");
    let own = hardware.disks.iter().filter(|disk| disk.is_system_disk());
    let disk: i32 = own.map(Disk::size_in_gb).sum();
    format!("{} ({cpus}, {} GB memory, {disk} GB disk)", instance.bundle_id(), hardware.ram_size_in_gb())
}

/// The disks that are attached to it, such as `data (/dev/xvdf, 8 GB)`.
fn attached(instance: &Instance) -> String {
    let hardware = instance.hardware.clone().unwrap_or_default();
    let disks = hardware.disks.iter().filter(|disk| !disk.is_system_disk());
    let spelt = disks.map(|disk| format!("{} ({}, {} GB)", disk.name(), disk.path(), disk.size_in_gb()));
    spelt.collect::<Vec<_>>().join(", ")
}

fn describe_access(access: &InstanceAccessDetails) -> String {
    let keys: Vec<_> = access
        .host_keys
        .iter()
        .map(|key| format!("{} {}", key.algorithm(), key.fingerprint_sha256()))
        .collect();
    facts(&[
        ("Name", access.instance_name().to_owned()),
        ("Address", access.ip_address().to_owned()),
        ("IPv6", access.ipv6_addresses.join(", ")),
        ("User", access.username().to_owned()),
        ("Host keys", keys.join(", ")),
        ("Log in", format!("sloop ssh {}", access.instance_name())),
    ])
}
