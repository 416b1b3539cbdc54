//! Ports: opened, closed, put and listed.

use serde_json::{Deserializer, Value as Json, json};

use crate::fake::Daemon;
use crate::{run, sloop};

/// `sloop firewall …` against a daemon.
fn firewall(daemon: &Daemon, args: &[&str]) -> (i32, String, String) {
    run(sloop(&daemon.socket()).arg("firewall"), args)
}

/// The requests that reached the daemon, one for each answer.
fn asked(daemon: &Daemon, args: &[&str]) -> Vec<Json> {
    let (code, out, err) = firewall(daemon, &[args, &["-o", "json"]].concat());
    assert_eq!((code, &*err), (0, ""), "{args:?}");
    let answers = Deserializer::from_str(&out).into_iter::<Json>().map(Result::unwrap);
    let details = answers.map(|answer| answer["operation"]["operationDetails"].as_str().unwrap().to_owned());
    details.map(|details| serde_json::from_str(&details).unwrap()).collect()
}

fn port(from: i32, to: i32, protocol: &str) -> Json {
    json!({
        "fromPort": from, "toPort": to, "protocol": protocol,
        "cidrs": [], "ipv6Cidrs": [], "cidrListAliases": [],
    })
}

#[test]
fn a_rule_is_sent_as_the_ports_that_it_means() {
    let daemon = Daemon::start();
    let cases = [
        ("22/tcp", port(22, 22, "tcp")),
        ("22", port(22, 22, "tcp")),
        ("8000-8100/tcp", port(8000, 8100, "tcp")),
        ("53/udp", port(53, 53, "udp")),
        ("icmp", port(-1, -1, "icmp")),
        ("icmp:8", port(8, -1, "icmp")),
        ("icmp:8:0", port(8, 0, "icmp")),
        ("icmpv6", port(-1, -1, "icmpv6")),
        ("icmpv6:128", port(128, -1, "icmpv6")),
        ("all", port(0, 65_535, "all")),
        ("ssh", port(22, 22, "tcp")),
        ("http", port(80, 80, "tcp")),
        ("https", port(443, 443, "tcp")),
        ("ping", port(8, -1, "icmp")),
        ("dns", port(53, 53, "udp")),
    ];
    let rules: Vec<_> = cases.iter().map(|(rule, _)| *rule).collect();
    let expected: Vec<_> =
        cases.iter().map(|(_, port)| json!({ "instanceName": "web", "portInfo": port })).collect();
    assert_eq!(asked(&daemon, &[&["open", "web"], &rules[..]].concat()), expected);
    assert_eq!(asked(&daemon, &[&["close", "web"], &rules[..]].concat()), expected);
    let together: Vec<_> = cases.iter().map(|(_, port)| port).collect();
    let expected = json!({ "instanceName": "web", "portInfos": together });
    assert_eq!(asked(&daemon, &[&["put", "web"], &rules[..]].concat()), [expected]);
}

#[test]
fn sources_go_where_their_family_belongs_with_every_rule() {
    let daemon = Daemon::start();
    let from = ["--from", "192.0.2.7", "--from", "10.0.0.0/8", "--from", "2001:db8::/32", "--from", "host"];
    for verb in ["open", "close"] {
        let requests = asked(&daemon, &[&[verb, "web", "22", "80"], &from[..]].concat());
        assert_eq!(requests.len(), 2);
        for request in requests {
            let info = &request["portInfo"];
            assert_eq!(info["cidrs"], json!(["192.0.2.7", "10.0.0.0/8"]));
            assert_eq!(info["ipv6Cidrs"], json!(["2001:db8::/32"]));
            assert_eq!(info["cidrListAliases"], json!(["lightsail-connect"]));
        }
    }
    let requests = asked(&daemon, &["put", "web", "22", "--from", "lightsail-connect"]);
    assert_eq!(requests[0]["portInfos"][0]["cidrListAliases"], json!(["lightsail-connect"]));
}

#[test]
fn each_rule_is_told_of_in_a_sentence() {
    let daemon = Daemon::start();
    let cases: [(&[&str], &str); 8] = [
        (&["open", "web", "22"], "web: 22/tcp is open\n"),
        (&["open", "web", "ping", "all"], "web: icmp:8 is open\nweb: all is open\n"),
        (
            &["open", "web", "ssh", "--from", "10.0.0.0/8", "--from", "host"],
            "web: 22/tcp is open to 10.0.0.0/8 and lightsail-connect\n",
        ),
        (&["close", "web", "8000-8100/udp"], "web: 8000-8100/udp is closed\n"),
        (&["close", "web", "22", "--from", "::/0"], "web: 22/tcp is closed to ::/0\n"),
        (&["put", "web", "22"], "web: 22/tcp is open, everything else is closed\n"),
        (&["put", "web", "22", "icmp"], "web: 22/tcp and icmp are open, everything else is closed\n"),
        (&["put", "web", "--none"], "web: everything is closed\n"),
    ];
    for (args, told) in cases {
        let (code, out, err) = firewall(&daemon, args);
        assert_eq!((code, &*out, &*err), (0, told, ""), "{args:?}");
    }
    let expected = json!({ "instanceName": "web", "portInfos": [] });
    assert_eq!(asked(&daemon, &["put", "web", "--none"]), [expected]);
}

