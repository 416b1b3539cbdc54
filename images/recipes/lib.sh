# Shared by the recipes: where packages come from, how a disk is put together, how an image is published.
# Sourced, never run.
# shellcheck shell=bash

say() { printf '[%s] %s\n' "${RECIPE:-images}" "$*"; }
die() { printf '[%s] error: %s\n' "${RECIPE:-images}" "$*" >&2; exit 1; }

# A name for the state of a recipe: any change to its files, or to this library, is a new image.
recipe_hash() {
  local root=$1 id=$2
  (cd "$root" && find lib.sh "$id" -type f ! -name '.*' ! -name '*~' -print0 | LC_ALL=C sort -z |
    xargs -0 sha256sum) | sha256sum | cut -c1-64
}

# begin ID OUTDIR: checks the machine, makes a work directory that is gone however the build ends.
begin() {
  RECIPE=$1 OUTDIR=$2
  local tool
  [ "$(id -u)" = 0 ] || die "must run as root (files in the image belong to root)"
  for tool in mmdebstrap qemu-img sfdisk sha256sum; do
    command -v "$tool" >/dev/null || die "$tool is missing: run tools/deps.sh"
  done
  [ "$(dpkg --print-architecture 2>/dev/null || echo amd64)" = amd64 ] || die "only amd64 images are built so far"
  mkdir -p "$OUTDIR"
  OUTDIR=$(cd "$OUTDIR" && pwd)
  # Beside the result, so that the last move is a rename and never a copy.
  WORK=$(mktemp -d "$OUTDIR/.build-$RECIPE.XXXXXX")
  trap 'rm -rf --one-file-system "$WORK"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  # mmdebstrap lets apt's own user into the tree's parent.
  chmod 0755 "$WORK"
  STARTED=$(date +%s)
}

# debian_sources SUITE: apt lines for SUITE with its updates and security fixes, from the mirrors this host itself uses.
# Prints nothing on a host that is not Debian: mmdebstrap then knows the public ones.
debian_sources() {
  local suite=$1 main security
  main=$(debian_mirrors | awk '$1 !~ /-/ { print $2; exit }')
  security=$(debian_mirrors | awk '$1 ~ /-security$/ { print $2; exit }')
  [ -n "$main" ] || return 0
  echo "deb $main $suite main"
  echo "deb $main $suite-updates main"
  [ -z "$security" ] || echo "deb $security $suite-security main"
}

# The host's Debian mirrors, as "suite uri". Before the first "apt-get update" nobody has said yet whose packages they are:
# then a host that is Debian is believed.
debian_mirrors() {
  local host
  command -v apt-get >/dev/null || return 0
  # shellcheck disable=SC1091
  host=$(. /etc/os-release && echo "${ID:-}")
  # shellcheck disable=SC2016  # apt's own variables
  apt-get indextargets --format '$(ORIGIN)|$(COMPONENT)|$(RELEASE)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk -F'|' -v host="$host" '$2 != "main" { next } { sub(/\/$/, "", $4) }
      $1 == "Debian" { known = known $3 " " $4 "\n" }
      $1 == "" && host == "debian" { believed = believed $3 " " $4 "\n" }
      END { printf "%s", known != "" ? known : believed }'
}

# guest_tool TREE PROGRAM …: runs a program of the tree with the tree's own libraries, so that what is written
# (file system features, boot blocks) fits what will read it, whatever the host has.
guest_tool() {
  local tree=$1 program=$2
  shift 2
  "$tree/lib64/ld-linux-x86-64.so.2" \
    --library-path "$tree/lib/x86_64-linux-gnu:$tree/usr/lib/x86_64-linux-gnu" "$tree$program" "$@"
}

# The newest packaged change in the tree: two builds from the same packages then carry the same times.
newest_change() {
  find "$1/usr/share/doc" -name 'changelog*' -printf '%T@\n' | LC_ALL=C sort -n | tail -n 1 | cut -d. -f1
}

# A UUID that depends on nothing but what is given.
uuid_of() {
  printf '%s' "$*" | sha256sum | sed -E 's/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*/\1-\2-4\3-a\4-\5/'
}

