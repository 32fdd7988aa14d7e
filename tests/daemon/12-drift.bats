#!/usr/bin/env bats
# Goal: two apps of a group hold one value, or somebody is told: conflicts are refused, rotations
# go through in either order, ends of processes are noticed, and no value is ever shown.

load helper

# The shop: one group, one shared key.
shop() {
  cat >"$DIR/shop/samekey.ini" <<INI
[app]
group = shop
rotation = ${1:-5m}

[key AUTH_SECRET]
required = yes
secret = yes
shared = ${2:-yes}
INI
  mkdir -p "$DIR/shop/.git" # where looking upwards ends
}

put() { printf 'AUTH_SECRET=%s\n' "$2" >"$DIR/shop/$1"; }

drift() { api /v1/drift | jq -r '[.drift[] | .code + ":" + .key] | join(" ")'; }
state_of() { api /v1/secrets | jq -r --argjson pid "$1" '.apps[] | select(.pid == $pid) | .state'; }

# Whatever was said or answered so far: no value is in it.
no_value() {
  { api /v1/secrets; api /v1/drift; api /readyz; api /metrics; cat "$LOG"; } >"$DIR/everything"
  ! grep -F canary- "$DIR/everything"
}

@test "equal values: both start, one fingerprint" {
  shop
  put .env "$CANARY"
  start
  up web
  up ws
  [ "$(api /v1/secrets | jq -r '[.apps[].keys[].fingerprint] | unique | length')" = 1 ]
  [ "$(api /v1/secrets | jq -r '.apps[0].keys[0] | .length == 43 and .source == "dotenv" and .secret')" = true ]
  [ "$(api /v1/secrets | jq -r '.apps[0].keys[0].origin')" = "$DIR/shop/.env:1:1" ]
  [ "$(drift)" = "" ]
  [ "$(status_of api /readyz)" = 200 ]
  no_value
}

@test "a public name with the value of a secret: a warning, of which /readyz makes no error" {
  printf 'AUTH_SECRET=%s\nNEXT_PUBLIC_AUTH=%s\n' "$CANARY" "$CANARY" >"$DIR/shop/web/.env"
  start
  up web
  grep -q 'level=warning .*code=public-secret key=NEXT_PUBLIC_AUTH' "$DIR/web.log"
  api /readyz | jq -e '.ready and .reasons == []'
}

@test "shared = no: apps with values of their own disagree about nothing" {
  shop 5m no
  put web/.env "$CANARY"
  put ws/.env "$CANARY2"
  start
  up web
  up ws
  [ "$(drift)" = "" ]
  run -1 grep code=drift "$DIR/ws.log"
}

@test "another value from another file is refused, with both origins" {
  shop
  put web/.env "$CANARY"
  put ws/.env "$CANARY2"
  start
  up web
  refused ws
  grep -q drift-shared "$DIR/ws.log"
  grep -q "$DIR/shop/web/.env:1:1" "$DIR/ws.log"
  grep -q "$DIR/shop/ws/.env:1:1" "$DIR/ws.log"
  run -1 grep -F canary- "$DIR/ws.log"
  [ "$(api /v1/secrets | jq '.apps | length')" = 1 ]
  api /metrics | grep -q '^samekey_verdicts_total{result="refused"} 1'
  log_says 'event=refused app=ws'
  no_value
}

@test "a rule less makes it a warning that stays listed" {
  shop 5m yes
  sed -i '/^shared/d' "$DIR/shop/samekey.ini"
  put web/.env "$CANARY"
  put ws/.env "$CANARY2"
  start
  up web
  up ws
  [ "$(drift)" = drift-app:AUTH_SECRET ]
  [ "$(api /v1/drift | jq -r '[.drift[0].sides[].app] | sort | join(" ")')" = "web ws" ]
  [ "$(status_of api /readyz)" = 200 ]
  no_value
}

@test "--allow lets one start pass, counted and shown" {
  shop
  put web/.env "$CANARY"
  put ws/.env "$CANARY2"
  start
  up web
  up ws -- --allow drift-shared:AUTH_SECRET
  api /readyz | jq -e '.ready and (.allowed == [{"app": "ws", "code": "drift-shared", "key": "AUTH_SECRET"}])'
  api /v1/drift | jq -e '.drift[0].allowed and .drift[0].severity == "warning"'
  api /metrics | grep -q '^samekey_allowed 1'
  log_says 'event=allowed app=ws code=drift-shared key=AUTH_SECRET'
}

