//! Ethernet frames with advertisements, and frames that ask for one. Pure; the codec is etherparse's.

use std::net::Ipv6Addr;

use etherparse::{
    IpNumber, Ipv6HeaderSlice, NetSlice, PacketBuilder, SlicedPacket, TransportSlice,
    icmpv6::TYPE_ROUTER_SOLICITATION,
};

use super::{
    Settings,
    advertisement::{self, Lifetimes, SOURCE_LINK_LAYER},
};
use crate::model::IPV6_ROUTER;

const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
/// Where frames for them go (RFC 2464, 7).
const ALL_NODES_MAC: [u8; 6] = [0x33, 0x33, 0, 0, 0, 1];

/// A router that passes a packet on takes one off, so that this one comes from the same wire.
const NOT_ROUTED: u8 = 255;

/// The frame that carries an advertisement to everybody on the wire, which is the guest.
pub(super) fn build(settings: &Settings, lifetimes: Lifetimes) -> Vec<u8> {
    let body = advertisement::body(settings, lifetimes);
    let builder = PacketBuilder::ethernet2(settings.mac, ALL_NODES_MAC)
        .ipv6(IPV6_ROUTER.octets(), ALL_NODES.octets(), NOT_ROUTED)
        .icmpv6(advertisement::header(lifetimes));
    let mut frame = Vec::with_capacity(builder.size(body.len()));
    // Writing to memory fails only for a payload beyond 64 KiB, and this one has 56 bytes.
    let _ = builder.write(&mut frame, &body);
    frame
}

/// Whether the frame carries a Router Solicitation that a router may answer (RFC 4861, 6.1.1).
pub(super) fn is_solicitation(bytes: &[u8]) -> bool {
    let Ok(packet) = SlicedPacket::from_ethernet(bytes) else { return false };
    let (Some(NetSlice::Ipv6(ip)), Some(TransportSlice::Icmpv6(message))) = (&packet.net, &packet.transport)
    else {
        return false;
    };
    let header = ip.header();
    (message.type_u8(), message.code_u8()) == (TYPE_ROUTER_SOLICITATION, 0)
        && comes_from_a_neighbour(&header)
        && message.is_checksum_valid(header.source(), header.destination())
        && options_are_sound(message.payload(), header.source_addr())
}

/// It has not been routed, its sender is on this wire, and nothing stands between the header and the message (RFC 6980
/// forbids fragments). A length of zero would mean a jumbogram.
fn comes_from_a_neighbour(header: &Ipv6HeaderSlice<'_>) -> bool {
    let source = header.source_addr();
    header.hop_limit() == NOT_ROUTED
        && header.next_header() == IpNumber::IPV6_ICMP
        && header.payload_length() != 0
        && (source.is_unspecified() || source.is_unicast_link_local())
}

