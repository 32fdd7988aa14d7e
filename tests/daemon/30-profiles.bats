#!/usr/bin/env bats
# Goal: profiles have the keys that apps hand over, keep them while apps restart, and without a
# good key say why.

# shellcheck disable=SC2030,SC2031  # each test is a process of its own, and so are these variables
load helper
load profiles

clear() { rm -f "$DIR/shop/$1/.env"; }
keys_are() { last_says session "usable=yes keys=$1"; }

@test "a profile without its key is a reason not to be ready, until an offer brings the key" {
  session
  start
  [ "$(status_of api /readyz)" -eq 503 ]
  [ "$(reasons)" = "web AUTH_SECRET profile session: web has offered nothing yet" ]
  log_says 'level=warning event=profile name=session kind=jws usable=no keys=0 reason="web has offered nothing yet"'
  put web AUTH_SECRET "$GOOD"
  up web
  is_ready
  [ -z "$(reasons)" ]
  keys_are 1
}

@test "the reasons of one app are those of its profiles" {
  session
  printf '[profile api]\napp = api\nkey = API_SECRET\n' >>"$INI"
  start
  [ "$(reasons | wc -l)" -eq 2 ]
  [ "$(reasons '?app=api')" = "api API_SECRET profile api: api has offered nothing yet" ]
  [ "$(reasons '?app=web')" = "web AUTH_SECRET profile session: web has offered nothing yet" ]
  [ -z "$(reasons '?app=ws')" ]
}

@test "a reload says of each profile once how it stands, also of one that has changed" {
  printf '%s' "$GOOD" >"$DIR/session.key"
  chmod 600 "$DIR/session.key"
  printf '[profile file]\nkey_file = %s\n' "$DIR/session.key" >>"$INI"
  start
  log_says 'name=file kind=jws usable=yes'
  rm "$DIR/session.key"
  reload
  stop
  [ "$(grep -c 'event=profile name=file' "$LOG")" -eq 2 ]
}

@test "a stranger and an app without profiles change no profile" {
  session
  start
  put ws AUTH_SECRET "$GOOD"
  up ws
  [ "$(grep -c event=profile "$LOG")" -eq 1 ]
  [ -n "$(reasons)" ]
}

@test "an app restarts: its keys stay, and the log says nothing of it" {
  session
  start
  put web AUTH_SECRET "$GOOD"
  up web
  keys_are 1
  down "$APP_PID"
  is_ready
  up web
  [ "$(grep -c event=profile "$LOG")" -eq 2 ] # at the start, and with the first offer
}

@test "a rotation: the new key and the previous one, then the new one alone" {
  session
  start
  put web AUTH_SECRET "$GOOD"
  up web
  down "$APP_PID"
  clear web
  put web AUTH_SECRET "$GOOD2"
  put web AUTH_SECRET_PREVIOUS "$GOOD"
  up web
  is_ready
  api /v1/secrets | jq -e '[.apps[] | select(.state == "live") | .keys[].key] == ["AUTH_SECRET", "AUTH_SECRET_PREVIOUS"]'
  down "$APP_PID"
  clear web
  put web AUTH_SECRET "$GOOD2"
  up web
  is_ready
  [ "$(grep -c 'event=profile.*usable=no' "$LOG")" -eq 1 ] # before the first offer
}

@test "a previous key that is none is told, and the profile verifies" {
  session
  start
  put web AUTH_SECRET "$GOOD"
  put web AUTH_SECRET_PREVIOUS undefined
  up web -- --allow undefined-text
  is_ready
  last_says session 'level=warning event=profile name=session kind=jws usable=yes keys=1 without="AUTH_SECRET_PREVIOUS of web: the key is the text of a missing value"'
}

# offer WORD...: samekey offer of web; sets SAID, which is its standard error.
offer() {
  (cd "$DIR/shop/web" && SAMEKEY_SOCKET=$HANDOFF "$SAMEKEY" offer --name web "$@") >"$DIR/offer.out" 2>"$DIR/offer.err"
  SAID=$(<"$DIR/offer.err")
}

