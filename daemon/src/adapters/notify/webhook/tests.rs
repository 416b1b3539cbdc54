use super::*;

fn webhooks(allowed: &[(&str, Option<u16>)]) -> Webhooks {
    Webhooks {
        allowed: allowed.iter().map(|(host, port)| ((*host).to_owned(), *port)).collect(),
        private: "172.26.0.0/16".parse().expect("a range"),
        public: "172.27.0.0/22".parse().expect("a range"),
        ipv6: None,
        doors: vec![8169, 8053, 53, 7566],
        names: Arc::new(HostNames),
    }
}

#[test]
fn what_is_no_url_for_a_webhook_is_refused_by_what_is_wrong_with_it() {
    for (url, word) in [
        ("", "no URL"),
        ("hooks.example.com/x", "no URL"),
        ("https://", "no URL"),
        ("https://hooks example.com/", "no URL"),
        ("ftp://hooks.example.com/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("unix:///run/sloop/sloop.sock", "https://"),
        ("javascript:alert(1)", "https://"),
        ("https://ann@hooks.example.com/", "no password"),
        ("https://:secret@hooks.example.com/", "no password"),
        ("https://hooks.example.com@127.0.0.1/", "no password"),
        ("https://hooks.example.com/#x", "behind #"),
        ("https://hooks.example.com/#", "behind #"),
    ] {
        let error = webhooks(&[]).admit(url).expect_err(url);
        assert!(error.message.contains(word), "{url:?} gave {error}");
        assert_eq!(error.field, Some("contactEndpoint"));
    }
}

#[test]
fn places_inside_are_refused_however_they_are_written() {
    for url in [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.0.0.1./",
        "http://１２７.０.０.１/",
        "http://%31%32%37.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://0/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://a.localhost/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/",
        "http://172.26.0.1:8169/",
        "http://172.27.0.11/",
        "http://224.0.0.1/",
    ] {
        let error = webhooks(&[]).admit(url).expect_err(url);
        assert!(error.message.contains("none may go there"), "{url:?} gave {error}");
        assert!(error.tip.is_some());
    }
}

#[test]
fn names_and_places_elsewhere_are_admitted() {
    for url in [
        "https://hooks.example.com/services/T0/B0/xyz?token=1",
        "http://hooks.example.com:8080",
        "http://10.0.0.5:9000/alarm",
        "http://192.0.2.7/",
        "http://[2001:db8::7]:9000/",
        "HTTPS://HOOKS.EXAMPLE.COM/",
    ] {
        webhooks(&[]).admit(url).expect(url);
    }
}

#[test]
fn what_is_allowed_is_allowed_as_it_was_written() {
    for (allowed, url, is_admitted) in [
        (("127.0.0.1", None), "http://127.0.0.1:9000/", true),
        (("127.0.0.1", Some(9000)), "http://127.0.0.1:9000/", true),
        (("127.0.0.1", Some(9000)), "http://127.1:9000/x", true),
        (("127.0.0.1", Some(9000)), "http://127.0.0.1:9001/", false),
        (("127.0.0.1", Some(80)), "http://127.0.0.1/", true),
        (("127.0.0.1", Some(80)), "https://127.0.0.1/", false),
        (("127.0.0.1", None), "http://127.0.0.2/", false),
        (("127.0.0.1", None), "http://localhost/", false),
        (("localhost", None), "http://Localhost.:9000/", true),
        (("::1", None), "http://[0::1]:9000/", true),
        (("172.26.0.10", None), "http://172.26.0.10/", true),
    ] {
        let admitted = webhooks(&[allowed]).admit(url);
        assert_eq!(admitted.is_ok(), is_admitted, "{allowed:?} {url}");
    }
}

#[test]
fn doors_of_the_daemon_and_metadata_are_never_allowed() {
    let hosts = ["127.0.0.1", "172.26.0.1", "169.254.169.254", "0.0.0.0", "localhost"];
    let webhooks = webhooks(&hosts.map(|host| (host, None)));
    for url in [
        "http://127.0.0.1:7566/metrics",
        "http://localhost:7566/metrics",
        "http://172.26.0.1:8169/",
        "http://172.26.0.1:8053/",
        "http://172.26.0.1:53/",
        "http://169.254.169.254/",
        "http://0.0.0.0:9000/",
    ] {
        let error = webhooks.admit(url).expect_err(url);
        assert!(error.tip.is_some_and(|tip| tip.contains("nobody can allow")), "{url}");
    }
}

#[test]
fn what_is_shown_of_a_url_holds_no_secret() {
    for (url, shown) in [
        ("https://hooks.example.com/services/secret?token=secret", "hooks.example.com:443"),
        ("http://[2001:db8::7]/secret", "[2001:db8::7]:80"),
    ] {
        assert_eq!(place(&parse(url).expect("a URL")), shown);
    }
}
