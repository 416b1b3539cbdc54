use hickory_proto::{
    op::OpCode,
    rr::{Name, rdata::PTR},
};
use proptest::prelude::*;

use super::*;
use crate::api::dns::samples;

fn names() -> Known {
    Known::Names(samples::names().into())
}

fn decide(message: &Message) -> Decision {
    to(&samples::bytes(message), &names(), &samples::zones(), Carrier::Udp)
}

fn answer(decision: Decision) -> Message {
    match decision {
        Decision::Answer(answer) => samples::message(&answer),
        other => panic!("{other:?}"),
    }
}

fn answered(name: &str, kind: RecordType) -> Message {
    answer(decide(&samples::question(name, kind)))
}

fn data(message: &Message) -> Vec<RData> {
    message.answers.iter().map(|record| record.data.clone()).collect()
}

fn v4(last: u8) -> RData {
    std::net::Ipv4Addr::new(172, 26, 0, last).into()
}

fn code(message: &Message) -> ResponseCode {
    message.metadata.response_code
}

/// The one record beside the answers says whose word it is, and how long it counts.
fn assert_authority(message: &Message, zone: &str) {
    let [record] = message.authorities.as_slice() else {
        panic!("{message}");
    };
    assert_eq!(record.name, Name::from_ascii(zone).expect("a name"));
    assert_eq!((record.ttl, &record.data), (zone::TTL, &zone::authority()));
}

#[test]
fn an_instance_has_its_addresses() {
    let web = answered("web.sloop.internal.", RecordType::A);
    assert_eq!((code(&web), data(&web)), (ResponseCode::NoError, vec![v4(10)]));
    assert!(web.metadata.authoritative && web.metadata.recursion_available && web.metadata.recursion_desired);
    assert_eq!((web.metadata.id, web.answers[0].ttl, web.authorities.len()), (samples::ID, zone::TTL, 0));
    let v6 = answered("web.sloop.internal.", RecordType::AAAA);
    assert_eq!(data(&v6).len(), 1);
    let two = answered("a-b.sloop.internal.", RecordType::A);
    assert_eq!(data(&two), [v4(12), v4(13)]);
    let host = answered("host.sloop.internal.", RecordType::A);
    assert_eq!(data(&host), [v4(1)]);
}

#[test]
fn what_is_not_there_is_said_so() {
    let no_v6 = answered("db.sloop.internal.", RecordType::AAAA);
    assert_eq!((code(&no_v6), data(&no_v6).len()), (ResponseCode::NoError, 0));
    assert_authority(&no_v6, "sloop.internal.");
    let nobody = answered("nobody.sloop.internal.", RecordType::A);
    assert_eq!((code(&nobody), data(&nobody).len()), (ResponseCode::NXDomain, 0));
    assert!(nobody.metadata.authoritative);
    assert_authority(&nobody, "sloop.internal.");
    let free = answered("99.0.26.172.in-addr.arpa.", RecordType::PTR);
    assert_eq!(code(&free), ResponseCode::NXDomain);
    assert_authority(&free, "26.172.in-addr.arpa.");
}

#[test]
fn a_zone_has_its_beginning() {
    let authority = answered("sloop.internal.", RecordType::SOA);
    assert_eq!(data(&authority), [zone::authority()]);
    assert_eq!(data(&answered("sloop.internal.", RecordType::NS)).len(), 1);
    let address = answered("sloop.internal.", RecordType::A);
    assert_eq!((code(&address), data(&address).len()), (ResponseCode::NoError, 0));
    assert_authority(&address, "sloop.internal.");
}

#[test]
fn anything_is_what_there_is() {
    assert_eq!(data(&answered("web.sloop.internal.", RecordType::ANY)).len(), 2);
    assert_eq!(data(&answered("sloop.internal.", RecordType::ANY)).len(), 2);
    let nothing = answered("0.26.172.in-addr.arpa.", RecordType::ANY);
    assert!(matches!(data(&nothing).as_slice(), [RData::HINFO(_)]), "{nothing}");
}

#[test]
fn addresses_have_names() {
    let web = RData::PTR(PTR(Name::from_ascii("web.sloop.internal.").expect("a name")));
    for address in ["10.0.26.172.in-addr.arpa.", "10.3.27.172.in-addr.arpa."] {
        assert_eq!(data(&answered(address, RecordType::PTR)), std::slice::from_ref(&web));
    }
}

#[test]
fn a_question_comes_back_letter_for_letter() {
    for name in ["wEb.SLOOP.internal.", "NoBody.sloop.INTERNAL."] {
        let question = samples::bytes(&samples::question(name, RecordType::A));
        let Decision::Answer(answer) = to(&question, &names(), &samples::zones(), Carrier::Udp) else {
            panic!("{name} is ours");
        };
        assert_eq!(answer[12..question.len()], question[12..]);
    }
    assert_eq!(data(&answered("wEb.SLOOP.internal.", RecordType::A)).len(), 1);
}

