//! Frames as no honest guest sends them, and counters where they must not arrive.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use etherparse::{EtherType, PacketBuilder};
use sloop_lab::{Guest, Lab};

/// Somebody at the end of a wire who forges what can be forged.
pub(crate) struct Attacker<'a> {
    guest: &'a Guest,
    /// The host's end of the wire.
    gateway_mac: [u8; 6],
    pub(crate) mac: [u8; 6],
    pub(crate) address: Ipv4Addr,
}

impl<'a> Attacker<'a> {
    pub(crate) fn at(lab: &Lab, guest: &'a Guest) -> Result<Self> {
        let shown = lab.shell(&format!(
            "cat /sys/class/net/{0}/address 2>/dev/null || ip -o link show {0}",
            guest.tap()
        ));
        let text = shown?;
        let word = text
            .split_whitespace()
            .rev()
            .find(|word| word.matches(':').count() == 5 && *word != "ff:ff:ff:ff:ff:ff");
        let gateway_mac = parse(word.context("the tap has a MAC address")?)?;
        Ok(Self { guest, gateway_mac, mac: parse(guest.mac())?, address: guest.address().parse()? })
    }

    /// A UDP packet with any sender.
    pub(crate) fn udp(&self, mac: [u8; 6], from: Ipv4Addr, to: Ipv4Addr, port: u16) -> Result<()> {
        let builder = PacketBuilder::ethernet2(mac, self.gateway_mac)
            .ipv4(from.octets(), to.octets(), 64)
            .udp(4000, port);
        let mut frame = Vec::new();
        builder.write(&mut frame, b"x")?;
        self.guest.send_frame(&frame)
    }

    /// A TCP packet that would open a connection.
    pub(crate) fn syn(&self, from: Ipv4Addr, to: Ipv4Addr, port: u16) -> Result<()> {
        self.syn_from(4001, from, to, port)
    }

    /// The same from any port.
    pub(crate) fn syn_from(&self, from_port: u16, from: Ipv4Addr, to: Ipv4Addr, port: u16) -> Result<()> {
        let builder = PacketBuilder::ethernet2(self.mac, self.gateway_mac)
            .ipv4(from.octets(), to.octets(), 64)
            .tcp(from_port, port, 1, 1000)
            .syn();
        let mut frame = Vec::new();
        builder.write(&mut frame, b"")?;
        self.guest.send_frame(&frame)
    }

    /// An IPv6 packet with any sender.
    pub(crate) fn udp6(&self, from: Ipv6Addr, to: Ipv6Addr, port: u16) -> Result<()> {
        let builder = PacketBuilder::ethernet2(self.mac, self.gateway_mac)
            .ipv6(from.octets(), to.octets(), 64)
            .udp(4000, port);
        let mut frame = Vec::new();
        builder.write(&mut frame, b"x")?;
        self.guest.send_frame(&frame)
    }

    /// What a DHCPv6 server would say.
    pub(crate) fn dhcp6(&self, from: Ipv6Addr, to: Ipv6Addr) -> Result<()> {
        let builder = PacketBuilder::ethernet2(self.mac, self.gateway_mac)
            .ipv6(from.octets(), to.octets(), 64)
            .udp(547, 546);
        let mut frame = Vec::new();
        builder.write(&mut frame, b"\x02xyz")?;
        self.guest.send_frame(&frame)
    }

    /// A message of neighbour discovery, as a neighbour sends it, with room for an address and an option.
    pub(crate) fn neighbour_discovery(&self, kind: u8, from: Ipv6Addr, to: Ipv6Addr) -> Result<()> {
        let builder = PacketBuilder::ethernet2(self.mac, self.gateway_mac)
            .ipv6(from.octets(), to.octets(), 255)
            .icmpv6_raw(kind, 0, [0xe0, 0, 0, 0]);
        let mut frame = Vec::new();
        let body = [from.octets().to_vec(), vec![2, 1], self.mac.to_vec()].concat();
        builder.write(&mut frame, &body)?;
        self.guest.send_frame(&frame)
    }

    /// An ARP answer that nobody asked for: `address` is at `mac`.
    pub(crate) fn arp(&self, mac: [u8; 6], address: Ipv4Addr, to: Ipv4Addr) -> Result<()> {
        let mut frame = [[0xff; 6], mac].concat();
        frame.extend(EtherType::ARP.0.to_be_bytes());
        // Ethernet and IPv4, their lengths, and "reply".
        frame.extend([0, 1, 8, 0, 6, 4, 0, 2]);
        frame.extend([mac.as_slice(), &address.octets(), &self.gateway_mac, &to.octets()].concat());
        self.guest.send_frame(&frame)
    }
}

fn parse(text: &str) -> Result<[u8; 6]> {
    let bytes = text.split(':').map(|byte| u8::from_str_radix(byte, 16)).collect::<Result<Vec<_>, _>>()?;
    bytes.try_into().map_err(|_| anyhow::anyhow!("{text} is no MAC address"))
}

/// Counts packets in a namespace.
pub(crate) struct Counter {
    family: &'static str,
    namespace: String,
    name: &'static str,
}

impl Counter {
    /// Counts what matches `rule` in the words of `nft`, before anything in that namespace can drop it, or, with a hook and
    /// priority of one's own, wherever they say.
    pub(crate) fn at(namespace: &str, name: &'static str, hook: &str, rules: &[&str]) -> Result<Self> {
        Self::in_family("inet", namespace, name, hook, rules)
    }

    /// The same in another family of tables.
    pub(crate) fn in_family(
        family: &'static str,
        namespace: &str,
        name: &'static str,
        hook: &str,
        rules: &[&str],
    ) -> Result<Self> {
        let rules: Vec<_> = rules.iter().map(|rule| format!("  {rule} counter\n")).collect();
        let rules = rules.concat();
        let text =
            format!("table {family} {name} {{\n chain c {{\n  type filter hook {hook};\n{rules} }}\n}}\n");
        let file = std::env::temp_dir().join(format!("{namespace}-{name}.nft"));
        std::fs::write(&file, text)?;
        let status =
            Command::new("ip").args(["netns", "exec", namespace, "nft", "-f"]).arg(&file).status()?;
        std::fs::remove_file(&file)?;
        ensure!(status.success(), "the counter {name} in {namespace} is refused");
        Ok(Self { family, namespace: namespace.to_owned(), name })
    }

    /// How many so far, of each rule.
    pub(crate) fn each(&self) -> Result<Vec<u64>> {
        let output = Command::new("ip")
            .args(["netns", "exec", &self.namespace, "nft", "list", "table", self.family, self.name])
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(output.status.success(), "the counter {} is gone", self.name);
        text.split("counter packets ")
            .skip(1)
            .map(|rest| Ok(rest.split(' ').next().context("a number")?.parse()?))
            .collect()
    }

    /// How many so far, in all.
    pub(crate) fn packets(&self) -> Result<u64> {
        Ok(self.each()?.iter().sum())
    }
}
