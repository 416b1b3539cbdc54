use super::*;
use crate::api::dns::samples;

fn find_in(zones: &Zones, name: &str) -> Option<Found> {
    zones.find(&Name::from_ascii(name).expect("a name"), &samples::names())
}

fn found(name: &str) -> Option<Found> {
    find_in(&samples::zones(), name)
}

fn data(name: &str) -> Option<Vec<RData>> {
    found(name).expect("in a zone").data
}

#[allow(clippy::unnecessary_wraps)] // It is compared with what is found.
fn pointer(host: &str) -> Option<Vec<RData>> {
    Some(vec![RData::PTR(PTR(own(&[host])))])
}

#[test]
fn names_have_addresses() {
    let v4 = |last| RData::from(Ipv4Addr::new(172, 26, 0, last));
    let v6 = RData::from("fd51:0:0:1::10".parse::<std::net::Ipv6Addr>().expect("an address"));
    assert_eq!(data("web.sloop.internal."), Some(vec![v4(10), v6]));
    assert_eq!(data("dB.SLOOP.Internal."), Some(vec![v4(11)]));
    assert_eq!(data("a-b.sloop.internal."), Some(vec![v4(12), v4(13)]));
    assert_eq!(data("host.sloop.internal."), Some(vec![v4(1)]));
    assert_eq!(data("sloop.internal."), Some(apex()));
    for nobody in ["nobody", "x.web", "x.host"] {
        assert_eq!(data(&format!("{nobody}.sloop.internal.")), None);
    }
}

#[test]
fn addresses_have_names() {
    assert_eq!(data("10.0.26.172.in-addr.arpa."), pointer("web"));
    assert_eq!(data("10.3.27.172.in-addr.arpa."), pointer("web"));
    assert_eq!(data("13.0.26.172.IN-ADDR.ARPA."), pointer("a-b"));
    assert_eq!(data("1.0.26.172.in-addr.arpa."), pointer("host"));
    let v6 = "0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.0.0.0.0.0.0.1.5.d.f.ip6.arpa.";
    assert_eq!(data(v6), pointer("web"));
    assert_eq!(found(v6).expect("ours").zone.num_labels(), 18);
    for nobody in ["99.0.26.172", "1.1.27.172", "x.0.26.172", "5.10.0.26.172", "lb._dns-sd._udp.0.0.26.172"] {
        assert_eq!(data(&format!("{nobody}.in-addr.arpa.")), None, "{nobody}");
    }
}

#[test]
fn zones_begin_where_ranges_do() {
    assert_eq!(data("26.172.in-addr.arpa."), Some(apex()));
    assert_eq!(data("0.26.172.in-addr.arpa."), Some(Vec::new()));
    assert_eq!(data("3.27.172.in-addr.arpa."), Some(apex()));
    for (name, zone) in [
        ("10.0.26.172", "26.172"),
        ("0.26.172", "26.172"),
        ("10.3.27.172", "3.27.172"),
        ("x.10.3.27.172", "3.27.172"),
    ] {
        let zone = Name::from_ascii(format!("{zone}.in-addr.arpa.")).expect("a name");
        assert_eq!(found(&format!("{name}.in-addr.arpa.")).expect("ours").zone, zone);
    }
}

#[test]
fn a_part_of_a_24_is_not_all_of_it() {
    let zones = Zones::new("10.0.0.64/26".parse().expect("a range"), samples::pools().1);
    assert!(find_in(&zones, "70.0.0.10.in-addr.arpa.").is_some());
    for theirs in ["130.0.0.10", "0.0.10", "10"] {
        assert_eq!(find_in(&zones, &format!("{theirs}.in-addr.arpa.")), None, "{theirs}");
    }
}

#[test]
fn the_rest_is_for_others() {
    for theirs in [
        ".",
        "internal.",
        "web.internal.",
        "xsloop.internal.",
        "sloop.internal.example.",
        "arpa.",
        "in-addr.arpa.",
        "172.in-addr.arpa.",
        "27.172.in-addr.arpa.",
        "1.4.27.172.in-addr.arpa.",
        "010.0.26.0172.in-addr.arpa.",
        "ip6.arpa.",
        "1.5.d.f.ip6.arpa.",
    ] {
        assert_eq!(found(theirs), None, "{theirs}");
    }
}

#[test]
fn an_instance_called_host_is_not_the_host() {
    let names = [samples::known(HOST, 20)];
    let find = |name: &str| {
        let name = Name::from_ascii(name).expect("a name");
        samples::zones().find(&name, &names).expect("ours").data
    };
    assert_eq!(find("host.sloop.internal."), Some(vec![RData::from(Ipv4Addr::new(172, 26, 0, 1))]));
    assert_eq!(find("20.0.26.172.in-addr.arpa."), None);
}
