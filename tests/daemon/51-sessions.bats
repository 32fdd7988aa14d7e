#!/usr/bin/env bats
# Goal: an app without any code for tokens: login, the check before a page, silent refresh, logout,
# with curl as the browser and the proxy at once.

load helper

# The seed's names, with the port of the server that knows passwords.
seed() {
  login_server
  SESSION=$DIR/run/samekey/session.sock
  printf '%s-access-key-0123456789' "$CANARY" >"$DIR/access.key"
  printf '%s-refresh-key-0123456789' "$CANARY2" >"$DIR/refresh.key"
  listen <<END
[profile access]
key_file = $DIR/access.key
lifetime = ${1:-15m}
cookie = accessTokenEtls
forward = userId, role
[profile page]
key_file = $DIR/access.key
cookie = accessTokenEtls
redirect = yes
[profile refresh]
key_file = $DIR/refresh.key
lifetime = 7d
cookie = refreshTokenEtls
[session]
socket = $SESSION
access = access
refresh = refresh
grace = ${2:-10s}
claims = userId:userData.id, role:userData.role
refresh_claims = userId:userData.id
subject = userData.id
user_data = userData
pass = accessToken, refreshToken
same_site = strict
login_page = /login
[upstream]
url = http://127.0.0.1:$(cat "$DIR/port")/login
[store]
url = sqlite:$DIR/sessions.db
END
}

# at TARGET [CURL WORD]...: asks the session listener; headers go to $DIR/head.
at() {
  local target=$1
  shift
  curl -sS --max-time 10 --unix-socket "$SESSION" -D "$DIR/head" -H 'Host: shop.example' "$@" "http://localhost$target"
}

# log_in EMAIL [CURL WORD]...
log_in() {
  at /auth/login -H 'Content-Type: application/json' -d "{\"email\":\"$1\",\"password\":\"canary-password\"}" "${@:2}"
}

status() { head -n 1 "$DIR/head" | cut -d ' ' -f 2; }

# The NAME=VALUE of a Set-Cookie header.
cookie() { sed -nE "s/^Set-Cookie: ($1=[^;]*);.*/\1/p" "$DIR/head"; }

# Logs in; both cookies are in ACCESS and REFRESH.
logged_in() {
  log_in ann@mail.example >"$DIR/body"
  [ "$(status)" = 200 ] || { cat "$DIR/head" "$DIR/body"; return 1; }
  ACCESS=$(cookie accessTokenEtls) REFRESH=$(cookie refreshTokenEtls)
  [ -n "$ACCESS" ] && [ -n "$REFRESH" ]
}

# check COOKIE [PROFILE]: the status of the check before a page.
check() {
  at "/auth/check/${2:-access}" -H "Cookie: $1" >"$DIR/body"
  status
}

cleared() { grep -cE '^Set-Cookie: [A-Za-z]+=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; HttpOnly; Secure; SameSite=Strict' "$DIR/head"; }

