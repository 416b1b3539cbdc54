use hickory_proto::op::Edns;
use proptest::prelude::*;

use super::*;
use crate::api::dns::samples;

#[test]
fn a_question_is_read() {
    let mut message = samples::question("Web.sloop.internal.", RecordType::AAAA);
    let asked = read(&samples::bytes(&message)).expect("a question");
    assert_eq!((asked.metadata.id, asked.query.query_type), (samples::ID, RecordType::AAAA));
    assert_eq!((asked.extension, asked.room(Carrier::Udp)), (None, 512));
    let mut edns = Edns::new();
    edns.set_max_payload(1400).set_version(3).set_dnssec_ok(true);
    message.set_edns(edns);
    let asked = read(&samples::bytes(&message)).expect("a question");
    assert_eq!(asked.extension, Some(Extension { payload: 1400, version: 3, dnssec_ok: true }));
    assert_eq!((asked.room(Carrier::Udp), asked.room(Carrier::Tcp)), (1400, u16::MAX));
}

#[test]
fn room_has_its_bounds() {
    for (payload, room) in [(0, 512), (100, 512), (1232, 1232), (u16::MAX, LARGEST)] {
        let mut bytes = samples::bytes(&samples::question("web.", RecordType::A));
        bytes[11] = 1;
        bytes.extend([0, 0, 41]);
        bytes.extend(payload.to_be_bytes());
        bytes.extend([0; 6]);
        assert_eq!(read(&bytes).expect("a question").room(Carrier::Udp), room);
    }
}

#[test]
fn what_is_no_question_is_told_apart() {
    let sound = samples::bytes(&samples::question("web.", RecordType::A));
    let read_with = |at: usize, byte: u8| {
        let mut bytes = sound.clone();
        bytes[at] = byte;
        read(&bytes)
    };
    assert!(matches!(read(&sound[..11]), Err(Unreadable::NoQuestion)));
    assert!(matches!(read_with(2, 0x80), Err(Unreadable::NoQuestion)), "an answer");
    let code = |read: Result<Asked, Unreadable>| match read {
        Err(Unreadable::Fault(_, code)) => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(code(read_with(2, 0x28)), ResponseCode::NotImp, "an update");
    assert_eq!(code(read_with(5, 0)), ResponseCode::FormErr, "no question");
    assert_eq!(code(read_with(5, 2)), ResponseCode::FormErr, "two questions");
    assert_eq!(code(read_with(11, 1)), ResponseCode::FormErr, "a record that is not there");
    assert_eq!(code(read_with(10, 1)), ResponseCode::FormErr, "256 records");
    assert_eq!(code(read(&sound[..14])), ResponseCode::FormErr, "a cut name");
    let opt = [0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0];
    let twice = [&sound[..], &opt, &opt].concat();
    for (place, number) in [(11, 2), (7, 1)] {
        let mut bytes = twice.clone();
        bytes[place] = number;
        assert_eq!(code(read(&bytes)), ResponseCode::FormErr, "two OPTs, and one among the answers");
    }
}

#[test]
fn an_answer_is_known_by_its_number_and_question() {
    let bytes = samples::bytes(&samples::question("web.example.", RecordType::A));
    let asked = read(&bytes).expect("a question");
    let mut answer = bytes.clone();
    answer[2] |= 0x80;
    assert!(asked.is_answered_by(&answer) && !asked.is_answered_by(&bytes));
    for at in [0, 1, 5, 14] {
        let mut other = answer.clone();
        other[at] ^= 1;
        assert!(!asked.is_answered_by(&other), "byte {at}");
    }
    let shouted: Vec<u8> = answer.iter().map(u8::to_ascii_uppercase).collect();
    assert!(asked.is_answered_by(&shouted));
}

proptest! {
    #[test]
    fn any_bytes_are_borne(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = read(&bytes);
        let asked = read(&samples::bytes(&samples::question("web.", RecordType::A))).expect("a question");
        prop_assert!(!asked.is_answered_by(&bytes) || bytes.len() > 12);
    }

    #[test]
    fn anything_behind_a_header_is_borne(counts in [0u8..3, 0u8..3, 0u8..3, 0u8..3], tail: Vec<u8>) {
        let mut bytes = vec![0, 7, 1, 0];
        bytes.extend(counts.iter().flat_map(|count| [0, *count]));
        bytes.extend(tail);
        let _ = read(&bytes);
    }
}
