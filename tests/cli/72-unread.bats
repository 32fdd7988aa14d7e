#!/usr/bin/env bats
# Goal: commands that go on without a source that cannot be read say so: what they answer is judged without it.
# SPDX-License-Identifier: MIT

load tokens

setup_unread() {
  echo "A_SECRET=$GOOD2" >.env
  echo "A_SECRET=$GOOD" >.env.local
  chmod 666 .env.local # whoever writes it chooses the secrets: it is not read
}

@test "ps, drift" {
  local command
  setup_unread
  for command in ps "ps --json" drift "drift --json" "ps --quiet"; do
    # shellcheck disable=SC2086  # words are meant to split
    sk $command
    says "judged without .env.local: everybody may write this file" "hint: chmod o-w .env.local"
  done
  chmod 600 .env.local
  sk ps
  says_not "judged without"
}

@test "ps and drift, where a line of an env file is none: what stands there may differ" {
  local command i
  printf 'A_SECRET=%s\nB_SECRET "%s"\n' "$GOOD" "$GOOD2" >.env
  for command in ps drift "drift --allow malformed"; do
    # shellcheck disable=SC2086  # words are meant to split
    sk $command
    says "judged without .env:2:10: a line that no dialect shares"
  done
  prints "no drift among those that were asked"
  sk drift --json
  jq -e '.unasked[] | select(.text | startswith("what stands in 1 place"))' <<<"$output" >/dev/null || complain "no word"
  for ((i = 0; i < 30; i++)); do echo "line $i"; done >>.env
  sk drift --quiet
  says "and without 21 more: samekey check lists them"
}

@test "doctor, where it does not look at the bundle" {
  setup_unread
  sk doctor code
  says "judged without .env.local: everybody may write this file" "hint: chmod o-w .env.local"
  sk doctor bundle code
  says_not "judged without"
}

@test "doctor, where a unit's file or a folder of units is none" {
  echo "A_SECRET=$GOOD" >.env
  mkdir -p host/etc/systemd/system/odd.service host/usr/lib/systemd
  ln -s system host/usr/lib/systemd/system # a link to itself
  sk doctor --host host systemd
  prints "Invalid argument [could-not-look]" odd.service \
    "units or drop-ins may be missing: Too many levels of symbolic links [could-not-look]"
}

@test "verify and diagnose by a private verifier" {
  local command
  setup_unread
  for command in verify diagnose; do
    sk "$command" --private-verifier - <<<"a.b.c"
    says "judged without .env.local: everybody may write this file"
  done
}

@test "where nothing is resolved at all: mostly it is the wrong folder, so it is said, but by --quiet" {
  local command
  mkdir "$DIR/elsewhere"
  cd "$DIR/elsewhere" || return 1
  for command in ps drift explain "diagnose --private-verifier $TOKEN"; do
    # shellcheck disable=SC2086  # words are meant to split
    sk $command
    says "no key is resolved in $DIR/elsewhere" "hint: begin in the folder of an app, by cd or --root DIR" || return 1
  done
  sk drift --quiet
  says_not "no key is resolved"
  sk drift --root ../shop
  says_not "no key is resolved"
  echo "no assignment" >.env
  for command in ps drift explain; do
    sk "$command"
    says "no key is resolved: the sources cannot be read" "hint: samekey check says why"
    says_not "begin in the folder"
  done
}