# make_disk DISK MIB TOOLS TREE UUID CONFIG ["MODULES"]: a raw disk with an MBR, one ext4 partition holding TREE, and GRUB.
# Nothing is mounted and no loop device is used. TOOLS is the tree that has mke2fs and GRUB; CONFIG is what
# GRUB runs first, MODULES what it needs for that.
# An MBR, not GPT: growing it is one number, and no plan comes near its 2 TiB.
make_disk() {
  local disk=$1 mib=$2 tools=$3 tree=$4 uuid=$5 config=$6 modules=${7:-} core
  core=$WORK/core.img
  rm -f "$disk"
  truncate -s "${mib}M" "$disk"
  echo 'start=2048, type=83, bootable' | sfdisk --quiet --label dos "$disk"
  # The disk's own signature must not differ from build to build.
  printf '%b' "\\x${uuid:0:2}\\x${uuid:2:2}\\x${uuid:4:2}\\x${uuid:6:2}" | patch_at "$disk" 440

  say "file system: ${mib} MiB ext4"
  # resize=: room in the group table for the largest plan's disk, so that growing is done online and at once.
  E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH MKE2FS_CONFIG=$tools/etc/mke2fs.conf guest_tool "$tools" /sbin/mke2fs \
    -q -F -t ext4 -b 4096 -i 16384 -m 1 -L root -U "$uuid" \
    -E "offset=1048576,hash_seed=$uuid,resize=524288000,lazy_itable_init=1,nodiscard" \
    -d "$tree" "$disk" "$(((mib - 1) * 1024))k"

  say "boot loader"
  # One page set aside where the kernel would like to begin: GRUB otherwise moves the kernel's whole working area there byte by
  # byte (over two seconds without KVM); with the page taken it loads it where it will stay.
  printf '%s\n' "cutmem 0x1000000 0x1001000" "$config" >"$WORK/core.cfg"
  # shellcheck disable=SC2086  # a list of module names
  guest_tool "$tools" /usr/bin/grub-mkimage -d "$tools/usr/lib/grub/i386-pc" -O i386-pc \
    -p '(,msdos1)/boot/grub' -c "$WORK/core.cfg" -o "$core" biosdisk part_msdos ext2 mmap linux $modules
  [ "$(stat -c %s "$core")" -lt $((2047 * 512)) ] || die "the boot loader does not fit before the first partition"
  # boot.img looks for the core at the very next sector, which is where this puts it.
  head -c 440 "$tools/usr/lib/grub/i386-pc/boot.img" | patch_at "$disk" 0
  patch_at "$disk" 512 <"$core"
}

patch_at() { dd of="$1" bs=512 seek="$2" oflag=seek_bytes conv=notrunc status=none; }

# publish RAW: compresses the disk and puts image and description where the daemon looks for them.
publish() {
  local raw=$1 image=$WORK/image.qcow2 sum file size
  say "qcow2, compressed"
  # zstd unpacks several times faster than zlib, and every first read of a guest is an unpacking.
  qemu-img convert -f raw -O qcow2 -c -o compression_type=zstd "$raw" "$image"
  sum=$(sha256sum "$image" | cut -c1-64)
  size=$(stat -c %s "$raw")
  file=$RECIPE-${sum:0:12}.qcow2
  chmod 0444 "$image"
  # Older images stay: instances may stand on them.
  mv -f "$image" "$OUTDIR/$file"
  printf '{"blueprint":"%s","file":"%s","sha256":"%s","virtual_size":%s,"recipe":"%s","built_at":"%s"}\n' \
    "$RECIPE" "$file" "$sum" "$size" "$(recipe_hash "$RECIPES" "$RECIPE")" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
    >"$WORK/image.json"
  chmod 0644 "$WORK/image.json"
  # Beside the image, for as long as it is there.
  cp "$WORK/image.json" "$OUTDIR/.${file%.qcow2}.json.new"
  mv -f "$OUTDIR/.${file%.qcow2}.json.new" "$OUTDIR/${file%.qcow2}.json"
  # Last, and by rename: whoever reads the description finds a whole image behind it.
  mv -f "$WORK/image.json" "$OUTDIR/$RECIPE.json"
  say "$OUTDIR/$file: $(($(stat -c %s "$OUTDIR/$file") / 1048576)) MiB, built in $(($(date +%s) - STARTED)) s"
}
