#!/usr/bin/env bash
# Builds the image "debian_12": Debian 12 with cloud-init, OpenSSH and the guest agent.
# usage: build.sh OUTDIR
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
RECIPES=$(dirname "$HERE")
# shellcheck source=../lib.sh
. "$RECIPES/lib.sh"
[ $# = 1 ] || die "usage: build.sh OUTDIR"
begin debian_12 "$1"

suite=bookworm root=$WORK/root
uuid=$(uuid_of "$RECIPE")
packages=(
  linux-image-cloud-amd64 initramfs-tools lz4 grub-pc
  cloud-init netplan.io cloud-guest-utils fdisk e2fsprogs
  openssh-server sudo qemu-guest-agent
  systemd-sysv systemd-resolved systemd-timesyncd libpam-systemd libnss-myhostname dbus
  ca-certificates curl wget less vim-tiny nano bash-completion locales python3
)

say "packages from Debian $suite"
sources=$(debian_sources "$suite")
# shellcheck disable=SC2016  # the hooks expand $1 themselves
printf '%s\n' "$sources" | SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(date +%s)} mmdebstrap --variant=important \
  --include="$(IFS=,; echo "${packages[*]}")" \
  --essential-hook='mkdir -p "$1/etc/initramfs-tools"; cp -r "'"$HERE"'/root/etc/initramfs-tools/." "$1/etc/initramfs-tools/"' \
  --essential-hook='echo grub-pc grub-pc/install_devices_empty boolean true | chroot "$1" debconf-set-selections' \
  --customize-hook='DEBIAN_FRONTEND=noninteractive chroot "$1" apt-get -qq -y purge ifupdown' \
  "$suite" "$root" ${sources:+-} >"$WORK/log" 2>&1 || { tail -n 40 "$WORK/log" >&2; die "mmdebstrap failed"; }
for package in "${packages[@]}"; do
  grep -qx "$package\(:.*\)\?" <(cd "$root/var/lib/dpkg/info" && printf '%s\n' *.list | sed 's/\.list$//') ||
    die "$package is not in the tree"
done
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(newest_change "$root")}

say "configuration"
cp -r "$HERE/root/." "$root/"
chmod 0755 "$root"/etc/initramfs-tools/hooks/*
cat >"$root/etc/fstab" <<FSTAB
# discard: what a guest deletes, its thin disk gives back. noinit_itable: zeros over unused tables would only fill it.
UUID=$uuid / ext4 rw,discard,noinit_itable,errors=remount-ro 0 1
FSTAB
ln -sf ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
echo debian >"$root/etc/hostname"
printf '127.0.0.1\tlocalhost\n::1\t\tlocalhost ip6-localhost ip6-loopback\nff02::1\t\tip6-allnodes\nff02::2\t\tip6-allrouters\n' \
  >"$root/etc/hosts"
systemctl_in() { chroot "$root" systemctl --quiet "$@" 2>/dev/null; }
systemctl_in enable systemd-networkd systemd-resolved systemd-timesyncd
# There is no LVM here for it to look after.
systemctl_in disable e2scrub_reap.service e2scrub_all.timer
# What is born in an image must not be shared by every instance of it.
rm -f "$root"/etc/ssh/ssh_host_*
rm -f "$root/var/lib/dbus/machine-id" "$root/var/lib/systemd/random-seed"
# Empty, not missing: an id is made, but not every unit's preset gone through.
: >"$root/etc/machine-id"
rm -rf "$root"/var/log/{apt,*.log} "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old "$root"/tmp/* "$root"/run/*
# GRUB's own files lie where it was told; no device's boot block is ever rewritten from the guest, so they stay a pair.
mkdir -p "$root/boot/grub/i386-pc"
cp "$root"/usr/lib/grub/i386-pc/*.{mod,lst} "$root/boot/grub/i386-pc/"
kernel=$(basename "$root"/boot/vmlinuz-*)
kernel=${kernel#vmlinuz-}
# The first boot's menu; update-grub writes its successor inside the guest, when a kernel is installed.
arguments=$(. "$root/etc/default/grub" && echo "$GRUB_CMDLINE_LINUX_DEFAULT $GRUB_CMDLINE_LINUX")
cat >"$root/boot/grub/grub.cfg" <<MENU
set timeout=0
menuentry "Debian GNU/Linux" {
  linux /boot/vmlinuz-$kernel root=UUID=$uuid ro $arguments
  initrd /boot/initrd.img-$kernel
}
MENU
find "$root" -xdev -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
# Caches made while installing are fresh: say so, or the first boot makes them all again.
touch -d "@$SOURCE_DATE_EPOCH" "$root/usr" "$root/etc/.updated" "$root/var/.updated"

make_disk "$WORK/disk.raw" 2048 "$root" "$root" "$uuid" 'set timeout=0' "normal configfile echo test search search_fs_uuid"
publish "$WORK/disk.raw"
