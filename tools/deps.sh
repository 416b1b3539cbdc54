#!/usr/bin/env bash
# Installs what is needed to build, run and test here, on Debian or Ubuntu.
# usage: tools/deps.sh [-y] [test] [bench]
set -euo pipefail

yes='' bench='' test=''
for argument; do
  case $argument in
    -y|--yes) yes=1 ;;
    bench) bench=1 ;;
    test) test=1 ;;
    *) sed -n '2,3s/^# //p' "${BASH_SOURCE[0]}"; exit 2 ;;
  esac
done
say() { printf '[deps] %s\n' "$*"; }
die() { printf '[deps] error: %s\n' "$*" >&2; exit 1; }

# QEMU and libvirt must be of one age: where qemu-utils came from backports, so must they.
virtual=(qemu-system-x86 qemu-utils libvirt-daemon-system libvirt-daemon-driver-qemu libvirt-clients libvirt-dev)
plain=(
  nftables dnsmasq-base iproute2
  mmdebstrap debian-archive-keyring busybox-static cpio fdisk e2fsprogs mtools dosfstools xfsprogs xz-utils zstd curl
  gcc make pkg-config openssh-client python3 python3-pip ca-certificates
)
[ -z "$bench" ] || plain+=(virtinst)
# Firewalls and DHCP clients that instances live beside, and with.
[ -z "$test" ] || plain+=(iptables isc-dhcp-client dhcpcd-base dbus systemd)

command -v apt-get >/dev/null || die "this is for Debian and Ubuntu; elsewhere install the like of: ${virtual[*]} ${plain[*]}"

installed=" $(dpkg-query -W -f '${db:Status-Abbrev} ${Package} ' 2>/dev/null | tr -s ' ' | sed 's/\bii \([^ ]*\)/\1/g') "
missing() {
  local package
  for package; do case $installed in *" $package "*) ;; *) echo "$package" ;; esac; done
}
mapfile -t virtual < <(missing "${virtual[@]}")
mapfile -t plain < <(missing "${plain[@]}")

toolchain() {
  command -v cargo >/dev/null || [ -x "$HOME/.cargo/bin/cargo" ] ||
    say "cargo is missing too: install Debian's package rustup where there is one, or see https://rustup.rs"
}
if [ ${#virtual[@]} = 0 ] && [ ${#plain[@]} = 0 ]; then
  toolchain
  exit 0
fi

say "Install the following packages?"
printf '  %s\n' "${virtual[*]} ${plain[*]}" | fold -s -w 100
if [ -z "$yes" ] && [ -z "${CI:-}" ] && [ -t 0 ]; then
  read -r -p "[Y/n] " answer
  case $answer in ''|[Yy]*) ;; *) die "nothing installed" ;; esac
fi

root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || die "run this as root"
  root=(sudo)
fi
# Mirrors fail now and then: everything that asks one is tried twice.
apt() {
  local command=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@")
  "${command[@]}" && return 0
  say "once more: apt-get $*"
  sleep 3
  "${command[@]}"
}

# shellcheck disable=SC2016  # apt's own variables
target=()
if [ ${#virtual[@]} -gt 0 ] && dpkg-query -W -f '${Version}' qemu-utils 2>/dev/null | grep -q '~bpo'; then
  # shellcheck disable=SC1091
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")-backports
  target=(-t "$suite")
  if ! apt-get indextargets --format '$(RELEASE)' 'Created-By: Packages' | grep -qx "$suite"; then
    # From the mirror that the suite itself comes from.
    uri=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
      awk -v suite="${suite%-backports}" '$1 == suite && $2 == "main" { print $3; exit }')
    [ -n "$uri" ] || die "qemu-utils is from $suite, but no mirror of Debian's is configured to take the rest from"
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    say "adding the suite $suite, which qemu-utils is from"
    { printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$uri" "$suite"
      [ ! -f $keyring ] || echo "Signed-By: $keyring"
    } | "${root[@]}" tee "/etc/apt/sources.list.d/$suite.sources" >/dev/null
  fi
fi

apt update
[ ${#virtual[@]} = 0 ] || apt install --no-install-recommends "${target[@]}" "${virtual[@]}"
[ ${#plain[@]} = 0 ] || apt install --no-install-recommends "${plain[@]}"
toolchain
say "done"
