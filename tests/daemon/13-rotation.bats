#!/usr/bin/env bats
# Goal: a shared secret is rotated by restarting the apps in any order, and at every step the
# status, the drift, readiness and the metrics say the same: who is stale, and what to restart.

# shellcheck disable=SC2030,SC2031  # each test is a process of its own, and so are these variables
load helper

setup_shop() {
  cat >"$DIR/shop/samekey.ini" <<INI
[app]
group = shop
rotation = ${1:-5m}

[key AUTH_SECRET]
required = yes
secret = yes
shared = yes
INI
  mkdir -p "$DIR/shop/.git" # where looking upwards ends
  printf '[app web]\n[app ws]\n' >>"$INI"
}

put() { printf 'AUTH_SECRET=%s\n' "$2" >"$DIR/shop/$1"; }

state_of() { api /v1/secrets | jq -r --argjson pid "$1" '.apps[] | select(.pid == $pid) | .state'; }

metric() { api /metrics | grep -qxF "$1" || { api /metrics | grep "^${1%%[ {]*}"; return 1; }; }

ask_status() { SAMEKEY_SOCKET=$HANDOFF "$SAMEKEY" status --root "$DIR/shop" "$@"; }

# Nothing disagrees, whoever is asked.
agreed() {
  api /v1/drift | jq -e '.drift == []'
  api /readyz | jq -e '.ready and .reasons == []'
  metric 'samekey_drift{code="rotation"} 0'
  metric 'samekey_drift{code="rotation-late"} 0'
  metric 'samekey_drift{code="drift-shared"} 0'
  metric 'samekey_ready 1'
  run -0 ask_status
  [[ $output == ready$'\n'* && $output != *drift* && $output != *stale* ]]
}

# rotating STALE STALE_PID FRESH_PID: a rotation that only waits for one restart, whoever is asked.
rotating() {
  [ "$(state_of "$2")" = stale ]
  [ "$(state_of "$3")" = live ]
  api /v1/drift | jq -e --arg fix "restart $1" --argjson stale "$2" --argjson fresh "$3" '
    (.drift | length) == 1 and (.drift[0] | .code == "rotation" and .kind == "rotation" and
    .severity == "note" and .key == "AUTH_SECRET" and .group == "shop" and .fix == $fix and
    ([.sides[] | [.pid, .life]] | sort) == ([[$stale, "stale"], [$fresh, "live"]] | sort))'
  api /readyz | jq -e '.ready'
  metric 'samekey_drift{code="rotation"} 1'
  metric 'samekey_drift{code="rotation-late"} 0'
  metric 'samekey_ready 1'
  metric "samekey_bundles{group=\"shop\",app=\"$1\",phase=\"start\",state=\"stale\"} 1"
  run -0 ask_status
  [[ $output == *"[rotation] AUTH_SECRET in group shop"* && $output == *"fix  restart $1"* ]]
}

