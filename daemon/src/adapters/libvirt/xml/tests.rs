use super::*;
use crate::{model::Layout, testing};

#[test]
fn an_instance_as_xml() {
    let instance = testing::instance("web");
    let files = Layout::new("/var/lib/sloop").instance(instance.id);
    insta::assert_snapshot!(domain(&instance, &files, testing::HOST, Accelerator::Tcg));
}

#[test]
fn uefi_on_kvm() {
    let instance = Instance { firmware: Firmware::Uefi, ..testing::instance("web") };
    let files = Layout::new("/var/lib/sloop").instance(instance.id);
    let xml = domain(&instance, &files, testing::HOST, Accelerator::Kvm);
    for part in
        ["<domain type=\"kvm\">", "<os firmware=\"efi\">", "name=\"secure-boot\"", "mode=\"host-model\""]
    {
        assert!(xml.contains(part), "{part} is missing in {xml}");
    }
}

#[test]
fn no_value_becomes_structure() {
    let instance = Instance { base: Some("/x\"/><evil a='".into()), ..testing::instance("web") };
    let files = Layout::new("/a<b>&c").instance(instance.id);
    let xml = domain(&instance, &files, testing::HOST, Accelerator::Tcg);
    assert!(!xml.contains("<evil") && !xml.contains("<b>"), "{xml}");
}

#[test]
fn the_probe_as_xml() {
    insta::assert_snapshot!(probe(testing::HOST, "/var/lib/sloop/probe.img", Accelerator::Kvm));
}
