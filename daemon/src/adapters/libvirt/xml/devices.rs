//! The devices, each at an explicit place on the bus: hardware must not move when a device is added.

use super::Writer;
use crate::model::{self, Drive, Instance, InstanceFiles, Layout};

/// Spare root ports, for what is attached later. Each costs every boot: firmware and guest look at them all. One will do: a
/// SCSI controller fits, and any number of disks behind it.
const ROOT_PORTS: u8 = 1;
/// The slot of the root complex that holds them, as functions of one device.
const ROOT_PORTS_SLOT: &str = "0x02";

/// In which slot of the root complex a device sits, for good.
#[derive(Clone, Copy)]
enum Slot {
    Disk = 4,
    Seed = 5,
    Nic = 6,
    Channels = 7,
    Random = 8,
}

pub(super) fn all(xml: &mut Writer, instance: &Instance, layout: &Layout, mac: &str) {
    xml.open("devices", &[]);
    controllers(xml);
    if instance.drives.iter().any(|drive| !drive.slot.is_system()) {
        scsi(xml);
    }
    for one in &instance.drives {
        drive(xml, one, layout);
    }
    let files = layout.instance(instance.id);
    seed(xml, &files);
    nic(xml, instance, mac);
    serial(xml, &files);
    channels(xml);
    xml.open("rng", &[("model", "virtio")]);
    xml.text("backend", &[("model", "random")], "/dev/urandom");
    at(xml, Slot::Random);
    xml.close("rng");
    // A balloon could punch holes into memory that clones share.
    xml.empty("memballoon", &[("model", "none")]);
    // By which a guest's kernel says that it gives up. At a port of its own: it takes no place on the bus.
    xml.empty("panic", &[("model", "isa")]);
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
    at(xml, Slot::Disk);
    xml.close("disk");
    xml.empty("memballoon", &[("model", "none")]);
    xml.close("devices");
}

fn controllers(xml: &mut Writer) {
    xml.empty("controller", &[("type", "usb"), ("index", "0"), ("model", "none")]);
    xml.empty("controller", &[("type", "pci"), ("index", "0"), ("model", "pcie-root")]);
    for number in 1..=ROOT_PORTS {
        let (index, function) = (number.to_string(), format!("0x{}", number - 1));
        xml.open("controller", &[("type", "pci"), ("index", &index), ("model", "pcie-root-port")]);
        let mut address = vec![("type", "pci"), ("domain", "0x0000"), ("bus", "0x00")];
        address.extend([("slot", ROOT_PORTS_SLOT), ("function", function.as_str())]);
        if number == 1 {
            address.push(("multifunction", "on"));
        }
        xml.empty("address", &address);
        xml.close("controller");
    }
}

fn at(xml: &mut Writer, slot: Slot) {
    let slot = format!("0x{:02x}", slot as u8);
    xml.empty(
        "address",
        &[("type", "pci"), ("domain", "0x0000"), ("bus", "0x00"), ("slot", &slot), ("function", "0x0")],
    );
}

/// A disk with its whole stack and its formats: nobody may guess one from what a guest wrote.
fn drive(xml: &mut Writer, drive: &Drive, layout: &Layout) {
    xml.open("disk", &[("type", "file"), ("device", "disk")]);
    xml.empty(
        "driver",
        &[
            ("name", "qemu"),
            ("type", "qcow2"),
            // Without room for what it writes the guest stands still, and loses nothing. Other errors are its own to handle.
            ("error_policy", "enospace"),
            ("rerror_policy", "report"),
            ("discard", "unmap"),
            ("detect_zeroes", "unmap"),
        ],
    );
    let files = layout.files(&drive.stack);
    let mut files = files.iter();
    let top = files.next().map(|file| file.to_string_lossy()).unwrap_or_default();
    xml.empty("source", &[("file", &top)]);
    let (beneath, base) = (files.len(), drive.stack.base());
    for file in files {
        xml.open("backingStore", &[("type", "file")]);
        xml.empty("format", &[("type", "qcow2")]);
        xml.open("source", &[("file", &file.to_string_lossy())]);
        if base == Some(file) {
            // The base is everybody's and read-only; its owner stays.
            xml.empty("seclabel", &[("model", "dac"), ("relabel", "no")]);
        }
        xml.close("source");
    }
    xml.empty("backingStore", &[]);
    for _ in 0..beneath {
        xml.close("backingStore");
    }
    place(xml, drive.slot);
    xml.close("disk");
}

