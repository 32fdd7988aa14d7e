#!/usr/bin/env bats
# Goal: the status page shows whoever may see it what is wrong and what is held, and anybody else red
# or green alone; a browser's password opens it and nothing else.

load helper

TOKEN=0123456789abcdef0123456789abcdef

app_is_up() {
  printf 'AUTH_SECRET=%s\n' "$CANARY" >"$DIR/shop/web/.env"
  up web
}

# page_holds TEXT [CURL WORD]...: over TCP.
page_holds() {
  tcp / "${@:2}" -o "$DIR/page"
  grep -qE "$1" "$DIR/page"
}

start_with_token() {
  printf '%s\n' "$TOKEN" >"$DIR/token"
  chmod 600 "$DIR/token"
  with_tcp <<<"token_file = $DIR/token"
  start
}

@test "on the Unix socket: state, reasons, apps and keys, and no value" {
  start
  app_is_up
  api / >"$DIR/page"
  grep -q '<h3>web ' "$DIR/page"
  grep -q 'AUTH_SECRET' "$DIR/page"
  run ! grep -q "$CANARY" "$DIR/page"
}

@test "over TCP the token is the password, by any name; without it red or green is all there is" {
  start_with_token
  app_is_up
  [ "$(status_of tcp /)" = 401 ]
  tcp / -D "$DIR/head" -o "$DIR/page"
  grep -q '^WWW-Authenticate: Basic realm="samekeyd", charset="UTF-8"' "$DIR/head"
  page_holds '(Ready|Not ready)</p>'
  run ! grep -q AUTH_SECRET "$DIR/page"
  [ "$(status_of tcp / -u "me:$TOKEN")" = 200 ]
  page_holds AUTH_SECRET -u "me:$TOKEN"
  page_holds AUTH_SECRET -H "Authorization: Bearer $TOKEN"
  [ "$(status_of tcp / -u "me:${TOKEN}x")" = 401 ]
  tcp / -u "me:${TOKEN}x" -D "$DIR/head" -o "$DIR/page"
  grep -q '^WWW-Authenticate: Basic' "$DIR/head"
}

@test "what a browser keeps for the page opens no other path" {
  start_with_token
  [ "$(status_of tcp /metrics -u "me:$TOKEN")" = 401 ]
  tcp /metrics -u "me:$TOKEN" -D "$DIR/head" -o "$DIR/page"
  grep -q '^WWW-Authenticate: Bearer' "$DIR/head"
  [ "$(status_of tcp /v1/secrets -u "me:$TOKEN")" = 401 ]
  [ "$(status_of tcp /v1/verify -X POST -u "me:$TOKEN")" = 403 ]
}

@test "a link leads a person to the page, and another site's page reads nothing" {
  start_with_token
  [ "$(status_of tcp / -u "me:$TOKEN" -H 'Sec-Fetch-Site: cross-site' -H 'Sec-Fetch-Mode: navigate')" = 200 ]
  [ "$(status_of tcp / -u "me:$TOKEN" -H 'Sec-Fetch-Site: cross-site' -H 'Sec-Fetch-Mode: cors')" = 403 ]
  [ "$(status_of tcp / -u "me:$TOKEN" -H 'Host: evil.example')" = 421 ]
  tcp / -u "me:$TOKEN" -D "$DIR/head" -o "$DIR/page"
  grep -q "^Content-Security-Policy: default-src 'none'; .*frame-ancestors 'none'" "$DIR/head"
}
