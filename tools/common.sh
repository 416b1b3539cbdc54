# Shared by the scripts behind the Makefile: where things are, and how the user is spoken to. Sourced, never run.
# shellcheck shell=bash disable=SC2034  # the variables are for whoever sources this

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT" || exit 1
# rustup puts cargo there; a shell that was open before does not know yet.
PATH=$PATH:$HOME/.cargo/bin:/usr/sbin:/sbin
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
case $TARGET in /*) ;; *) TARGET=$ROOT/$TARGET ;; esac
export SLOOP_IMAGES_DIR=${SLOOP_IMAGES_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/sloop/images}

# Where `make run` keeps things: the daemon's own defaults.
STATE=/var/lib/sloop
LOG=/var/log/sloop/sloopd.log
SOCKET=/run/sloop/sloop.sock
PIDFILE=/run/sloop/sloopd.pid

step() { printf '==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
die() {
  printf 'error: %s\n' "$1" >&2
  shift
  [ $# = 0 ] || printf '  try: %s\n' "$@" >&2
  exit 1
}
has() { command -v "$1" >/dev/null; }

# What changes the machine is done as root; the rest as whoever called.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -- "$@"; fi
}

need_root() {
  [ "$(id -u)" = 0 ] && return 0
  has sudo || die "this needs root for: $1" "run it as root, or install sudo"
  sudo -n true 2>/dev/null && return 0
  step "sudo is needed for: $1"
  sudo -v || die "sudo said no"
}

# wait_for SECONDS COMMAND…: until the command succeeds.
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.2
  done
}

has_systemd() { [ -d /run/systemd/system ]; }

need_cargo() {
  local wanted found
  has cargo || die "cargo is missing: Sloop is built from its source, in Rust" \
    "https://rustup.rs, or your distribution's package rustup and then: rustup default stable"
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  found=$(rustc --version | cut -d' ' -f2)
  [ "$(printf '%s\n' "$wanted" "$found" | sort -V | head -n 1)" = "$wanted" ] ||
    die "Rust $found is too old, $wanted or later is needed" "rustup update stable"
}

# build_images ID…: what has a recipe and is missing. The files in an image belong to root, so root builds it.
build_images() {
  as_root env "SLOOP_IMAGES_DIR=$SLOOP_IMAGES_DIR" tools/images.sh "$@"
}
