#!/usr/bin/env bats
# Goal: `samekey status` without a verifier is clear about it.

load helper

@test "no verifier: exit 69 and what to do" {
  sk status --socket "$PWD/none.sock"
  exits 69
  says "$PWD/none.sock: no verifier listens here" "hint: start samekeyd"
  [ -z "$output" ] || complain "it printed"
}

@test "no verifier with --json: exit 69, and why as JSON" {
  sk status --json --socket "$PWD/none.sock"
  exits 69
  [ "$(jq -rc '[.v, .error.exit, .error.where]' <<<"$output")" = "[1,69,\"$PWD/none.sock\"]" ] ||
    complain "no JSON"
}

@test "the socket comes from the option, the variable, then the run folders" {
  sk SAMEKEY_SOCKET="$PWD/variable.sock" status
  says "$PWD/variable.sock"
  sk SAMEKEY_SOCKET="$PWD/variable.sock" status --socket "$PWD/option.sock"
  says "$PWD/option.sock"
}

@test "nobody listens at any default place: both are named" {
  [ ! -e /run/samekey/handoff.sock ] || skip "a samekeyd runs on this host"
  sk XDG_RUNTIME_DIR="$PWD/run" status
  exits 69
  says "/run/samekey/handoff.sock: no verifier listens here, nor at $PWD/run/samekey/handoff.sock"
  sk status
  says "/run/samekey/handoff.sock: no verifier listens here" # and no more
  says_not "nor at"
}
