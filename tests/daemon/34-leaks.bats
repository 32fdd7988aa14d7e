#!/usr/bin/env bats
# Goal: whatever is done with values, and however it ends, none of them is found afterwards in an
# answer, a log, a metric, a file, an argument, another's environment, or memory that may be swapped.
# SPDX-License-Identifier: MIT
load helper

# A sanitizer would take the signals that a scenario sends for faults.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}handle_segv=0:handle_abort=0
export TSAN_OPTIONS=${TSAN_OPTIONS:+$TSAN_OPTIONS:}handle_segv=0:handle_abort=0

# Each has what every encoding writes otherwise; no other run of this test has the same ones, whose
# processes are looked at as well.
RUN=$(head -c 4 /dev/urandom | od -An -tx1 | tr -d ' \n')
LEAKS=("canary-A$RUN"'/k7"Vw2+mQx9=RtLzB4\nHc%YfP&d6sJgA8eU<'"$RUN"
  "canary-B$RUN"'?q8~LmXw3_RkV7/nYc5+HdPf9"GsJ2a%Ue6\iK>'"$RUN"
  "canary-C$RUN"'.Zt5/Hn8"Qw1+Xs4=Dv7_Bg0\Mj3%Lp6&Kf9<Y'"$RUN")
PASSWORD="canary-P$RUN"'+wRong/"Horse"=Battery%Staple&9\Lk<x>'"$RUN"

# What was said while a scenario was played: out and err of each command below $DIR/said.
hear() {
  local name=$1
  shift
  "$@" >"$DIR/said/$name.out" 2>"$DIR/said/$name.err" 3>&- || echo "exit status $?" >>"$DIR/said/$name.err"
}

# The same of a command whose purpose is to print values.
hear_err() {
  hear "$@"
  rm "$DIR/said/$1.out"
}

# A value as a .env file has it, and in samekey's own environment nowhere.
put() { printf "%s='%s'\n" "$2" "$3" >>"$DIR/shop/$1/.env"; }
afresh() { rm -f "$DIR/shop/$1/.env"; }

sk() { env -C "$DIR/shop/$APP" SAMEKEY_SOCKET="$HANDOFF" "$SAMEKEY" "$@"; }

leaks() { python3 "$BATS_TEST_DIRNAME/leaks.py" "$@"; }

# Everything that anybody may ask for, by the Unix socket and by loopback.
ask_all() {
  local paths='{,healthz,readyz,readyz?app=web,metrics,v1/secrets,v1/drift,v1/profiles,v1/attestations,v1/refusals,v1/guards,.well-known/jwks.json,nowhere}'
  hear asked-api api "/$paths" -i
  hear asked-tcp tcp "/$paths" -i -H "Authorization: Bearer $(cat "$DIR/token")"
  [ "$(grep -c '^HTTP/1.1 ' "$DIR/said/asked-api.out")" -eq 13 ]
  [ "$(grep -c '^HTTP/1.1 ' "$DIR/said/asked-tcp.out")" -eq 13 ]
}

# No value in what was said, logged and left, and in no process but those that were given.
clean() {
  [ ! -e /proc/"${DAEMON:-none}" ] || ask_all
  leaks files "$DIR/leaks" "$DIR/said" "$LOG" "$DIR/tmp" "$DIR/home" "$DIR/run" "$DIR/state" "$DIR/out" "$DIR/cwd"
  # shellcheck disable=SC2086  # one word a process
  leaks processes "$DIR/leaks" ${HOLDERS:-}
}

# Nothing outside of guarded memory, where only root can look.
guarded() {
  [ "$(id -u)" -eq 0 ] || return 0
  case ${BUILD:-} in asan | tsan) return 0 ;; esac # a sanitizer maps terabytes
  leaks memory "$DIR/leaks" "$1"
}

stage() {
  export TMPDIR=$DIR/tmp
  mkdir -p "$DIR/said" "$DIR/tmp" "$DIR/cwd" "$DIR/state"
  printf '%s\n' "${LEAKS[@]}" "$PASSWORD" >"$DIR/leaks"
  APP=web HOLDERS=''
  with_tcp </dev/null
  echo status-token-0123456789abcdef >"$DIR/token"
  {
    printf '[listen]\nhandoff = %s\nhttp = 127.0.0.1:%s\ntoken_file = %s\ntcp_verbs = status\n' "$HANDOFF" "$PORT" "$DIR/token"
    printf '[profile sign]\napp = web\nkey = TOKEN_SECRET\n'
    cat
  } >"$INI"
  local app
  for app in web ws; do
    printf '[app]\nname = %s\ngroup = shop\nrotation = 0s\n[key TOKEN_SECRET]\nsecret = yes\nshared = yes\n' "$app" \
      >"$DIR/shop/$app/samekey.ini"
  done
  cd "$DIR/cwd" || return
  ulimit -c unlimited
}

