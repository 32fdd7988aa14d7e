#!/usr/bin/env bats
# Goal: the log is read by machines as it is by people, in the form that is asked for, and no line of
# it holds a value, whatever peers call their apps, keys and cookies.

load helper

web() {
  printf 'NEXTAUTH_SECRET=%s\n' "${1:-$CANARY}" >"$DIR/shop/web/.env"
  printf '[app]\nname = %s\n\n[key NEXTAUTH_SECRET]\nsecret = yes\n' "${2:-web}" >"$DIR/shop/web/samekey.ini"
}

offer() { "$SAMEKEY" offer --root "$DIR/shop/web" --socket "$HANDOFF" "$@"; }

@test "as JSON each line is an object with numbers as numbers" {
  listen <<<$'[log]\nformat = json'
  start
  web
  offer
  api /nowhere
  stop
  jq -es 'all(.[]; (.time | test("^20[0-9-]+T[0-9:]+Z$")) and (.level | IN("info", "warning", "error")) and (.event | type == "string"))' "$LOG" >/dev/null
  [ "$(jq -r 'select(.event == "started") | .pid | type' "$LOG")" = number ]
  [ "$(jq -r 'select(.event == "offered") | .app' "$LOG")" = web ]
}

@test "[log] level says what is written, and --verbose goes before it; SIGHUP changes it" {
  listen <<<$'[log]\nlevel = error'
  start
  web
  offer
  api /healthz
  [ ! -s "$LOG" ]
  listen <<<$'[log]\nlevel = debug'
  kill -HUP "$DAEMON"
  until_true log_says event=reloaded
  api /v1/secrets >/dev/null
  log_says 'level=debug event=request'
  stop
  : >"$LOG"
  listen <<<$'[log]\nlevel = error'
  start --verbose
  log_says 'level=debug event=request'
}

@test "settings of the log that are none are named" {
  listen <<<$'[log]\nformat = xml'
  run "$SAMEKEYD" --check --ini "$INI"
  [ "$status" -eq 78 ]
  [[ $output == *"must be one of: auto, logfmt, json, journal"* ]]
}

@test "where the journal reads standard error and has no socket, lines begin with their priority" {
  [ ! -S /run/systemd/journal/socket ] || skip "journald runs here and would get the lines"
  JOURNAL_STREAM=$(touch "$LOG"; stat -c %d:%i "$LOG") start
  stop
  run -1 grep -vE '^<[3-7]>level=[a-z]+ event=' "$LOG"
}

@test "a line that would hold a value is withheld, and says which field of which event" {
  start
  web
  offer
  # somebody else's app is called as that value
  mkdir "$DIR/shop/other"
  printf '[app]\nname = x %s\n' "$CANARY" >"$DIR/shop/other/samekey.ini"
  printf 'PORT=3000\n' >"$DIR/shop/other/.env"
  "$SAMEKEY" offer --root "$DIR/shop/other" --socket "$HANDOFF" >/dev/null 2>&1 || true
  log_says 'level=error event=withheld of=offered field=app'
  run -1 grep -qF "$CANARY" "$LOG"
}

@test "a value reaches no line by a URL, a header, a cookie or a method" {
  start --verbose
  web
  offer
  api "/v1/$CANARY?app=$CANARY" -H "X-$CANARY: $CANARY" -H "Cookie: $CANARY=$CANARY" -H "User-Agent: $CANARY" >/dev/null
  api /readyz -X "$CANARY" >/dev/null || true
  api "/readyz?app=$CANARY" -H "Authorization: Bearer $CANARY" >/dev/null
  stop
  run -1 grep -qF "$CANARY" "$LOG"
  log_says event=withheld
}

# asks VALUE FIELD: asks for something of that name; the line of the request is withheld.
asks() {
  : >"$LOG"
  tcp "/v1/${!1}" >/dev/null
  until_true log_says event=withheld
  run -1 grep -qF "${!1}" "$LOG"
}
is_told() {
  : >"$LOG"
  tcp "/v1/${!1}" >/dev/null
  until_true log_says "${!1}"
}