@test "an app that was let pass keeps nobody else out" {
  shop
  put web/.env "$CANARY"
  put ws/.env "$CANARY2"
  start
  up web
  local web=$APP_PID
  up ws -- --allow drift-shared:AUTH_SECRET
  down "$web"
  up web # it crashed, and comes back with the right value
  grep -q "code=drift-app key=AUTH_SECRET" "$DIR/web.log"
  [ "$(status_of api /readyz)" = 200 ]
}

rotate() {
  local first=$1 second=$2 first_pid second_pid
  shop
  put .env "$CANARY"
  start
  up "$first"
  first_pid=$APP_PID
  up "$second"
  second_pid=$APP_PID
  put .env "$CANARY2"
  down "$first_pid"
  up "$first"
  grep -q "rotation" "$DIR/$first.log"
  grep -q "restart $second" "$DIR/$first.log"
  [ "$(state_of "$second_pid")" = stale ]
  [ "$(drift)" = rotation:AUTH_SECRET ]
  [ "$(status_of api /readyz)" = 200 ]
  down "$second_pid"
  up "$second"
  [ "$(drift)" = "" ]
  [ "$(status_of api /readyz)" = 200 ]
  no_value
}

@test "a rotation, the signing app restarted first" {
  rotate web ws
}

@test "a rotation, the verifying app restarted first" {
  rotate ws web
}

@test "a rotation that takes too long makes readiness red, and a restart still heals it" {
  shop 100ms
  put .env "$CANARY"
  printf '[app web]\n[app ws]\n' >>"$INI"
  start
  up web
  local web=$APP_PID
  up ws
  local ws=$APP_PID
  put .env "$CANARY2"
  down "$web"
  up web
  late() { [ "$(drift)" = rotation-late:AUTH_SECRET ]; }
  until_true late
  [ "$(status_of api /readyz)" = 503 ]
  api /readyz?app=ws | jq -e '.reasons[0] | .code == "rotation-late" and .app == "ws" and (.text | contains("restart ws"))'
  until_true grep -q 'level=warning event=status text="2 live bundles, not ready, 1 reason" code=rotation-late app=ws key=AUTH_SECRET why="ws has .*; restart ws"' "$LOG"
  down "$ws"
  up ws
  [ "$(status_of api /readyz)" = 200 ]
}

@test "a process that ends is dead: shown, and refuses nobody" {
  shop
  put web/.env "$CANARY"
  put ws/.env "$CANARY2"
  printf '[app web]\n' >>"$INI"
  start
  [ "$(api /readyz | jq -r '.reasons[0].code')" = app-missing ]
  up web
  [ "$(status_of api /readyz)" = 200 ]
  down "$APP_PID"
  [ "$(api /readyz | jq -r '.reasons[0].code')" = app-ended ]
  up ws
  api /metrics | grep -q '^samekey_bundles{group="shop",app="web",phase="start",state="dead"} 1'
  no_value
}

@test "a standing offer stays until it is withdrawn" {
  shop
  put web/.env "$CANARY"
  put ws/.env "$CANARY2"
  start
  cd "$DIR/shop/web"
  SAMEKEY_SOCKET=$HANDOFF "$SAMEKEY" offer --name web 2>"$DIR/web.log" || { cat "$DIR/web.log"; return 1; }
  api /v1/secrets | jq -e '.apps[0] | .standing and .state == "live" and .pid == null'
  refused ws
  grep -q 'web (standing, ' "$DIR/ws.log"
  cd "$DIR/shop/web"
  SAMEKEY_SOCKET=$HANDOFF run -0 "$SAMEKEY" status
  [[ $output == *"web  group shop  phase start  live  standing  "* && $output != *"pid 0"* ]]
  SAMEKEY_SOCKET=$HANDOFF "$SAMEKEY" offer --name web --phase build 2>>"$DIR/web.log" || { cat "$DIR/web.log"; return 1; }
  api /v1/secrets | jq -e '[.apps[].phase] == ["start", "build"]'
  SAMEKEY_SOCKET=$HANDOFF "$SAMEKEY" offer --name web --withdraw 2>>"$DIR/web.log" || { cat "$DIR/web.log"; return 1; }
  [ "$(api /v1/secrets | jq '.apps | length')" = 0 ]
  up ws
}

