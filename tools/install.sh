#!/usr/bin/env bash
# Installs Sloop from a finished build, or removes it. Into a DESTDIR nothing is started and no user is made.
# usage: [PREFIX=/usr/local] [DESTDIR=] [RELEASE=target/release] tools/install.sh [--remove]
set -euo pipefail
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
PREFIX=${PREFIX:-/usr/local} DESTDIR=${DESTDIR:-} RELEASE=${RELEASE:-$TARGET/release}
case $DESTDIR in '' | /*) ;; *) die "DESTDIR must be an absolute path" ;; esac

bin=$DESTDIR$PREFIX/bin man=$DESTDIR$PREFIX/share/man/man1
# The daemon looks here, whatever the prefix.
data=$DESTDIR/usr/share/sloop
# The administrator's place under /usr/local, the distribution's otherwise.
if [ "$PREFIX" = /usr/local ]; then etc=$DESTDIR/etc units=$etc/systemd/system; else
  etc=$DESTDIR$PREFIX/lib units=$etc/systemd/system; fi
completions=(
  "bash $DESTDIR$PREFIX/share/bash-completion/completions/sloop"
  "zsh $DESTDIR$PREFIX/share/zsh/site-functions/_sloop"
  "fish $DESTDIR$PREFIX/share/fish/vendor_completions.d/sloop.fish"
)
live() { [ -z "$DESTDIR" ]; }

install_files() {
  local line shell file
  step "binaries, manual and completions under $DESTDIR$PREFIX"
  install -D -m 0755 -t "$bin" "$RELEASE/sloopd" "$RELEASE/sloop"
  mkdir -p "$man"
  "$RELEASE/sloop" man "$man"
  for line in "${completions[@]}"; do
    read -r shell file <<<"$line"
    mkdir -p "$(dirname "$file")"
    "$RELEASE/sloop" completion "$shell" >"$file"
  done
  step "the catalogue, the recipes and what builds them, under $data"
  rm -rf "$data"
  mkdir -p "$data"
  cp -r images "$data/images"
  chmod -R u=rwX,go=rX "$data"
  install -D -m 0755 -t "$data/tools" tools/images.sh
  step "unit and user under $etc"
  mkdir -p "$units"
  sed "s|^ExecStart=/usr/bin|ExecStart=$PREFIX/bin|" systemd/sloopd.service >"$units/sloopd.service"
  chmod 0644 "$units/sloopd.service"
  install -D -m 0644 systemd/sloop.sysusers "$etc/sysusers.d/sloop.conf"
  install -D -m 0644 systemd/sloop.tmpfiles "$etc/tmpfiles.d/sloop.conf"
  # The daemon makes the rest itself; this one it only reads.
  install -d -m 0755 "$DESTDIR/etc/sloop"
}

prepare_host() {
  step "the user sloop"
  if has systemd-sysusers; then
    systemd-sysusers "$etc/sysusers.d/sloop.conf"
  else
    getent passwd sloop >/dev/null || useradd --system --user-group --home-dir "$STATE" --shell /usr/sbin/nologin sloop
    usermod -aG libvirt sloop
  fi
  if ! has_systemd; then note "systemd does not run here: start sloopd in your own way"; return 0; fi
  systemctl daemon-reload
  # An upgrade takes effect now; guests run on.
  systemctl try-restart sloopd.service
  printf '\nNext:\n'
  printf '  %-76s %s\n' \
    "sudo SLOOP_IMAGES_DIR=$STATE/images $data/tools/images.sh debian_12" "build an image, unless it is there" \
    "sudo systemctl enable --now sloopd" "start the daemon" \
    "sudo usermod -aG sloop NAME" "let NAME use it, from the next login on"
}

remove_files() {
  local line
  if live && has_systemd; then systemctl disable --now sloopd.service 2>/dev/null || true; fi
  if live && [ -e "$STATE/state.db" ] && [ -x "$bin/sloopd" ]; then
    step "this host's network"
    # Guests that run on need it.
    "$bin/sloopd" --remove-network || note "it stays as it is; when the instances are deleted, remove Sloop again"
  fi
  step "removing Sloop from $DESTDIR$PREFIX and $etc"
  for line in "${completions[@]}"; do rm -f "${line#* }"; done
  rm -f "$bin/sloopd" "$bin/sloop" "$man"/sloop.1 "$man"/sloop-*.1 \
    "$units/sloopd.service" "$etc/sysusers.d/sloop.conf" "$etc/tmpfiles.d/sloop.conf"
  rm -rf "$data"
  if live && has_systemd; then systemctl daemon-reload; fi
  live || return 0
  note "instances run on. What stays: $STATE (disks and state), /etc/sloop, the user and group sloop"
}

if live && [ "$(id -u)" != 0 ]; then die "this writes to the system" "sudo make install"; fi
if [ "${1:-}" = --remove ]; then remove_files; exit 0; fi
# Built by whoever owns the tree, not by root.
for binary in sloopd sloop; do [ -x "$RELEASE/$binary" ] || die "$RELEASE/$binary is not built yet" "make build"; done
install_files
if live; then prepare_host; fi
