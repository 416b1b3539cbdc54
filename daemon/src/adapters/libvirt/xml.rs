//! Domain XML. Pure: the same instance gives the same text. Written by a serialiser, so that nothing in a value can become
//! structure.

mod devices;
mod pivot;
mod writer;

use self::writer::Writer;
pub(super) use self::{
    devices::{disk_by_name, drive_alone, scsi_alone, target},
    pivot::{chain, pivot, sources, top},
};
use crate::model::{Accelerator, Firmware, HostId, Instance, Layout, mac_of};

/// The XML namespace of the tag that every domain of this daemon bears.
pub const NAMESPACE: &str = "urn:sloop:instance:1";

/// The machine type is pinned: a guest must find the same hardware after an upgrade of QEMU. Known to QEMU 7.2 and later.
const MACHINE: &str = "pc-q35-7.2";
/// The least that today's distributions are built for (x86-64-v2). Pinned too, because a guest that is restored on another
/// model hangs silently.
const TCG_MODEL: &str = "Nehalem";
/// QEMU's translator speculates as little as Intel's first Atom, and by this number of that one's Linux knows it: no page
/// tables apart, no retpolines, and a time-stamp counter that is believed (decision 0009). libvirt has no word for it.
const IN_ORDER: [&str; 2] = ["-global", "Nehalem-x86_64-cpu.model=28"];
const QEMU_NAMESPACE: &str = "http://libvirt.org/schemas/domain/qemu/1.0";

/// The domain of an instance.
pub(super) fn domain(instance: &Instance, layout: &Layout, host: HostId, accelerator: Accelerator) -> String {
    let id = instance.id;
    let mut xml = Writer::new();
    xml.open("domain", &[("type", kind(accelerator))]);
    xml.text("name", &[], &id.domain());
    xml.text("uuid", &[], &id.to_string());
    // Changed when a clone starts, so that the guest's kernel mixes its random pool anew.
    xml.text("genid", &[], &id.to_string());
    xml.open("metadata", &[]);
    tag(&mut xml, instance, host);
    xml.close("metadata");
    xml.text("memory", &[("unit", "MiB")], &instance.ram_mb.to_string());
    xml.text("vcpu", &[("placement", "static")], &instance.cpu_count.to_string());
    boot(&mut xml, instance.firmware);
    features(&mut xml, accelerator);
    devices::all(&mut xml, instance, layout, &mac(mac_of(id)));
    if accelerator == Accelerator::Tcg {
        in_order(&mut xml);
    }
    xml.close("domain");
    xml.finish()
}

/// The domain of the probe guest: the same machine, with one disk that it boots from.
pub(super) fn probe(host: HostId, disk: &str, accelerator: Accelerator) -> String {
    let mut xml = Writer::new();
    xml.open("domain", &[("type", kind(accelerator))]);
    xml.text("name", &[], &format!("sloop-probe-{host}"));
    xml.text("uuid", &[], &host.to_string());
    xml.text("memory", &[("unit", "MiB")], "64");
    xml.text("vcpu", &[], "1");
    boot(&mut xml, Firmware::Bios);
    features(&mut xml, accelerator);
    devices::probe(&mut xml, disk);
    xml.close("domain");
    xml.finish()
}

fn kind(accelerator: Accelerator) -> &'static str {
    if accelerator == Accelerator::Kvm { "kvm" } else { "qemu" }
}

/// The tag: without it, with another namespace or another host's id, a domain is never touched.
fn tag(xml: &mut Writer, instance: &Instance, host: HostId) {
    let (host, id) = (host.to_string(), instance.id.to_string());
    xml.empty(
        "sloop:instance",
        &[("xmlns:sloop", NAMESPACE), ("host", &host), ("id", &id), ("name", instance.name.as_str())],
    );
}

fn boot(xml: &mut Writer, firmware: Firmware) {
    let attributes: &[(&str, &str)] = match firmware {
        Firmware::Bios => &[],
        Firmware::Uefi => &[("firmware", "efi")],
    };
    xml.open("os", attributes);
    xml.text("type", &[("arch", "x86_64"), ("machine", MACHINE)], "hvm");
    if firmware == Firmware::Uefi {
        xml.open("firmware", &[]);
        xml.empty("feature", &[("enabled", "no"), ("name", "secure-boot")]);
        xml.close("firmware");
    }
    xml.close("os");
}

fn features(xml: &mut Writer, accelerator: Accelerator) {
    xml.open("features", &[]);
    xml.empty("acpi", &[]);
    xml.empty("apic", &[]);
    xml.close("features");
    if accelerator == Accelerator::Kvm {
        // libvirt names the model when it starts the domain, and keeps the name while it runs.
        xml.empty("cpu", &[("mode", "host-model")]);
    } else {
        xml.open("cpu", &[("mode", "custom"), ("match", "exact"), ("check", "none")]);
        xml.text("model", &[("fallback", "forbid")], TCG_MODEL);
        xml.close("cpu");
    }
    xml.empty("clock", &[("offset", "utc")]);
    xml.text("on_poweroff", &[], "destroy");
    xml.text("on_reboot", &[], "restart");
    xml.text("on_crash", &[], "destroy");
}

fn in_order(xml: &mut Writer) {
    xml.open("qemu:commandline", &[("xmlns:qemu", QEMU_NAMESPACE)]);
    for argument in IN_ORDER {
        xml.empty("qemu:arg", &[("value", argument)]);
    }
    xml.close("qemu:commandline");
}

fn mac(bytes: [u8; 6]) -> String {
    bytes.map(|byte| format!("{byte:02x}")).join(":")
}

#[cfg(test)]
mod tests;
