# What `make run` needs of the machine: libvirt, a group, and a daemon that runs beside the shell. Sourced, never run.
# shellcheck shell=bash

libvirt_answers() { as_root timeout 10 virsh -q -c qemu:///system version; }

# listening PATH: whether somebody serves that socket. A file may be what a dead daemon left.
listening() { as_root ss -Hxl | grep -qF " $1 "; }

ensure_libvirt() {
  step "libvirt"
  # Both: without the log daemon libvirt answers, but no guest starts.
  if libvirt_answers >/dev/null 2>&1 && listening /run/libvirt/virtlogd-sock; then
    note "it is running"
    return 0
  fi
  if has_systemd; then start_libvirt_units; else start_libvirt_alone; fi
  wait_for 30 libvirt_answers || die "libvirt does not answer at qemu:///system: $(libvirt_answers 2>&1 | head -n 1)" \
    "journalctl -u libvirtd -u virtqemud, or /var/log/libvirt"
  note "started"
}

start_libvirt_units() {
  as_root systemctl start virtlogd.socket
  # Distributions have one daemon for everything or one for QEMU; the two exclude each other.
  if systemctl is-enabled -q virtqemud.socket 2>/dev/null; then
    as_root systemctl start virtqemud.socket
  else
    as_root systemctl start libvirtd.service
  fi
}

start_libvirt_alone() {
  listening /run/libvirt/virtlogd-sock || as_root virtlogd -d || die "virtlogd does not start"
  listening /run/libvirt/libvirt-sock || as_root libvirtd -d || die "libvirtd does not start"
}

ensure_group() {
  getent group sloop >/dev/null && return 0
  step "the group sloop, whose members may use the daemon"
  as_root groupadd --system sloop
}

# The copy is whole before the description names it, and the description changes in one moment: whoever reads it finds an
# image behind it. Older images stay, for the instances that stand on them.
publish_image() {
  local id=$1 file to=$STATE/images
  file=$(sed -n 's/.*"file":"\([^"/]*\)".*/\1/p' "$SLOOP_IMAGES_DIR/$id.json")
  [ -n "$file" ] || die "$SLOOP_IMAGES_DIR/$id.json names no file" "tools/images.sh --force $id"
  # QEMU, a user of its own, passes through the state directory; nobody lists it.
  [ -d "$to" ] || as_root install -d -m 0711 "$STATE"
  as_root install -d -m 0755 "$to"
  if ! as_root test -s "$to/$file"; then
    as_root cp --reflink=auto "$SLOOP_IMAGES_DIR/$file" "$to/.$file.new"
    as_root chmod 0444 "$to/.$file.new"
    as_root mv -f "$to/.$file.new" "$to/$file"
  fi
  as_root install -m 0644 "$SLOOP_IMAGES_DIR/$id.json" "$to/${file%.qcow2}.json"
  as_root cmp -s "$SLOOP_IMAGES_DIR/$id.json" "$to/$id.json" && return 0
  as_root install -m 0644 "$SLOOP_IMAGES_DIR/$id.json" "$to/.$id.json.new"
  as_root mv -f "$to/.$id.json.new" "$to/$id.json"
  note "$to/$file"
}

# The id of the daemon that `make run` started, if it runs. Numbers are given again, so the command is looked at too;
# that of a dead process nobody has waited for is empty.
daemon_pid() {
  local pid
  pid=$(cat "$PIDFILE" 2>/dev/null) && grep -q '^[^ ]*/sloopd' "/proc/$pid/cmdline" 2>/dev/null && echo "$pid"
}
daemon_gone() { ! daemon_pid; }

is_service() { has_systemd && systemctl cat sloopd.service >/dev/null 2>&1; }

# start_daemon COMMAND…: in a session of its own, so that it outlives this terminal, and with the unit's umask.
start_daemon() {
  as_root install -d -m 0755 /run/sloop
  as_root install -d -m 0750 "$(dirname "$LOG")"
  # shellcheck disable=SC2016  # expanded by the inner shell
  as_root sh -c 'log=$1 pid=$2; shift 2; cd /
    (umask 066; exec env NO_COLOR=1 setsid "$@") </dev/null >>"$log" 2>&1 & echo $! >"$pid"' sh "$LOG" "$PIDFILE" "$@"
}

stop_daemon() {
  local pid
  pid=$(daemon_pid) || return 1
  as_root kill -TERM "$pid"
  wait_for 10 daemon_gone || die "sloopd ($pid) does not end" "sudo kill -KILL $pid"
  as_root rm -f "$PIDFILE"
}