@test "after a restart of samekeyd: since when it runs, and what brings the keys back" {
  printf '[app web]\nexpected = yes\n' >>"$INI"
  session
  start
  put web AUTH_SECRET "$GOOD"
  up web
  is_ready
  stop
  start
  local text
  text=$(status_text)
  prints '[app-missing] web: web has offered nothing' "$text"
  prints '[profile-unusable] web AUTH_SECRET: profile session: web has offered nothing yet' "$text"
  [ "$(grep -cE 'fix  samekeyd started [0-9]+ s ago, and apps that ran before do not hand over again: restart web, or, if its sources are as they were when it started, `samekey offer --name web` in its folder, as its user' <<<"$text")" -eq 2 ]
  api /readyz | jq -e '[.reasons[].hint | startswith("samekeyd started ")] == [true, true]'
  last_says session 'hint="samekey offer --name web in its folder, as its user, or restart it with samekey run"'
  offer
  is_ready
}

@test "an offer that makes a profile unusable, or leaves it so, says so; also when quiet" {
  session
  printf '[profile cookies]\nkind = nextauth-v4\napp = web\nkey = AUTH_SECRET\n[profile api]\napp = api\nkey = API_SECRET\n' >>"$INI"
  start
  put web AUTH_SECRET "$GOOD"
  offer --quiet
  lacks profile "$SAID" # also nothing about another app's
  clear web
  put web AUTH_SECRET your-secret-key
  offer --quiet --allow placeholder
  prints 'level=warning event=finding code=profile-unusable key=AUTH_SECRET text="profile session verifies nothing: AUTH_SECRET of web: the key stands in public examples: anybody can sign with it" hint="samekey keygen --bytes 48; then samekey offer --name web"' "$SAID"
  prints 'text="profile cookies verifies nothing: AUTH_SECRET of web: ' "$SAID"
  lacks API_SECRET "$SAID"
  lacks your-secret-key "$SAID"
  grep -q '^web: accepted' "$DIR/offer.out"
  log_says 'level=warning event=finding app=web code=profile-unusable key=AUTH_SECRET text="profile session verifies nothing'
  clear web
  put web OTHER "$GOOD"
  offer --quiet
  prints 'text="profile session verifies nothing: web offers no AUTH_SECRET" hint="set AUTH_SECRET in a source of web, then samekey offer --name web' "$SAID"
  offer --json
  jq -e '[.findings[] | select(.code == "profile-unusable") | .severity] == ["warning", "warning"]' "$DIR/offer.out"
  offer --phase build --quiet
  lacks profile "$SAID" # a build's keys are no profile's
  run -0 "$SAMEKEY" help profile-unusable
  [[ $output == *"(warning)"* && $output != *"samekey run --allow"* ]]
}

@test "a start that makes a profile unusable goes on and is told, unless warnings are refused" {
  session
  start
  up web -- --quiet
  grep -F 'code=profile-unusable key=AUTH_SECRET' "$DIR/web.log"
  refused web -- --strict
  grep -F 'profile session verifies nothing: web offers no AUTH_SECRET' "$DIR/web.log"
}

@test "status lists the profiles with their keys, and a further key that is left out with what it should be" {
  session
  printf '[profile file]\nkey_file = %s\n' "$DIR/k" >>"$INI"
  printf '%s\n' "$GOOD2" >"$DIR/k"
  start
  put web AUTH_SECRET "$GOOD"
  put web AUTH_SECRET_PREVIOUS "$GOOD2"
  offer
  local text
  text=$(status_text)
  prints "$(printf 'profiles\n  session  jws  usable')" "$text"
  [[ $text =~ AUTH_SECRET\ +active\ +HS256\ +app\ web\ +kid ]]
  [[ $text =~ AUTH_SECRET_PREVIOUS\ +retiring\ +HS256\ +app\ web\ +kid ]]
  [[ $text =~ $DIR/k\ +active\ +HS256\ +file\ +kid ]]
  lacks warnings "$text"
  api /metrics | grep -qx 'samekey_profile_usable{profile="session"} 1'
  clear web
  put web AUTH_SECRET "$GOOD"
  put web AUTH_SECRET_PREVIOUS undefined
  offer --quiet --allow undefined-text
  prints 'code=profile-key key=AUTH_SECRET_PREVIOUS text="profile session goes on without a key: AUTH_SECRET_PREVIOUS of web: the key is the text of a missing value"' "$SAID"
  is_ready
  text=$(status_text)
  prints '[profile-key] web AUTH_SECRET_PREVIOUS: profile session goes on without a key' "$text"
  prints 'fix  the value that it had while it signed; without one, leave it out; then samekey offer --name web' "$text"
  lacks 'samekey keygen' "$text"
  api /readyz | jq -e '.ready and .reasons == [] and [.warnings[].code] == ["profile-key"]'
  status_text --json | jq -e '.secrets.profiles | map([.name, .kind, .usable, (.keys | map(.state))]) ==
    [["session", "jws", true, ["active"]], ["file", "jws", true, ["active"]]]'
  api '/v1/secrets?app=ws' | jq -e '.profiles == []'
  clear web
  offer
  api /metrics | grep -qx 'samekey_profile_usable{profile="session"} 0'
  status_text | grep -qx '  session  jws  unusable'
}

