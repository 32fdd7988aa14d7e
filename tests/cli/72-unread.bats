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

@test "verify and diagnose by a private verifier" {
  local command
  setup_unread
  for command in verify diagnose; do
    sk "$command" --private-verifier - <<<"a.b.c"
    says "judged without .env.local: everybody may write this file"
  done
}
