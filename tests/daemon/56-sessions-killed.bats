#!/usr/bin/env bats
# Goal: SIGKILL at any moment loses no logout, gives nobody two successors, and locks nobody out.
# SPDX-License-Identifier: MIT

load helper

@test "samekeyd is killed again and again while it refreshes sessions" {
  python3 "$BATS_TEST_DIRNAME/login_server.py" "$DIR/port" 3>&- &
  APPS=$!
  until_true test -e "$DIR/port"
  head -c 32 /dev/urandom | base64 >"$DIR/access.key"
  head -c 32 /dev/urandom | base64 >"$DIR/refresh.key"
  listen <<INI
[profile access]
key_file = $DIR/access.key
[profile refresh]
key_file = $DIR/refresh.key
[session]
socket = $DIR/session.sock
access = access
refresh = refresh
grace = 6s
claims = sub:userData.id
subject = userData.id
[upstream]
url = http://127.0.0.1:$(cat "$DIR/port")/login
[store]
url = sqlite:$DIR/sessions.db
INI
  run python3 "$BATS_TEST_DIRNAME/killed.py" "$SAMEKEYD" "$INI" "$DIR/session.sock" "${KILLS:-40}"
  echo "$output"
  [ "$status" -eq 0 ]
  [[ $output == "killed ${KILLS:-40} times, "* ]]
}
