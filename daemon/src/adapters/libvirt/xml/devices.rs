//! The devices, each at an explicit place on the bus: hardware must not move when a device is added.

use super::Writer;
use crate::model::{Instance, InstanceFiles};

/// Root ports: one for each device below, and spare ones for disks that are attached later.
const ROOT_PORTS: u8 = 12;

/// On which root port a device sits.
#[derive(Clone, Copy)]
enum Port {
    Disk = 1,
    Seed = 2,
    Nic = 3,
    Channels = 4,
    Random = 5,
}

pub(super) fn all(xml: &mut Writer, instance: &Instance, files: &InstanceFiles, mac: &str) {
    xml.open("devices", &[]);
    controllers(xml);
    disk(xml, instance, files);
    seed(xml, files);
    nic(xml, instance, mac);
    serial(xml, files);
    channels(xml);
    xml.open("rng", &[("model", "virtio")]);
    xml.text("backend", &[("model", "random")], "/dev/urandom");
    at(xml, Port::Random);
    xml.close("rng");
    // A balloon could punch holes into memory that clones share.
    xml.empty("memballoon", &[("model", "none")]);
    xml.close("devices");
}

pub(super) fn probe(xml: &mut Writer, disk: &str) {
    xml.open("devices", &[]);
    controllers(xml);
    xml.open("disk", &[("type", "file"), ("device", "disk")]);
    xml.empty("driver", &[("name", "qemu"), ("type", "raw")]);
    xml.empty("source", &[("file", disk)]);
    xml.empty("target", &[("dev", "vda"), ("bus", "virtio")]);
    xml.empty("readonly", &[]);
    xml.empty("boot", &[("order", "1")]);
    at(xml, Port::Disk);
    xml.close("disk");
    xml.empty("memballoon", &[("model", "none")]);
    xml.close("devices");
}

fn controllers(xml: &mut Writer) {
    xml.empty("controller", &[("type", "usb"), ("index", "0"), ("model", "none")]);
    xml.empty("controller", &[("type", "pci"), ("index", "0"), ("model", "pcie-root")]);
    for number in 1..=ROOT_PORTS {
        // Eight functions share a slot, so that the ports take few slots.
        let (slot, function) = (0x02 + (number - 1) / 8, (number - 1) % 8);
        xml.open(
            "controller",
            &[("type", "pci"), ("index", &number.to_string()), ("model", "pcie-root-port")],
        );
        let mut address = vec![("type", "pci"), ("domain", "0x0000"), ("bus", "0x00")];
        let (slot, place) = (format!("0x{slot:02x}"), format!("0x{function}"));
        address.extend([("slot", slot.as_str()), ("function", place.as_str())]);
        if function == 0 {
            address.push(("multifunction", "on"));
        }
        xml.empty("address", &address);
        xml.close("controller");
    }
}

fn at(xml: &mut Writer, port: Port) {
    let bus = format!("0x{:02x}", port as u8);
    xml.empty(
        "address",
        &[("type", "pci"), ("domain", "0x0000"), ("bus", &bus), ("slot", "0x00"), ("function", "0x0")],
    );
}

fn disk(xml: &mut Writer, instance: &Instance, files: &InstanceFiles) {
    xml.open("disk", &[("type", "file"), ("device", "disk")]);
    xml.empty(
        "driver",
        &[("name", "qemu"), ("type", "qcow2"), ("discard", "unmap"), ("detect_zeroes", "unmap")],
    );
    xml.empty("source", &[("file", &files.disk.to_string_lossy())]);
    // The whole chain with its formats: nobody may guess one from what a guest wrote.
    xml.open("backingStore", &[("type", "file")]);
    xml.empty("format", &[("type", "qcow2")]);
    xml.open("source", &[("file", &instance.base.to_string_lossy())]);
    // The base is everybody's and read-only; its owner stays.
    xml.empty("seclabel", &[("model", "dac"), ("relabel", "no")]);
    xml.close("source");
    xml.empty("backingStore", &[]);
    xml.close("backingStore");
    xml.empty("target", &[("dev", "vda"), ("bus", "virtio")]);
    xml.empty("boot", &[("order", "1")]);
    at(xml, Port::Disk);
    xml.close("disk");
}

/// Always `vdb`, for the instance's whole life: without it the guest would make new host keys at its next boot.
fn seed(xml: &mut Writer, files: &InstanceFiles) {
    xml.open("disk", &[("type", "file"), ("device", "disk")]);
    xml.empty("driver", &[("name", "qemu"), ("type", "raw")]);
    xml.empty("source", &[("file", &files.seed.to_string_lossy())]);
    xml.empty("target", &[("dev", "vdb"), ("bus", "virtio")]);
    xml.empty("readonly", &[]);
    at(xml, Port::Seed);
    xml.close("disk");
}

fn nic(xml: &mut Writer, instance: &Instance, mac: &str) {
    xml.open("interface", &[("type", "ethernet")]);
    xml.empty("mac", &[("address", mac)]);
    // Made and configured beforehand; libvirt only hands it to QEMU.
    xml.empty("target", &[("dev", &instance.id.tap()), ("managed", "no")]);
    xml.empty("model", &[("type", "virtio")]);
    at(xml, Port::Nic);
    xml.close("interface");
}

/// libvirt's log daemon writes the console down, and rolls the file over at a bounded size, whether or not this daemon runs.
fn serial(xml: &mut Writer, files: &InstanceFiles) {
    xml.open("serial", &[("type", "pty")]);
    xml.empty("log", &[("file", &files.console.to_string_lossy()), ("append", "on")]);
    xml.empty("target", &[("port", "0")]);
    xml.close("serial");
    xml.open("console", &[("type", "pty")]);
    xml.empty("target", &[("type", "serial"), ("port", "0")]);
    xml.close("console");
}

/// The guest agent's channel, and the one by which a clone will be given its identity.
fn channels(xml: &mut Writer) {
    xml.open("controller", &[("type", "virtio-serial"), ("index", "0")]);
    at(xml, Port::Channels);
    xml.close("controller");
    for (port, name) in [("1", "org.qemu.guest_agent.0"), ("2", "org.sloop.identity.0")] {
        xml.open("channel", &[("type", "unix")]);
        xml.empty("target", &[("type", "virtio"), ("name", name)]);
        xml.empty("address", &[("type", "virtio-serial"), ("controller", "0"), ("bus", "0"), ("port", port)]);
        xml.close("channel");
    }
}
