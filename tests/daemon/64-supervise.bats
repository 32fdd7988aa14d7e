#!/usr/bin/env bats
# Goal: a samekey that stays keeps the verifier right: it comes back after a restart of samekeyd,
# offers what has changed, and takes nothing that is refused.

# shellcheck disable=SC2030,SC2031 # each test has its own $APPS
load helper

GOOD=k7Vw2mQx9RtLzB4nHcYfPd6sJgA8eUiT3oXyN5vW1qE
GOOD2=Zb1Tq8LmXw3RkV7nYc5HdPf9GsJ2aUe6iKoN4xWvB0yQ

# shop [LINE]...: both apps read one file; the lines go to their samekey.ini.
shop() {
  puts common.env "A_SECRET=$GOOD"
  local app
  for app in web ws; do
    {
      printf '[app]\nname = %s\ngroup = shop\nrotation = 1s\n' "$app"
      printf '[sources]\nfiles = ../../common.env\n[verifier]\nsocket = %s\n' "$HANDOFF"
      [ $# -eq 0 ] || printf '%s\n' "$@"
    } >"$DIR/shop/$app/samekey.ini"
  done
}

puts() {
  printf '%s\n' "${@:2}" >"$DIR/$1.part"
  mv "$DIR/$1.part" "$DIR/$1"
}

# stays APP WORD...: samekey in its folder, its pid in $stays, its words in $DIR/APP.said.
stays() {
  local app=$1
  shift
  (cd "$DIR/shop/$app" && exec "$SAMEKEY" "$@" >"$DIR/$app.printed" 2>"$DIR/$app.said" 3>&-) &
  stays=$!
  APPS="$APPS $stays"
}

ends() {
  kill -TERM "$1"
  wait "$1" && status=0 || status=$?
  [ "$status" -eq "$2" ]
}

said() { grep -q "$2" "$DIR/$1.said"; }
not_said() { ! said "$@"; }
# live APP COUNT: so many live bundles
live() { [ "$(api /v1/secrets | jq "[.apps[] | select(.app == \"$1\" and .state != \"ended\" and .state != \"dead\")] | length")" -eq "$2" ]; }
drifts() { [ "$(api /v1/drift | jq '.drift | length')" -eq "$1" ]; }
refusals() { [ "$(api /v1/drift | jq '.refused | length')" -eq "$1" ]; }
fingerprint() { api /v1/secrets | jq -r "[.apps[] | select(.app == \"$1\" and .state != \"ended\" and .state != \"dead\")] | last | .keys[0].fingerprint"; }
is_other() { [ "$(fingerprint "$1")" != "$2" ]; }
is() { [ "$(fingerprint "$1")" = "$2" ]; }

@test "a samekeyd that was killed and comes back has the bundles within two seconds" {
  local begun first
  shop
  start
  stays web run --supervise -- sleep 300
  stays ws offer --watch --quiet
  until_true live web 1
  until_true live ws 1
  first=$(fingerprint web)
  kill -KILL "$DAEMON"
  wait "$DAEMON" || true
  until_true said web 'event=verifier_lost .*why="nobody listens on this socket any more"'
  until_true said ws event=verifier_lost # else who is quiet says nothing of its end
  start
  begun=$EPOCHREALTIME
  until_true live web 1
  until_true live ws 1
  [ $((${EPOCHREALTIME/./} - ${begun/./})) -lt 2000000 ]
  is web "$first"
  until_true said web event=offered_again
  until_true said ws event=offered_again
}

@test "a samekeyd that starts after the app gets the bundle" {
  shop
  stays web run --supervise -- sleep 300
  until_true said web code=no-verifier
  start
  until_true live web 1
}

@test "the same socket, another samekeyd: noticed without the socket's coming and going" {
  local first
  shop
  start
  stays web run --supervise -- sleep 300
  until_true live web 1
  kill -STOP "$stays" # sees nothing of the exchange
  stop
  start
  kill -CONT "$stays"
  until_true live web 1
}

@test "another samekeyd than the one that took the first offer is noticed, though nobody asked that one its name" {
  shop
  start
  mkfifo "$DIR/web.said"
  exec 7<>"$DIR/web.said"
  head -c 65536 /dev/zero >&7 # all that it holds: what samekey says of the verdict waits here
  stays web run --supervise -- sleep 300 7>&-
  until_true live web 1
  stop
  start
  cat <&7 >/dev/null 3>&- &
  APPS="$APPS $!"
  exec 7>&-
  until_true live web 1
}

@test "two apps and a rotation: what runs with the old value is stale until both were restarted" {
  local web ws first
  shop
  start
  stays web run --supervise -- sleep 300
  web=$stays
  stays ws run --supervise -- sleep 300
  ws=$stays
  until_true live web 1
  until_true live ws 1
  first=$(fingerprint web)
  drifts 0
  puts common.env "A_SECRET=$GOOD2"
  until_true is_other web "$first"
  until_true is_other ws "$first"
  live web 2 # with the old values, and the new ones
  [ "$(api /v1/drift | jq -r '.drift[0].stale.app // .drift[0].kind')" != null ]
  ends "$web" 143
  stays web run --supervise -- sleep 300
  until_true live web 1
  ends "$ws" 143
  stays ws run --supervise -- sleep 300
  until_true live ws 1
  until_true drifts 0
}

@test "restart: each app takes the new value, and nothing drifts" {
  local first
  shop
  start
  stays web run --supervise --on-change restart -- sleep 300
  stays ws run --supervise --on-change restart -- sleep 300
  until_true live web 1
  until_true live ws 1
  first=$(fingerprint web)
  puts common.env "A_SECRET=$GOOD2"
  until_true is_other web "$first"
  until_true is_other ws "$first"
  until_true drifts 0
  live web 1
  live ws 1
}

@test "changed back: what was offered beside it is withdrawn" {
  local first
  shop
  start
  stays web run --supervise -- sleep 300
  until_true live web 1
  first=$(fingerprint web)
  puts common.env "A_SECRET=$GOOD2"
  until_true live web 2
  puts common.env "A_SECRET=$GOOD"
  until_true live web 1
  is web "$first"
  said web event=changed_back
  puts common.env "A_SECRET=$GOOD2"
  until_true live web 2
  ends "$stays" 143
  until_true live web 0
}

@test "a set that the verifier refuses is not taken, and offered again until it is" {
  local first
  shop '[key A_SECRET]' 'shared = yes'
  start
  stays ws offer --watch
  until_true live ws 1
  stays web run --supervise --on-change restart -- sleep 300
  until_true live web 1
  first=$(fingerprint web)
  echo "A_SECRET=$GOOD2" >"$DIR/shop/web/.env.local" # from another origin
  sed -i 's|^files.*|files = .env.local|' "$DIR/shop/web/samekey.ini"
  until_true said web event=change_refused
  said web 'key=A_SECRET'
  is web "$first"
  live web 1
  not_said web event=changed
  cp "$DIR/shop/web/.env.local" "$DIR/shop/ws/.env.local"
  not_said web "${GOOD:0:12}"
}

@test "a set that a samekeyd which comes back refuses is offered again until it is taken" {
  local web
  shop '[key A_SECRET]' 'shared = yes'
  echo "A_SECRET=$GOOD2" >"$DIR/shop/ws/.env.local" # from another origin
  sed -i 's|^files.*|files = .env.local|' "$DIR/shop/ws/samekey.ini"
  start
  stays web run --supervise -- sleep 300
  web=$stays
  until_true live web 1
  kill -STOP "$web"
  stop
  start
  (cd "$DIR/shop/ws" && "$SAMEKEY" offer --quiet)
  kill -CONT "$web"
  until_true said web event=offer_refused
  live web 0
  (cd "$DIR/shop/ws" && "$SAMEKEY" offer --withdraw)
  until_true live web 1
  until_true said web event=offered_again
  [ "$(grep -c event=offer_refused "$DIR/web.said")" -eq 1 ]
  ends "$web" 143
}

@test "a refused set that is put back: samekeyd tells no refusal and no drift of it any more" {
  local change
  shop '[key A_SECRET]' 'shared = yes'
  echo "A_SECRET=$GOOD2" >"$DIR/shop/web/.env.local" # another origin
  cp "$DIR/shop/web/samekey.ini" "$DIR/kept.ini"
  start
  stays ws offer --watch
  until_true live ws 1
  for change in restart offer; do
    stays web run --supervise --on-change "$change" -- sleep 300
    until_true live web 1
    sed 's|^files.*|files = .env.local|' "$DIR/kept.ini" >"$DIR/other.ini"
    mv "$DIR/other.ini" "$DIR/shop/web/samekey.ini"
    until_true said web event=change_refused
    until_true refusals 1
    cp "$DIR/kept.ini" "$DIR/back.ini"
    mv "$DIR/back.ini" "$DIR/shop/web/samekey.ini"
    until_true said web event=change_mended
    until_true refusals 0
    until_true drifts 0
    live web 1
    ends "$stays" 143
    until_true live web 0
  done
}

@test "required: without a verifier nothing new is taken, with one it is" {
  shop
  sed -i 's|^\[verifier\]|[verifier]\nrequired = yes|' "$DIR/shop/web/samekey.ini"
  stays web run --supervise -- sleep 300
  wait "$stays" && status=0 || status=$?
  [ "$status" -eq 69 ]
  start
  stays web run --supervise --on-change restart -- sleep 300
  until_true live web 1
  stop
  puts common.env "A_SECRET=$GOOD2"
  until_true said web event=change_refused
  said web code=verifier-required
  start
  until_true said web event=changed
  until_true live web 1
}

@test "offer --watch: the first offer must succeed, the service manager is told, the offer stands" {
  local first
  shop
  stays web offer --watch
  wait "$stays" && status=0 || status=$?
  [ "$status" -eq 69 ]
  start
  python3 -c '
import socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
open(sys.argv[1] + ".ready", "w").close()
receiver.settimeout(30)
print(receiver.recv(100).decode(), flush=True)' "$DIR/notify" >"$DIR/notified" 3>&- &
  APPS="$APPS $!"
  until_true test -e "$DIR/notify.ready"
  NOTIFY_SOCKET=$DIR/notify stays web offer --watch
  until_true grep -q READY=1 "$DIR/notified"
  first=$(fingerprint web)
  puts common.env "A_SECRET=$GOOD2"
  until_true is_other web "$first"
  live web 1
  puts common.env "A_SECRET='"
  until_true said web event=change_refused
  is_other web "$first"
  ends "$stays" 0
  live web 1
}

@test "offer --watch behind nohup outlives the terminal" {
  shop
  start
  trap '' HUP
  stays ws offer --watch
  trap - HUP
  until_true live ws 1
  first=$(fingerprint ws)
  kill -HUP "$stays"
  puts common.env "A_SECRET=$GOOD2"
  until_true is_other ws "$first"
  ends "$stays" 0
}

ignores_pipes() { grep -q '^SigIgn:.*[13579bdf]...$' "/proc/$1/status"; } # signal 13

@test "offer --watch outlives who read its log" {
  local first reader
  shop
  start
  mkfifo "$DIR/log.pipe"
  cat "$DIR/log.pipe" >"$DIR/ws.said" 3>&- &
  reader=$!
  (cd "$DIR/shop/ws" && exec "$SAMEKEY" offer --watch >/dev/null 2>"$DIR/log.pipe" 3>&-) &
  stays=$!
  APPS="$APPS $stays"
  until_true live ws 1
  until_true ignores_pipes "$stays" # it stays
  kill "$reader"
  wait "$reader" || true
  first=$(fingerprint ws)
  puts common.env "A_SECRET=$GOOD2"
  until_true is_other ws "$first"
  first=$(fingerprint ws)
  puts common.env "A_SECRET=$GOOD"
  until_true is_other ws "$first"
  ends "$stays" 0
}

@test "a private verifier is kept current too" {
  shop
  (cd "$DIR/shop/web" && exec "$SAMEKEY" run --private-verifier --supervise --on-change restart -- \
    sh -c 'echo "$A_SECRET $(curl -sS --unix-socket "$SAMEKEY_API_SOCKET" http://localhost/v1/secrets |
      jq -r ".apps[] | select(.state != \"ended\" and .state != \"dead\") | .keys[0].fingerprint")" >>../../values; exec sleep 300' \
    >"$DIR/web.printed" 2>"$DIR/web.said" 3>&-) &
  stays=$!
  APPS="$APPS $stays"
  until_true grep -q "^$GOOD [0-9a-f]" "$DIR/values"
  puts common.env "A_SECRET=$GOOD2"
  until_true grep -q "^$GOOD2 [0-9a-f]" "$DIR/values"
  [ "$(cut -d ' ' -f 2 "$DIR/values" | sort -u | wc -l)" -eq 2 ]
}
