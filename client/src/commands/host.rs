//! `sloop host …`

use clap::Subcommand;
use sloop_proto::v1::{Accelerator, GetHostRequest, GetHostResult};

use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::{Output, facts};
use crate::text;

/// The verbs of the host.
#[derive(Debug, Subcommand)]
pub(crate) enum HostCommand {
    /// Show capacity, accelerator and versions
    Show,
}

/// Runs a verb.
pub(crate) async fn run(session: &Session, output: &Output, command: &HostCommand) -> Outcome {
    let HostCommand::Show = command;
    let host = session.host().get_host(GetHostRequest {}).await?.into_inner();
    output.answer("GetHostResult", &host, || describe(&host))?;
    Ok(0)
}

fn describe(host: &GetHostResult) -> String {
    let memory = format!(
        "{}, {} promised, {} available",
        text::bytes(host.memory_bytes),
        text::bytes(host.memory_promised_bytes),
        text::bytes(host.memory_available_bytes)
    );
    let headroom = text::bytes(host.disk_headroom_bytes);
    facts(&[
        ("Version", host.version.clone()),
        ("Hypervisor", format!("{} {}", host.hypervisor, host.hypervisor_version)),
        ("Accelerator", format!("{} ({})", accelerator(host.accelerator()), host.accelerator_reason)),
        ("Kernel", host.kernel.clone()),
        ("CPUs", host.cpu_count.to_string()),
        ("Memory", memory),
        ("Disk", format!("{} free, {headroom} kept back", text::bytes(host.disk_free_bytes))),
        ("Instances", format!("{} of {}", host.instance_count, host.instance_quota)),
    ])
}

fn accelerator(accelerator: Accelerator) -> &'static str {
    match accelerator {
        Accelerator::Kvm => "KVM",
        Accelerator::Tcg => "TCG, software",
        Accelerator::Simulated => "simulated",
        Accelerator::Unspecified => "unknown",
    }
}
