#!/usr/bin/env bash
# Runs all tests, those on real guests included. Arguments go to the test runner.
# usage: tools/test.sh [ARGUMENT…]      such as: tools/test.sh firewall
# What the tests are told: SLOOP_BIN_DIR (sloopd and sloop), SLOOP_IMAGES_DIR (guest images), SLOOP_BOTOCORE (the model
# that the contract is held against), SLOOP_PROMETHEUS (a directory with prometheus and promtool).
set -euo pipefail
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# Pinned: a member that Lightsail adds shall be a change here, not a failure on some day.
BOTOCORE=1.44.5
export SLOOP_BOTOCORE=$TARGET/botocore/service-2.json SLOOP_BIN_DIR=$TARGET/debug
export SLOOP_PROMETHEUS=$TARGET/prometheus

fetch_model() {
  local dir=$TARGET/botocore
  [ ! -s "$SLOOP_BOTOCORE" ] || [ "$(cat "$dir/version" 2>/dev/null)" != "$BOTOCORE" ] || return 0
  step "Lightsail's model, from botocore $BOTOCORE"
  mkdir -p "$dir"
  python3 -m pip download -q --disable-pip-version-check --no-deps --only-binary :all: -d "$dir" "botocore==$BOTOCORE" ||
    die "botocore cannot be downloaded" "when there is a network again; once fetched it is kept in $dir"
  python3 - "$dir" <<'PYTHON'
import glob, gzip, os, sys, zipfile
directory = sys.argv[1]
wheel, = glob.glob(directory + "/botocore-*.whl")
with zipfile.ZipFile(wheel) as archive:
    name, = [n for n in archive.namelist() if "data/lightsail/2016-11-28/service-2.json" in n]
    data = archive.read(name)
with open(directory + "/service-2.json.new", "wb") as out:
    out.write(gzip.decompress(data) if name.endswith(".gz") else data)
os.replace(directory + "/service-2.json.new", directory + "/service-2.json")
os.remove(wheel)
PYTHON
  echo "$BOTOCORE" >"$dir/version"
}

# The distribution's package, unpacked and not installed: installed, it would serve this machine from then on.
fetch_prometheus() {
  local dir=$SLOOP_PROMETHEUS new=$SLOOP_PROMETHEUS.new
  if [ -x "$dir/prometheus" ] && [ -x "$dir/promtool" ]; then return 0; fi
  step "Prometheus, from the distribution's package"
  rm -rf "$dir" "$new"
  mkdir -p "$new"
  # What the machine knows of its mirrors may be too old, or not there.
  download_package "$new" prometheus || { as_root apt-get -q update && download_package "$new" prometheus; } ||
    die "the package prometheus cannot be downloaded" "when there is a network again; once fetched it is kept in $dir"
  dpkg -x "$new"/prometheus_*.deb "$new/unpacked"
  mv "$new"/unpacked/usr/bin/prometheus "$new"/unpacked/usr/bin/promtool "$new"
  rm -rf "$new"/*.deb "$new/unpacked"
  mv "$new" "$dir"
}

# download_package DIR NAME. apt has another user download only where that one may write, and says so at length otherwise.
download_package() { (cd "$1" && apt-get -q -o APT::Sandbox::User="$(id -un)" download "$2"); }

# Tests on real guests make network namespaces and a libvirt of their own: root runs them, cargo stays the user's.
run_as_root() {
  [ "$(id -u)" != 0 ] || return 0
  need_root "tests on real guests, in network namespaces of their own"
  sudo -n -E true 2>/dev/null ||
    die "sudo does not let the environment through here, so the tests on real guests cannot run" "run make test as root"
  export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="sudo -n -E env PATH=$PATH"
}

has_doc_tests() { grep -rqE '^\s*//[/!] ```' --include='*.rs' client daemon proto tests bench; }

# With a filter only what it names is wanted.
run_tests() {
  if cargo nextest --version >/dev/null 2>&1; then
    # First, so that the summary of all others stands last. nextest does not run them.
    if [ $# = 0 ] && has_doc_tests; then cargo test -q --workspace --doc || return 1; fi
    cargo nextest run --workspace --no-fail-fast ${CI:+--profile ci} "$@"
  else
    note "cargo-nextest is not here; cargo test does it, more slowly (cargo install --locked cargo-nextest)"
    # The tests on real guests share two cores with everything else: a few at a time.
    cargo test --workspace --no-fail-fast "$@" -- --test-threads 4 2>&1 | tee "$TARGET/test.log" || failed=1
    awk '/^test result:/ { passed += $4; failed += $6; ignored += $8 }
      END { printf "Summary: %d passed, %d failed, %d ignored\n", passed, failed, ignored }' "$TARGET/test.log"
    return "${failed:-0}"
  fi
}

need_cargo
step "packages"
tools/deps.sh test
step "guest images"
build_images tiny debian_12
fetch_model
fetch_prometheus
run_as_root
step "building"
cargo build --workspace --bins
step "testing"
if ! run_tests "$@"; then
  [ -n "${CI:-}" ] || note "once more, one test with its output: tools/test.sh --no-capture NAME"
  exit 1
fi
# A machine that reads the end wants the runner's own summary there.
[ -n "${CI:-}" ] || note "next: make lint before a commit, make bench for the figures, make run for a host"
