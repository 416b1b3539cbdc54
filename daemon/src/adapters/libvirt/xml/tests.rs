use super::*;
use crate::{
    model::{Beneath, Drive, Layer, Layout},
    testing,
};

#[test]
fn an_instance_as_xml() {
    let instance = testing::instance("web");
    let layout = Layout::new("/var/lib/sloop");
    insta::assert_snapshot!(domain(&instance, &layout, testing::HOST, Accelerator::Tcg));
}

#[test]
fn an_attached_disk_as_xml() {
    let layout = Layout::new("/var/lib/sloop");
    let xml = domain(&testing::with_a_disk(), &layout, testing::HOST, Accelerator::Tcg);
    let lines: Vec<_> = xml.lines().skip_while(|line| !line.contains("type=\"scsi\"")).collect();
    let end = lines.iter().position(|line| line.contains("vdb")).expect("the seed comes after it");
    insta::assert_snapshot!(lines[..end].join("\n"));
}

#[test]
fn uefi_on_kvm() {
    let instance = Instance { firmware: Firmware::Uefi, ..testing::instance("web") };
    let layout = Layout::new("/var/lib/sloop");
    let xml = domain(&instance, &layout, testing::HOST, Accelerator::Kvm);
    for part in
        ["<domain type=\"kvm\">", "<os firmware=\"efi\">", "name=\"secure-boot\"", "mode=\"host-model\""]
    {
        assert!(xml.contains(part), "{part} is missing in {xml}");
    }
}

#[test]
fn no_value_becomes_structure() {
    let mut instance = testing::instance("web");
    let evil = Layer::on(Beneath::Base("/x\"/><evil a='".into()), 1);
    instance.drives = vec![Drive::system(instance.id.system_disk(), evil)];
    let layout = Layout::new("/a<b>&c");
    let xml = domain(&instance, &layout, testing::HOST, Accelerator::Tcg);
    assert!(!xml.contains("<evil") && !xml.contains("<b>"), "{xml}");
}

#[test]
fn the_probe_as_xml() {
    insta::assert_snapshot!(probe(testing::HOST, "/var/lib/sloop/probe.img", Accelerator::Kvm));
}
