#!/usr/bin/env bats
# Goal: `make oci` writes a layout that others read, with images that hold what they need and no more,
# the same bytes each time; the verifier runs in one as Kubernetes' restricted profile demands.
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2030,SC2031  # each test has containers of its own

load ../daemon/helper
load container

manifest() { jq -r --arg name "$1" '.manifests[] | select(.annotations."org.opencontainers.image.ref.name" == $name).digest' "$LAYOUT/index.json"; }
blob() { cat "$LAYOUT/blobs/sha256/${1#sha256:}"; }
# What the layers of an image hold, as tar lists it.
members() { blob "$(manifest "$1")" | jq -r '.layers[].digest' | while read -r layer; do blob "$layer" | tar -tvz --numeric-owner; done; }

@test "every blob is what its name says, and is referred to" {
  local digest
  cd "$LAYOUT/blobs/sha256"
  for digest in *; do
    echo "$digest  $digest" | sha256sum -c --quiet
    grep -rqF "sha256:$digest" "$LAYOUT/index.json" .
  done
  [ "$(cat "$LAYOUT/oci-layout")" = '{"imageLayoutVersion":"1.0.0"}' ]
  # the uncompressed layers, too
  for digest in samekey samekeyd; do
    blob "$(manifest $digest)" | jq -r '.layers[].digest' |
      while read -r layer; do blob "$layer" | gunzip | sha256sum | cut -d ' ' -f 1; done >"$DIR/found"
    blob "$(blob "$(manifest $digest)" | jq -r .config.digest)" | jq -r '.rootfs.diff_ids[]' | sed s/sha256:// |
      diff "$DIR/found" -
  done
}

@test "skopeo and umoci read the layout" {
  local name
  for name in samekey samekeyd; do
    skopeo inspect "oci:$LAYOUT:$name" >"$DIR/inspected"
    jq -e --arg name "$name" '.Labels["org.opencontainers.image.title"] == $name and .Os == "linux"' "$DIR/inspected"
    jq -e --arg digest "$(manifest $name)" '.Digest == $digest' "$DIR/inspected"
    skopeo inspect --config "oci:$LAYOUT:$name" | jq -e '.config.User == "10001:10001" and (.config.Entrypoint | length) == 1'
    skopeo copy "oci:$LAYOUT:$name" "dir:$DIR/copied-$name"
    [ -s "$DIR/copied-$name/manifest.json" ]
  done
  tool umoci list --layout "$LAYOUT" | sort | tr '\n' ' ' | grep -qx 'samekey samekeyd '
}

@test "two builds give the same digests, whatever the folder, the umask and the time zone" {
  (
    umask 077
    export TZ=Asia/Tokyo LC_ALL=C.UTF-8 VERSION SOURCE_DATE_EPOCH
    VERSION=$("$SAMEKEY" --version | cut -d ' ' -f 2)
    SOURCE_DATE_EPOCH=$(date -d "$(skopeo inspect "oci:$LAYOUT:samekey" | jq -r .Created)" +%s)
    mkdir -p "$DIR/other/packaging"
    cp -r "$CHECKOUT/packaging/oci" "$DIR/other/packaging/"
    cp -r "$CHECKOUT/conf" "$CHECKOUT/LICENSE" "$DIR/other/"
    mkdir -p "$DIR/other/build/static"
    cp "$CHECKOUT/build/samekeyd" "$CHECKOUT/build/samekeyd-upstream" "$DIR/other/build/"
    cp "$CHECKOUT/build/static/samekey" "$DIR/other/build/static/"
    "$DIR/other/packaging/oci/layout" "$DIR/again"
  )
  diff -r "$LAYOUT" "$DIR/again"
}

@test "no shell, no setuid, nothing that others can write, nothing that is not root's or the verifier's" {
  local name
  for name in samekey samekeyd; do
    members "$name" >"$DIR/members"
    [ -s "$DIR/members" ]
    cut -c -10 "$DIR/members" >"$DIR/modes"
    not grep -E '[sStT]|^[^l].{4}w|^[^l].{7}w' "$DIR/modes"
    not grep -vE '^[^ ]+ (0/0|10001/10001) ' "$DIR/members"
    grep -v /usr/share/doc/ "$DIR/members" >"$DIR/programs"
    not grep -E '/(sh|bash|dash|busybox|apt|dpkg|perl|python[0-9.]*|curl)$|\.(h|a|la|pc)$|-dev/' "$DIR/programs"
  done
  # what the verifier owns is what it may write
  [ "$(grep -E ' 10001/10001 ' "$DIR/members" | awk '{ print $NF }' | tr '\n' ' ')" = './run/samekey/ ./var/lib/samekey/ ' ]
  # every library comes with its licence
  members samekeyd | grep -cE '/copyright$' | xargs test 20 -lt
}

