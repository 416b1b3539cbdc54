//! DHCP clients as distributions ship them, at home in a guest: each is given what its instance has, and has it renewed.

mod clients;

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use rstest::rstest;
use sloop_lab::{Guest, Lab, Output, World};

use self::clients::{Client, DHCLIENT, DHCPCD, NETWORKD, UDHCPC};
use super::attacker::Counter;

/// Nothing of what a client writes, to files or to services, gets out of its guest.
const HOME: &str = "mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/lib && mkdir /var/lib/dhcp && \
                    mount -t tmpfs -o mode=700 tmpfs /mnt && cp -a /etc /mnt && mount --bind /mnt/etc /etc && \
                    rm -f /etc/resolv.conf && : >/etc/resolv.conf && hostname localhost || exit\n";

/// What became of it.
const SHOW: &str = "ip -4 addr show eth0; ip -4 route; cat /etc/resolv.conf; hostname; \
                    ! cd /run/systemd/netif/leases 2>/dev/null || cat *";

/// A client at work. It is gone with the value.
struct Running<'a> {
    guest: &'a Guest,
    process: Child,
    lines: Receiver<String>,
    said: String,
}

impl<'a> Running<'a> {
    fn start(client: &Client, guest: &'a Guest) -> Result<Self> {
        for (program, package) in client.needs {
            let found = guest.run(&["sh", "-c", "command -v \"$0\"", program])?;
            ensure!(found.code == 0, "{program} is missing: install the package {package}");
        }
        let (output, input) = std::io::pipe()?;
        let mut command = Command::new("ip");
        command.args(["netns", "exec", guest.netns(), "unshare", "--mount", "--uts", "sh", "-c"]);
        command.arg([HOME, client.start].concat());
        let process = command.stdin(Stdio::null()).stdout(input.try_clone()?).stderr(input).spawn()?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let _ =
                BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line));
        });
        Ok(Self { guest, process, lines, said: String::new() })
    }

    /// Waits until it says that, once more.
    fn says(&mut self, what: &str) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            let line = line.with_context(|| format!("it never said {what:?}, but\n{}", self.said))?;
            self.said.push_str(&line);
            self.said.push('\n');
            if line.contains(what) {
                return Ok(());
            }
        }
    }

    /// Runs a script where it lives.
    fn shell(&self, script: &str) -> Result<Output> {
        let process = self.process.id().to_string();
        self.guest.run(&["nsenter", "--mount", "--uts", "--target", &process, "sh", "-c", script])
    }

    /// Waits until its machine has all that the instance was given.
    fn is_set_up(&self, lab: &Lab, client: &Client) -> Result<()> {
        let address = format!("inet {}/16 ", self.guest.address());
        let expected = [address.as_str(), "default via 172.26.0.1 dev eth0", "mtu 1500"];
        let mut shown = String::new();
        let all = lab.until("the guest is set up", || {
            shown = self.shell(SHOW)?.stdout;
            let named = client.names.iter().all(|name| shown.lines().any(|line| line == *name));
            Ok(named && expected.iter().all(|part| shown.contains(part)))
        });
        all.with_context(|| format!("{}\n{shown}", self.said))
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // What it started itself ends with its guest.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[rstest]
#[case::udhcpc(&UDHCPC)]
#[case::dhclient(&DHCLIENT)]
#[case::dhcpcd(&DHCPCD)]
#[case::networkd(&NETWORKD)]
fn a_client_gets_a_lease_and_has_it_renewed(#[case] client: &Client) -> Result<()> {
    let lab = Lab::wired()?;
    let _world = World::of(&lab)?;
    let create = ["instance", "create", "web", "--blueprint", "tiny", "--bundle", "nano_3_0"];
    lab.must(&[create.as_slice(), &["--wait-for", "running"]].concat())?;
    let guest = Guest::plug(&lab, "web")?;
    // Not what it will be told.
    guest.ip("link set eth0 mtu 1400")?;
    // A first lease is asked for and given by broadcast: what goes from address to address is a renewal.
    let (ours, gateway) = (guest.address(), "172.26.0.1");
    let asked = format!("ip saddr {ours} ip daddr {gateway} udp sport 68 udp dport 67");
    let asked = Counter::at(&lab.netns()?, "asked", "prerouting priority -400", &[&asked])?;
    let answered = format!("ip saddr {gateway} ip daddr {ours} udp sport 67 udp dport 68");
    let answered = Counter::at(guest.netns(), "answered", "prerouting priority -400", &[&answered])?;
    let mut running = Running::start(client, &guest)?;
    running.says(client.acknowledged)?;
    running.is_set_up(&lab, client)?;
    let output = running.shell(client.renew)?;
    ensure!(output.code == 0, "{}: {output}", client.renew);
    running.says(client.acknowledged)?;
    let (asked, answered) = (asked.packets()?, answered.packets()?);
    ensure!(asked > 0 && answered > 0, "{asked} asked, {answered} answered\n{}", running.said);
    running.is_set_up(&lab, client)
}