@test "login, page, refresh, logout" {
  seed
  start
  logged_in
  diff - "$DIR/body" <<<'{"message":"Welcome","userData":{"id": "u1", "role": "admin", "name": "Ann"}}'
  [ "$(grep -c '^Set-Cookie: ' "$DIR/head")" -eq 4 ]
  [ "$(cookie accessToken)" = accessToken=theirs.access ]
  grep -qE '^Set-Cookie: accessTokenEtls=[^;]+; Max-Age=(900|899); Path=/; HttpOnly; Secure; SameSite=Strict' "$DIR/head"
  grep -qE '^Set-Cookie: refreshTokenEtls=[^;]+; Max-Age=604(800|799); Path=/; HttpOnly; Secure; SameSite=Strict' "$DIR/head"
  grep -q '^Cache-Control: no-store' "$DIR/head"
  [ "$(cat "$DIR/port.bodies")" = '{"email":"ann@mail.example","password":"canary-password"}' ]

  [ "$(check "$ACCESS")" = 204 ]
  grep -q '^X-Auth-Claim-userId: u1' "$DIR/head"
  grep -q '^X-Auth-Claim-role: admin' "$DIR/head"
  at /auth/session -H "Cookie: $ACCESS" | jq -e '.active and .subject == "u1" and .claims.role == "admin" and .expires_in <= 900'

  at /auth/check/access -H "Cookie: a=1; $REFRESH" -H 'Sec-Samekey-Cookies: numbered' >"$DIR/body"
  [ "$(status)" = 204 ]
  [ "$(grep -c '^Set-Cookie: ' "$DIR/head")" -eq 2 ]
  for n in 1 2; do
    grep "^X-Samekey-Cookie-$n: " "$DIR/head" | cut -d ' ' -f 2- | diff - <(grep '^Set-Cookie: ' "$DIR/head" | sed -n "${n}p" | cut -d ' ' -f 2-)
  done
  [ "$(cookie refreshTokenEtls)" != "$REFRESH" ]
  REFRESH=$(cookie refreshTokenEtls)

  at /auth/refresh -X POST -H "Cookie: $REFRESH" | jq -e '.message == "Tokens refreshed" and .expires_in <= 900'
  ACCESS=$(cookie accessTokenEtls) REFRESH=$(cookie refreshTokenEtls)
  [ "$(check "$ACCESS")" = 204 ]

  at /auth/logout -X POST -H "Cookie: $ACCESS; $REFRESH" | diff - <(echo '{"message":"Logged out"}')
  [ "$(cleared)" -eq 4 ]
  [ "$(check "$ACCESS")" = 401 ]
  [ "$(check "$REFRESH")" = 401 ]
  [ "$(cleared)" -eq 4 ]
  [ "$(check "$REFRESH" page)" = 302 ]
  grep -q '^Location: /login' "$DIR/head"
  [ "$(cleared)" -eq 4 ]
}

@test "the token of a session is one for the API as well, until the session ends" {
  seed
  start
  logged_in
  api /v1/verify -H 'Content-Type: application/json' -d "{\"token\":\"${ACCESS#*=}\",\"profile\":\"access\"}" | jq -e '.active and .claims.userId == "u1"'
  at /auth/logout -X POST -H "Cookie: $REFRESH" >"$DIR/body"
  api /v1/verify -H 'Content-Type: application/json' -d "{\"token\":\"${ACCESS#*=}\",\"profile\":\"access\"}" | jq -e '.code == "revoked"'
}

@test "what the upstream does has its status, and tells nothing" {
  seed
  start
  while read -r word status code; do
    log_in "$word@mail.example" >"$DIR/body"
    [ "$(status)" = "$status" ] || { echo "$word"; cat "$DIR/head"; false; }
    jq -e --arg code "$code" '.code == $code and (.error | length > 0)' "$DIR/body"
    [ "$(grep -c '^Set-Cookie: ' "$DIR/head")" -eq 0 ]
    run ! grep -q canary "$DIR/body" "$DIR/head"
  done <<'END'
wrong 401 credentials_invalid
often 429 login_too_often
html 502 upstream_not_json
broken 502 upstream_status
lacking 502 upstream_unfit
away 502 upstream_redirect
END
  log_in wrong@mail.example | diff - <(echo '{"error":"Invalid credentials","code":"credentials_invalid"}')
  log_says 'code=upstream_unfit status=200 path=userData.id'
  run ! grep -qE 'mail\.example|canary|theirs' "$LOG"
  logged_in # nothing is stuck
}

@test "an access token that has expired is refreshed, and is a bearer's end" {
  seed 1s
  start
  logged_in
  is_over() { [ "$(check "$ACCESS")" = 401 ]; }
  until_true is_over
  [ "$(check "$ACCESS; $REFRESH")" = 204 ]
  at /auth/check/access -H "Authorization: Bearer ${ACCESS#*=}" -H "Cookie: $REFRESH" >"$DIR/body"
  [ "$(status)" = 401 ]
  [ "$(grep -c '^Set-Cookie: ' "$DIR/head")" -eq 0 ]
}