@test "issue and verify without a key say what to do" {
  session
  openssl ecparam -name prime256v1 -genkey -noout | openssl ec -pubout >"$DIR/public.pem" 2>/dev/null
  printf '[profile public]\nkey_file = %s\nencoding = pem\nalgorithm = ES256\n' "$DIR/public.pem" >>"$INI"
  start
  put web OTHER "$GOOD"
  offer
  cli() { (cd "$DIR/shop/web" && SAMEKEY_SOCKET=$HANDOFF "$SAMEKEY" "$@"); }
  run -78 cli issue --profile session
  prints 'hint: set AUTH_SECRET in a source of web, then samekey offer --name web' "$output"
  run -78 cli verify --profile session - <<<"$(sign "$GOOD")"
  prints 'hint: set AUTH_SECRET in a source of web, then samekey offer --name web' "$output"
  run -78 cli issue --profile public
  prints 'hint: it has only a public key: give profile public the private one' "$output"
  for target in /v1/issue /v1/verify-batch; do
    api "$target" -H 'Content-Type: application/json' -d '{"profile":"session"'"$([ "$target" = /v1/issue ] || echo ',"tokens":["a"]')"'}' |
      jq -e '.code == "key_unusable" and (.hint | startswith("set AUTH_SECRET"))'
  done
  api '/v1/introspect?profile=session' -d token=a | jq -e '.hint | startswith("set AUTH_SECRET")'
}

@test "what is withdrawn is forgotten" {
  session
  start
  put web AUTH_SECRET "$GOOD"
  offer() { (cd "$DIR/shop/web" && SAMEKEY_SOCKET=$HANDOFF "$SAMEKEY" offer --name web "$@") >>"$DIR/offer.log" 2>&1; }
  withdraws_nothing() { run -1 offer --withdraw && tail -n 2 "$DIR/offer.log" | grep -qF 'web: nothing to withdraw'; }
  offer
  is_ready
  offer --withdraw
  [ "$(reasons)" = "web AUTH_SECRET profile session: web has offered nothing yet" ]
  last_says session usable=no
  up web
  offer
  is_ready
  offer --withdraw # the process still lives, and holds the key
  is_ready
  withdraws_nothing
  down "$APP_PID"
  is_ready # the key stays
  offer --withdraw
  [ "$(reasons)" = "web AUTH_SECRET profile session: web has offered nothing yet" ]
  withdraws_nothing
}

@test "a missing, an empty, a short key and a placeholder: unusable, and told without the value" {
  session
  start
  bad() {
    clear web
    [ -z "${2+x}" ] || put web "$1" "$2"
    up web -- --allow placeholder --allow all-empty --allow empty --allow too-short
    down "$APP_PID"
    [ "$(status_of api /readyz)" -eq 503 ]
    [ "$(reasons)" = "web AUTH_SECRET profile session: $3" ] || { reasons; return 1; }
  }
  bad AUTH_SECRTE "$GOOD" "web offers no AUTH_SECRET"
  last_says session 'hint="did you mean key = AUTH_SECRTE?"'
  bad OTHER_SECRET "$GOOD" "web offers no AUTH_SECRET"
  bad AUTH_SECRET short-canary-3xQ "AUTH_SECRET of web: shorter than the 32 bytes that HS256 needs"
  api /readyz | jq -e '.apps == [{app: "web", expected: false, live: 0, ready: false}]'
  bad AUTH_SECRET your-secret-key "AUTH_SECRET of web: the key stands in public examples: anybody can sign with it"
  if grep -F -e your-secret-key -e short-canary "$LOG"; then return 1; fi
  if api /readyz | grep -F -e your-secret-key -e short-canary; then return 1; fi
}