# Whatever was said or answered so far: no value is in it.
no_value() {
  { api /v1/secrets; api /v1/drift; api /readyz; api /metrics; ask_status; ask_status --json; cat "$LOG" "$DIR"/*.log; } >"$DIR/everything"
  if grep -F canary- "$DIR/everything"; then return 1; fi
}

both_up() {
  up web
  web=$APP_PID
  up ws
  ws=$APP_PID
}

one_after_the_other() {
  setup_shop
  put .env "$CANARY"
  start
  both_up
  agreed
  put .env "$CANARY2"
  if [ "$1" = web ]; then
    down "$web"
    up web
    rotating ws "$ws" "$APP_PID"
    down "$ws"
    up ws
  else
    down "$ws"
    up ws
    rotating web "$web" "$APP_PID"
    down "$web"
    up web
  fi
  agreed
  no_value
}

@test "web first" { one_after_the_other web; }

@test "ws first" { one_after_the_other ws; }

@test "both at once, after both have ended" {
  setup_shop
  put .env "$CANARY"
  start
  both_up
  put .env "$CANARY2"
  kill "$web" "$ws"
  until_true ended "$web"
  until_true ended "$ws"
  run_app web
  web=$APP_PID
  run_app ws
  until_true holds "$web"
  until_true holds "$APP_PID"
  agreed
  no_value
}

@test "both at once, beside the old ones (a rolling restart)" {
  setup_shop
  put .env "$CANARY"
  start
  both_up
  local old_web=$web old_ws=$ws
  put .env "$CANARY2"
  both_up
  [ "$(state_of "$old_web")$(state_of "$old_ws")" = stalestale ]
  [ "$(state_of "$web")$(state_of "$ws")" = livelive ]
  api /v1/drift | jq -e '[.drift[].code] | unique == ["rotation"]'
  api /readyz | jq -e .ready
  down "$old_web"
  [ "$(state_of "$old_ws")" = stale ]
  down "$old_ws"
  agreed
}

@test "back and forth: rolled back before the second app was restarted" {
  setup_shop
  put .env "$CANARY"
  start
  both_up
  put .env "$CANARY2"
  down "$web"
  up web
  rotating ws "$ws" "$APP_PID"
  web=$APP_PID
  put .env "$CANARY" # never mind
  down "$web"
  up web
  agreed
}

@test "back and forth: rolled back beside what is rolled back (blue and green)" {
  setup_shop 1s
  put .env "$CANARY"
  start
  both_up
  put .env "$CANARY2"
  up web
  local green=$APP_PID
  put .env "$CANARY"
  up web
  [ "$(state_of "$ws")$(state_of "$web")$(state_of "$APP_PID")" = livelivelive ]
  [ "$(state_of "$green")" = stale ]
  # of one pair the second may be over when that of the other is not
  api /v1/drift | jq -e '[.drift[].fix] | unique == ["restart web"]'
  late() { api /readyz | jq -e '[.reasons[] | .code + .app] | unique == ["rotation-lateweb"]'; }
  until_true late
  down "$green"
  agreed
}

@test "back and forth: the second app comes back with the old value" {
  setup_shop
  put .env "$CANARY"
  start
  both_up
  put .env "$CANARY2"
  down "$web"
  up web
  web=$APP_PID
  put .env "$CANARY" # rolled back, and ws crashes meanwhile
  down "$ws"
  up ws
  rotating web "$web" "$APP_PID" # what the file holds now is meant
  down "$web"
  up web
  agreed
}

@test "a third value before the second has arrived everywhere" {
  setup_shop
  put .env "$CANARY"
  start
  both_up
  put .env "$CANARY2"
  down "$web"
  up web
  web=$APP_PID
  put .env "$CANARY-third"
  down "$ws"
  up ws
  rotating web "$web" "$APP_PID"
  down "$web"
  up web
  agreed
}

@test "each app with a file of its own: KEY_PREVIOUS makes it a rotation, in either order" {
  setup_shop
  put web/.env "$CANARY"
  put ws/.env "$CANARY"
  start
  both_up
  printf 'AUTH_SECRET=%s\nAUTH_SECRET_PREVIOUS=%s\n' "$CANARY2" "$CANARY" >"$DIR/shop/web/.env"
  down "$web"
  up web
  web=$APP_PID
  rotating ws "$ws" "$web"
  down "$ws" # restarted too early: it still has the old value, and is let in
  up ws
  rotating ws "$APP_PID" "$web"
  down "$APP_PID"
  put ws/.env "$CANARY2"
  up ws
  agreed
  no_value
}

@test "each app with a file of its own and no KEY_PREVIOUS: refused, and nothing is changed" {
  setup_shop
  put web/.env "$CANARY"
  put ws/.env "$CANARY"
  start
  both_up
  put web/.env "$CANARY2"
  down "$web"
  refused web
  grep -q 'drift-shared' "$DIR/web.log"
  [ "$(state_of "$ws")" = live ]
  api /v1/drift | jq -e '.drift == []' # who was refused is not held
  api /readyz | jq -e '.reasons[0].code == "app-refused" and (.reasons | length) == 1'
}

@test "a rotation that takes too long, whoever is asked" {
  setup_shop 100ms
  put .env "$CANARY"
  start
  both_up
  put .env "$CANARY2"
  down "$web"
  up web
  late() { metric 'samekey_drift{code="rotation-late"} 1'; }
  until_true late
  metric 'samekey_drift{code="rotation"} 0'
  metric 'samekey_ready 0'
  api /v1/drift | jq -e '.drift[0] | .severity == "error" and .fix == "restart ws"'
  api /readyz | jq -e '(.ready | not) and .reasons[0].app == "ws"'
  run -1 ask_status
  [[ $output == "not ready"$'\n'* && $output == *rotation-late* && $output == *"restart ws"* ]]
  down "$ws"
  up ws
  agreed
}