@test "the build's value differs from the start's: a warning, or a refusal" {
  shop
  put .env "$CANARY"
  start
  (cd "$DIR/shop/web" && SAMEKEY_SOCKET=$HANDOFF "$SAMEKEY" run --name web --phase build -- true) 2>"$DIR/build.log"
  put .env "$CANARY2"
  up web
  [ "$(drift)" = build-drift:AUTH_SECRET ]
  grep -q build-drift "$DIR/web.log"
  down "$APP_PID"
  echo 'build_drift = fail' >>"$DIR/shop/samekey.ini"
  refused web
  grep -q build-drift-fail "$DIR/web.log"
  no_value
}

@test "what the app is not given, or its build was not, is no drift of the build, to the stamp and to samekeyd" {
  shop
  printf '[key %s]\nsecret = yes\nbuild_drift = fail\n%s\n' REGISTRY_TOKEN 'phases = build' \
    SESSION_SECRET 'inject = no' >>"$DIR/shop/samekey.ini"
  printf '%s=%s\n' AUTH_SECRET "$CANARY" REGISTRY_TOKEN "$CANARY" SESSION_SECRET "$CANARY" >"$DIR/shop/.env"
  start
  (cd "$DIR/shop/web" && SAMEKEY_SOCKET=$HANDOFF "$SAMEKEY" run --name web --phase build --stamp "$DIR/stamp" -- true) 2>"$DIR/build.log"
  printf '%s=%s\n' AUTH_SECRET "$CANARY" REGISTRY_TOKEN "$CANARY2" SESSION_SECRET "$CANARY2" >"$DIR/shop/.env"
  up web -- --stamp "$DIR/stamp"
  [ "$(drift)" = "" ]
  run ! grep build-drift "$DIR/web.log"
  no_value
}

@test "an app's name belongs to one user" {
  [ "$(id -u)" -eq 0 ] || skip "needs root to become another user"
  shop
  put .env "$CANARY"
  cat >>"$INI" <<'INI'
[admit apps]
uid = 4711
verbs = offer
[admit root]
uid = 0
verbs = offer, status
INI
  start
  chmod 711 "$DIR" "$DIR/run"
  chmod 666 "$HANDOFF"
  up web
  cp "$SAMEKEY" "$DIR/samekey"
  chmod 755 "$DIR/samekey"
  cp -r "$DIR/shop" "$DIR/copy"
  chown -R 4711 "$DIR/copy"
  # shellcheck disable=SC2317  # `run` calls it
  other() { (cd "$DIR/copy/web" && setpriv --reuid 4711 --regid 4711 --clear-groups env SAMEKEY_SOCKET="$HANDOFF" "$DIR/samekey" run --name "$@" -- true); }
  run -78 other web
  [[ $output == *app-owner* ]]
  run -78 other web --allow verifier-required
  [[ $output == *app-owner* ]]
  run -0 other api
}

@test "a user that is not admitted is told so, and starts unless the verifier is required" {
  [ "$(id -u)" -eq 0 ] || skip "needs root to become another user"
  shop
  put .env "$CANARY"
  start
  chmod 711 "$DIR" "$DIR/run"
  chmod 666 "$HANDOFF"
  cp "$SAMEKEY" "$DIR/samekey"
  chmod 755 "$DIR/samekey"
  chown -R 4711 "$DIR/shop"
  other() { (cd "$DIR/shop/web" && setpriv --reuid 4711 --regid 4711 --clear-groups env SAMEKEY_SOCKET="$HANDOFF" "$DIR/samekey" run --name web "$@" -- true); }
  run -0 other
  [[ $output == *not-admitted* || $output == *"not admitted"* ]]
  api /metrics | grep -q '^samekey_denied_total{door="handoff"} 1'
  [ "$(api /v1/secrets | jq '.apps | length')" = 0 ]
  log_says 'code=not-admitted'
}

# status: what it prints about the shop.
status() { (cd "$DIR/shop/web" && SAMEKEY_SOCKET=$HANDOFF "$SAMEKEY" status "$@"); }

