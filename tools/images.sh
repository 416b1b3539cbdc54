#!/usr/bin/env bash
# Builds the guest images that are missing or whose recipe has changed.
# usage: tools/images.sh [--force] [ID…]      (default: tiny debian_12)
# They go to $SLOOP_IMAGES_DIR, or ~/.cache/sloop/images.
set -euo pipefail
RECIPES=$(cd "$(dirname "${BASH_SOURCE[0]}")/../images/recipes" && pwd)
RECIPE=images
# shellcheck source=../images/recipes/lib.sh
. "$RECIPES/lib.sh"

force=''
while [ $# -gt 0 ]; do
  case $1 in
    --force) force=1 ;;
    -h|--help) sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}"; exit 0 ;;
    -*) die "unknown option $1" ;;
    *) break ;;
  esac
  shift
done
[ $# -gt 0 ] || set -- tiny debian_12
for id; do
  [ -x "$RECIPES/$id/build.sh" ] || die "there is no recipe for $id (there are: $(cd "$RECIPES" && echo */ | tr -d /))"
done

dir=${SLOOP_IMAGES_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/sloop/images}
mkdir -p "$dir"

# The recipe is compared, not the age: an image is as good as on its first day until someone asks for a new one (--force).
up_to_date() {
  local file description=$dir/$1.json
  [ -z "$force" ] && [ -f "$description" ] || return 1
  file=$(sed -n 's/.*"file":"\([^"]*\)".*/\1/p' "$description")
  [ -n "$file" ] && [ -s "$dir/$file" ] || return 1
  grep -q "\"recipe\":\"$(recipe_hash "$RECIPES" "$1")\"" "$description"
}

todo=()
for id; do
  if up_to_date "$id"; then say "$id is up to date"; else todo+=("$id"); fi
done
[ ${#todo[@]} -gt 0 ] || exit 0

# Two runs at once would only do the same work twice; the second one waits, then finds it done.
exec 9>"$dir/.lock"
if ! flock -n 9; then
  say "another build is under way in $dir: waiting for it"
  flock 9
fi
# What a killed build left: no other build is running now.
rm -rf --one-file-system "$dir"/.build-*
for id in "${todo[@]}"; do
  if up_to_date "$id"; then say "$id is up to date"; continue; fi
  say "building $id (needs the Debian mirror)"
  # The lock is this script's alone: nothing that a build leaves running may hold it.
  "$RECIPES/$id/build.sh" "$dir" 9>&-
done
