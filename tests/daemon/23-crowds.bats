#!/usr/bin/env bats
# Goal: however many connections are held, dragged out or thrown at a listener of HTTP, whoever asks
# properly is answered, and samekeyd has no more of them than its caps say. IDLE=10000 tries more.
# SPDX-License-Identifier: MIT
load helper

# served ADDRESS TARGET STATUS CASE COUNT [UID]: while that crowd is there others are answered.
served() {
  local came
  came=$(python3 "$BATS_TEST_DIRNAME/crowd.py" "$@" 2>"$DIR/took")
  cat "$DIR/took"
  [ "$came" = served ] || { echo "$*: $came"; return 1; }
}

# Looks on while the rest of the test runs: the most connections that the door has had.
watch_door() {
  while api /metrics; do :; done 2>/dev/null |
    awk -v door="$1" 'index($0, "samekey_http_connections{door=\"" door "\"}") && $2 > most { most = $2 }
      END { print most + 0 }' >"$DIR/most" 3>&- &
  WATCH=$!
}

# The door had at most so many.
had_at_most() {
  stop
  wait "$WATCH" || true
  [ "$(cat "$DIR/most")" -gt 0 ] && [ "$(cat "$DIR/most")" -le "$1" ] || { echo "connections: $(cat "$DIR/most")"; return 1; }
}

# Both sockets are reached by every user, so that samekeyd itself must tell them apart.
open_api() {
  [ "$(id -u)" -eq 0 ] || skip "needs root to become other users"
  start
  chmod 711 "$DIR" "$DIR/run" "$DIR/run/samekey"
  chmod 666 "$API"
}

@test "loopback: thousands of connections that say nothing shut out nobody" {
  with_tcp </dev/null
  start
  watch_door tcp
  served "127.0.0.1:$PORT" /metrics 200 idle "${IDLE:-2000}"
  had_at_most 128
}

@test "loopback: nor do those who take their time, who do not listen, or who come and go" {
  with_tcp </dev/null
  start
  local case
  for case in headers bodies chunks deaf flood leaves noise; do
    served "127.0.0.1:$PORT" /healthz 200 "$case" 200
  done
}

@test "one user's thousands of connections shut out no other" {
  open_api
  watch_door api
  served "$API" /metrics 200 idle "${IDLE:-2000}" 4711
  had_at_most 128
}

@test "nor do that user's slow ones, deaf ones and floods" {
  open_api
  local case
  for case in headers bodies chunks deaf flood leaves noise; do
    served "$API" /healthz 200 "$case" 200 4711
  done
}

@test "the session listener over loopback is as patient with those who ask" {
  local case at
  with_tcp </dev/null
  {
    printf '[listen]\nhandoff = %s\n' "$HANDOFF"
    for case in access refresh; do
      head -c 32 /dev/urandom | base64 -w 0 >"$DIR/$case"
      printf '[profile %s]\nkey_file = %s\nlifetime = 1h\n' "$case" "$DIR/$case"
    done
    printf '[session]\nhttp = 127.0.0.1:%s\naccess = access\nrefresh = refresh\nsubject = userData.id\n' "$PORT"
    printf '[upstream]\nurl = http://127.0.0.1:1/login\n[store]\nurl = sqlite:%s/sessions.db\n' "$DIR"
  } >"$INI"
  start
  watch_door session
  for case in idle headers; do
    served "127.0.0.1:$PORT" /auth/check/access 401 "$case" 700
  done
  had_at_most 512
}
