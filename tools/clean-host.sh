#!/usr/bin/env bash
# Removes from this machine what Sloop put there, instances with their disks included. Packages stay.
# usage: [YES=1] tools/clean-host.sh
set -euo pipefail
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=host.sh
. tools/host.sh
BIN=$TARGET/release/sloop

confirm() {
  local answer=
  [ -z "${YES:-}" ] || return 0
  [ -t 0 ] || die "this deletes all instances and their disks" "YES=1 make clean-host"
  read -r -p "Delete all instances with their disks, and $STATE? [y/N] " answer
  case $answer in [Yy]*) ;; *) die "nothing was removed" ;; esac
}

# The daemon is asked, because it knows which domains, taps and rules are its own.
remove_instances() {
  local names
  if ! listening "$SOCKET"; then
    as_root sh -c "ls -A $STATE/instances 2>/dev/null" | grep -q . || return 0
    die "there are instances, and no sloopd to delete them" "make run, then make clean-host again"
  fi
  mapfile -t names < <(as_root "$BIN" ls --quiet)
  [ ${#names[@]} = 0 ] || as_root "$BIN" rm --yes "${names[@]}"
}

# What the daemon keeps between its runs, so that guests run on without it.
remove_network() {
  as_root test -e "$STATE/state.db" || return 0
  as_root "$(dirname "$BIN")/sloopd" --state-dir "$STATE" --remove-network || die "the network is not cleared"
}

need_root "removing what is Sloop's"
is_service && die "Sloop is installed as a service" "sudo make uninstall, which tells what it leaves"
confirm
step "instances"
remove_instances
step "sloopd"
stop_daemon || note "it does not run"
step "network"
remove_network
step "files"
as_root rm -rf --one-file-system "$STATE" /var/log/sloop /run/sloop
if getent group sloop >/dev/null; then as_root groupdel sloop 2>/dev/null || note "the group sloop stays: it is somebody's"; fi
step "done"
note "what stays: packages, images in $SLOOP_IMAGES_DIR, binaries in $TARGET, and until the next boot net.ipv4.ip_forward = 1"