@test "the token for TCP and the store's password reach no line, and new ones of a reload neither" {
  local first=token-of-callers-over-TCP second=another-token-of-callers third=password-of-store
  local fourth=another-password-of-store
  echo "$first" >"$DIR/token"
  echo "$third" >"$DIR/password"
  # without sessions the password is read, and nobody connects
  with_tcp <<END
token_file = $DIR/token
[store]
url = redis://$DIR/none.sock
password_file = $DIR/password
END
  start --verbose
  asks first
  asks third
  is_told second
  echo "$second" >"$DIR/token"
  echo "$fourth" >"$DIR/password"
  kill -HUP "$DAEMON"
  until_true log_says event=reloaded
  asks second
  asks third # the store that is open goes on with it
  is_told first
  # settings that do not hold change nothing
  echo "$first" >"$DIR/token"
  echo '[nonsense]' >>"$INI"
  kill -HUP "$DAEMON"
  until_true log_says event=reload_failed
  asks second
  is_told first
}

@test "a value that was withdrawn is no reason to withhold" {
  start
  web
  offer
  offer --withdraw
  until_true log_says event=withdrawn
  web "$CANARY2" "shop $CANARY2"
  run offer # its own name is its value
  log_says 'event=withheld of=offered field=app'
}

@test "samekey run tells the same events as JSON, and for the journal with priorities" {
  start
  web
  for format in json logfmt journal; do
    "$SAMEKEY" run --root "$DIR/shop/web" --socket "$HANDOFF" --log "$format" -- true 2>"$DIR/said.$format"
  done
  [ "$(jq -r 'select(.event == "resolved") | .key + " " + .level + " " + (.length | type)' "$DIR/said.json")" = \
    "NEXTAUTH_SECRET info number" ]
  grep -q '^level=info event=resolved key=NEXTAUTH_SECRET ' "$DIR/said.logfmt"
  grep -q '^<6>level=info event=resolved key=NEXTAUTH_SECRET ' "$DIR/said.journal"
  touch "$DIR/said.auto"
  stream=$(stat -c %d:%i "$DIR/said.auto")
  JOURNAL_STREAM=$stream "$SAMEKEY" run --root "$DIR/shop/web" --socket "$HANDOFF" -- true 2>>"$DIR/said.auto"
  grep -q '^<6>level=info event=resolved ' "$DIR/said.auto"
  run -1 grep -rqF "$CANARY" "$DIR"/said.*
}

@test "a start that is refused says so as JSON, for the journal with its priority, and else for people" {
  start
  web
  printf '[key SIGNER]\nrequired = yes\n' >>"$DIR/shop/web/samekey.ini"
  for format in json logfmt journal; do
    run -78 "$SAMEKEY" run --root "$DIR/shop/web" --socket "$HANDOFF" --log "$format" -- true
    printf '%s\n' "$output" >"$DIR/said.$format"
  done
  [ "$(jq -r 'select(.level == "error") | .event + "|" + .text' "$DIR/said.json")" = \
    "refused|refused to start web (true), 1 error [missing]
finding|required, and no source gives it" ]
  [[ $(jq -r 'select(.event == "refused").hint' "$DIR/said.json") == "samekey run --allow missing:SIGNER --root $DIR/"* ]]
  grep -q '^samekey: refused to start web (true), 1 error \[missing\]$' "$DIR/said.logfmt"
  [ "$(grep -c '^<3>' "$DIR/said.journal")" -eq 4 ]
  run -1 grep -vq '^<[346]>' "$DIR/said.journal"
  grep -q '^<3>  now  samekey run --allow missing:SIGNER ' "$DIR/said.journal"
  run -1 grep -rqF "$CANARY" "$DIR"/said.*
}

@test "samekey run withholds a line too" {
  web "$CANARY" "shop $CANARY"
  "$SAMEKEY" run --root "$DIR/shop/web" --socket "$HANDOFF" -- true 2>"$DIR/said"
  grep -q '^level=error event=withheld of=resolving field=app$' "$DIR/said"
  run -1 grep -qF "$CANARY" "$DIR/said"
}
