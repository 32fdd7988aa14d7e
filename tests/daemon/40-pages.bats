#!/usr/bin/env bats
# Goal: README.md, the pages below docs/ and the examples of the man pages run as they stand there, one
# command after the other, and show what is printed there. tests/play says how; a new page needs no code here.
# SPDX-License-Identifier: MIT

load helper

ROOT=$BATS_TEST_DIRNAME/../..

# Whether all of these programs are here.
are_here() { [ $# -eq 0 ] || type "$@" >/dev/null 2>&1; }

@test "every page that needs nothing but samekey runs as it stands" {
  local page needs played=0 failed=''
  while read -r page needs; do
    # shellcheck disable=SC2086  # a word each
    are_here $needs || continue
    played=$((played + 1))
    timeout 60 "$ROOT/tests/play" "$page" 3>&- || failed+=" $page"
  done < <("$ROOT/tests/play" --list)
  [ -z "$failed" ] || { echo "failed:$failed"; return 1; }
  [ "$played" -ge 9 ]
}

@test "every path of the API stands on a page" {
  start
  api /no-such-path | jq -r .detail | sed 's/^paths: //; s/, /\n/g' | while read -r path; do
    grep -qF "$path" "$ROOT/README.md" "$ROOT"/docs/*/*.md || { echo "$path is not there"; return 1; }
  done
}

@test "every path of the session listener stands on its page" {
  for path in /auth/login /auth/check/PROFILE /auth/refresh /auth/logout /auth/session; do
    grep -qF "$path\`" "$ROOT/docs/how-to/sessions.md"
  done
}

# ---- the player itself

# plays TEXT: a page of that text.
plays() {
  printf '%s\n' "$1" >"$DIR/page.md"
  run timeout 60 "$ROOT/tests/play" "$DIR/page.md" 3>&-
}

@test "the player fails where a page is not true" {
  plays $'```sh\ntouch made\n```\n```console\n$ ls; echo 3 files\nmade\n3 ...\n```'
  [ "$status" -eq 0 ]
  plays $'```sh\nfalse\n```'
  [ "$status" -eq 1 ]
  plays $'```console\n$ echo this\nthat\n```'
  [ "$status" -eq 1 ]
  plays $'```console\n$ echo one\none\n$ echo two\n2\n```'
  [ "$status" -eq 1 ]
  plays $'<!-- play: false -->'
  [ "$status" -eq 1 ]
  plays $'<!-- needs: no-such-program -->'
  [ "$status" -eq 77 ]
}