@test "200 parallel refreshes of one token: one successor, and the family lives" {
  seed
  start
  logged_in
  for _ in $(seq 200); do
    printf 'next\nurl = http://localhost/auth/refresh\nrequest = POST\nunix-socket = %s\ncookie = "%s"\nsilent\ndump-header = -\noutput = /dev/null\n' "$SESSION" "$REFRESH"
  done | tail -n +2 >"$DIR/curl"
  curl --parallel --parallel-immediate --parallel-max 200 --max-time 20 -K "$DIR/curl" >"$DIR/heads"
  [ "$(grep -c '^HTTP/1.1 200' "$DIR/heads")" -eq 200 ]
  [ "$(grep '^Set-Cookie: refreshTokenEtls=' "$DIR/heads" | cut -d ';' -f 1 | sort -u | wc -l)" -eq 1 ]
  [ "$(check "$(sed -nE 's/^Set-Cookie: (refreshTokenEtls=[^;]*);.*/\1/p' "$DIR/heads" | head -n 1)")" = 204 ]
}

@test "an old refresh token after the grace ends the session" {
  seed 15m 0s
  start
  logged_in
  at /auth/refresh -X POST -H "Cookie: $REFRESH" >"$DIR/body"
  NEXT=$(cookie refreshTokenEtls) ACCESS=$(cookie accessTokenEtls)
  is_reused() { at /auth/refresh -X POST -H "Cookie: $REFRESH" | grep -q reuse_detected; }
  until_true is_reused
  [ "$(cleared)" -eq 4 ]
  [ "$(check "$NEXT")" = 401 ]
  [ "$(check "$ACCESS")" = 401 ]
  log_says 'event=session_reuse family='
}

@test "a logout everywhere is every session of the subject" {
  seed
  start
  logged_in
  ONE=$REFRESH
  logged_in
  at /auth/logout -H "Cookie: $ONE" -H 'Content-Type: application/json' -d '{"everywhere":true}' >"$DIR/body"
  [ "$(status)" = 200 ]
  [ "$(check "$ACCESS")" = 401 ]
  [ "$(check "$REFRESH")" = 401 ]
}

@test "sessions outlive a restart, and so does a logout" {
  seed
  start
  logged_in
  GONE=$REFRESH
  at /auth/logout -X POST -H "Cookie: $GONE" >"$DIR/body"
  logged_in
  stop
  start
  [ "$(check "$ACCESS")" = 204 ]
  [ "$(check "$REFRESH")" = 204 ]
  [ "$(check "$GONE")" = 401 ]
}

@test "a page of another site changes nothing" {
  seed
  start
  logged_in
  for words in 'Sec-Fetch-Site: cross-site' 'Sec-Fetch-Site: same-site' 'Origin: https://evil.example' 'Origin: null'; do
    for path in login refresh logout; do
      at "/auth/$path" -X POST -H "$words" -H "Cookie: $REFRESH" | jq -e '.code == "cross_site"'
      [ "$(status)" = 403 ]
    done
  done
  at /auth/refresh -X POST -H 'Origin: https://shop.example' -H 'Sec-Fetch-Site: same-origin' -H "Cookie: $REFRESH" >"$DIR/body"
  [ "$(status)" = 200 ]
}

@test "what proxies and browsers write into other headers decides nothing" {
  seed
  start
  at /auth/check/access -H 'X-Original-URI: /login' -H 'X-Forwarded-Uri: /login' -H 'X-Forwarded-Method: OPTIONS' -H 'X-Auth-Claim-role: admin' >"$DIR/body"
  [ "$(status)" = 401 ]
  [ "$(grep -c '^Set-Cookie: ' "$DIR/head")" -eq 0 ]
  at /auth/check/none >"$DIR/body"
  [ "$(status)" = 403 ]
  at /v1/secrets >"$DIR/body"
  [ "$(status)" = 404 ]
  jq -e '.code == "no_such_path"' "$DIR/body"
}

