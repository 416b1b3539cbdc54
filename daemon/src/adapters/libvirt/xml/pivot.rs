//! What libvirt is told when a running domain gets new tops, and what it says of those that it has.

use std::path::{Path, PathBuf};

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use super::{devices::target, writer::Writer};
use crate::model::{LayerId, Layout, Slot};

/// New tops for these disks, made beforehand, and for no other disk.
pub(in crate::adapters::libvirt) fn pivot(
    tops: &[(Slot, LayerId)],
    all: &[String],
    layout: &Layout,
) -> String {
    let mut xml = Writer::new();
    xml.open("domainsnapshot", &[]);
    xml.open("disks", &[]);
    for (slot, layer) in tops {
        xml.open("disk", &[("name", &target(*slot)), ("snapshot", "external"), ("type", "file")]);
        xml.empty("driver", &[("type", "qcow2")]);
        xml.empty("source", &[("file", &layout.layer(*layer).to_string_lossy())]);
        xml.close("disk");
    }
    // One that is not named would get a new top as well.
    for other in all.iter().filter(|name| tops.iter().all(|(slot, _)| target(*slot) != **name)) {
        xml.empty("disk", &[("name", other), ("snapshot", "no")]);
    }
    xml.close("disks");
    xml.close("domainsnapshot");
    xml.finish()
}

/// libvirt's names of a domain's disks, each with the file that is written.
pub(in crate::adapters::libvirt) fn sources(domain: &str) -> Vec<(String, PathBuf)> {
    let (mut reader, mut found) = (Reader::from_str(domain), Vec::new());
    let (mut path, mut source, mut name) = (Vec::new(), None, None);
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Eof => break,
            Event::Start(tag) => {
                look(&path, &tag, &mut source, &mut name);
                path.push(tag.name().as_ref().to_vec());
            }
            Event::Empty(tag) => look(&path, &tag, &mut source, &mut name),
            Event::End(_) => {
                if path.pop().as_deref() == Some(b"disk")
                    && let (Some(name), Some(source)) = (name.take(), source.take())
                {
                    found.push((name, PathBuf::from(source)));
                }
            }
            _ => {}
        }
    }
    found
}

/// The top's source and the name stand in the disk itself; those of the layers below, deeper.
fn look(path: &[Vec<u8>], tag: &BytesStart<'_>, source: &mut Option<String>, name: &mut Option<String>) {
    if path.last().map(Vec::as_slice) != Some(b"disk") {
        return;
    }
    let value = |key: &str| Some(tag.try_get_attribute(key).ok()??.unescape_value().ok()?.into_owned());
    match tag.name().as_ref() {
        b"source" => *source = value("file"),
        b"target" => *name = value("dev"),
        _ => {}
    }
}

/// The files of one disk, from the one that is written down.
pub(in crate::adapters::libvirt) fn chain(domain: &str, name: &str) -> Vec<PathBuf> {
    let (mut reader, mut path, mut files) = (Reader::from_str(domain), Vec::new(), Vec::new());
    let mut is_it = false;
    while let Ok(event) = reader.read_event() {
        let (tag, opens) = match event {
            Event::Eof => break,
            Event::Start(tag) => (tag, true),
            Event::Empty(tag) => (tag, false),
            Event::End(_) => {
                let ended: Option<Vec<u8>> = path.pop();
                if ended.as_deref() == Some(b"disk") {
                    if is_it {
                        return files;
                    }
                    files.clear();
                }
                continue;
            }
            _ => continue,
        };
        let value = |key: &str| Some(tag.try_get_attribute(key).ok()??.unescape_value().ok()?.into_owned());
        match (path.last().map(Vec::as_slice), tag.name().as_ref()) {
            (Some(b"disk" | b"backingStore"), b"source") => files.extend(value("file").map(PathBuf::from)),
            (Some(b"disk"), b"target") => is_it = value("dev").as_deref() == Some(name),
            _ => {}
        }
        if opens {
            path.push(tag.name().as_ref().to_vec());
        }
    }
    Vec::new()
}

/// The slot of a disk, and the layer that its file is: nothing of disks that are not made of layers.
pub(in crate::adapters::libvirt) fn top(name: &str, file: &Path, layout: &Layout) -> Option<(Slot, LayerId)> {
    let slot = if name == "vda" { Slot::SYSTEM } else { Slot::of_path(&format!("/dev/{name}")).ok()? };
    Some((slot, layout.layer_of(file)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{adapters::libvirt::xml, model::Accelerator, testing};

    #[test]
    fn what_is_rendered_is_read_back() {
        let (layout, web) = (Layout::new("/var/lib/sloop"), testing::with_a_disk());
        let text = xml::domain(&web, &layout, testing::HOST, Accelerator::Tcg);
        let found = sources(&text);
        let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["vda", "sdf", "vdb"]);
        let tops: Vec<_> = found.iter().filter_map(|(name, file)| top(name, file, &layout)).collect();
        let wanted: Vec<_> = web.drives.iter().map(|drive| (drive.slot, drive.stack.top().id)).collect();
        assert_eq!(tops, wanted);
    }

    #[test]
    fn the_files_of_a_disk_are_read_from_the_top_down() {
        let (layout, web) = (Layout::new("/var/lib/sloop"), testing::with_a_disk());
        let text = xml::domain(&web, &layout, testing::HOST, Accelerator::Tcg);
        for drive in &web.drives {
            assert_eq!(chain(&text, &target(drive.slot)), layout.files(&drive.stack), "{}", drive.slot);
        }
        assert_eq!(chain(&text, "vdz"), Vec::<PathBuf>::new());
    }

    #[test]
    fn new_tops_as_xml() {
        let (layout, web) = (Layout::new("/var/lib/sloop"), testing::with_a_disk());
        let tops: Vec<_> = web.drives.iter().map(|drive| (drive.slot, drive.stack.top().id)).collect();
        let all = ["vda", "sdf", "vdb"].map(str::to_owned);
        insta::assert_snapshot!(pivot(&tops, &all, &layout));
    }

    #[test]
    fn what_is_no_xml_has_no_disks() {
        for text in ["", "<", "<domain><disk>", "</disk>", "<disk></disk>"] {
            assert_eq!(sources(text), [], "{text}");
            assert_eq!(chain(text, "vda"), Vec::<PathBuf>::new(), "{text}");
        }
    }
}