/// Each option has a length and ends within the message; who has no address yet does not name a MAC address either.
fn options_are_sound(mut rest: &[u8], source: Ipv6Addr) -> bool {
    while let [kind, eights, ..] = *rest {
        let Some(behind) = rest.get(usize::from(eights) * 8..) else { return false };
        if eights == 0 || (kind == SOURCE_LINK_LAYER && source.is_unspecified()) {
            return false;
        }
        rest = behind;
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const GUEST: [u8; 6] = [0x52, 0x54, 0, 0xaa, 0xaa, 0x01];
    const ALL_ROUTERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);
    /// What a Linux guest with another MAC address has sent.
    const OF_LINUX: &str = "333300000002525400bbbb0186dd6000000000103afffe80000000000000505400fffebbbb01\
                            ff0200000000000000000000000000028500630c000000000101525400bbbb01";
    /// What a Linux guest has taken its address from.
    const ADVERTISED: &str = "33330000000102510000000186dd6000000000403afffe800000000000000000000000000001\
                              ff0200000000000000000000000000018600939c40002328000000000000000001010251000000\
                              0105010000000005dc03044040000151800000384000000000fd123456789a00010000000000000000";

    fn bytes(hex: &str) -> Vec<u8> {
        let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("text"));
        digits.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal")).collect()
    }

    fn settings() -> Settings {
        let prefix = "fd12:3456:789a:1::/64".parse().expect("a subnet");
        Settings { mac: [0x02, 0x51, 0, 0, 0, 0x01], prefix }
    }

    fn asks(source: &str, hop_limit: u8, kind: u8, code: u8, options: &[u8]) -> Vec<u8> {
        let source: Ipv6Addr = source.parse().expect("an address");
        let builder = PacketBuilder::ethernet2(GUEST, [0x33, 0x33, 0, 0, 0, 2])
            .ipv6(source.octets(), ALL_ROUTERS.octets(), hop_limit)
            .icmpv6_raw(kind, code, [0; 4]);
        let mut frame = Vec::new();
        builder.write(&mut frame, options).expect("writes");
        frame
    }

    #[test]
    fn a_frame_is_what_a_guest_understood() {
        assert_eq!(build(&settings(), advertisement::USUAL), bytes(ADVERTISED));
        let over = build(&settings(), advertisement::OVER);
        assert_eq!(over.len(), bytes(ADVERTISED).len());
        assert_eq!((&over[60..62], &over[90..98]), ([0; 2].as_slice(), [0; 8].as_slice()));
    }

    #[rstest]
    #[case::plain("fe80::1234", 255, 133, 0, &[], true)]
    #[case::with_its_mac("fe80::1234", 255, 133, 0, &[1, 1, 2, 0, 0, 0, 0, 9], true)]
    #[case::of_nobody("::", 255, 133, 0, &[], true)]
    #[case::of_nobody_with_a_nonce("::", 255, 133, 0, &[14, 1, 1, 2, 3, 4, 5, 6], true)]
    #[case::of_nobody_with_a_mac("::", 255, 133, 0, &[1, 1, 2, 0, 0, 0, 0, 9], false)]
    #[case::from_far_away("2001:db8::1", 255, 133, 0, &[], false)]
    #[case::routed("fe80::1234", 254, 133, 0, &[], false)]
    #[case::advertisement("fe80::1234", 255, 134, 0, &[], false)]
    #[case::unknown_code("fe80::1234", 255, 133, 1, &[], false)]
    #[case::option_of_no_length("fe80::1234", 255, 133, 0, &[14, 0, 1, 2, 3, 4, 5, 6], false)]
    #[case::option_cut_off("fe80::1234", 255, 133, 0, &[14, 2, 1, 2, 3, 4, 5, 6], false)]
    #[case::half_an_option("fe80::1234", 255, 133, 0, &[14], false)]
    fn solicitations(
        #[case] source: &str,
        #[case] hop_limit: u8,
        #[case] kind: u8,
        #[case] code: u8,
        #[case] options: &[u8],
        #[case] expected: bool,
    ) {
        assert_eq!(is_solicitation(&asks(source, hop_limit, kind, code, options)), expected);
    }

    #[test]
    fn a_solicitation_must_be_whole() {
        let frame = bytes(OF_LINUX);
        assert!(is_solicitation(&frame));
        assert!((0..frame.len()).all(|length| !is_solicitation(&frame[..length])));
    }

    proptest! {
        #[test]
        fn whatever_is_built_has_a_right_checksum(mac in any::<[u8; 6]>(), network in any::<u128>()) {
            let prefix = Ipv6Addr::from_bits(network).into();
            let frame = build(&Settings { mac, prefix }, advertisement::USUAL);
            let packet = SlicedPacket::from_ethernet(&frame).expect("whole");
            let Some(TransportSlice::Icmpv6(message)) = packet.transport else { panic!("no ICMPv6") };
            prop_assert!(message.is_checksum_valid(IPV6_ROUTER.octets(), ALL_NODES.octets()));
        }

        #[test]
        fn a_changed_byte_is_seen(at in 22..70usize, change in 1..=255u8) {
            let mut frame = bytes(OF_LINUX);
            frame[at] ^= change;
            prop_assert!(!is_solicitation(&frame));
        }

        #[test]
        fn any_bytes_are_borne(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = is_solicitation(&bytes);
        }

        #[test]
        fn any_options_are_borne(options in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = is_solicitation(&asks("fe80::1234", 255, 133, 0, &options));
        }
    }
}
