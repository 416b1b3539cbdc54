//! Files that QEMU made.

use super::*;

#[test]
fn what_qemu_makes_is_let_through() {
    let dir = tempfile::tempdir().expect("a directory");
    for (format, word, options) in [
        (Format::Qcow2, "qcow2", "compat=0.10"),
        (Format::Qcow2, "qcow2", "compat=1.1,lazy_refcounts=on"),
        (Format::Qcow2, "qcow2", "extended_l2=on"),
        (Format::Qcow2, "qcow2", "compression_type=zstd"),
        (Format::Qcow2, "qcow2", "cluster_size=512,preallocation=metadata"),
        (Format::Qcow2, "qcow2", "cluster_size=2M"),
        (Format::Qcow2, "qcow2", "refcount_bits=1"),
        (Format::Vmdk, "vmdk", "subformat=monolithicSparse"),
        (Format::Vmdk, "vmdk", "subformat=monolithicSparse,compat6=on"),
        (Format::Vmdk, "vmdk", "subformat=streamOptimized"),
        (Format::Vdi, "vdi", "static=off"),
        (Format::Vdi, "vdi", "static=on"),
    ] {
        let (head, length) = created(dir.path(), "disk", &["-f", word, "-o", options, "disk", "24M"]);
        assert_eq!(examine(&head, length), Ok(sound(format, 24 << 20)), "{word} {options}");
    }
}

#[test]
fn what_qemu_makes_and_leads_elsewhere_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    for (word, words) in [("qcow2", "backing file"), ("vmdk", "names a parent")] {
        created(dir.path(), "base", &["-f", word, "base", "8M"]);
        let (head, length) =
            created(dir.path(), "overlay", &["-f", word, "-b", "base", "-F", word, "overlay"]);
        assert_refused(&head, length, words);
    }
    let secret = ["--object", "secret,id=s,data=x", "-o", "encrypt.format=aes,encrypt.key-secret=s"];
    for (arguments, words) in [
        (&["-f", "qcow2", "-o", "data_file=data,data_file_raw=on"][..], "external data file"),
        (&[&["-f", "qcow2"], &secret[..]].concat(), "encrypted"),
        (&["-f", "vmdk", "-o", "subformat=monolithicFlat"], "leads to other files"),
        (&["-f", "vmdk", "-o", "subformat=twoGbMaxExtentSparse"], "leads to other files"),
        (&["-f", "vhdx"], "Hyper-V"),
        (&["-f", "vpc"], "Hyper-V"),
        (&["-f", "qed"], "not taken"),
        (&["-f", "parallels"], "not taken"),
        (&["-f", "qcow"], "version"),
        (&["-f", "raw"], "no partition table"),
    ] {
        let (head, length) = created(dir.path(), "disk", &[arguments, &["disk", "8M"]].concat());
        assert_refused(&head, length, words);
    }
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    for word in ["qcow2", "vdi"] {
        let (head, length) = created(dir.path(), "disk", &["-f", word, "disk", "8M"]);
        assert!(examine(&head, length).is_ok());
        // As little as is left of most that are.
        assert_refused(&head[..512], 512, "not in the file");
    }
}
