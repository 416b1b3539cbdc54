//! Netlink messages of the netfilter family. Pure.

/// A message that is being written.
pub(super) struct Message {
    bytes: Vec<u8>,
}

/// The kernel is to carry it out.
pub(super) const REQUEST: u16 = 0x1;
/// The kernel is to say that it did.
pub(super) const ACK: u16 = 0x4;
/// Make what is not there.
pub(super) const CREATE: u16 = 0x400;
/// Behind what is there.
pub(super) const APPEND: u16 = 0x800;

const NESTED: u16 = 0x8000;
/// Bytes of the netlink header, before that of the family.
pub(super) const HEADER: usize = 16;

impl Message {
    /// A message of a subsystem, with its type there, and its family of addresses.
    pub(super) fn new(kind: u16, flags: u16, family: u8, resource: u16) -> Self {
        let mut bytes = vec![0; 4];
        bytes.extend(kind.to_ne_bytes());
        bytes.extend((REQUEST | flags).to_ne_bytes());
        // Sequence and sender: the kernel fills in the one and nobody looks at the other.
        bytes.extend([0; 8]);
        bytes.extend([family, 0]);
        bytes.extend(resource.to_be_bytes());
        Self { bytes }
    }

    /// An attribute.
    pub(super) fn attribute(mut self, kind: u16, value: &[u8]) -> Self {
        let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX);
        self.bytes.extend(length.to_ne_bytes());
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend(value);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self
    }

    /// A number, in the network's order as netfilter has it.
    pub(super) fn number(self, kind: u16, value: u32) -> Self {
        self.attribute(kind, &value.to_be_bytes())
    }

    /// A text, which ends with a NUL.
    pub(super) fn text(self, kind: u16, value: &str) -> Self {
        self.attribute(kind, &[value.as_bytes(), &[0]].concat())
    }

    /// An attribute that holds others.
    pub(super) fn nest(mut self, kind: u16, inside: impl FnOnce(Self) -> Self) -> Self {
        let start = self.bytes.len();
        self = inside(self.attribute(kind | NESTED, &[]));
        let length = u16::try_from(self.bytes.len() - start).unwrap_or(u16::MAX);
        self.bytes[start..start + 2].copy_from_slice(&length.to_ne_bytes());
        self
    }

    /// The bytes, with their length in front.
    pub(super) fn done(mut self) -> Vec<u8> {
        let length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        self.bytes[..4].copy_from_slice(&length.to_ne_bytes());
        self.bytes
    }
}

/// What stands in the header of a received message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Received<'a> {
    /// Its type.
    pub(super) kind: u16,
    /// Whose doing it was: the port of a socket.
    pub(super) port: u32,
    /// What follows the header.
    pub(super) body: &'a [u8],
}

/// The messages of one datagram. What cannot be read ends it.
pub(super) fn received(mut bytes: &[u8]) -> impl Iterator<Item = Received<'_>> {
    std::iter::from_fn(move || {
        let header = bytes.get(..HEADER)?;
        let length = usize::try_from(word(header, 0)?).ok()?;
        let message = bytes.get(..length.max(HEADER))?;
        bytes = bytes.get(length.max(HEADER).next_multiple_of(4)..).unwrap_or_default();
        let kind = u16::from_ne_bytes([header[4], header[5]]);
        Some(Received { kind, port: word(header, 12)?, body: &message[HEADER..] })
    })
}

/// Four bytes at an offset, in the host's order.
pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
}

/// The attribute of a message's body that begins behind `skip` bytes.
pub(super) fn find(body: &[u8], skip: usize, kind: u16) -> Option<&[u8]> {
    let mut rest = body.get(skip..)?;
    loop {
        let length = usize::from(u16::from_ne_bytes(rest.get(..2)?.try_into().ok()?));
        let found = u16::from_ne_bytes(rest.get(2..4)?.try_into().ok()?) & !NESTED;
        let value = rest.get(4..length)?;
        if found == kind {
            return Some(value);
        }
        rest = rest.get(length.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let written = Message::new(7, CREATE, 2, 0)
            .text(1, "sloop")
            .nest(3, |inside| inside.number(1, 5).nest(2, |deeper| deeper.attribute(9, b"x")))
            .done();
        assert_eq!(written.len() % 4, 0);
        let both = [written.clone(), written].concat();
        let messages: Vec<_> = received(&both).collect();
        assert_eq!(messages.len(), 2);
        let body = messages[1].body;
        assert_eq!((messages[1].kind, find(body, 4, 1)), (7, Some(b"sloop\0".as_slice())));
        let nested = find(body, 4, 3).expect("the nest");
        assert_eq!(find(nested, 0, 1), Some([0, 0, 0, 5].as_slice()));
        assert_eq!(find(nested, 0, 4), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_borne(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for message in received(&bytes).take(100) {
                let _ = find(message.body, 4, 1);
            }
        }
    }
}
