#!/usr/bin/env bats
# Goal: below a container engine whose filter is older than the kernel, and forbids the calls that it
# does not know, every command does what it does elsewhere.
# SPDX-License-Identifier: MIT

load helper

# older COMMAND...: as sk, where each call of Linux 5.6 or later fails in both ways that filters have.
older() {
  local reason program=$SAMEKEY
  for reason in 1 38; do # EPERM and ENOSYS
    SAMEKEY=$BATS_TEST_TMPDIR/older-$reason
    printf '#!/bin/sh\nexec %s %s %s "$@"\n' "$BATS_TEST_DIRNAME/oldfilter.py" $reason "$program" >"$SAMEKEY"
    chmod 755 "$SAMEKEY"
    sk "$@"
    SAMEKEY=$program
    exits 0
  done
}

@test "run, check, explain, export, init and lint find and read what is there" {
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  chmod 600 .env
  older run -- sh -c 'echo "$NEXTAUTH_SECRET"'
  prints "$GOOD"
  printf '[app]\nname = web\n' >samekey.ini
  older check
  older explain
  prints NEXTAUTH_SECRET
  older export --for docker
  older lint
  rm samekey.ini
  older init --print
}
