#!/usr/bin/env bats
# Goal: whoever is denied something learns which verb which user lacks, over HTTP and over the
# handoff socket, and so does who reads the log: which of the reasons for a 403 it was.

# shellcheck disable=SC2030,SC2031  # each test is a process of its own, and so are these variables
load helper

as_root() { [ "$(id -u)" -eq 0 ] || skip "needs root to become other users"; }

# Lets every user reach the sockets and the loader.
open_all() {
  chmod 711 "$DIR" "$DIR/run"
  chmod 666 "$HANDOFF" "$API"
  cp "$SAMEKEY" "$DIR/samekey"
  chmod 755 "$DIR/samekey"
  mkdir -p "$DIR/theirs"
  chmod 755 "$DIR/theirs"
}

# ask_as UID TARGET [CURL WORD]...
ask_as() { setpriv --reuid "$1" --regid "$1" --clear-groups curl -sS --max-time 10 --unix-socket "$API" "${@:3}" "http://localhost$2"; }

# cli_as UID WORD...
cli_as() {
  (cd "$DIR/theirs" && exec setpriv --reuid "$1" --regid "$1" --clear-groups env SAMEKEY_SOCKET="$HANDOFF" "$DIR/samekey" "${@:2}")
}

profiles() {
  cat >>"$INI" <<INI
[profile session]
app = web
key = NEXTAUTH_SECRET
[admit ws]
uid = 4711
verbs = verify
INI
}

# The last line about a request.
last() { grep 'event=request' "$LOG" | tail -n 1 | sed 's/^time=[^ ]* //; s/ pid=.*//'; }
last_is() { [ "$(last)" = "$1" ] || { last; return 1; }; }

@test "the three reasons of a 403 of forward-auth differ in the log" {
  as_root
  profiles
  start
  open_all
  [ "$(ask_as 4711 /v1/auth/session -o /dev/null -w '%{http_code}')" = 403 ]
  last_is 'level=warning event=request door=api method=GET target=/v1/auth/session status=403 code=key_unusable profile=session uid=4711'
  [ "$(ask_as 4711 /v1/auth/sesion -o /dev/null -w '%{http_code}')" = 403 ]
  last_is 'level=warning event=request door=api method=GET target=/v1/auth/sesion status=403 code=profile_unknown uid=4711'
  [ "$(ask_as 4712 /v1/auth/session -o /dev/null -w '%{http_code}')" = 403 ]
  last_is 'level=warning event=request door=api method=GET target=/v1/auth/session status=403 code=not_admitted verb=verify uid=4712'
}

@test "a bad request has its code in the log, a good one at debug has none" {
  profiles
  start --verbose
  api /v1/verify -H 'Content-Type: application/json' -d '{' >/dev/null
  last_is "level=warning event=request door=api method=POST target=/v1/verify status=400 code=body_invalid uid=$(id -u)"
  api /v1/nowhere >/dev/null
  last_is "level=debug event=request door=api method=GET target=/v1/nowhere status=404 code=no_such_path uid=$(id -u)"
  api /healthz >/dev/null
  last_is "level=debug event=request door=api method=GET target=/healthz status=200 uid=$(id -u)"
}

@test "over loopback: the code and the verb" {
  with_tcp </dev/null
  start
  [ "$(status_of tcp /v1/verify -d x)" = 403 ]
  last_is 'level=warning event=request door=tcp method=POST target=/v1/verify status=403 code=not_admitted verb=verify'
}

@test "who lacks a verb is told which, and which user; also over the handoff socket, and that is logged" {
  as_root
  profiles
  start
  open_all
  ask_as 4711 /v1/issue -H 'Content-Type: application/json' -d '{}' |
    jq -e '.detail == "uid 4711 lacks the verb issue: [admit NAME] uid = 4711, verbs = issue in samekeyd.ini"'
  run -77 --separate-stderr cli_as 4711 issue --profile session
  [[ ${stderr:?} == *"uid 4711 lacks the verb issue"* ]]
  last_is 'level=warning event=request door=handoff method=POST target=/v1/issue status=403 code=not_admitted verb=issue uid=4711'
  api /metrics | grep -q '^samekey_denied_total{door="handoff"} 1'
  run -77 --separate-stderr cli_as 4711 status
  [[ $stderr == *"uid 4711 lacks the verb status"* ]]
  run cli_as 4711 offer --name mine
  [[ $output == *"uid 4711 lacks the verb offer"* && $output == *"uid = 4711 and verbs = offer"* ]]
  run cli_as 4712 status
  [[ $output == *"uid 4712 is not admitted"* ]]
}

@test "denials over the handoff socket are throttled as those over HTTP are" {
  as_root
  profiles
  start
  open_all
  for _ in $(seq 150); do cli_as 4711 issue --profile session >/dev/null 2>&1 || true; done
  [ "$(grep -c 'door=handoff' "$LOG")" -le 130 ]
  api /metrics | grep -q '^samekey_denied_total{door="handoff"} 150'
}