@test "a bad key ends a profile, and a good one begins it again" {
  session
  start
  put web AUTH_SECRET "$GOOD"
  up web
  down "$APP_PID"
  clear web
  put web AUTH_SECRET changeme
  up web -- --allow placeholder
  [ -n "$(reasons)" ]
  down "$APP_PID"
  clear web
  put web AUTH_SECRET "$GOOD"
  up web
  is_ready
  keys_are 1
}

# sign SECRET: a token of a user by HS256 that lives for an hour.
sign() {
  python3 -c '
import base64, hashlib, hmac, json, sys, time
part = lambda b: base64.urlsafe_b64encode(b).rstrip(b"=")
head = part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
body = part(json.dumps({"sub": "anna", "exp": int(time.time()) + 3600}).encode())
mac = hmac.new(sys.argv[1].encode(), head + b"." + body, hashlib.sha256).digest()
print((head + b"." + body + b"." + part(mac)).decode())' "$1"
}

# verify TOKEN: status, and the state of its key or the code, as one line.
verify() {
  api /v1/verify -H 'Content-Type: application/jwt' --data-binary "$1" -w '\n%{http_code}' |
    jq -rs '"\(.[1]) \(.[0] | .key_state // .code)"'
}

@test "tokens: of the key, of the previous one, while the app is away, and of nobody" {
  session
  start
  local new old
  new=$(sign "$GOOD2") old=$(sign "$GOOD")
  [ "$(verify "$old")" = "503 key_unusable" ]
  put web AUTH_SECRET "$GOOD"
  up web
  [ "$(verify "$old")" = "200 active" ]
  [ "$(verify "$new")" = "401 signature_invalid" ]
  down "$APP_PID"
  [ "$(verify "$old")" = "200 active" ]
  clear web
  put web AUTH_SECRET "$GOOD2"
  put web AUTH_SECRET_PREVIOUS "$GOOD"
  up web
  [ "$(verify "$new")" = "200 active" ]
  [ "$(verify "$old")" = "200 retiring" ]
  printf '[key session]\napp = web\nkey = OTHER_SECRET\nstate = retired\n' >>"$INI"
  reload
  last_says session 'usable=yes keys=2 without="web offers no OTHER_SECRET"'
  [ "$(verify "$old")" = "200 retiring" ]
  down "$APP_PID"
  clear web
  put web AUTH_SECRET "$GOOD2"
  put web OTHER_SECRET "$GOOD"
  up web
  [ "$(verify "$new")" = "200 active" ]
  [ "$(verify "$old")" = "401 signature_invalid" ] # a retired key verifies nothing
}

@test "a profile with the key of a newest process that ended, beside an older one with another, is a warning" {
  session
  start
  warns() { api "/readyz${1:-}" | jq -e '.ready and ([.warnings[].code] == ["profile-outlived"])'; }
  is_silent() { api /readyz | jq -e '.ready and .warnings == []'; }
  local old new
  put web AUTH_SECRET "$GOOD"
  up web -- --quiet
  old=$APP_PID
  clear web
  put web AUTH_SECRET "$GOOD2"
  up web -- --quiet
  new=$APP_PID
  is_silent # both live: a rotation
  down "$new"
  warns
  warns '?app=web'
  api '/readyz' | jq -e --arg text "profile session has AUTH_SECRET of a process that has ended (pid $new); \
pid $old lives and holds another value" '.warnings[0] | .app == "web" and .key == "AUTH_SECRET" and .text == $text and
    (.hint | startswith("restart web, or"))'
  prints '[profile-outlived] web AUTH_SECRET: profile session has' "$(status_text)"
  [ "$(verify "$(sign "$GOOD")")" = "401 signature_invalid" ]
  offer --withdraw
  is_silent
  [ "$(verify "$(sign "$GOOD")")" = "200 active" ]
  run -0 "$SAMEKEY" help profile-outlived
  down "$old"
  is_silent # nobody is left who signs with it
  clear web
  put web AUTH_SECRET "$GOOD2"
  put web AUTH_SECRET_PREVIOUS "$GOOD"
  up web -- --quiet
  new=$APP_PID
  clear web
  put web AUTH_SECRET "$GOOD"
  put web AUTH_SECRET_PREVIOUS "$GOOD2"
  up web -- --quiet
  down "$APP_PID"
  is_silent # what the other one signs is good
  [ "$(verify "$(sign "$GOOD2")")" = "200 retiring" ]
  down "$new"
}
