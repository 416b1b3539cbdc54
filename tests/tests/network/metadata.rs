//! Metadata and names, as guests ask for them.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use sloop_lab::{Container, Guest, inside};

use super::Net;

const ADDRESS: &str = "169.254.169.254:80";
const PATIENCE: Duration = Duration::from_secs(2);

/// Status and body of one request; none when no answer comes.
fn ask(netns: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> Result<Option<(u16, String)>> {
    let lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let lines = lines.concat();
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: 169.254.169.254\r\nConnection: close\r\n{lines}\r\n");
    inside(netns, move || exchange(&request))
}

fn exchange(request: &str) -> Result<Option<(u16, String)>> {
    let Ok(mut stream) = TcpStream::connect_timeout(&ADDRESS.parse()?, PATIENCE) else { return Ok(None) };
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    if stream.read_to_string(&mut answer).is_err() || answer.is_empty() {
        return Ok(None);
    }
    let (head, body) = answer.split_once("\r\n\r\n").context("a head and a body")?;
    let status = head.split(' ').nth(1).context("a status")?.parse()?;
    Ok(Some((status, body.to_owned())))
}

fn token(netns: &str) -> Result<Option<String>> {
    let answer = ask(netns, "PUT", "/latest/api/token", &[("X-aws-ec2-metadata-token-ttl-seconds", "60")])?;
    Ok(answer.filter(|(status, _)| *status == 200).map(|(_, token)| token))
}

const TOKEN: &str = "X-aws-ec2-metadata-token";
const ID: &str = "/latest/meta-data/instance-id";

#[test]
fn each_guest_sees_itself_and_nothing_else() -> Result<()> {
    let net = Net::with_owners(&[("one", "root"), ("two", "root"), ("foe", "nobody")])?;
    let mut ids = Vec::new();
    for guest in &net.guests {
        let netns = guest.netns();
        let (status, id) = ask(netns, "GET", ID, &[])?.context("an answer")?;
        ensure!(status == 200 && id.starts_with("i-"), "{status} {id}");
        let (_, address) = ask(netns, "GET", "/latest/meta-data/local-ipv4", &[])?.context("an answer")?;
        ensure!(address == guest.address());
        // Whatever it claims to be.
        for claim in [
            ("X-Forwarded-For", "172.26.0.11"),
            ("Forwarded", "for=172.26.0.11"),
            ("X-Real-IP", "172.26.0.11"),
        ] {
            ensure!(ask(netns, "GET", ID, &[claim])?.context("an answer")? == (200, id.clone()));
        }
        ids.push(id);
    }
    ids.sort_unstable();
    ids.dedup();
    ensure!(ids.len() == 3);
    // From a neighbour's address nothing comes back, and a neighbour's token opens nothing.
    let (one, two) = (&net.guests[0], &net.guests[1]);
    let stolen = token(two.netns())?.context("a token")?;
    ensure!(ask(one.netns(), "GET", ID, &[(TOKEN, &stolen)])?.context("an answer")?.0 == 401);
    one.ip(&format!("addr add {}/32 dev lo", two.address()))?;
    let spoofed = one.run(&["busybox", "ping", "-c", "1", "-W", "1", "-I", two.address(), "172.26.0.1"])?;
    ensure!(spoofed.code != 0);
    Ok(())
}

#[test]
fn where_tokens_are_required_nothing_goes_without() -> Result<()> {
    let net = Net::of(&["one"])?;
    let one = net.guests[0].netns();
    ensure!(ask(one, "GET", ID, &[])?.context("an answer")?.0 == 200);
    net.lab.must(&["instance", "metadata-options", "one", "--tokens", "required"])?;
    let mut refused = 0;
    for path in [
        "/",
        ID,
        "/latest/user-data",
        "/latest/dynamic/instance-identity/document",
        "/latest//meta-data/",
        "/1.0/meta-data/",
    ] {
        for headers in [&[][..], &[(TOKEN, "x")], &[(TOKEN, "")]] {
            let (status, body) = ask(one, "GET", path, headers)?.context("an answer")?;
            ensure!(status == 401, "{path} {headers:?}: {status} {body}");
            refused += 1;
        }
    }
    println!("IMDSv1 where v2 is required: {refused} probes, 0 answered");
    let token = token(one)?.context("a token")?;
    ensure!(ask(one, "GET", ID, &[(TOKEN, &token)])?.context("an answer")?.0 == 200);
    net.lab.must(&["instance", "metadata-options", "one", "--endpoint", "disabled"])?;
    ensure!(ask(one, "GET", ID, &[(TOKEN, &token)])?.context("an answer")?.0 == 403);
    Ok(())
}

#[test]
fn a_token_goes_no_further_than_it_may() -> Result<()> {
    let net = Net::of(&["one"])?;
    let one = net.guests[0].netns();
    let container = Container::of(&net.guests[0])?;
    let boxed = container.netns();
    ensure!(token(one)?.is_some(), "the guest itself gets one");
    // A plain request passes; a token, which would let the box act as the guest, does not come so far.
    ensure!(ask(boxed, "GET", ID, &[])?.context("an answer")?.0 == 200);
    let mut lost = 0;
    for _ in 0..3 {
        ensure!(token(boxed)?.is_none());
        lost += 1;
    }
    println!("hop limit 1, two hops: {lost} probes, 0 answered");
    net.lab.must(&["instance", "metadata-options", "one", "--hop-limit", "2"])?;
    ensure!(token(boxed)?.is_some(), "with two hops allowed it comes");
    Ok(())
}

#[test]
fn names_are_known_to_those_who_may() -> Result<()> {
    let net = Net::with_owners(&[("one", "root"), ("two", "root")])?;
    let (one, two) = (&net.guests[0], &net.guests[1]);
    let look = |guest: &Guest, name: &str| guest.run(&["busybox", "nslookup", name, "172.26.0.1"]);
    let found = look(one, "two.sloop.internal")?;
    ensure!(found.code == 0 && found.stdout.contains(two.address()), "{found}");
    let found = look(two, one.address())?;
    ensure!(found.code == 0 && found.stdout.contains("one.sloop.internal"), "{found}");
    ensure!(look(one, "three.sloop.internal")?.code != 0);
    // The host itself asks at the same address.
    let found = net.lab.shell("busybox nslookup two.sloop.internal 172.26.0.1")?;
    ensure!(found.contains(two.address()), "{found}");
    // A name goes with its instance.
    net.lab.must(&["rm", "two", "--yes"])?;
    net.lab.until("the name is gone", || Ok(look(one, "two.sloop.internal")?.code != 0))
}