/// Where the guest finds it. The system disk is always `vda`; others are behind a SCSI controller, of which there need be only one,
/// and bear the name that they were attached by as their serial number.
fn place(xml: &mut Writer, slot: model::Slot) {
    if slot.is_system() {
        xml.empty("target", &[("dev", &target(slot)), ("bus", "virtio")]);
        xml.empty("boot", &[("order", "1")]);
        at(xml, Slot::Disk);
        return;
    }
    let unit = slot.number().to_string();
    xml.empty("target", &[("dev", &target(slot)), ("bus", "scsi")]);
    xml.text("serial", &[], &format!("xvd{}", slot.letter()));
    xml.empty(
        "address",
        &[("type", "drive"), ("controller", "0"), ("bus", "0"), ("target", "0"), ("unit", &unit)],
    );
}

/// libvirt's name for what is at that place.
pub(in crate::adapters::libvirt) fn target(slot: model::Slot) -> String {
    if slot.is_system() { "vda".to_owned() } else { format!("sd{}", slot.letter()) }
}

/// As little of a disk as libvirt needs to find it.
pub(in crate::adapters::libvirt) fn disk_by_name(name: &str, file: &std::path::Path) -> String {
    let mut xml = Writer::new();
    xml.open("disk", &[("type", "file"), ("device", "disk")]);
    xml.empty("source", &[("file", &file.to_string_lossy())]);
    xml.empty("target", &[("dev", name), ("bus", "scsi")]);
    xml.close("disk");
    xml.finish()
}

/// What attached disks hang on, in the spare root port.
fn scsi(xml: &mut Writer) {
    xml.open("controller", &[("type", "scsi"), ("index", "0"), ("model", "virtio-scsi")]);
    let (domain, port) = (("domain", "0x0000"), ("bus", "0x01"));
    xml.empty("address", &[("type", "pci"), domain, port, ("slot", "0x00"), ("function", "0x0")]);
    xml.close("controller");
}

/// The controller alone, to be plugged into a running domain.
pub(in crate::adapters::libvirt) fn scsi_alone() -> String {
    let mut xml = Writer::new();
    scsi(&mut xml);
    xml.finish()
}

/// One disk alone, to be plugged into a running domain, or taken out of it.
pub(in crate::adapters::libvirt) fn drive_alone(one: &Drive, layout: &Layout) -> String {
    let mut xml = Writer::new();
    drive(&mut xml, one, layout);
    xml.finish()
}

/// Always `vdb`, for the instance's whole life: without it the guest would make new host keys at its next boot.
fn seed(xml: &mut Writer, files: &InstanceFiles) {
    xml.open("disk", &[("type", "file"), ("device", "disk")]);
    xml.empty("driver", &[("name", "qemu"), ("type", "raw")]);
    xml.empty("source", &[("file", &files.seed.to_string_lossy())]);
    xml.empty("target", &[("dev", "vdb"), ("bus", "virtio")]);
    xml.empty("readonly", &[]);
    at(xml, Slot::Seed);
    xml.close("disk");
}

fn nic(xml: &mut Writer, instance: &Instance, mac: &str) {
    xml.open("interface", &[("type", "ethernet")]);
    xml.empty("mac", &[("address", mac)]);
    // Made and configured beforehand; libvirt only hands it to QEMU.
    xml.empty("target", &[("dev", &instance.id.tap()), ("managed", "no")]);
    xml.empty("model", &[("type", "virtio")]);
    at(xml, Slot::Nic);
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
    at(xml, Slot::Channels);
    xml.close("controller");
    for (port, name) in [("1", "org.qemu.guest_agent.0"), ("2", "org.sloop.identity.0")] {
        xml.open("channel", &[("type", "unix")]);
        xml.empty("target", &[("type", "virtio"), ("name", name)]);
        xml.empty("address", &[("type", "virtio-serial"), ("controller", "0"), ("bus", "0"), ("port", port)]);
        xml.close("channel");
    }
}
