//! What an instance moves, and which addresses it has.

use serde_json::{Value as Json, json};

use crate::fake::Daemon;
use crate::{run, sloop};

#[test]
fn what_is_moved_is_shown_beside_what_is_allowed() {
    let daemon = Daemon::start();
    let transfer = |args: &[&str]| run(sloop(&daemon.socket()).args(["instance", "transfer"]), args);
    let (code, out, _) = transfer(&["strict"]);
    let told = "Month: 2026-11\nIn:    1.5 GiB\nOut:   512 MiB\nUsed:  2.0 of 1024.0 GiB (0 %)\n";
    assert_eq!((code, &*out), (0, told));
    let (_, out, _) = transfer(&["strict", "-o", "json"]);
    let told: Json = serde_json::from_str(&out).unwrap();
    assert_eq!((&told["month"], &told["bytesOut"]), (&json!("2026-11"), &json!(536_870_912)));
    assert_eq!(transfer(&["ghost"]).0, 3);
    let (_, out, _) = run(&mut sloop(&daemon.socket()), &["instance", "show", "strict"]);
    assert!(out.contains("Transfer:   2.0 of 1024.0 GiB (0 %)\n"), "{out}");
    // Where it cannot be had, the rest is shown.
    let (code, out, _) = run(&mut sloop(&daemon.socket()), &["instance", "show", "web"]);
    assert!(code == 0 && out.contains("web") && !out.contains("Transfer"), "{out}");
}

#[test]
fn the_address_type_is_sent_in_lightsails_words() {
    let daemon = Daemon::start();
    let set = |args: &[&str]| run(sloop(&daemon.socket()).args(["instance", "set-ip-type"]), args);
    let (code, out, _) = set(&["web", "dualstack"]);
    assert_eq!((code, &*out), (0, "web has IPv4 and IPv6\n"));
    let (_, out, _) = set(&["web", "ipv4", "-o", "json"]);
    let result: Json = serde_json::from_str(&out).unwrap();
    let sent = result["operations"][0]["operationDetails"].as_str().unwrap();
    let expected = json!({ "resourceType": "Instance", "resourceName": "web", "ipAddressType": "ipv4" });
    assert_eq!(serde_json::from_str::<Json>(sent).unwrap(), expected);
    assert_eq!(set(&["web", "ipv6"]).0, 2);
}

#[test]
fn ports_are_published_one_after_the_other() {
    let daemon = Daemon::start();
    let publish = |args: &[&str]| run(sloop(&daemon.socket()).arg("publish"), args);
    let (code, out, err) = publish(&["web", "8080:80", "5353:53/udp"]);
    let told = "8080/tcp of this host leads to web, port 80\n5353/udp of this host leads to web, port 53\n";
    assert_eq!((code, &*out), (0, told));
    assert!(err.contains("53/udp closed") && err.contains("sloop firewall open web 53/udp"), "{err}");
    assert!(!err.contains("80/tcp closed"), "{err}");
    assert_eq!(publish(&["ghost", "8080:80"]).0, 3);
    assert_eq!(publish(&["web", "0:80"]).0, 2);
    for list in [&[][..], &["web"]] {
        let (code, out, _) = publish(list);
        assert!(code == 0 && out.contains("8080") && out.contains("web"), "{out}");
    }
    let unpublish = |args: &[&str]| run(sloop(&daemon.socket()).arg("unpublish"), args);
    let (code, out, _) = unpublish(&["8080"]);
    assert_eq!((code, &*out), (0, "8080/tcp of this host leads nowhere any more\n"));
    assert_eq!((unpublish(&["1"]).0, unpublish(&[]).0), (3, 2));
}