# The helper's processes: the keeper below samekeyd, its worker and its spare below that.
keeper() { pgrep -P "$DAEMON"; }
spare() { pgrep -P "$(keeper)" samekeyd-spare; }
is_up() { api /metrics | grep -qx "samekey_upstream_up $1"; }

@test "SIGTERM lets a login finish, though its answer takes longer than any other request may" {
  seed
  printf '[limits]\ndeadline = 1s\n' >>"$INI"
  start
  log_in slow@mail.example >"$DIR/body" 3>&- &
  asking=$!
  until_true grep -q slow "$DIR/port.bodies"
  stop
  wait "$asking"
  [ "$(status)" = 200 ]
}

@test "a helper of which any one process is ended asks the login server again" {
  seed
  start
  logged_in
  for which in keeper keeper spare; do
    until_true spare
    first=$("$which")
    kill -KILL "$first"
    another() { [ -n "$("$which")" ] && [ "$("$which")" != "$first" ]; }
    until_true another
    again() { log_in ann && [ "$(status)" = 200 ]; }
    until_true again
    api /readyz | jq -e '[.reasons[]?.code] | index("login-lost") == null'
  done
  is_up 1
  [ "$(grep -c 'event=upstream_again why="its keeper was ended"' "$LOG")" -eq 2 ]
  [ "$(grep -c event=upstream_gone "$LOG")" -eq 0 ]
}

@test "without the helper that asks the login server /readyz says so, and sessions go on" {
  seed
  start
  logged_in
  until_true spare
  helper="$(keeper) $(spare)"
  # shellcheck disable=SC2086  # two numbers; stopped first, else the one follows the other
  kill -STOP $helper && kill -KILL $helper
  lost() { api /readyz | jq -e '.reasons[].code == "login-lost"'; }
  until_true lost
  is_up 0
  log_in ann
  [[ $(status) == 50[23] ]]
  at /auth/refresh -X POST -H "Cookie: $REFRESH" >"$DIR/body"
  [ "$(status)" = 200 ]
  reload event=reloaded # settings that nobody takes are no settings without a login
  log_in ann
  [ "$(status)" = 502 ]
}

# reload TEXT: SIGHUP, and waits until the log says TEXT.
reload() {
  kill -HUP "$DAEMON"
  until_true log_says "$1"
}

@test "SIGHUP: other rules hold from the next request on, and sessions that are there live on" {
  seed
  start
  logged_in
  sed -i 's/^same_site = .*/same_site = lax/; s/^login_page = .*/login_page = \/enter/; s/^forward = .*/forward = role/' "$INI"
  reload event=reloaded
  [ "$(check "$ACCESS")" = 204 ]
  [ "$(grep -c '^X-Auth-Claim-' "$DIR/head")" -eq 1 ]
  [ "$(check "$REFRESH")" = 204 ]
  [ "$(grep -c '^Set-Cookie: .*SameSite=Lax' "$DIR/head")" -eq 2 ]
  [ "$(check a=1 page)" = 302 ]
  grep -q '^Location: /enter' "$DIR/head"
  run ! log_says needs_restart
}

@test "SIGHUP: settings without a session listener are refused while one is open" {
  seed
  start
  logged_in
  sed -i '/^\[session\]/,$d' "$INI"
  reload event=reload_failed
  log_says 'restart samekeyd to do without sessions'
  [ "$(check "$ACCESS")" = 204 ]
  [ "$(check "$REFRESH")" = 204 ]
  [ "$(check a=1)" = 401 ]
  at /auth/logout -X POST -H "Cookie: $REFRESH" >"$DIR/body"
  [ "$(status)" = 200 ]
}