@test "the loader's image: one program, which runs there and puts itself into a shared folder" {
  as_root_only
  unpack samekey loader
  mkdir -m 1777 "$DIR/shared"
  restrict loader "$(mounted "$DIR/shared" /shared rw) | .process.args = [\"/samekey\", \"install\", \"/shared/samekey\"]"
  up_container loader
  wait "${CONTAINERS##*:}"
  CONTAINERS=
  [ "$(stat -c '%u %a' "$DIR/shared/samekey")" = '10001 755' ]
  "$DIR/shared/samekey" --version
}

# The verifier's container, with a shared folder as an emptyDir of medium Memory is: sticky, for all.
up_verifier() {
  mkdir -m 1777 "$DIR/shared"
  cat >"$DIR/verifier.ini"
  chmod 644 "$DIR/verifier.ini"
  unpack samekeyd verifier
  restrict verifier "$(mounted "$DIR/shared" /run/samekey rw) | $(mounted "$DIR/verifier.ini" /etc/samekey/samekeyd.ini) | $(state)"
  up_container verifier
  HANDOFF=$DIR/shared/verifier/handoff.sock
  until_true inside verifier /usr/bin/samekey status --health --socket /run/samekey/verifier/handoff.sock
}

@test "the verifier's image: runs unprivileged with a read-only root, is probed, and takes a bundle from outside" {
  as_root_only
  up_verifier <<<$'[listen]\nhandoff = /run/samekey/verifier/handoff.sock\n[app web]\nexpected = yes'
  grep -q '^CapEff:.0*$' "/proc/$(runc state verifier | jq .pid)/status"
  grep -q '^NoNewPrivs:.1$' "/proc/$(runc state verifier | jq .pid)/status"
  not inside verifier /bin/sh -c true
  not inside verifier /usr/bin/samekey status --ready --name web --socket /run/samekey/verifier/handoff.sock
  # another user on the host, who must be told whose the socket is
  printf 'NEXTAUTH_SECRET=%s\n' "$CANARY" >"$DIR/shop/web/.env"
  cd "$DIR/shop/web"
  "$SAMEKEY" run --name web --socket "$HANDOFF" --user 10001 --verifier-required -- sleep 300 3>&- &
  APP_PID=$!
  until_true inside verifier /usr/bin/samekey status --ready --name web --socket /run/samekey/verifier/handoff.sock
  kill "$APP_PID"
  wait "$APP_PID" || true
  until_true not inside verifier /usr/bin/samekey status --ready --name web --socket /run/samekey/verifier/handoff.sock
  grep -q 'event=ended app=web' "$DIR/c/verifier/log"
  [ "$(stat -c %u "$DIR/shared/verifier")" = 10001 ]
}

@test "what the image begins with is valid, and the helper for logins finds its libraries" {
  as_root_only
  unpack samekeyd verifier
  restrict verifier '.process.args = ["/usr/bin/samekeyd", "--check"]'
  up_container verifier
  wait "${CONTAINERS##*:}"
  CONTAINERS=
  chroot "$DIR/c/verifier/rootfs" /usr/bin/samekeyd --version
  chroot "$DIR/c/verifier/rootfs" /usr/bin/samekey --version
  # nothing else than what the image holds, for either program
  linker=$(cd "$DIR/c/verifier/rootfs" && find usr -name 'ld-linux*')
  for program in usr/bin/samekeyd usr/libexec/samekey/samekeyd-upstream; do
    chroot "$DIR/c/verifier/rootfs" "/$linker" --list "/$program" >"$DIR/list"
    not grep 'not found' "$DIR/list"
  done
}

@test "a shared folder that everybody may write without being sticky is refused, with what to do" {
  as_root_only
  mkdir "$DIR/shared"
  chmod 0777 "$DIR/shared"
  unpack samekeyd verifier
  restrict verifier "$(mounted "$DIR/shared" /run/samekey rw) | $(state)"
  up_container verifier
  not wait "${CONTAINERS##*:}"
  CONTAINERS=
  grep -q 'others can write this folder' "$DIR/c/verifier/log"
}

@test "the commands of the pages about containers run as they stand there" {
  local page
  mkdir "$DIR/bin"
  { echo "#!/bin/bash"; declare -f tool; echo "UNPACKED='$UNPACKED'"; echo 'tool skopeo "$@"'; } >"$DIR/bin/skopeo"
  chmod 755 "$DIR/bin/skopeo"
  export PATH=$DIR/bin:$PATH
  for page in kubernetes docker; do
    mkdir "$DIR/$page"
    cd "$DIR/$page"
    # shellcheck disable=SC2094  # two files that only the tool takes for one
    awk '$0 == "```sh" { on = 1; next } /^```$/ { on = 0 } on' "$CHECKOUT/docs/how-to/$page.md" |
      sed "s#^make oci#make -s -C '$CHECKOUT' oci#; s#build/oci#$LAYOUT#" >commands
    grep -q skopeo commands
    bash -eu commands >out
    grep -q org.opencontainers.image.title out
    [ -s copied/manifest.json ]
  done
}
