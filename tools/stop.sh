#!/usr/bin/env bash
# Ends the daemon that `make run` started. Guests run on; the next daemon takes them up again.
# usage: tools/stop.sh
set -euo pipefail
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=host.sh
. tools/host.sh

if is_service; then
  need_root "stopping the service"
  as_root systemctl stop sloopd.service
  step "the service sloopd is stopped; guests run on"
elif daemon_pid >/dev/null; then
  need_root "ending sloopd"
  stop_daemon
  step "sloopd has ended; guests run on"
else
  step "sloopd does not run"
fi
note "start it again: make run"