#[test]
fn the_first_rule_that_fails_is_the_last_that_is_tried() {
    let daemon = Daemon::start();
    let (code, out, err) = firewall(&daemon, &["open", "web", "80", "25", "443"]);
    assert_eq!((code, &*out), (4, "web: 80/tcp is open\n"));
    assert_eq!(err, "not opened: 25/tcp, 443/tcp\nerror: port 25 stays as it is\n");
    let (code, out, err) = firewall(&daemon, &["close", "web", "80", "25", "-o", "json"]);
    let answers = Deserializer::from_str(&out).into_iter::<Json>();
    assert_eq!((code, answers.count()), (4, 1));
    let error: Json = serde_json::from_str(&err).unwrap();
    assert_eq!(error["error"]["message"], "port 25 stays as it is");
    let (code, out, err) = firewall(&daemon, &["open", "web", "25"]);
    assert_eq!((code, &*out, &*err), (4, "", "error: port 25 stays as it is\n"));
    assert_eq!(firewall(&daemon, &["open", "ghost", "80"]).0, 3);
}

#[test]
fn nothing_is_said_to_be_open_before_it_is() {
    let daemon = Daemon::start();
    let (code, out, err) = firewall(&daemon, &["open", "late", "80"]);
    assert_eq!((code, &*out, &*err), (0, "late: 80/tcp is open\n", "late: making the disk\n"));
    let (code, out, err) = firewall(&daemon, &["put", "broken", "80"]);
    assert_eq!((code, &*out), (5, ""));
    assert!(err.contains("error: broken: CreateInstance failed: DiskFull"), "{err}");
}

#[test]
fn what_is_no_rule_and_no_source_is_wrong_usage() {
    let daemon = Daemon::start();
    let cases: [(&[&str], &str); 11] = [
        (&["open", "web"], "<RULE>..."),
        (&["open", "web", "22", "65536"], "\"65536\" is no port, which is a number from 0 to 65535"),
        (&["open", "web", "80-22"], "\"80-22\" runs backwards"),
        (&["close", "web", "22/sctp"], "\"sctp\" has no ports"),
        (&["close", "web", "icmp:256"], "\"256\" is no ICMP type"),
        (&["put", "web", "smtp"], "\"smtp\" is no port"),
        (&["open", "web", "22", "--from", "10.0.0.0/33"], "\"33\" is no length of a prefix"),
        (&["open", "web", "22", "--from", "everybody"], "\"everybody\" is no address"),
        (&["put", "web"], "<RULE>..."),
        (&["put", "web", "22", "--none"], "cannot be used with"),
        (&["put", "web", "--none", "--from", "10.0.0.0/8"], "cannot be used with"),
    ];
    for (args, told) in cases {
        let (code, out, err) = firewall(&daemon, args);
        assert_eq!((code, &*out), (2, ""), "{args:?}");
        assert!(err.contains(told), "{args:?}: {err}");
    }
}

#[test]
fn the_list_says_what_is_open_and_for_whom() {
    let daemon = Daemon::start();
    let (code, out, _) = firewall(&daemon, &["list", "web"]);
    let lines: Vec<_> =
        out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(code, 0);
    let expected = [
        "PORTS PROTOCOL FROM",
        "22 tcp 192.0.2.0/24, lightsail-connect",
        "8000-8100 udp anywhere",
        "443 tcp anywhere (IPv4)",
        "8:any icmp anywhere",
        "any icmpv6 anywhere",
        "all all 192.0.2.7/32, anywhere (IPv6)",
    ];
    assert_eq!(lines, expected);
    let (_, out, _) = firewall(&daemon, &["ls", "web", "-q"]);
    assert_eq!(out, "22/tcp\n8000-8100/udp\n443/tcp\nicmp:8\nicmpv6\nall\n");
    let (_, out, _) = firewall(&daemon, &["list", "web", "-o", "json"]);
    let list: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(list["portStates"][0]["state"], "open");
    assert_eq!(firewall(&daemon, &["list", "ghost"]).0, 3);
}

#[test]
fn an_instance_shows_the_same_rules() {
    let daemon = Daemon::start();
    let (code, out, _) = run(&mut sloop(&daemon.socket()), &["instance", "show", "strict"]);
    assert_eq!(code, 0);
    let ports = "22/tcp from 192.0.2.0/24 and lightsail-connect, icmp:8, all from anywhere (IPv4)";
    let shown = out.lines().find_map(|line| line.strip_prefix("Ports:")).map(str::trim);
    assert_eq!(shown, Some(ports));
}
