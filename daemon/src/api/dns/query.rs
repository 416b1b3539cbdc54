//! Reads questions. Pure; the codec is hickory's, which here looks into nothing but headers and names: a guest may send
//! what it likes.

use hickory_proto::{
    op::{Header, HeaderCounts, MessageType, Metadata, OpCode, Query, ResponseCode},
    rr::{Name, RecordType},
    serialize::binary::{BinDecodable as _, BinDecoder, DecodeError},
};

/// How a message came, and how its answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    /// One datagram.
    Udp,
    /// A stream.
    Tcp,
}

/// A question.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Its header.
    pub(super) metadata: Metadata,
    /// What is asked.
    pub(super) query: Query,
    /// What its OPT record says, if it has one.
    pub(super) extension: Option<Extension>,
}

/// What an OPT record says (RFC 6891).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extension {
    /// The longest datagram that the asker takes.
    pub(super) payload: u16,
    /// Only 0 is known.
    pub(super) version: u8,
    /// Whether signatures are wanted.
    pub(super) dnssec_ok: bool,
}

/// Why a message is no question.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unreadable {
    /// Too short, or itself an answer: to answer it would begin a quarrel.
    NoQuestion,
    /// It deserves that code.
    Fault(Metadata, ResponseCode),
}

/// What every asker takes in a datagram.
const PLAIN: u16 = 512;
/// The longest datagram that is sent, whatever the asker takes.
const LARGEST: u16 = 4096;
/// Records besides the question; a resolver sends one.
const RECORDS_MAX: usize = 16;

/// The question in a message.
pub(super) fn read(message: &[u8]) -> Result<Asked, Unreadable> {
    let mut decoder = BinDecoder::new(message);
    let Ok(Header { metadata, counts }) = Header::read(&mut decoder) else {
        return Err(Unreadable::NoQuestion);
    };
    if metadata.message_type != MessageType::Query {
        return Err(Unreadable::NoQuestion);
    }
    if metadata.op_code != OpCode::Query {
        return Err(Unreadable::Fault(metadata, ResponseCode::NotImp));
    }
    let (query, extension) =
        rest(&mut decoder, counts).map_err(|Broken| Unreadable::Fault(metadata, ResponseCode::FormErr))?;
    Ok(Asked { metadata, query, extension })
}

/// What is not as it must be.
struct Broken;

impl From<DecodeError> for Broken {
    fn from(_: DecodeError) -> Self {
        Self
    }
}

/// What follows the header.
fn rest(decoder: &mut BinDecoder<'_>, counts: HeaderCounts) -> Result<(Query, Option<Extension>), Broken> {
    let before = usize::from(counts.answers) + usize::from(counts.authorities);
    let records = before + usize::from(counts.additionals);
    if counts.queries != 1 || records > RECORDS_MAX {
        return Err(Broken);
    }
    let query = Query::read(decoder)?;
    let mut extension = None;
    for number in 0..records {
        let Some(found) = record(decoder)? else { continue };
        // One there may be, and in its place.
        if number < before || extension.is_some() {
            return Err(Broken);
        }
        extension = Some(found);
    }
    Ok((query, extension))
}

/// Passes a record, and says what it says if it is an OPT.
fn record(decoder: &mut BinDecoder<'_>) -> Result<Option<Extension>, Broken> {
    Name::read(decoder)?;
    let kind = RecordType::read(decoder)?;
    let class = decoder.read_u16()?.unverified();
    let [_, version, flags, _] = decoder.read_u32()?.unverified().to_be_bytes();
    let length = decoder.read_u16()?.unverified();
    decoder.read_slice(usize::from(length))?;
    let extension = Extension { payload: class, version, dnssec_ok: flags & 0x80 != 0 };
    Ok((kind == RecordType::OPT).then_some(extension))
}

impl Asked {
    /// How long an answer may be.
    pub(super) fn room(&self, carrier: Carrier) -> u16 {
        match carrier {
            Carrier::Udp => self.extension.map_or(PLAIN, |said| said.payload.clamp(PLAIN, LARGEST)),
            Carrier::Tcp => u16::MAX,
        }
    }

    /// Whether that message answers this question. Letters may have changed their case on the way.
    pub(super) fn is_answered_by(&self, message: &[u8]) -> bool {
        let mut decoder = BinDecoder::new(message);
        let Ok(Header { metadata, counts }) = Header::read(&mut decoder) else {
            return false;
        };
        metadata.message_type == MessageType::Response
            && metadata.id == self.metadata.id
            && counts.queries == 1
            && Query::read(&mut decoder).is_ok_and(|query| query == self.query)
    }
}

#[cfg(test)]
mod tests;
