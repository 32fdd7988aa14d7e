#!/usr/bin/env bats
# Goal: a bundle lives as long as its process: restarts and crashes are noticed at once, instances
# of one app live side by side, and an app's name stays with its user.

# shellcheck disable=SC2030,SC2031  # each test is a process of its own, and so are these variables
load helper

shop() {
  cat >"$DIR/shop/samekey.ini" <<INI
[app]
group = shop

[key AUTH_SECRET]
required = yes
secret = yes
shared = yes
INI
  mkdir -p "$DIR/shop/.git" # where looking upwards ends
  put .env "$CANARY"
}

put() { printf 'AUTH_SECRET=%s\n' "$2" >"$DIR/shop/$1"; }

states() { api /v1/secrets | jq -c '[.apps[] | [.app, .pid, .state]] | sort'; }

metric() { api /metrics | grep -qxF "$1" || { api /metrics | grep "^${1%%[ {]*}"; return 1; }; }

bundles() { metric "samekey_bundles{group=\"shop\",app=\"$1\",phase=\"start\",state=\"$2\"} $3"; }

@test "a restart: the old bundle is dead, the new one lives, the fingerprint stays" {
  shop
  printf '[app web]\n' >>"$INI"
  start
  up web
  local first=$APP_PID
  down "$first"
  bundles web dead 1
  up web
  [ "$(states)" = "$(jq -nc --argjson a "$first" --argjson b "$APP_PID" '[["web", $a, "dead"], ["web", $b, "live"]] | sort')" ]
  [ "$(api /v1/secrets | jq -r '[.apps[].keys[0].fingerprint] | unique | length')" -eq 1 ]
  bundles web live 1
  bundles web dead 1
  metric 'samekey_keys 1'
  [ "$(status_of api '/readyz?app=web')" -eq 200 ]
  log_says "event=ended app=web group=shop phase=start mode=production pid=$first"
}

@test "of dead bundles so many are shown and no more" {
  shop
  printf '[limits]\ndead = 2\n' >>"$INI"
  start
  for _ in 1 2 3 4; do
    up web
    kill "$APP_PID"
    until_true grep -q "event=ended .*pid=$APP_PID " "$LOG"
  done
  [ "$(api /v1/secrets | jq '.apps | length')" -eq 2 ]
  [ "$(api /v1/secrets | jq '[.apps[].pid] | max')" -eq "$APP_PID" ]
}

