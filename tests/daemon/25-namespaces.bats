#!/usr/bin/env bats
# Goal: no namespace makes anybody somebody else: root of a user namespace is the user who made it,
# whoever has no number in ours is nobody, and a process without a number here is told apart all the same.
# SPDX-License-Identifier: MIT
load helper

as_root() {
  [ "$(id -u)" -eq 0 ] || skip "needs root to become other users"
  unshare -Ur true || skip "no user namespaces"
}

hostile() { python3 "$BATS_TEST_DIRNAME/hostile.py" "$HANDOFF" "$@"; }
# Sets APPS to the one below $1, a process of unshare, which hears no signal: who kills it ends both.
below() {
  until_true pgrep -P "$1"
  APPS=$(pgrep -P "$1")
}

as() { setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}"; }

# Lets every user reach both sockets, so that samekeyd itself must tell them apart.
open_sockets() {
  chmod 711 "$DIR" "$DIR/run" "$DIR/run/samekey"
  chmod 666 "$HANDOFF" "$API"
  install -D -m 644 -t "$DIR/peer" "$BATS_TEST_DIRNAME"/{hostile,handoff_wire}.py # python lists the folder
}

@test "root of a user namespace is the user who made it" {
  as_root
  start
  open_sockets
  local inside
  for inside in "unshare -Ur" "unshare -Urpf" "unshare -Ur unshare -Ur"; do
    # shellcheck disable=SC2086  # words are meant to split
    [ "$(as 4711 $inside /usr/bin/python3 "$DIR/peer/hostile.py" "$HANDOFF" good)" = "problem not-admitted" ]
    # shellcheck disable=SC2086  # likewise
    [ "$(as 4711 $inside curl -sS --unix-socket "$API" -o /dev/null -w '%{http_code}' http://localhost/v1/secrets)" = 403 ]
  done
  log_says "uid=4711"
  printf '[admit web]\nuid = 4711\nverbs = offer\n' >>"$INI"
  kill -HUP "$DAEMON"
  until_true log_says event=reloaded
  [ "$(as 4711 unshare -Ur /usr/bin/python3 "$DIR/peer/hostile.py" "$HANDOFF" good)" = "verdict accepted" ]
}

@test "for a samekeyd in a user namespace everybody outside is nobody, whatever the rules say" {
  as_root
  printf '[admit gid]\ngid = 65534\nverbs = offer, status\n' >>"$INI"
  unshare -Ur "$SAMEKEYD" --ini "$INI" >"$DIR/out" 2>"$LOG" 3>&- &
  DAEMON=$!
  until_true api /healthz # root is root there as well
  open_sockets
  [ "$(hostile good)" = "verdict accepted" ]
  [ "$(hostile --uid 4711 good)" = "problem not-admitted" ]
  [ "$(as 4711 curl -sS --unix-socket "$API" -o /dev/null -w '%{http_code}' http://localhost/healthz)" = 403 ]
}

@test "an app of another namespace of processes is held while it lives" {
  as_root
  start
  printf 'TOKEN=%s\n' "$CANARY" >"$DIR/shop/web/.env"
  SAMEKEY_SOCKET=$HANDOFF unshare -pf "$SAMEKEY" run --name web --root "$DIR/shop/web" -- sleep 300 \
    >"$DIR/web.log" 2>&1 3>&- &
  below $!
  until_true lives
  [ "$(api /v1/secrets | jq '.apps[0].pid')" -eq "$APPS" ] # its number here, not 1
  kill -KILL "$APPS" # the first of a namespace hears no other
  until_true is_dead
}

lives() { api /v1/secrets | jq -e '.apps[0].state == "live"'; }
is_dead() { api /v1/secrets | jq -e '.apps[0].state == "dead"'; }

@test "a samekeyd in a namespace of its own sees the end of an app that has no number there" {
  as_root
  [ "$(printf '6.5\n%s\n' "$(uname -r)" | sort -V | head -n 1)" = 6.5 ] || skip "Linux 6.5 is the first to show such a process"
  unshare -pf "$SAMEKEYD" --ini "$INI" >"$DIR/out" 2>"$LOG" 3>&- &
  below $!
  until_true api /healthz
  printf 'TOKEN=%s\n' "$CANARY" >"$DIR/shop/web/.env"
  run_app web
  until_true lives
  api /v1/secrets | jq -e '.apps[0].pid | not'
  kill "$APP_PID"
  until_true is_dead
}

ended() { ! kill -0 "$1" || grep -q "^State:.Z" "/proc/$1/status"; }
health() { [ "$(tail -n 1 "$DIR/health")" = "$1" ] && [ "$(wc -l <"$DIR/health")" -eq "$2" ]; }

@test "the first process of a namespace, which adopts its private verifier, ends it in no restart" {
  as_root
  echo "A_TOKEN=$CANARY" >"$DIR/shop/web/.env"
  mkdir -m 700 "$DIR/private"
  (cd "$DIR/shop/web" && XDG_RUNTIME_DIR=$DIR/private exec unshare -pf --mount-proc "$SAMEKEY" run --private-verifier --supervise --on-change restart -- \
    sh -c '"$0" status --health; echo $? >>../../health; exec sleep 300' "$SAMEKEY" >"$DIR/web.log" 2>&1 3>&-) &
  below $!
  until_true health 0 1
  echo "A_TOKEN=$CANARY-2" >"$DIR/new.env"
  mv "$DIR/new.env" "$DIR/shop/web/.env"
  until_true health 0 2
  kill -TERM "$APPS"
  until_true ended "$APPS"
  [ -z "$(ls "$DIR/private")" ]
}
