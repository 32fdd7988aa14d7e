#!/usr/bin/env bats
# Goal: under a service manager samekeyd takes its sockets from it, has its bundles kept over a
# restart, and gives signs of life; what comes back is checked, and what is odd is refused.
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2030,SC2031  # each test has places of its own
load helper

JSON='Content-Type: application/json'

# manage [NAME=TYPE:ADDRESS]...: a manager with these sockets; without words, handoff and api.
manage() {
  [ $# -gt 0 ] || set -- "handoff=seqpacket:$HANDOFF" "api=stream:$API"
  python3 "$BATS_TEST_DIRNAME/manager.py" "$DIR" "$SAMEKEYD" "$INI" "$@" >>"$LOG" 2>&1 3>&- &
  DAEMON=$!
  until_true test -p "$DIR/commands"
}

# tell WORD...: one command, done when this returns.
tell() {
  local before
  before=$(happened "done $*")
  echo "$*" >"$DIR/commands"
  until_true more_than "$before" "done $*"
}
happened() { grep -cxF -e "$1" "$DIR/events" || true; }
more_than() { [ "$(happened "$2")" -gt "$1" ]; }

event() { grep -qF -e "$1" "$DIR/events"; }
# Whether a line comes within some seconds.
next_line() { timeout "$1" tail -n 0 -f "$DIR/events" | grep -q "$2"; }
stored() { [ "$(wc -l <"$DIR/store")" -eq "$1" ]; }
# Two apps of one group, which share AUTH_SECRET.
shop() {
  printf '[app]\ngroup = shop\n[key AUTH_SECRET]\nrequired = yes\nsecret = yes\nshared = yes\n' >"$DIR/shop/samekey.ini"
  mkdir -p "$DIR/shop/.git" # where looking upwards ends
  put web "$CANARY"
  put ws "$CANARY"
}
put() { printf 'AUTH_SECRET=%s\n' "$2" >"$DIR/shop/$1/.env"; }
offer() { (cd "$DIR/shop/ws" && SAMEKEY_SOCKET=$HANDOFF "$SAMEKEY" offer "$@"); }

serving() { shop && manage "$@" && tell start && until_true api /healthz; }
again() { tell kill "${1:-KILL}" && tell start && until_true api /healthz; }

# Starts with odd descriptors: exit 78, and the words in the log.
refuses() {
  local says=$1
  shift
  manage "$@"
  tell start
  until_true event 'ended 78'
  log_says "$says"
  kill "$DAEMON"
  wait "$DAEMON" || true
  rm -f "$DIR"/{commands,notify,events} "$HANDOFF" "$API"
  DAEMON=''
  : >"$LOG"
}

@test "sockets come from the manager by their names, and stay when samekeyd ends" {
  mkdir -p "$DIR/given"
  HANDOFF=$DIR/given/h.sock API=$DIR/given/a.sock
  printf '[listen]\nhandoff = %s/elsewhere/handoff.sock\n' "$DIR" >"$INI"
  serving "handoff=seqpacket:$HANDOFF" "api=stream:$API" http=tcp:0
  chmod 604 "$API"
  event 'READY=1'
  PORT=$(awk '$1 == "port" && $2 == "http" { print $3 }' "$DIR/events")
  [ "$(status_of tcp /healthz)" = 200 ]
  log_says "handoff=$HANDOFF api=$API http=127.0.0.1:$PORT"
  log_says 'from_systemd=handoff,api,http'
  [ ! -e "$DIR/elsewhere" ]
  up web
  tell kill TERM
  event 'ended 0'
  [ -S "$HANDOFF" ] && [ "$(stat -c %a "$API")" = 604 ]
  # whoever comes in between waits, and is served by the next one
  api /healthz >"$DIR/waited" 3>&- &
  waiter=$!
  tell start
  wait "$waiter"
  grep -q . "$DIR/waited"
}

@test "nothing that was given reaches another process, and the variables are gone" {
  serving
  pid=$(cat "$DIR/pid")
  tr '\0' '\n' <"/proc/$pid/environ" | grep -q '^LISTEN_PID=' # the kernel shows the first state
  [ "$(python3 -c 'import os, sys
for fd in os.listdir(f"/proc/{sys.argv[1]}/fd"):
    if int(fd) > 2:
        with open(f"/proc/{sys.argv[1]}/fdinfo/{fd}") as info:
            flags = int(next(l for l in info if l.startswith("flags")).split()[1], 8)
        if not flags & 0o2000000: print(fd)' "$pid")" = '' ]
}

@test "descriptors for another process are left alone" {
  manage file=file:x
  tell env LISTEN_PID=1
  tell start
  until_true api /healthz
  log_says "handoff=$HANDOFF"
  run ! log_says from_systemd >/dev/null
}

@test "a socket of the wrong kind, or that nobody knows, is a clear error at the start" {
  local more="handoff=seqpacket:$HANDOFF"
  refuses "the socket 'handoff' that systemd gives does not keep packets apart" "handoff=stream:$HANDOFF"
  refuses "ListenSequentialPacket=/run/samekey/handoff.sock" "handoff=stream:$HANDOFF"
  refuses "the socket 'api' that systemd gives is no stream socket" "$more" "api=seqpacket:$API"
  refuses "the socket 'api' that systemd gives does not listen" "$more" "api=deaf:$API"
  refuses "the socket 'api' that systemd gives is no socket" "$more" api=file:x
  refuses "the socket 'api' that systemd gives is no Unix socket" "$more" api=tcp:0
  refuses "the socket 'http' that systemd gives is no TCP socket" "$more" "http=stream:$API"
  refuses "the socket 'http' that systemd gives listens for other hosts too" "$more" 'http=tcp:*:0'
  refuses "systemd gives a descriptor called 'samekeyd.socket'" "samekeyd.socket=seqpacket:$HANDOFF"
  refuses "systemd gives two sockets called 'api'" "api=stream:$API" "api=stream:$API.2"
  refuses "a socket for sessions, and samekeyd.ini has none" "session=stream:$DIR/run/s.sock"
}

@test "a number of descriptors that is none, or too large, is a clear error" {
  manage
  tell env LISTEN_FDS=9
  tell start
  until_true event 'ended 78'
  log_says 'LISTEN_FDS says 9, and descriptor 5 is not there'
  tell env LISTEN_FDS=many
  tell start
  until_true more_than 1 'ended 78'
  log_says 'LISTEN_PID or LISTEN_FDS is no number'
  tell env LISTEN_FDS=2
  tell start
  until_true api /healthz
}

@test "a killed samekeyd comes back with the bundles of the processes that live" {
  printf '[profile session]\napp = web\nkey = AUTH_SECRET\n' | listen
  serving
  up web
  down "$APP_PID" # so that generations are not what a fresh start would give
  up web
  web=$APP_PID
  up ws
  until_true stored 2
  run -1 grep -F canary- "$DIR/store" "$DIR/events"
  export SAMEKEY_SOCKET=$HANDOFF
  token=$(api /v1/issue -H "$JSON" -d '{"profile":"session","claims":{"sub":"u"}}' | jq -r .access_token)
  before=$(api /v1/secrets)
  again
  holds "$web" && holds "$APP_PID"
  log_says 'event=restored app=web'
  # whose it is, since when, and as which generation: as if nothing had been
  for what in '[.apps[] | select(.state != "dead") | [.app, .pid, .uid, .generation, .state]]' '[.apps[] | select(.state != "dead").keys]' .generation; do
    diff <(jq "$what" <<<"$before" | sed 's/"[a-z_]*_s": [0-9.]*//') \
      <(api /v1/secrets | jq "$what" | sed 's/"[a-z_]*_s": [0-9.]*//')
  done
  run "$SAMEKEY" status
  [[ $output = *web*ws* ]]
  api /v1/verify -H "$JSON" -d "{\"token\":\"$token\"}" | jq -e '.claims.sub == "u"'
  # drift is judged, with what came back as one side
  put ws "$CANARY2"
  refused ws
  grep -qF drift-shared "$DIR/ws.log"
  # and its end is seen
  down "$web"
  until_true stored 1
  run ! event STRANGER
}

@test "a process that ended meanwhile leaves nothing, nor does one that withdrew" {
  serving
  up web
  offer --name cron
  until_true stored 2
  tell kill KILL
  kill "$APP_PID"
  wait "$APP_PID" || true
  tell start
  until_true api /healthz
  log_says 'event=not_restored'
  log_says 'its process has ended'
  until_true stored 1
  api /v1/secrets | jq -e '[.apps[].app] == ["cron"]'
  # what stands goes when it is replaced or withdrawn, one kept for each
  offer --name cron
  until_true stored 1
  [ "$(grep -c 'FDSTORE=1' "$DIR/events")" -eq 3 ]
  offer --withdraw --name cron
  until_true stored 0
  again
  api /v1/secrets | jq -e '.apps == []'
}

@test "a refused bundle is not kept" {
  serving
  up web
  until_true stored 1
  put ws "$CANARY2"
  refused ws
  [ "$(grep -c 'FDSTORE=1' "$DIR/events")" -eq 1 ]
}

@test "what is forged, unsealed or odd in the store is dropped, and forgotten" {
  serving
  up web
  until_true stored 1
  good=$(cat "$DIR/store")
  IFS=. read -r _ _ _ uid gid pid start offered generation id <<<"$good"
  tell kill KILL
  local name=samekey.bundle
  tell put "$name.p.$uid.$gid.$pid.$start.$offered.$generation.101" unsealed
  tell put "$name.p.$uid.$gid.$pid.$start.$offered.$generation.102" pipe
  tell put "$name.p.$uid.$gid.$pid.$start.$offered.$generation.103" file
  tell put "$name.p.$uid.$gid.$pid.$start.$offered.$generation.104" junk
  tell put "$name.p.$uid.$gid.$pid.$start.$offered.$generation.105" empty
  tell put "$name.p.$uid.$gid.$pid.$((start + 1)).$offered.$generation.106" "$good"
  tell put "$name.p.$uid.$gid.0.0.$offered.$generation.107" "$good"
  tell put "$name.p.$uid.$gid.$pid" "$good"
  tell put "$name.x.$uid.$gid.$pid.$start.$offered.$generation.$id" "$good"
  tell put "$name.p.$uid.$gid.$pid.$start.$offered.$generation.$id.1" "$good"
  tell put "$name.p.-1.$gid.$pid.$start.$offered.$generation.$id" "$good"
  tell put stored "$good"
  tell start
  until_true api /healthz
  [ "$(grep -c event=not_restored "$LOG")" -eq 12 ]
  for what in 'lacks a seal' 'is no memfd' 'the memfd is empty' 'its process has ended' 'its name is none of ours'; do
    log_says "$what"
  done
  until_true stored 1
  grep -qxF "$good" "$DIR/store"
  api /v1/secrets | jq -e '[.apps[].app] == ["web"]'
}

@test "an app whose name was given to somebody else is not taken back" {
  serving
  up web
  until_true stored 1
  tell kill KILL
  printf '[app web]\nuid = 4242\n' | listen
  tell start
  until_true api /healthz
  log_says "the app's name belongs to somebody else now"
  until_true stored 0
}

@test "descriptor_store = no keeps nothing and forgets what was kept" {
  serving
  up web
  until_true stored 1
  echo 'descriptor_store = no' | listen
  again
  log_says 'what="descriptor_store = no"'
  until_true stored 0
  api /v1/secrets | jq -e '.apps == []'
  up ws
  stored 0
}

@test "a restart for new settings keeps the bundles as well" {
  serving
  up web
  again TERM
  holds "$APP_PID"
}

@test "a private verifier has nothing kept and gives no signs of life" {
  serving
  export NOTIFY_SOCKET=$DIR/notify WATCHDOG_USEC=100000
  (cd "$DIR/shop/web" && "$SAMEKEY" run --private-verifier --name web -- true)
  run ! event FDSTORE
  run ! event 'WATCHDOG=1 fds=0 STRANGER'
}

@test "signs of life come at half the period, and stop when the loop does" {
  manage
  tell env WATCHDOG_USEC=200000
  tell start
  until_true api /healthz
  until_true more_than 4 'WATCHDOG=1 fds=0'
  tell kill STOP
  before=$(happened 'WATCHDOG=1 fds=0')
  run ! next_line 1 WATCHDOG
  [ "$(($(happened 'WATCHDOG=1 fds=0') - before))" -le 1 ] # one may have been on the way
  tell kill CONT
  until_true more_than "$((before + 3))" 'WATCHDOG=1 fds=0'
}

@test "a watchdog for another process gets no sign" {
  manage
  tell env WATCHDOG_USEC=20000
  tell env WATCHDOG_PID=1
  tell start
  until_true event 'READY=1'
  run ! next_line 0.5 WATCHDOG
}
