#!/usr/bin/env bash
# Builds the image "tiny": Debian's cloud kernel, busybox and dropbear on a real disk, up in seconds.
# usage: build.sh OUTDIR
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
RECIPES=$(dirname "$HERE")
# shellcheck source=../lib.sh
. "$RECIPES/lib.sh"
[ $# = 1 ] || die "usage: build.sh OUTDIR"
begin tiny "$1"

# The host's own suite where it is Debian: its packages are the ones most likely at hand.
# shellcheck disable=SC1091
suite=$(. /etc/os-release && [ "${ID:-}" = debian ] && echo "${VERSION_CODENAME:-}") || true
suite=${suite:-bookworm}

packages=$WORK/packages root=$WORK/root early=$WORK/early
say "packages from Debian $suite"
sources=$(debian_sources "$suite")
# Only unpacked, never installed: what is needed is picked out below.
printf '%s\n' "$sources" | mmdebstrap --variant=extract \
  --include=linux-image-cloud-amd64,busybox-static,dropbear-bin,e2fsprogs,grub-pc-bin,grub-common \
  "$suite" "$packages" ${sources:+-} >"$WORK/log" 2>&1 || { tail -n 40 "$WORK/log" >&2; die "mmdebstrap failed"; }
busybox=$packages/bin/busybox
[ -x "$busybox" ] || busybox=$packages/usr/bin/busybox
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(newest_change "$packages")}
kernel=$(basename "$packages"/boot/vmlinuz-*)
kernel=${kernel#vmlinuz-}

say "root file system"
mkdir -p "$root"/{boot,dev,etc,home,mnt,proc,root,run,srv,sys,tmp,usr/bin,usr/lib/x86_64-linux-gnu,usr/lib64,var/lib/seed,var/log,var/tmp}
ln -s usr/bin "$root/bin"; ln -s usr/bin "$root/sbin"; ln -s bin "$root/usr/sbin"
ln -s usr/lib "$root/lib"; ln -s usr/lib64 "$root/lib64"; ln -s ../run "$root/var/run"
chmod 1777 "$root/tmp" "$root/var/tmp"; chmod 0700 "$root/root"

install -m 0755 "$busybox" "$root/usr/bin/busybox"
for applet in $("$busybox" --list); do
  case $applet in busybox|dpkg|dpkg-deb|rpm|rpm2cpio|mke2fs|su) continue ;; esac
  ln -s busybox "$root/usr/bin/$applet"
done
# A copy of its own, because only this one is setuid.
install -m 4755 "$busybox" "$root/usr/bin/su"

# add_program PATH…: a program and every library it needs.
add_program() {
  local program library
  for program; do
    install -m 0755 "$packages$program" "$root/usr/bin/$(basename "$program")"
    "$packages/lib64/ld-linux-x86-64.so.2" --library-path \
      "$packages/lib/x86_64-linux-gnu:$packages/usr/lib/x86_64-linux-gnu" --list "$packages$program" |
      awk '$2 == "=>" { print $3 }' | while read -r library; do
        install -m 0644 "$library" "$root/usr/lib/x86_64-linux-gnu/$(basename "$library")"
      done
  done
  install -m 0755 "$packages/lib64/ld-linux-x86-64.so.2" "$root/usr/lib64/ld-linux-x86-64.so.2"
}
add_program /usr/sbin/dropbear /usr/bin/dropbearkey /usr/lib/dropbear/dropbearconvert /usr/bin/dbclient \
  /sbin/resize2fs /sbin/mke2fs /sbin/e2fsck
ln -s mke2fs "$root/usr/bin/mkfs.ext4"
install -m 0644 "$packages/etc/mke2fs.conf" "$root/etc/mke2fs.conf"

# add_modules TREE NAME…: kernel modules and what they depend on; prints their paths in loading order.
"$busybox" depmod -b "$packages" "$kernel"
add_modules() {
  local tree=$1 name
  shift
  for name; do
    awk -F: -v name="$name" '{ file = $1; sub(/.*\//, "", file); sub(/\.ko.*/, "", file); gsub(/-/, "_", file)
      if (file == name) { n = split($2, need, " "); for (i = n; i; i--) print need[i]; print $1; found = 1 } }
      END { exit !found }' "$packages/lib/modules/$kernel/modules.dep" || die "kernel module $name is missing"
  done | awk '!seen[$0]++' | while read -r name; do
    name=${name#/}; name=${name#lib/modules/"$kernel"/}
    install -D -m 0644 "$packages/lib/modules/$kernel/$name" "$tree/lib/modules/$kernel/$name"
    echo "/lib/modules/$kernel/$name"
  done
}
add_modules "$root" virtio_pci virtio_blk virtio_net virtio_rng virtio_console virtio_scsi sd_mod button evdev pvpanic_mmio vfat nls_cp437 nls_ascii \
  nls_utf8 nls_iso8859_1 >/dev/null
cp "$packages/lib/modules/$kernel/modules.builtin" "$packages/lib/modules/$kernel/modules.order" "$root/lib/modules/$kernel/"
"$busybox" depmod -b "$root" "$kernel"

(cd "$HERE/root" && find . -type f) | while read -r file; do
  mode=0644
  [ "$(head -c 2 "$HERE/root/$file")" != '#!' ] || mode=0755
  install -D -m "$mode" "$HERE/root/$file" "$root/$file"
done
chmod 0600 "$root/etc/shadow"
install -d -m 0700 -o 1000 -g 1000 "$root/home/admin" "$root/home/admin/.ssh"

say "early user space for $kernel"
mkdir -p "$early"/{bin,dev,proc,sys,root}
install -m 0755 "$busybox" "$early/bin/busybox"
ln -s busybox "$early/bin/sh"
add_modules "$early" virtio_pci virtio_blk virtio_rng virtio_net >"$early/modules"
install -m 0755 "$HERE/early-init" "$early/init"
find "$early" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
# Not compressed: unpacking would take longer than reading it.
(cd "$early" && find . | LC_ALL=C sort | "$busybox" cpio -o -H newc 2>/dev/null) >"$root/boot/initrd.img"
install -m 0644 "$packages/boot/vmlinuz-$kernel" "$root/boot/vmlinuz"
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

# cryptomgr.notests: the kernel's self-tests of its ciphers are half a second without KVM.
make_disk "$WORK/disk.raw" 256 "$packages" "$root" "$(uuid_of "$RECIPE")" \
"linux /boot/vmlinuz root=/dev/vda1 ro quiet console=tty0 console=ttyS0,115200 panic=10 cryptomgr.notests
initrd /boot/initrd.img
boot"
publish "$WORK/disk.raw"