@test "instances of one app are several bundles: another origin is refused, the same one rotates" {
  shop
  put web/.env "$CANARY"
  start
  up web
  refused web "AUTH_SECRET=$CANARY2"
  grep -q 'drift-shared' "$DIR/web.log"
  put web/.env "$CANARY2"
  up web
  grep -q 'restart web' "$DIR/web.log"
  [ "$(drift)" = rotation:AUTH_SECRET ]
}

@test "three apps that agree are one error to the fourth" {
  shop
  put .env "$CANARY"
  mkdir "$DIR/shop/api" "$DIR/shop/jobs"
  put ws/.env "$CANARY2"
  start
  up web
  up api
  up jobs
  refused ws
  grep -q '1 error \[drift-shared\]' "$DIR/ws.log" || { cat "$DIR/ws.log"; return 1; }
  [ "$(grep -c -e '--allow drift-shared' "$DIR/ws.log")" -eq 1 ]
  grep -q 'web (pid .*, api (pid .* and jobs (pid .* have ' "$DIR/ws.log"
}

@test "who was refused is shown until it is accepted, and nobody is red for it" {
  shop
  put web/.env "$CANARY"
  put ws/.env "$CANARY2"
  start
  up web
  refused ws
  api /v1/drift | jq -e --argjson pid "$APP_PID" '.refused | length == 1 and (.[0] |
    .app == "ws" and .group == "shop" and .pid == $pid and .program == "sleep 300" and
    .findings[0].code == "drift-shared" and .findings[0].key == "AUTH_SECRET")'
  [ "$(status_of api /readyz)" = 200 ]
  api /metrics | grep -q '^samekey_refused 1'
  run -0 status
  [[ $output == "ready"* && $output == *$'\nrefused\n  ws  group shop  uid '*"pid $APP_PID  "*"  sleep 300"$'\n'* ]]
  [[ $output == *"error [drift-shared] AUTH_SECRET: ws (pid $APP_PID"* && $output != *canary-* ]]
  status --json | jq -e '.drift.refused[0].app == "ws"'
  put ws/.env "$CANARY"
  up ws
  api /v1/drift | jq -e '.refused == []'
  run -0 status
  [[ $output != *refused* ]]
  no_value
}

@test "an expected app that was refused says so instead of being missing" {
  shop
  put web/.env "$CANARY"
  put ws/.env "$CANARY2"
  printf '[app ws]\n' >>"$INI"
  start
  up web
  refused ws
  api /readyz | jq -e '.ready == false and (.reasons | length == 1 and (.[0] |
    .code == "app-refused" and .app == "ws" and (.text | contains("drift-shared of AUTH_SECRET"))))'
  put ws/.env "$CANARY"
  up ws
  [ "$(status_of api /readyz)" = 200 ]
}

@test "status is short: none held, no weak ports, one line for what has ended" {
  shop
  put .env "$CANARY"
  echo PORT=3000 >>"$DIR/shop/.env"
  printf '[app web]\n' >>"$INI"
  start
  run -1 status
  [[ $output == $'not ready\n  [app-missing] web: '*$'\napps\n  none' ]]
  up web
  run -0 status
  [[ $output == *"    AUTH_SECRET "*"    PORT "* && $output != *weak* ]]
  down "$APP_PID"
  run -1 status
  [[ $output == *"  dead  pid $APP_PID  "* && $output != *PORT* ]]
  status --json | jq -e '[.secrets.apps[0].keys[].key] == ["AUTH_SECRET", "PORT"]'
}

@test "status names findings by the code that samekey help knows" {
  shop 100ms
  put .env "$CANARY"
  start
  up web
  up ws
  put .env "$CANARY2"
  up web
  late() { [ "$(drift)" = rotation-late:AUTH_SECRET ]; }
  until_true late
  run -1 status
  [[ $output == *"error [rotation-late] AUTH_SECRET in group shop"* && $output == *"fix  restart web and ws"* ]]
  "$SAMEKEY" help rotation-late
}

@test "status asks over the handoff socket and sees the same" {
  shop
  put .env "$CANARY"
  start
  up web
  cd "$DIR/shop/web"
  SAMEKEY_SOCKET=$HANDOFF run -0 "$SAMEKEY" status --json
  [[ $output == *'"app":"web"'* || $output == *'"app": "web"'* ]]
  [[ $output != *canary-* ]]
}
