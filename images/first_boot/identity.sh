#!/bin/sh
# The disk is a copy of another instance's. cloud-init has seen to host keys, users and host name; systemd's id of the machine is
# made anew here, and by D-Bus's if that has one of its own.
[ -e /etc/machine-id ] && command -v systemd-machine-id-setup >/dev/null || exit 0
rm -f /etc/machine-id
[ -L /var/lib/dbus/machine-id ] || rm -f /var/lib/dbus/machine-id
systemd-machine-id-setup >/dev/null 2>&1
[ ! -d /var/lib/dbus ] || [ -e /var/lib/dbus/machine-id ] || cp /etc/machine-id /var/lib/dbus/machine-id