@test "the searcher finds each of its forms" {
  stage </dev/null
  local line found=0
  leaks plant "$DIR/leaks" "$DIR/cwd"
  run leaks files "$DIR/leaks" "$DIR/cwd"
  [ "$status" -eq 1 ]
  for line in "$DIR/cwd"/*; do
    grep -qF "$line: ${line##*/} of value 1" <<<"$output" || { echo "$line"; return 1; }
    found=$((found + 1))
  done
  [ "$found" -eq 20 ]
  rm "$DIR/cwd"/*
  for line in 1 2 3; do # behind as many other bytes
    printf "%.${line}s%s" xyz "${LEAKS[0]}" | base64 -w 0 >"$DIR/cwd/hay"
    run leaks files "$DIR/leaks" "$DIR/cwd"
    [[ $status -eq 1 && $output == *base64* ]]
  done
  env HELD="${LEAKS[1]}" sleep 300 3>&- &
  APPS=$!
  until_true eval '! leaks processes "$DIR/leaks"'
  run leaks processes "$DIR/leaks"
  run -1 grep -v "^process $APPS, environ: " <<<"$output"
  run leaks memory "$DIR/leaks" "$APPS"
  [ "$(id -u)" -ne 0 ] || [ "$status" -eq 1 ]
}

@test "before and at a start: check, explain, lint, scan, doctor, run, a set that is refused" {
  stage </dev/null
  start
  put web TOKEN_SECRET "${LEAKS[0]}"
  put web OTHER_TOKEN "${LEAKS[1]}"
  local command
  for command in check "check --json" explain "explain --json" "explain TOKEN_SECRET" lint "lint --json" doctor \
    "doctor --json" "scan ." "scan --json ." "status" "status --json" ps "" "init --print"; do
    # shellcheck disable=SC2086  # words are meant to split
    hear "sk-${command//[^a-z]/_}" sk $command
  done
  hear env-conflict env TOKEN_SECRET="${LEAKS[2]}" SAMEKEY_SOCKET="$HANDOFF" "$SAMEKEY" check --root "$DIR/shop/web"
  hear_err export sk export --for json
  hear offer sk offer
  hear_err export-offer sk export --for json --offer
  up web
  HOLDERS=$APP_PID
  cp "$DIR/web.log" "$DIR/said"
  guarded "$DAEMON"
  APP=ws
  put ws TOKEN_SECRET "${LEAKS[2]}"
  hear drift sk run -- true
  grep -q drift "$DIR/said/drift.err"
  printf '[key TOKEN_SECRET]\nsecret = yes\nmin_length = 500\nmatches = x\n' >>"$DIR/shop/ws/samekey.ini"
  hear refused sk run -- true
  hear drifts sk drift
  clean
  guarded "$DAEMON"
}

@test "tokens: minted, judged, diagnosed, attested, with values in the wrong places" {
  stage </dev/null
  start
  put web TOKEN_SECRET "${LEAKS[0]}"
  hear offer sk offer
  local token type='Content-Type: application/json'
  token=$(api /v1/issue -H "$type" -d '{"profile":"sign","claims":{"sub":"a"}}' | jq -er .access_token)
  hear good api /v1/verify -i -H 'Content-Type: application/jwt' -d "$token"
  hear bad api /v1/verify -i -H 'Content-Type: application/jwt' -d "${token%????}AAAA"
  hear value-as-token api /v1/verify -i -H 'Content-Type: application/jwt' --data-binary "${LEAKS[0]}"
  hear diagnose api /v1/diagnose -i -H "$type" -d "{\"token\":\"${token%????}AAAA\"}"
  hear not-json api /v1/issue -i -H "$type" --data-binary "{\"profile\":\"${LEAKS[0]}"
  hear as-bearer api /v1/auth/sign -i -H "Authorization: Bearer ${LEAKS[0]}" -H "Cookie: a=${LEAKS[0]}"
  hear as-tcp-token tcp /v1/secrets -i -H "Authorization: Bearer ${LEAKS[0]}"
  hear as-header api /healthz -i -H "X-Any: ${LEAKS[0]}"
  hear as-method api /healthz -i -X canary-method
  hear attest python3 "$BATS_TEST_DIRNAME/attest.py" say "$API" web "TOKEN_SECRET=${LEAKS[0]}"
  hear attest-other python3 "$BATS_TEST_DIRNAME/attest.py" say "$API" web "TOKEN_SECRET=${LEAKS[1]}"
  hear sk-verify sk verify "$token"
  hear sk-diagnose sk diagnose "${token%????}AAAA"
  hear sk-issue sk issue --profile sign --claims '{"sub":"a"}'
  clean
  guarded "$DAEMON"
}

@test "a login with the wrong password, and one that nobody hears" {
  python3 "$BATS_TEST_DIRNAME/login_server.py" "$DIR/port" 3>&- &
  APPS=$!
  until_true test -e "$DIR/port"
  head -c 32 /dev/urandom | base64 -w 0 >"$DIR/access.key"
  head -c 32 /dev/urandom | base64 -w 0 >"$DIR/refresh.key"
  stage <<END
[profile access]
key_file = $DIR/access.key
lifetime = 15m
[profile refresh]
key_file = $DIR/refresh.key
lifetime = 7d
[session]
socket = $DIR/run/samekey/session.sock
access = access
refresh = refresh
subject = userData.id
[upstream]
url = http://127.0.0.1:$(cat "$DIR/port")/login
[store]
url = sqlite:$DIR/state/sessions.db
END
  start
  local who body
  body=$(jq -cn --arg password "$PASSWORD" '{$password}')
  for who in wrong often html broken lacking away ann; do
    hear "login-$who" curl -sS -i --max-time 10 --unix-socket "$DIR/run/samekey/session.sock" -H 'Content-Type: application/json' \
      --data-binary "$(jq -c --arg email "$who@x" '. + {$email}' <<<"$body")" http://localhost/auth/login
  done
  kill "$APPS"
  wait "$APPS" || true
  hear login-nobody curl -sS -i --max-time 10 --unix-socket "$DIR/run/samekey/session.sock" -H 'Content-Type: application/json' \
    --data-binary "$(jq -c '. + {email: "ann@x"}' <<<"$body")" http://localhost/auth/login
  clean
  guarded "$DAEMON"
  local helper
  for helper in $(pgrep -P "$DAEMON"); do guarded "$helper"; done
}

@test "what stays with a command: a rotation, and a crash of each program" {
  stage </dev/null
  start
  put web TOKEN_SECRET "${LEAKS[0]}"
  (cd "$DIR/cwd" && exec env SAMEKEY_SOCKET="$HANDOFF" "$SAMEKEY" run --root "$DIR/shop/web" --supervise -- bash -c 'ulimit -c 0; exec sleep 300') \
    >"$DIR/said/stays" 2>&1 3>&- &
  APPS=$!
  until_true live
  HOLDERS=$(pgrep -P "$APPS")
  guarded "$APPS"
  afresh web
  put web TOKEN_SECRET "${LEAKS[1]}"
  until_true grep -q change "$DIR/said/stays"
  clean
  guarded "$APPS"
  guarded "$DAEMON"
  local signal
  for signal in ABRT SEGV KILL; do
    kill -"$signal" "$DAEMON"
    wait "$DAEMON" || true
    no_core
    start
    until_true live
  done
  kill -ABRT "$APPS" # it hands it on; the app's own core is the app's
  wait "$APPS" || true
  no_core
  # shellcheck disable=SC2086  # one word a process
  kill $HOLDERS || true
  HOLDERS=''
  clean
}

live() { api /v1/secrets | jq -e '[.apps[] | select(.app == "web" and .state == "live")] | length > 0'; }

# Nobody's core lies where the kernel would have left it.
no_core() { [ -z "$(find "$DIR/cwd" "$DIR/shop" -name '*core*')" ]; }

@test "a loader that is killed while it waits for its verdict leaves no core, and holds values in guarded memory" {
  stage </dev/null
  mkdir -p "$DIR/run/samekey"
  python3 - "$HANDOFF" 3>&- <<'END' &
import signal, socket, sys
listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listening.bind(sys.argv[1])
listening.listen()
held = [listening.accept() for _ in range(4)]
signal.pause()
END
  APPS=$!
  until_true test -S "$HANDOFF"
  put web TOKEN_SECRET "${LEAKS[0]}"
  local signal
  for signal in ABRT SEGV; do
    (cd "$DIR/cwd" && exec env SAMEKEY_SOCKET="$HANDOFF" "$SAMEKEY" run --root "$DIR/shop/web" -- true) >"$DIR/said/waits" 2>&1 3>&- &
    until_true connected $!
    kill -STOP $! # it would not wait for ever
    [ "$(stat -c %u "/proc/$!/environ")" -eq 0 ] # nobody else may trace it
    guarded $!
    leaks processes "$DIR/leaks"
    kill -"$signal" $!
    kill -CONT $!
    wait $! || true
    no_core
  done
  leaks files "$DIR/leaks" "$DIR/said" "$DIR/cwd" "$DIR/tmp"
}

connected() { find "/proc/$1/fd" -lname 'socket:*' | grep -q .; }