@test "a crash takes the bundle away at once, before anybody has waited for the process" {
  shop
  printf '[app web]\n' >>"$INI"
  start
  # A parent that never waits: what it started stays a zombie.
  (cd "$DIR/shop/web" && exec env SAMEKEY_SOCKET="$HANDOFF" python3 -c '
import signal, subprocess, sys
print(subprocess.Popen(sys.argv[1:]).pid, flush=True)
signal.pause()' "$SAMEKEY" run --name web -- sleep 300) >"$DIR/pid" 2>"$DIR/web.log" 3>&- &
  APPS="$APPS $!"
  until_true test -s "$DIR/pid"
  local pid
  pid=$(cat "$DIR/pid")
  until_true holds "$pid"
  kill -KILL "$pid"
  until_true ended "$pid"
  grep -q '^State:.Z' "/proc/$pid/status"
  api /readyz | jq -e '.reasons[0].code == "app-ended"'
  metric 'samekey_keys 0'
}

@test "a process that is stopped lives" {
  shop
  printf '[app web]\n' >>"$INI"
  start
  up web
  kill -STOP "$APP_PID"
  until_true grep -q '^State:.T' "/proc/$APP_PID/status"
  [ "$(status_of api /readyz)" -eq 200 ]
  kill -CONT "$APP_PID"
  down "$APP_PID"
  [ "$(status_of api /readyz)" -eq 503 ]
}

@test "a process offers for two apps: each is held, and both end with it" {
  start
  [ "$(python3 "$BATS_TEST_DIRNAME/hostile.py" "$HANDOFF" good bundle-app-markup | sort | uniq -c | wc -l)" -eq 2 ]
  all_dead() { api /v1/secrets | jq -e '(.apps | length) == 2 and all(.apps[]; .state == "dead")'; }
  until_true all_dead
}

@test "two instances of one app live side by side, and one's end is not the other's" {
  shop
  printf '[app web]\n' >>"$INI"
  start
  up web
  local first=$APP_PID
  up web
  bundles web live 2
  api /readyz | jq -e '.ready and (.apps | length) == 1 and .apps[0].live == 2'
  down "$first"
  bundles web live 1
  api '/readyz?app=web' | jq -e '.ready and .apps[0].live == 1'
  down "$APP_PID"
  [ "$(status_of api '/readyz?app=web')" -eq 503 ]
}

@test "two programs under one name with different values: refused, or once allowed, named as drift" {
  shop
  rm "$DIR/shop/.env"
  put web/.env "$CANARY"
  put ws/.env "$CANARY2"
  start
  up web
  local first=$APP_PID
  second() { cd "$DIR/shop/ws" && exec env SAMEKEY_SOCKET="$HANDOFF" "$SAMEKEY" run --name web "$@" -- sleep 300; }
  run -78 second
  [[ $output == *drift-shared* ]]
  second --allow drift-shared >"$DIR/second.log" 2>&1 3>&- &
  APPS="$APPS $!"
  until_true holds "$!"
  grep -q drift-shared "$DIR/second.log"
  api /v1/drift | jq -e --argjson a "$first" --argjson b "$!" \
    '.drift[0] | .code == "drift-shared" and .allowed and ([.sides[].pid] | sort) == ([$a, $b] | sort) and ([.sides[].app] | unique) == ["web"]'
  SAMEKEY_SOCKET=$HANDOFF run -0 "$SAMEKEY" status --root "$DIR/shop"
  [[ $output == *"$DIR/shop/web/.env:1:1"*"$DIR/shop/ws/.env:1:1"* ]]
  if grep -F canary- "$DIR/second.log"; then return 1; fi
  down "$first"
  api /v1/drift | jq -e '.drift == []'
}

# ---- several users

as_root() { [ "$(id -u)" -eq 0 ] || skip "needs root to become other users"; }

# Lets every user reach sockets, shop and loader.
open_all() {
  chmod 711 "$DIR" "$DIR/run"
  chmod 666 "$HANDOFF" "$API"
  cp "$SAMEKEY" "$DIR/samekey"
  chmod 755 "$DIR/samekey"
  [ ! -e "$DIR/copy" ] || rm -r "$DIR/copy"
  cp -r "$DIR/shop" "$DIR/copy"
  chown -R 4711 "$DIR/copy"
}

# as UID WORD...: samekey as that user, in a shop of its own.
as() {
  local uid=$1
  shift
  (cd "$DIR/copy/web" && exec setpriv --reuid "$uid" --regid "$uid" --clear-groups env SAMEKEY_SOCKET="$HANDOFF" "$DIR/samekey" "$@")
}

# Who the tests play, as samekeyd.ini admits them.
admit() {
  cat >>"$INI" <<INI
[admit root]
uid = 0
verbs = offer, status
[admit apps]
uid = 4711
verbs = offer
INI
}

@test "an app's name stays with its user after the app has ended, until the ini names another" {
  as_root
  shop
  admit
  start
  open_all
  up web
  down "$APP_PID"
  run -78 as 4711 run --name web -- true
  [[ $output == *app-owner* && $output != *--allow* ]]
  [[ $output == *"app 'web' belongs to uid 0, who offered it first; this is uid 4711"* ]]
  [[ $output == *"if it is this user's, say uid = 4711 under [app web] in samekeyd.ini and reload samekeyd"* ]]
  printf '[app web]\nuid = 4711\n' >>"$INI"
  kill -HUP "$DAEMON"
  until_true log_says event=reloaded
  run -0 as 4711 run --name web -- true
  refused web # root offered it first, and does not own it any longer
  grep -q app-owner "$DIR/web.log"
  grep -qF "app 'web' belongs to uid 4711 ($INI:$(grep -n 'uid = 4711' "$INI" | tail -n 1 | cut -d: -f1)); this is uid 0" "$DIR/web.log"
}

@test "what is held of an app whose name the ini gives to another user is told until it is gone" {
  as_root
  shop
  admit
  printf '[profile session]\napp = web\nkey = AUTH_SECRET\n' >>"$INI"
  start
  open_all
  up web
  (cd "$DIR/shop/ws" && env SAMEKEY_SOCKET="$HANDOFF" "$SAMEKEY" offer --quiet)
  warned() { api /readyz | jq -r '.warnings[] | select(.code == "owner-changed") | .app + ": " + .text + "; " + .hint'; }
  [ -z "$(warned)" ]
  printf '[app web]\nuid = 4711\n[app ws]\ngid = 4711\n' >>"$INI"
  kill -HUP "$DAEMON"
  until_true log_says event=reloaded
  run warned
  [[ $output == *"web: web belongs to uid 4711 ($INI:"*"), and what is held of it is of uid 0 and gid 0, pid $APP_PID; end that process, and"* ]]
  [[ $output == *"ws: ws belongs to gid 4711 ($INI:"*"), and what is held of it is of uid 0 and gid 0; start ws as its owner, or take"* ]]
  run -0 as 4711 offer --name ws --withdraw
  down "$APP_PID" # its key stays
  run warned
  [[ $output == "web: web belongs to uid 4711 ($INI:"*"), and what is held of it is of uid 0 and gid 0; start web as its owner, or"* ]]
  [ "${#lines[@]}" -eq 1 ]
  run -0 as 4711 run --name web -- true
  [ -z "$(warned)" ]
}

@test "status for who may see it, for who may only offer, and for a stranger" {
  as_root
  shop
  cat >>"$INI" <<INI
[admit root]
uid = 0
verbs = offer, status
[admit ops]
uid = 4711
verbs = status
[admit apps]
uid = 4712
verbs = offer
INI
  start
  open_all
  up web
  run -0 --separate-stderr as 4711 status --root "$DIR/copy"
  [[ $output == ready* && $output == *AUTH_SECRET* && $output != *canary-* ]]
  run -0 --separate-stderr as 4711 status --root "$DIR/copy" --json
  jq -e '.v == 1 and .ready.ready and .secrets.apps[0].app == "web" and .drift.drift == []' <<<"$output"
  [[ $output != *canary-* ]]
  chown -R 4712 "$DIR/copy"
  run -77 --separate-stderr as 4712 status --root "$DIR/copy"
  [ -z "$output" ]
  [[ ${stderr:?} == *"does not admit this user"*"uid 4712 lacks the verb status: [admit NAME] uid = 4712, verbs = status"* && $stderr != *AUTH_SECRET* ]]
  chown -R 4713 "$DIR/copy"
  run -77 --separate-stderr as 4713 status --root "$DIR/copy" --json
  [[ $output != *AUTH_SECRET* && $output != *web* ]]
  [[ $stderr == *"not admitted"* && $stderr != *AUTH_SECRET* ]]
}
