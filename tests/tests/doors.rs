//! The daemon as a process, on a simulated host: its socket, its configuration, its end; and `sloop`'s exit codes.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
};

use anyhow::{Context as _, Result, ensure};
use sloop_lab::{Kind, Lab, Setup};

const CREATE: [&str; 6] = ["instance", "create", "--blueprint", "tiny", "--bundle", "nano_3_0"];

#[test]
fn an_instance_lives_on_a_simulated_host() -> Result<()> {
    let lab = Lab::simulated()?;
    lab.must(&["launch", "web", "db", "--blueprint", "tiny", "--bundle", "tiny_1_0"])?;
    let listed = lab.json(&["instance", "list"])?;
    let names: Vec<_> =
        listed["instances"].as_array().context("a list")?.iter().map(|i| i["name"].clone()).collect();
    ensure!(names == ["db", "web"], "{listed}");
    ensure!(listed["instances"][0]["state"]["code"] == 16, "{listed}");
    lab.must(&["stop", "web"])?;
    lab.must(&["start", "web"])?;
    lab.must(&["reboot", "web"])?;
    lab.must(&["tag", "add", "web", "class=linux-101"])?;
    lab.must(&["rm", "web", "db", "--yes"])?;
    let operations = lab.json(&["operation", "list"])?;
    let failed =
        operations["operations"].as_array().context("a list")?.iter().filter(|o| o["status"] != "Succeeded");
    ensure!(failed.count() == 0, "{operations}");
    Ok(())
}

#[test]
fn exit_codes_and_words_can_be_trusted() -> Result<()> {
    let lab = Lab::simulated()?;
    let with = |more: &[&'static str]| [&CREATE[..], more].concat();
    lab.must(&with(&["web", "--wait"]))?;
    lab.must(&["key-pair", "create", "mykey"])?;
    for (arguments, code, word) in [
        (vec!["instance", "show", "nobody"], 3, "does not exist"),
        (with(&["web"]), 4, "already in use"),
        (with(&["mykey"]), 4, "already in use"),
        (with(&["a/b"]), 2, "not a valid resource name"),
        (with(&["x2", "--key-pair", "nokey"]), 3, "nokey"),
        (with(&["x2", "--zone", "mars-1a"]), 2, "mars-1a"),
        (vec!["instance", "create", "x2", "--blueprint", "beos", "--bundle", "nano_3_0"], 2, "beos"),
        (vec!["instance", "create", "x2", "--blueprint", "tiny", "--bundle", "giga"], 2, "giga"),
        (vec!["instance", "start", "web"], 4, "running"),
        (vec!["operation", "show", "not-an-id"], 2, "UUID"),
        (vec!["no-such-command"], 2, "no-such-command"),
    ] {
        let output = lab.sloop(&arguments)?;
        ensure!(output.code == code && output.stderr.contains(word), "{arguments:?}: {output}");
    }
    let json = lab.sloop(&["instance", "show", "nobody", "--output", "json"])?;
    let error: serde_json::Value = serde_json::from_str(&json.stderr)?;
    ensure!(
        error["error"]["type"] == "NotFoundException" && error["error"]["code"] == "DoesNotExist",
        "{error}"
    );
    Ok(())
}

#[test]
fn the_socket_is_for_the_group_and_goes_with_the_daemon() -> Result<()> {
    let mut lab = Lab::simulated()?;
    let socket = lab.dir().join("sloop.sock");
    let mode = std::fs::metadata(&socket)?.permissions().mode() & 0o777;
    ensure!(mode == 0o660, "{mode:o}");
    // A second daemon does not take a living one's socket.
    let second = lab.daemon_command().output()?;
    ensure!(!second.status.success());
    lab.must(&["ls"])?;
    lab.stop_daemon()?;
    ensure!(!socket.exists(), "a daemon that ends politely takes its socket along");
    ensure!(lab.sloop(&["ls"])?.code == 7);
    // A killed one leaves it, and the next one replaces it.
    lab.start_daemon()?;
    lab.kill_daemon()?;
    ensure!(socket.exists());
    lab.start_daemon()?;
    lab.must(&["ls"])?;
    // What is no socket is never replaced.
    lab.stop_daemon()?;
    std::fs::write(&socket, "mine")?;
    ensure!(!lab.daemon_command().output()?.status.success());
    ensure!(std::fs::read(&socket)? == b"mine");
    std::fs::remove_file(&socket)?;
    lab.start_daemon()
}

#[test]
fn a_broken_configuration_is_refused_by_name() -> Result<()> {
    let setup = Setup { kind: Kind::Simulated, ..Setup::default() };
    let mut lab = Lab::start(setup)?;
    lab.stop_daemon()?;
    for (text, word) in [
        ("colour = 1\n", "colour"),
        ("region = ", "sloop.toml"),
        ("[quotas]\ninstances = 'many'\n", "instances"),
    ] {
        std::fs::write(lab.configuration_path(), text)?;
        let output = lab.daemon_command().arg("--check").output()?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(!output.status.success() && told.contains(word), "{told}");
    }
    Ok(())
}

/// A simulated lab that serves plain HTTP there.
fn lab_at(address: SocketAddr) -> Result<Lab> {
    let configuration = format!("http.listen = '{address}'");
    Lab::start(Setup { kind: Kind::Simulated, configuration, ..Setup::default() })
}

fn metrics_at(address: SocketAddr) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

#[test]
fn metrics_are_where_the_configuration_says_and_nowhere_when_it_says_so() -> Result<()> {
    // An address that nobody else takes ports of.
    let address = TcpListener::bind("127.75.66.1:0")?.local_addr()?;
    let mut lab = lab_at(address)?;
    lab.must(&["launch", "web", "--blueprint", "tiny", "--bundle", "tiny_1_0"])?;
    lab.until("web is told of", || {
        Ok(metrics_at(address)
            .is_ok_and(|text| text.contains("name=\"web\"} 1\n") && text.ends_with("# EOF\n")))
    })?;
    lab.stop_daemon()?;
    ensure!(metrics_at(address).is_err(), "it ends with the daemon");
    let text = std::fs::read_to_string(lab.configuration_path())?;
    std::fs::write(lab.configuration_path(), text.replace(&address.to_string(), ""))?;
    lab.start_daemon()?;
    lab.must(&["ls"])?;
    ensure!(metrics_at(address).is_err(), "it was turned off");
    Ok(())
}

#[test]
fn a_port_that_is_taken_costs_only_the_metrics() -> Result<()> {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?;
    let lab = lab_at(address)?;
    lab.must(&["launch", "web", "--blueprint", "tiny", "--bundle", "tiny_1_0"])?;
    lab.until("it is said what to do", || {
        let log = lab.log();
        Ok(log.contains(&address.to_string()) && log.contains("set http.listen"))
    })
}

#[test]
fn streams_do_not_keep_the_daemon_from_ending() -> Result<()> {
    let mut lab = Lab::simulated()?;
    lab.must(&["launch", "web", "--blueprint", "tiny", "--bundle", "tiny_1_0"])?;
    let mut watcher = lab.sloop_command(&[
        "launch",
        "db",
        "--blueprint",
        "tiny",
        "--wait-for",
        "first-boot",
        "--timeout",
        "60s",
    ]);
    let mut watcher =
        watcher.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn()?;
    lab.until("db is there", || Ok(lab.sloop(&["instance", "state", "db"])?.code == 0))?;
    lab.stop_daemon()?;
    watcher.kill()?;
    watcher.wait()?;
    Ok(())
}
