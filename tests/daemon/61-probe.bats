#!/usr/bin/env bats
# Goal: `samekey status --health` and `--ready --name APP` are probes: quick, quiet when all is well,
# and no broken env file is a reason to restart a verifier.
# SPDX-License-Identifier: MIT

load helper

# probe WORD...: asks in the folder of web; sets $status, $output, $stderr.
probe() {
  cd "$DIR/shop/web" || return
  run --separate-stderr env SAMEKEY_SOCKET="$HANDOFF" "$SAMEKEY" status "$@"
}

exits() { [ "$status" -eq "$1" ] || { echo "$status, $output, $stderr"; return 1; }; }
is_quiet() { [ -z "$output$stderr" ] || { echo "$output, $stderr"; return 1; }; }

@test "a verifier that lives is healthy, ready or not, and so is nothing else" {
  printf '[app web]\nexpected = yes\n' | listen
  probe --health
  exits 69
  [[ $stderr == *"$HANDOFF: no verifier listens here"* ]]
  start
  probe --health
  exits 0
  is_quiet
  probe --ready
  exits 1
  [[ $stderr == "samekey: not ready [app-missing] web: "*"  hint: "* ]] || { echo "$stderr"; return 1; }
  [ -z "$output" ]
}

@test "readiness is that of the app" {
  printf '[app web]\nexpected = yes\n[app ws]\nexpected = yes\n' | listen
  start
  up web NEXTAUTH_SECRET="$CANARY"
  probe --ready --name web
  exits 0
  is_quiet
  probe --ready --name ws
  exits 1
  [[ $stderr == *"] ws: "* ]] || { echo "$stderr"; return 1; }
  probe --ready --name 'no such/app&x=1'
  exits 1
  [[ $stderr == "samekey: not ready"*"no such/app&x=1"* ]] || { echo "$stderr"; return 1; }
  probe --ready --name web --json
  exits 0
  jq -e '.ready == true' <<<"$output"
}

@test "the app's name comes from samekey.ini, and env files that nobody can read change nothing" {
  start
  up web NEXTAUTH_SECRET="$CANARY"
  printf '[app]\nname = web\n' >"$DIR/shop/web/samekey.ini"
  mkfifo "$DIR/shop/web/.env"
  probe --ready
  exits 0
  is_quiet
  probe --health
  exits 0
  is_quiet
}

@test "a verifier that stands still is not there after 800 ms, or after --timeout" {
  start
  kill -STOP "$DAEMON"
  probe --health
  exits 69
  [[ $stderr == *"no answer in time"* ]] || { echo "$stderr"; return 1; }
  probe --ready --timeout 50ms
  exits 69
  kill -CONT "$DAEMON"
  until_true probe_is_well
}
probe_is_well() { SAMEKEY_SOCKET=$HANDOFF "$SAMEKEY" status --health; }

@test "both at once are ready; a socket in everybody's folder is refused" {
  start
  probe --health --ready
  exits 0
  chmod 0777 "$DIR/run/samekey"
  probe --health
  exits 77
  [[ $stderr == *"can put a socket there"* ]]
  chmod 0755 "$DIR/run/samekey"
}
