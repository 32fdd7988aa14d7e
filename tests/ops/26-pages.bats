#!/usr/bin/env bats
# Goal: the pages that need node, packages of npm or nginx run as they stand there; `make check` plays the others.
# SPDX-License-Identifier: MIT

ROOT=$BATS_TEST_DIRNAME/../..

@test "every page that needs more than samekey runs as it stands" {
  local page needs played=0 failed=''
  export PATH=$PATH:$ROOT/build/ops/debian/usr/sbin PLAY_LIMIT=290 PLAY_MODULES=$ROOT/build/e2e/cache/next-15/node_modules
  while read -r page needs; do
    [ -n "$needs" ] || continue
    played=$((played + 1))
    timeout 300 "$ROOT/tests/play" "$page" 3>&- || failed+=" $page"
  done < <("$ROOT/tests/play" --list)
  [ -z "$failed" ] || { echo "failed:$failed"; return 1; }
  [ "$played" -ge 3 ]
}
