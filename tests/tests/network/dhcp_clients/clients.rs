//! The clients: how each is started at home in a guest, and made to renew.

/// How to run a client.
pub(super) struct Client {
    /// Programs that it needs, and the packages that they come in.
    pub(super) needs: &'static [(&'static str, &'static str)],
    /// A script that becomes the client.
    pub(super) start: &'static str,
    /// What it writes whenever a lease is acknowledged.
    pub(super) acknowledged: &'static str,
    /// A script that makes it renew its lease.
    pub(super) renew: &'static str,
    /// What stands where it puts what it was told of names, apart from address and routes.
    pub(super) names: [&'static str; 3],
}

pub(super) const UDHCPC: Client = Client {
    needs: &[("busybox", "busybox-static")],
    start: r#"cat >/run/script <<'END'
#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip addr replace "$ip/$mask" dev eth0
ip link set eth0 mtu "$mtu"
ip route replace default via "$router"
hostname "$hostname"
printf 'domain %s\nnameserver %s\n' "$domain" "$dns" >/etc/resolv.conf
END
chmod +x /run/script
exec busybox udhcpc -f -i eth0 -p /run/pid -s /run/script -O mtu"#,
    acknowledged: " obtained",
    renew: "kill -USR1 $(cat /run/pid)",
    names: ["nameserver 172.26.0.1", "domain sloop.internal", "web"],
};

/// It has no way to be told, but takes its own word on when to renew.
pub(super) const DHCLIENT: Client = Client {
    needs: &[("dhclient", "isc-dhcp-client")],
    start: "echo 'supersede dhcp-renewal-time 2;' >>/etc/dhcp/dhclient.conf && exec dhclient -4 -d eth0",
    acknowledged: "bound to",
    renew: "",
    names: ["nameserver 172.26.0.1", "domain sloop.internal", "web"],
};

pub(super) const DHCPCD: Client = Client {
    needs: &[("dhcpcd", "dhcpcd-base")],
    start: "exec dhcpcd -B -d eth0",
    acknowledged: ": leased ",
    renew: "dhcpcd -N eth0",
    names: ["nameserver 172.26.0.1", "domain sloop.internal", "web.sloop.internal"],
};

/// It waits for udev where /sys can be written, and is told to renew through a bus, its own.
pub(super) const NETWORKD: Client = Client {
    needs: &[("/usr/lib/systemd/systemd-networkd", "systemd"), ("dbus-daemon", "dbus-daemon")],
    start: r#"mount -o remount,bind,ro /sys
tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
mkdir -p /run/dbus /run/systemd/network
install -d -o systemd-network -g systemd-network /run/systemd/netif
printf '[Match]\nName=eth0\n[Network]\nDHCP=ipv4\n[DHCPv4]\nUseMTU=yes\n' >/run/systemd/network/00-guest.network
cat >/run/bus.conf <<'END'
<busconfig>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
END
dbus-daemon --config-file=/run/bus.conf --fork --nopidfile >/dev/null 2>&1 || exit
SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console exec /usr/lib/systemd/systemd-networkd"#,
    acknowledged: "DHCPv4 client: ACK",
    renew: "networkctl renew eth0",
    names: ["DNS=172.26.0.1", "DOMAINNAME=sloop.internal", "HOSTNAME=web"],
};
