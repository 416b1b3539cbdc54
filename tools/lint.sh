#!/usr/bin/env bash
# Holds the source to its rules. What is not installed is named, and only the compiler's own checks are a must.
# usage: tools/lint.sh
set -euo pipefail
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scripts() { git ls-files -co --exclude-standard -- 'tools/*.sh' '.ci/run' 'images/**/*.sh' 'images/**/init'; }

need_cargo
step "format"
cargo fmt --all --check || die "the format differs" "make fmt"
step "clippy"
cargo clippy --workspace --all-targets -- -D warnings
step "shellcheck"
if has shellcheck; then
  mapfile -t files < <(scripts)
  shellcheck -S warning -x -P SCRIPTDIR "${files[@]}"
else
  note "skipped: install the package shellcheck"
fi
step "licences, bans and advisories"
if has cargo-deny; then
  # Advisories need the network; without it the rest is still worth knowing.
  cargo deny --all-features check licenses bans sources
  [ -n "${OFFLINE:-}" ] || cargo deny --all-features check advisories
else
  note "skipped: cargo install --locked cargo-deny"
fi
step "clean"
