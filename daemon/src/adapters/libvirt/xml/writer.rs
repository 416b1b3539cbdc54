//! A serialiser for small documents.

use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

/// Writes elements one after the other, indented.
pub(in crate::adapters::libvirt) struct Writer(quick_xml::Writer<Vec<u8>>);

impl Writer {
    pub(in crate::adapters::libvirt) fn new() -> Self {
        Self(quick_xml::Writer::new_with_indent(Vec::new(), b' ', 2))
    }

    pub(in crate::adapters::libvirt) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.put(Event::Start(start(name, attributes)));
    }

    pub(in crate::adapters::libvirt) fn close(&mut self, name: &str) {
        self.put(Event::End(BytesEnd::new(name)));
    }

    pub(in crate::adapters::libvirt) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.put(Event::Empty(start(name, attributes)));
    }

    pub(in crate::adapters::libvirt) fn text(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.open(name, attributes);
        self.put(Event::Text(BytesText::new(text)));
        self.close(name);
    }

    pub(in crate::adapters::libvirt) fn finish(self) -> String {
        String::from_utf8(self.0.into_inner()).unwrap_or_default()
    }

    fn put(&mut self, event: Event<'_>) {
        // Writing to memory does not fail.
        let _ = self.0.write_event(event);
    }
}

fn start<'a>(name: &'a str, attributes: &[(&'a str, &'a str)]) -> BytesStart<'a> {
    BytesStart::new(name).with_attributes(attributes.iter().copied())
}
