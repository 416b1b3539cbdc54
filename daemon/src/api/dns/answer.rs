//! What to answer. Pure; the codec is hickory's.

use hickory_proto::{
    op::{Edns, Message, Metadata, ResponseCode},
    rr::{DNSClass, RData, Record, RecordType, rdata::HINFO},
};

use super::{
    askers::Known,
    query::{self, Asked, Carrier, Unreadable},
    zone::{self, Found, Zones},
};

/// What to do with a message.
#[derive(Debug)]
pub(super) enum Decision {
    /// Nothing: it is no question.
    Silence,
    /// Send this back.
    Answer(Vec<u8>),
    /// Ask the host's resolvers.
    Forward(Asked),
}

/// The longest datagram that is taken: what passes everywhere in one piece.
const PAYLOAD: u16 = 1232;

/// What to do with a message from somebody of whom that much is known.
pub(super) fn to(message: &[u8], known: &Known, zones: &Zones, carrier: Carrier) -> Decision {
    let asked = match query::read(message) {
        Ok(asked) => asked,
        Err(Unreadable::NoQuestion) => return Decision::Silence,
        Err(Unreadable::Fault(request, code)) => {
            let mut reply = blank(&request);
            reply.metadata.response_code = code;
            return sent(encode(&reply, u16::MAX));
        }
    };
    match reply_to(&asked, known, zones) {
        Some(reply) => sent(encode(&reply, asked.room(carrier))),
        None => Decision::Forward(asked),
    }
}

/// The answer that there is none, for that reason.
pub(super) fn failure(asked: &Asked, code: ResponseCode) -> Option<Vec<u8>> {
    encode(&failing(asked, code), u16::MAX)
}

fn sent(bytes: Option<Vec<u8>>) -> Decision {
    bytes.map_or(Decision::Silence, Decision::Answer)
}

/// Our own answer; none if others must be asked.
fn reply_to(asked: &Asked, known: &Known, zones: &Zones) -> Option<Message> {
    let names = match known {
        Known::Names(names) => names,
        Known::Stranger => return Some(failing(asked, ResponseCode::Refused)),
        Known::Failed => return Some(failing(asked, ResponseCode::ServFail)),
    };
    // A transfer has many messages, and shows what nobody asked for by name.
    if matches!(asked.query.query_type, RecordType::AXFR | RecordType::IXFR) {
        return Some(failing(asked, ResponseCode::Refused));
    }
    let found = zones.find(&asked.query.name, names)?;
    if asked.extension.is_some_and(|said| said.version > 0) {
        return Some(failing(asked, ResponseCode::BADVERS));
    }
    if !matches!(asked.query.query_class, DNSClass::IN | DNSClass::ANY) {
        return Some(failing(asked, ResponseCode::Refused));
    }
    Some(compose(asked, found))
}

fn compose(asked: &Asked, found: Found) -> Message {
    let Found { zone, data } = found;
    let mut reply = beginning(asked);
    reply.metadata.authoritative = true;
    let Some(data) = data else {
        reply.metadata.response_code = ResponseCode::NXDomain;
        reply.add_authority(Record::from_rdata(zone, zone::TTL, zone::authority()));
        return reply;
    };
    let data = of_type(data, asked.query.query_type);
    if data.is_empty() {
        reply.add_authority(Record::from_rdata(zone, zone::TTL, zone::authority()));
    }
    let record = |data: RData| Record::from_rdata(asked.query.name.clone(), zone::TTL, data);
    reply.add_answers(data.into_iter().map(record));
    reply
}

/// Who asks for anything gets what there is, and where that is nothing, the record that says so (RFC 8482).
fn of_type(mut data: Vec<RData>, wanted: RecordType) -> Vec<RData> {
    if wanted != RecordType::ANY {
        data.retain(|data| data.record_type() == wanted);
    } else if data.is_empty() {
        data.push(RData::HINFO(HINFO::new("RFC8482".into(), String::new())));
    }
    data
}

fn failing(asked: &Asked, code: ResponseCode) -> Message {
    let mut reply = beginning(asked);
    reply.metadata.response_code = code;
    reply
}

/// An answer's header and question, as it came, letter for letter; and an OPT for an OPT.
fn beginning(asked: &Asked) -> Message {
    let mut reply = blank(&asked.metadata);
    reply.add_query(asked.query.clone());
    if let Some(said) = asked.extension {
        let mut edns = Edns::new();
        edns.set_max_payload(PAYLOAD).set_dnssec_ok(said.dnssec_ok);
        reply.set_edns(edns);
    }
    reply
}

fn blank(request: &Metadata) -> Message {
    let mut reply = Message::response(request.id, request.op_code);
    reply.metadata = Metadata::response_from_request(request);
    reply.metadata.recursion_available = true;
    reply
}

/// What does not fit is said to be cut, and nothing of it is sent: the asker comes again on a stream.
fn encode(reply: &Message, room: u16) -> Option<Vec<u8>> {
    let whole = reply.to_vec().ok()?;
    if whole.len() <= usize::from(room) {
        return Some(whole);
    }
    reply.truncate().to_vec().ok()
}

#[cfg(test)]
mod tests;
