#!/usr/bin/env bash
# Makes this machine a Sloop host and launches a first instance; does again only what is not done yet.
# usage: [BLUEPRINT=debian_12] [BUNDLE=nano_3_0] tools/run.sh
set -euo pipefail
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=host.sh
. tools/host.sh
BLUEPRINT=${BLUEPRINT:-debian_12} BUNDLE=${BUNDLE:-nano_3_0} NAME=first
BIN=$TARGET/release

check_machine() {
  [ "$(uname -s) $(uname -m)" = "Linux x86_64" ] || die "Sloop runs on Linux on x86_64; this is $(uname -s) on $(uname -m)"
  [ -f "images/blueprints/$BLUEPRINT.toml" ] ||
    die "there is no blueprint $BLUEPRINT" "one of: $(cd images/blueprints && echo *.toml | sed 's/\.toml//g')"
  need_cargo
  need_root "packages, libvirt and sloopd"
}

prepare_image() {
  # What has no recipe is downloaded by the daemon.
  [ -d "images/recipes/$BLUEPRINT" ] || return 0
  step "the image of $BLUEPRINT"
  build_images "$BLUEPRINT"
  publish_image "$BLUEPRINT"
}

# As root, so that it works where no polkit speaks for other users. The installed unit runs as a user of its own.
daemon_command() { printf '%s\n' "$BIN/sloopd" --catalogue "$ROOT/images"; }

# Whether the daemon that runs is the one just built, with what is in the catalogue now.
daemon_is_current() {
  local pid
  pid=$(daemon_pid) || return 1
  as_root cmp -s "/proc/$pid/exe" "$BIN/sloopd" || return 1
  [ "$(tr '\0' '\n' <"/proc/$pid/cmdline")" = "$(daemon_command)" ] || return 1
  [ -z "$(find images/blueprints images/bundles.toml -newer "$PIDFILE" -print -quit)" ]
}

serves() { as_root "$BIN/sloop" --socket "$SOCKET" version; }

ensure_daemon() {
  local command
  step "sloopd"
  if is_service; then
    note "it is installed as a service here; 'make install' brings that up to date"
    as_root systemctl start sloopd.service
  elif daemon_is_current && serves >/dev/null 2>&1; then
    note "it is running"
  else
    if stop_daemon; then note "the one that runs is older: restarting it (guests run on)"; fi
    ! listening "$SOCKET" || die "another sloopd serves $SOCKET, and it was not started by make run" "stop it first"
    mapfile -t command < <(daemon_command)
    start_daemon "${command[@]}"
  fi
  # The first start may try a guest on KVM, which has its own time limit.
  wait_for 60 serves || die "sloopd does not answer: $(as_root tail -n 3 "$LOG" 2>/dev/null)" "sudo less $LOG" "journalctl -u sloopd"
}

sloop() { as_root "$BIN/sloop" --socket "$SOCKET" "$@"; }

ensure_instance() {
  local state
  step "the instance $NAME"
  state=$(sloop instance state "$NAME" 2>/dev/null) || state=none
  case $state in
    none) sloop launch "$NAME" --blueprint "$BLUEPRINT" --bundle "$BUNDLE" --timeout 10m ;;
    stopping | stopped)
      wait_for 120 is_stopped || die "$NAME does not stop" "sloop stop $NAME --force"
      sloop start "$NAME" --wait ;;
    *) note "it is $state" ;;
  esac
  step "logging in: sloop ssh $NAME -- uptime"
  sloop ssh "$NAME" --timeout 10m -- uptime
}
is_stopped() { [ "$(sloop instance state "$NAME")" = stopped ]; }

next() {
  local sloop=$BIN/sloop
  sloop=${sloop#"$ROOT"/}
  printf '\nSloop runs on this machine, and %s is up. Next:\n' "$NAME"
  if [ "$(id -u)" != 0 ] && ! id -nG | grep -qw sloop; then
    printf '  %-42s %s\n' "sudo usermod -aG sloop $USER" "use it without sudo, from your next login on; until then:"
    sloop="sudo $sloop"
  fi
  printf '  %-42s %s\n' \
    "$sloop ssh $NAME" "log in" \
    "$sloop launch web" "another machine" \
    "$sloop ls" "what there is" \
    "$sloop rm $NAME" "delete it" \
    "$sloop doctor" "what could be better on this host" \
    "make stop" "end the daemon; guests run on" \
    "make clean-host" "remove all instances and everything of Sloop's" \
    "sudo make install" "install it as a service (docs/guides/install.md)"
}

check_machine
step "packages"
tools/deps.sh
step "building sloopd and sloop"
cargo build --release -p sloopd -p sloop
prepare_image
ensure_libvirt
ensure_group
ensure_daemon
ensure_instance
next
