#!/usr/bin/env bats
# Goal: SIGKILL at any moment loses no logout, gives nobody two successors, and locks nobody out.
# SPDX-License-Identifier: MIT

load helper

@test "samekeyd is killed again and again while it refreshes sessions" {
  login_server
  with_sessions 'grace = 6s' <<INI
[store]
url = sqlite:$DIR/sessions.db
INI
  run python3 "$BATS_TEST_DIRNAME/killed.py" "$SAMEKEYD" "$INI" "$SESSION" "${KILLS:-40}"
  echo "$output"
  [ "$status" -eq 0 ]
  [[ $output == "killed ${KILLS:-40} times, "* ]]
}
