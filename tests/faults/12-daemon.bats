#!/usr/bin/env bats
# Goal: whatever call fails, comes short or tells another time in samekeyd while it is asked: what it answers is
# true, it goes on, it answers the next as usual, and shows no value.
# SPDX-License-Identifier: MIT

load helper

# questions NAME...: whether samekeyd stands every fault that is tried while it is asked these.
questions() {
  run python3 "$BATS_TEST_DIRNAME/daemon.py" "$LIBRARY" "$@" 3>&-
  [ "$status" -eq 0 ] || { tail -n 100 <<<"$output"; return 1; }
  [[ ${lines[-1]} =~ ^[1-9][0-9]*' faults, 0 wrong'$ ]]
}

@test "health, readiness, metrics, the page" { questions health ready metrics page; }
@test "what is held, what disagrees, an offer" { questions held drift offer; }
@test "good and bad tokens, introspection, a new token" { questions "good token" "bad token" "introspect bad" issue; }
@test "login, check, refresh, logout, revocation" { questions login check "stranger's check" refresh logout revoke; }