#[test]
fn others_are_asked_for_the_rest() {
    for name in ["example.com.", "web.internal.", "1.2.0.192.in-addr.arpa.", "."] {
        let decision = decide(&samples::question(name, RecordType::A));
        assert!(matches!(decision, Decision::Forward(_)), "{name}: {decision:?}");
    }
}

#[test]
fn strangers_are_refused_and_faults_admitted() {
    for (known, expected) in
        [(Known::Stranger, ResponseCode::Refused), (Known::Failed, ResponseCode::ServFail)]
    {
        for name in ["web.sloop.internal.", "example.com."] {
            let question = samples::bytes(&samples::question(name, RecordType::A));
            let reply = answer(to(&question, &known, &samples::zones(), Carrier::Udp));
            assert_eq!((code(&reply), data(&reply).len(), reply.queries.len()), (expected, 0, 1));
        }
    }
}

#[test]
fn what_is_not_done_is_refused() {
    for kind in [RecordType::AXFR, RecordType::IXFR] {
        assert_eq!(code(&answered("sloop.internal.", kind)), ResponseCode::Refused);
        assert_eq!(code(&answered("example.com.", kind)), ResponseCode::Refused);
    }
    let mut chaos = samples::question("web.sloop.internal.", RecordType::A);
    chaos.queries[0].query_class = DNSClass::CH;
    assert_eq!(code(&answer(decide(&chaos))), ResponseCode::Refused);
    let mut update = samples::question("web.sloop.internal.", RecordType::A);
    update.metadata.op_code = OpCode::Update;
    assert_eq!(code(&answer(decide(&update))), ResponseCode::NotImp);
    let mut two = samples::question("web.sloop.internal.", RecordType::A);
    two.queries.push(two.queries[0].clone());
    assert_eq!(code(&answer(decide(&two))), ResponseCode::FormErr);
    let itself_an_answer = samples::question("web.sloop.internal.", RecordType::A).into_response();
    assert!(matches!(decide(&itself_an_answer), Decision::Silence));
}

#[test]
fn an_opt_is_answered_by_one() {
    let mut question = samples::question("web.sloop.internal.", RecordType::A);
    assert_eq!(answer(decide(&question)).edns, None);
    let mut edns = Edns::new();
    edns.set_max_payload(4096).set_dnssec_ok(true);
    question.set_edns(edns.clone());
    let reply = answer(decide(&question)).edns.expect("an OPT");
    assert_eq!((reply.version(), reply.max_payload(), reply.flags().dnssec_ok), (0, PAYLOAD, true));
    edns.set_version(1);
    question.set_edns(edns);
    let Decision::Answer(reply) = decide(&question) else {
        panic!("it is ours");
    };
    // BADVERS is 16: the header has its last four bits, the OPT the rest.
    assert_eq!((reply[3] & 0x0f, samples::message(&reply).edns.expect("an OPT").rcode_high()), (0, 1));
}

#[test]
fn what_does_not_fit_is_cut() {
    let many: Vec<_> = (10..110).map(|last| samples::known("many", last)).collect();
    let many = Known::Names(many.into());
    let reply = |question: &Message, carrier| {
        let Decision::Answer(bytes) = to(&samples::bytes(question), &many, &samples::zones(), carrier) else {
            panic!("it is ours");
        };
        (bytes.len(), samples::message(&bytes))
    };
    let mut question = samples::question("many.sloop.internal.", RecordType::A);
    let (length, cut) = reply(&question, Carrier::Udp);
    assert!(length <= 512 && cut.metadata.truncation && cut.answers.is_empty() && cut.queries.len() == 1);
    let (_, whole) = reply(&question, Carrier::Tcp);
    assert!(!whole.metadata.truncation && whole.answers.len() == 100);
    for (payload, is_cut) in [(1232, true), (4096, false)] {
        let mut edns = Edns::new();
        edns.set_max_payload(payload);
        question.set_edns(edns);
        let (length, message) = reply(&question, Carrier::Udp);
        assert!(length <= usize::from(payload) && message.edns.is_some());
        assert_eq!((message.metadata.truncation, message.answers.is_empty()), (is_cut, is_cut));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_borne(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = to(&bytes, &names(), &samples::zones(), Carrier::Udp);
    }

    #[test]
    fn any_name_and_type_are_borne(
        labels in proptest::collection::vec("[a-zA-Z0-9_-]{1,9}", 0..6),
        kind: u16,
        zone in 0..4usize,
    ) {
        let zone = ["sloop.internal.", "26.172.in-addr.arpa.", "ip6.arpa.", "example."][zone];
        let name = labels.iter().map(|label| format!("{label}.")).chain([zone.to_owned()]).collect::<String>();
        if let Ok(name) = Name::from_ascii(name) {
            let mut question = samples::question(".", kind.into());
            question.queries[0].name = name;
            if let Decision::Answer(answer) = decide(&question) {
                prop_assert!(answer.len() <= 512);
                prop_assert_eq!(samples::message(&answer).queries, question.queries);
            }
        }
    }
}
