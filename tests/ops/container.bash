# What the tests of images share: build/oci, and containers of it as Kubernetes' restricted profile
# runs them, by runc alone.
# shellcheck shell=bash

CHECKOUT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
LAYOUT=$CHECKOUT/build/oci
UNPACKED=$CHECKOUT/build/ops/debian-oci
VERIFIER_UID=10001

# tool NAME WORD...: one that was unpacked and not installed, with the libraries beside it.
tool() {
  local name=$1 path
  shift
  path=$(find "$UNPACKED"/usr/bin "$UNPACKED"/usr/sbin -name "$name" ! -type l 2>/dev/null | head -n 1)
  LD_LIBRARY_PATH=$UNPACKED/usr/lib/$(gcc -print-multiarch):$UNPACKED/lib/$(gcc -print-multiarch) \
    "${path:-$name}" "$@"
}

skopeo() { tool skopeo --insecure-policy "$@"; }
runc() { tool runc --root "$DIR/runc" "$@"; }

# Not to be: bash lets a bare `!` pass whatever comes out.
not() { if "$@"; then echo "came true: $*"; return 1; fi; }

as_root_only() { [ "$(id -u)" -eq 0 ] || skip "only root makes containers here"; }

# unpack IMAGE NAME: the image's root and a config.json in $DIR/c/NAME.
unpack() {
  mkdir -p "$DIR/c"
  chmod 755 "$DIR" "$DIR/c"
  (umask 022 && tool umoci unpack --image "$LAYOUT:$1" "$DIR/c/$2") >"$DIR/umoci" 2>&1 ||
    { cat "$DIR/umoci"; return 1; }
}

# change NAME FILTER [JQ WORD]...: changes its config.json.
change() {
  local name=$1 filter=$2
  local config=$DIR/c/$name/config.json
  shift 2
  jq "$@" "$filter" "$config" >"$config.new"
  mv "$config.new" "$config"
}

# restrict NAME FILTER [JQ WORD]...: the restricted profile (no capability, no new privilege, a root that
# cannot be written, nothing of the host's network), and what the jq filter adds.
restrict() {
  local name=$1 filter=$2
  shift 2
  change "$name" ".process.terminal = false | .process.noNewPrivileges = true | .root.readonly = true
    | .process.capabilities = (.process.capabilities | map_values([]))
    | .mounts |= map(select(.destination != \"/run/samekey\" and .destination != \"/var/lib/samekey\"))
    | $filter" "$@"
}

# The filter that mounts a folder of the host, read-only or not.
mounted() { printf '.mounts += [{destination: "%s", type: "bind", source: "%s", options: ["rbind", "%s"]}]' "$2" "$1" "${3:-ro}"; }

# What the verifier may keep: a tmpfs of its own.
state() { printf '.mounts += [{destination: "/var/lib/samekey", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "noexec", "mode=0700", "uid=%s", "gid=%s"]}]' $VERIFIER_UID $VERIFIER_UID; }

# up_container NAME: starts it; its log is $DIR/c/NAME/log.
up_container() {
  runc run --bundle "$DIR/c/$1" "$1" >"$DIR/c/$1/log" 2>&1 3>&- &
  CONTAINERS="${CONTAINERS:-} $1:$!"
}

# inside NAME WORD...: an exec probe.
inside() {
  local name=$1
  shift
  runc exec "$name" "$@"
}

# Ends every container and waits for each.
down_containers() {
  local one
  for one in ${CONTAINERS:-}; do
    runc kill "${one%%:*}" TERM 2>/dev/null || true
  done
  for one in ${CONTAINERS:-}; do
    until_true gone "${one##*:}" || runc kill "${one%%:*}" KILL
    wait "${one##*:}" || true
  done
}
gone() { ! kill -0 "$1" 2>/dev/null; }

setup_file() {
  make -C "$CHECKOUT" -s oci >&2
}

# In place of the daemon's: ends the containers, shows the logs of a test that failed, and looks for
# values in all.
teardown() {
  local failed=0 log
  down_containers
  for log in "$DIR"/c/*/log; do
    [ ! -e "$log" ] || [ -n "$BATS_TEST_COMPLETED" ] || { echo "-- $log"; cat "$log"; }
    [ ! -e "$log" ] || not grep -F canary- "$log" || failed=1
  done
  rm -rf "$DIR"
  return "$failed"
}
