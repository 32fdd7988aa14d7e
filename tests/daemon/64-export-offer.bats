#!/usr/bin/env bats
# Goal: a process that takes its values from `samekey export --offer` is held by samekeyd while it lives,
# as one that `samekey run` started.
# SPDX-License-Identifier: MIT

load helper

# exporter NAME SECRET [ENDING]: a process that exports for itself and then waits; sets APP_PID.
exporter() {
  (
    cd "$DIR/shop/$1" || exit
    export SAMEKEY_SOCKET=$HANDOFF API_SECRET=$2
    # shellcheck disable=SC2016  # the inner shell expands it
    exec bash -c '"$0" export --for process --offer --name "$1" -- node server.js >"$2" 2>"$3" || exit
      exec sleep 300' "$SAMEKEY" "$1" "$DIR/$1.json" "$DIR/$1.log"
  ) 3>&- &
  APP_PID=$!
  APPS="$APPS $APP_PID"
}

has_asked() { find "/proc/$1/fd" -lname 'socket:*' 2>/dev/null | grep -q .; }
exited() { ! kill -0 "$1" || grep -q '^State:.Z' "/proc/$1/status"; }

declare_shared() {
  printf '[app]\ngroup = shop\nrotation = 0s\n[key API_SECRET]\nrequired = yes\nsecret = yes\nshared = yes\n' \
    >"$DIR/shop/$1/samekey.ini"
}

@test "the process that called export is held, through exec, until it ends" {
  start
  declare_shared web
  exporter web "$CANARY"
  until_true holds "$APP_PID"
  jq -e --arg secret "$CANARY" '.set.API_SECRET == $secret' "$DIR/web.json" >/dev/null
  api /v1/secrets | jq -e '[.apps[] | select(.state != "dead")] | length == 1' >/dev/null
  down "$APP_PID"
}

@test "a conflict with a live app is exit 78, and no value is written" {
  start
  declare_shared web
  declare_shared ws
  printf 'API_SECRET=%s\n' "$CANARY" >"$DIR/shop/web/.env"
  up web
  exporter ws "$CANARY2"
  local status=0
  until_true exited "$APP_PID"
  wait "$APP_PID" || status=$?
  [ "$status" -eq 78 ]
  [ ! -s "$DIR/ws.json" ]
  grep -q API_SECRET "$DIR/ws.log"
  [[ $(cat "$DIR/ws.log") != *canary* ]]
}

@test "one that ended while samekeyd made up its mind is held by nobody" {
  local asking
  start
  declare_shared web
  printf '[verifier]\ntimeout = 20s\n' >>"$DIR/shop/web/samekey.ini"
  kill -STOP "$DAEMON"
  exporter web "$CANARY"
  until_true pgrep -P "$APP_PID" -x samekey
  asking=$(pgrep -P "$APP_PID" -x samekey)
  until_true has_asked "$asking"
  kill -KILL "$APP_PID"
  wait "$APP_PID" || true
  kill -CONT "$DAEMON"
  until_true exited "$asking"
  api /v1/secrets | jq -e '[.apps[] | select(.state != "dead")] | length == 0' >/dev/null
}

@test "without a verifier the values come, with a note" {
  declare_shared web
  exporter web "$CANARY"
  until_true test -s "$DIR/web.json"
  grep -q no-verifier "$DIR/web.log"
}

@test "of another user's process nobody can speak: refused, and samekeyd goes on" {
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  printf '[admit theirs]\nuid = 12345\nverbs = offer\n' | listen
  start
  chmod 711 "$DIR" "$DIR/run" "$DIR/run/samekey" "$DIR/shop" 2>/dev/null || true
  mkdir -m 777 "$DIR/theirs"
  cp "$SAMEKEY" "$DIR/samekey"
  chmod 755 "$DIR/samekey"
  # its parent is this shell, which is root's
  (
    cd "$DIR/theirs" || exit
    SAMEKEY_SOCKET=$HANDOFF API_SECRET=$CANARY setpriv --reuid 12345 --regid 12345 --clear-groups \
      "$DIR/samekey" export --for process --offer --name theirs -- node server.js
  ) >"$DIR/theirs.json" 2>"$DIR/theirs.log" || true
  grep -q not-admitted "$LOG" || grep -q 'of the same user' "$DIR/theirs.log"
  api /v1/secrets | jq -e '.apps == []' >/dev/null
  api /healthz >/dev/null
}