@test "a database that is moved away: sessions wait, and status, readiness and metrics say it; put back, all goes on" {
  seed
  start
  logged_in
  mv "$DIR/sessions.db" "$DIR/elsewhere.db"
  [ "$(check "$REFRESH")" = 503 ]
  jq -e '.code == "store_away"' "$DIR/body"
  [ "$(grep -c '^Set-Cookie: ' "$DIR/head")" -eq 0 ]
  [ "$(check "$ACCESS")" = 204 ]
  until_true log_says 'text="0 live bundles, not ready, 1 reason"'
  api /readyz | jq -e '.reasons[0].code == "store-away"'
  api /metrics >"$DIR/metrics"
  for line in 'samekey_store_up 0' 'samekey_session_logouts_waiting 0' 'samekey_upstream_up 1'; do
    grep -qx "$line" "$DIR/metrics"
  done
  mv "$DIR/elsewhere.db" "$DIR/sessions.db"
  until_true log_says event=store_back
  api /metrics | grep -qx 'samekey_store_up 1'
  [ "$(check "$REFRESH")" = 204 ]
  until_true log_says 'text="0 live bundles, ready, 0 reasons"'
}

@test "a copy in the place of the database is told as another file, which a restart takes" {
  seed
  start
  logged_in
  cp "$DIR/sessions.db" "$DIR/copy.db"
  rm "$DIR/sessions.db"
  [ "$(check "$REFRESH")" = 503 ]
  why() { api /readyz | jq -e --arg text "$1" '.reasons[0] | .code == "store-away" and (.text | contains($text))'; }
  until_true why 'the database was moved or removed: move it back'
  mv "$DIR/copy.db" "$DIR/sessions.db"
  until_true why 'another file is in the place of the database: restart samekeyd to take that one'
  stop
  start
  api /readyz | jq -e .ready
}

@test "a limit on the size of its files (ulimit -f) stops writing, not samekeyd; lifted, all goes on" {
  seed
  start
  logged_in
  prlimit --pid "$DAEMON" --fsize=1:unlimited
  log_in ann@mail.example >"$DIR/body"
  [ "$(status)" = 503 ] || { cat "$DIR/head" "$DIR/body"; false; }
  [ "$(api /healthz -o "$DIR/body" -w '%{http_code}')" = 200 ]
  prlimit --pid "$DAEMON" --fsize=unlimited
  until_true logged_in
  [ "$(check "$ACCESS")" = 204 ] || { cat "$DIR/head"; false; }
}

@test "SIGHUP: login goes where the key that is named now says" {
  seed
  sed -i 's|^url = http:.*|app = web\nkey = LOGIN_URL\npath = /login|' "$INI"
  start
  log_in ann@mail.example >"$DIR/body"
  [ "$(status)" = 503 ]
  jq -e '.code == "login_waiting"' "$DIR/body"
  waits() { api /readyz | jq -e '.reasons[].code == "login-waiting"'; }
  until_true waits
  printf '[key LOGIN_URL]\nsecret = no\n[key ELSEWHERE_URL]\nsecret = no\n' >"$DIR/shop/web/samekey.ini"
  up web "LOGIN_URL=http://127.0.0.1:$(cat "$DIR/port")" ELSEWHERE_URL=http://127.0.0.1:1
  log_in ann@mail.example >"$DIR/body"
  [ "$(status)" = 200 ]
  sed -i 's|^key = LOGIN_URL|key = ELSEWHERE_URL|' "$INI"
  reload event=reloaded
  log_in ann@mail.example >"$DIR/body"
  [ "$(status)" = 502 ]
  jq -e '.code == "upstream_unreachable"' "$DIR/body"
}

@test "SIGHUP: login goes nowhere while the app that is named now has said nothing" {
  seed
  sed -i 's|^url = http:.*|app = web\nkey = LOGIN_URL\npath = /login|' "$INI"
  start
  printf '[key LOGIN_URL]\nsecret = no\n' >"$DIR/shop/web/samekey.ini"
  up web "LOGIN_URL=http://127.0.0.1:$(cat "$DIR/port")"
  log_in ann@mail.example >"$DIR/body"
  [ "$(status)" = 200 ]
  sed -i 's|^app = web|app = auth|' "$INI"
  reload event=reloaded
  log_in ann@mail.example >"$DIR/body"
  [ "$(status)" = 503 ]
  jq -e '.code == "login_waiting"' "$DIR/body"
}
