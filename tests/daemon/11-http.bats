#!/usr/bin/env bats
# Goal: HTTP answers only what was meant for it: framing, deadlines, caps, and on loopback Host,
# Origin and the token; whatever else comes in gets a clear refusal.

load helper

# raw: sends standard input as it is over one connection, prints the status codes that come back.
raw() {
  python3 - "$API" <(cat) <<'PY'
import re, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.settimeout(20)
s.sendall(open(sys.argv[2], "rb").read())
got = b""
while True:
    try:
        part = s.recv(65536)
    except ConnectionResetError:
        break
    if not part:
        break
    got += part
for status in re.findall(rb"HTTP/1\.1 (\d+) ", got):
    print(status.decode())
PY
}

# refuses_framing NAME BYTES: 400, and the connection is closed; nothing behind it is answered.
# (Where libmicrohttpd 0.9.75 refuses by itself it says its head twice.)
refuses_framing() {
  local got
  # shellcheck disable=SC2059  # the bytes are written as a format
  got=$(printf "$2" | raw | sort -u)
  [ "$got" = 400 ] || { echo "$1: $got"; return 1; }
}

@test "requests that could be read in two ways are refused and closed" {
  start
  refuses_framing "two lengths" \
    'POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n'
  refuses_framing "length and chunks, with a second request inside" \
    'POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'
  refuses_framing "another coding" \
    'POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n'
  refuses_framing "a folded header" \
    'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Any: a\r\n b\r\n\r\n'
  refuses_framing "a folded header that makes a name" \
    'POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer: chunked\r\n -Encoding\r\n\r\n'
  refuses_framing "a folded header first" \
    'GET /healthz HTTP/1.1\r\nX-Any: a\r\n\tb\r\nHost: localhost\r\n\r\n'
  refuses_framing "two hosts" \
    'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n'
  refuses_framing "no host" 'GET /healthz HTTP/1.1\r\n\r\n'
  refuses_framing "a list of lengths" \
    'POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1, 1\r\n\r\nx'
  refuses_framing "white space before the colon" \
    'POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length : 1\r\n\r\nx'
  [ "$(api /healthz)" = '{"v":1,"status":"ok"}' ]
}

@test "what the library refuses by itself is closed, and tells nothing of it or of the request" {
  start
  python3 - "$API" "$CANARY" <<'PY'
import socket, sys
canary = sys.argv[2].encode()
head = b"POST /%b HTTP/1.1\r\nHost: localhost\r\nX-Any: %b\r\n" % (canary, canary)
requests = {
    "a negative length": (b"400", head + b"Content-Length: -1\r\n\r\n"),
    "a length that is no number": (b"400", head + b"Content-Length: %b\r\n\r\n" % canary),
    "a length past 64 bits": (b"413", head + b"Content-Length: 99999999999999999999\r\n\r\n"),
    "a target past its memory": (b"414", b"GET /" + canary * 2000),
    "a header past its memory": (b"431", head + b"X-More: " + canary * 2000),
    "a chunk that is none": (b"400", head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "another version": (b"505", b"GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n"),
}
for name, (status, request) in requests.items():
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.settimeout(10)
    got = b""
    try:
        s.sendall(request)
    except BrokenPipeError:
        pass  # closed before all of it was read
    try:
        while part := s.recv(65536):
            got += part
    except ConnectionResetError:
        pass  # for the same reason
    assert got.startswith(b"HTTP/1.1 " + status + b" "), (name, got)
    for word in (b"microhttpd", b"mhd", b"server:", canary.lower()):
        assert word not in got.lower(), (name, got)
PY
  [ "$(api /healthz)" = '{"v":1,"status":"ok"}' ]
}

@test "odd but clear requests are answered" {
  start
  [ "$(printf 'GET /healthz HTTP/1.1\r\nHost:localhost\r\nX-A:   b  \r\nX-Empty:\r\nConnection: close\r\n\r\n' | raw)" = 200 ]
  [ "$(printf 'GET /healthz HTTP/1.0\r\n\r\n' | raw)" = 200 ]
  [ "$(printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' | raw | tr '\n' ' ')" = "200 200 " ]
}

@test "methods, paths and bodies" {
  start
  [ "$(status_of api /nowhere)" = 404 ]
  [ "$(status_of api /healthz -X POST -d x)" = 405 ]
  api /healthz -X POST -d x -D - | grep -q '^Allow: GET, HEAD'
  [ "$(status_of api /healthz --head)" = 200 ]
  [ "$(status_of api "/$(head -c 3000 /dev/zero | tr '\0' a)")" = 414 ]
  head -c 70000 /dev/zero >"$DIR/large"
  comes_to 413 api /healthz -X POST --data-binary "@$DIR/large" -H Expect:
  run api /healthz -X POST --data-binary "@$DIR/large" -H Transfer-Encoding:\ chunked -H Expect:
  [ "$status" -ne 0 ] || [[ $output == *body_too_large* ]] # of unknown length: ended where it passes the cap
  [ "$(api /healthz)" = '{"v":1,"status":"ok"}' ]
}

@test "HEAD is GET without the body, and other methods are told what there is" {
  start
  local path method moves
  for path in /healthz /readyz /metrics /v1/secrets /v1/drift /nowhere; do
    api "$path" -D "$DIR/get" >"$DIR/body"
    api "$path" --head >"$DIR/head"
    moves='^date:'
    [ "$path" != /metrics ] || moves='^date:\|^content-length:' # it counts itself
    diff <(grep -vi "$moves" "$DIR/get") <(grep -vi "$moves" "$DIR/head")
    [ "$(tr -d '\r' <"$DIR/get" | sed -n 's/^content-length: //Ip')" -eq "$(wc -c <"$DIR/body")" ]
    [ "$(grep -ci '^content-type: ' "$DIR/get")" -eq 1 ]
  done
  for method in POST PUT PATCH DELETE OPTIONS TRACE BREW get; do
    api /v1/secrets -X "$method" -D "$DIR/head" >"$DIR/body"
    head -n 1 "$DIR/head" | grep -q ' 405 ' || { echo "$method: $(head -n 1 "$DIR/head")"; return 1; }
    [ "$(tr -d '\r' <"$DIR/head" | sed -n 's/^allow: //Ip')" = "GET, HEAD" ]
    jq -e '.type == "urn:samekey:error:no_such_method" and .status == 405 and .title == "Method Not Allowed"' "$DIR/body"
  done
}

@test "every answer ends with a line end, and every refusal says what it is" {
  echo "token-$CANARY" >"$DIR/token"
  with_tcp < <(printf 'token_file = %s\n' "$DIR/token")
  start
  local target
  for target in /healthz /readyz /metrics /v1/secrets /v1/drift /nowhere /healthz?x /../etc; do
    api "$target" --path-as-is >"$DIR/body"
    [ "$(tail -c 1 "$DIR/body" | od -An -tx1)" = " 0a" ]
    [ "$(tail -c 2 "$DIR/body" | od -An -tx1)" != " 0a 0a" ]
  done
  # problem CODE STATUS [CURL WORD]...
  problem() {
    "${@:3}" -D "$DIR/head" >"$DIR/body"
    jq -e --arg type "urn:samekey:error:$1" --argjson status "$2" \
      '.type == $type and .status == $status and (.title | length) > 0 and (.detail | length) > 0' "$DIR/body"
    head -n 1 "$DIR/head" | grep -q "^HTTP/1.1 $2 "
    grep -qi '^content-type: application/problem+json' "$DIR/head"
    grep -qi '^cache-control: no-store' "$DIR/head"
    [ "$(tail -c 1 "$DIR/body" | od -An -tx1)" = " 0a" ]
  }
  problem no_such_path 404 api /v2/secrets
  problem no_such_path 404 api /v1/secrets/
  problem bad_target 400 api '/readyz?name=web'
  problem bad_target 400 api '/readyz?app=%00'
  problem no_such_method 405 api /readyz -X POST
  problem target_too_long 414 api "/$(head -c 3000 /dev/zero | tr '\0' a)"
  problem bad_request 400 api /healthz -H 'Content-Type: a/b' -H 'Content-Type: c/d'
  problem tcp_token_required 401 tcp /v1/secrets
  problem tcp_token_wrong 401 tcp /healthz -H 'Authorization: Bearer wrong'
  problem not_over_tcp 403 tcp /v1/secrets -H "Authorization: Bearer token-$CANARY"
}

@test "answers are not kept or guessed at" {
  start
  api /v1/secrets -D - -o /dev/null >"$DIR/head"
  grep -qi '^cache-control: no-store' "$DIR/head"
  grep -qi '^x-content-type-options: nosniff' "$DIR/head"
  grep -qi '^content-type: application/json' "$DIR/head"
  api /nowhere -D - | grep -qi '^content-type: application/problem+json'
  api /nowhere | jq -e '.type == "urn:samekey:error:no_such_path" and .status == 404'
}

@test "a request that does not end in time is ended" {
  printf '[limits]\ndeadline = 300ms\n' >>"$INI"
  start
  python3 - "$API" <<'PY'
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.settimeout(0.1)
s.sendall(b"GET /healthz HTTP/1.1\r\n")
began = time.monotonic()
got = b""
while time.monotonic() - began < 15:  # a byte now and then must not help
    try:
        s.sendall(b"X")
    except (BrokenPipeError, ConnectionResetError):
        pass  # the answer may have come just before
    try:
        part = s.recv(4096)
        if not part:
            break
        got += part
    except socket.timeout:
        continue
    except ConnectionResetError:
        break
assert time.monotonic() - began < 10, "it was not ended"
assert got.startswith(b"HTTP/1.1 408 "), got
assert b"Content-Type: application/problem+json\r\n" in got, got
head, _, body = got.partition(b"\r\n\r\n")
assert b"Content-Length: %d" % len(body) in head, got
assert b"urn:samekey:error:timeout" in body and body.endswith(b"}\n"), got
PY
  [ "$(api /healthz)" = '{"v":1,"status":"ok"}' ]
}

@test "one user has only so many connections, and they come back" {
  printf '[limits]\nconnections = 3\n' >>"$INI"
  start
  python3 - "$API" <<'PY'
import socket, sys, time
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.settimeout(10)
    return s
def ask(s):
    try:
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    except BrokenPipeError:
        pass
    return s.recv(4096)[9:12]
held = [connect() for _ in range(3)]
assert [ask(s) for s in held] == [b"200"] * 3
assert ask(connect()) == b"503"
busy = connect().recv(4096)
assert b"Retry-After: " in busy and b"urn:samekey:error:busy" in busy and busy.endswith(b"}\n"), busy
held.pop().close()
deadline = time.monotonic() + 10
while ask(connect()) != b"200":
    assert time.monotonic() < deadline
PY
}

@test "loopback: without the token only health, no names" {
  with_tcp < <(printf '[app web]\n')
  start
  [ "$(tcp /healthz)" = '{"v":1,"status":"ok"}' ]
  [ "$(tcp /readyz)" = '{"v":1,"ready":false}' ]
  [ "$(status_of tcp /v1/secrets)" = 401 ]
  tcp /v1/secrets -D - | grep -qi '^www-authenticate: bearer'
  tcp /metrics | grep -q '^samekey_up 1'
}

@test "readyz: what samekey let start lacks no key" {
  start
  printf '[key BUILD_TOKEN]\nrequired = yes\nphases = build\n[key A_TOKEN]\nrequired = yes\n' >"$DIR/shop/web/samekey.ini"
  echo A_TOKEN= >"$DIR/shop/web/.env"
  up web -- --allow all-empty
  api /readyz | jq -e '.ready and .reasons == []'
}

@test "readyz: of an app that is asked for, one answer says one thing, also when nobody expects it" {
  start
  up web
  api '/readyz?app=web' | jq -e '.ready and .apps[0].ready'
  down "$APP_PID"
  api '/readyz?app=web' | jq -e '(.ready or .apps[0].ready) | not'
  api /readyz | jq -e '.ready and .apps[0].ready'
}

@test "metrics: a conflict is one that samekey check tells, between the sources that it names" {
  start
  mkdir "$DIR/given"
  echo "$CANARY" >"$DIR/given/AT_ODDS"
  printf '%s=%s\n' AT_ODDS "$CANARY2" EMPTY "$CANARY2" IGNORED "$CANARY2" BOUND "$CANARY2" >"$DIR/shop/web/.env"
  printf '[key %s]\nsecret = yes\n%s\n' AT_ODDS '' EMPTY '' IGNORED 'conflict = ignore' BOUND 'from = dotenv' \
    >"$DIR/shop/web/samekey.ini"
  up web AT_ODDS= EMPTY= IGNORED="$CANARY" BOUND="$CANARY" CREDENTIALS_DIRECTORY="$DIR/given"
  api /metrics >"$DIR/metrics"
  grep -x 'samekey_conflicts 1' "$DIR/metrics"
  [ "$(grep -o '^samekey_key_conflict{.*' "$DIR/metrics")" = \
    'samekey_key_conflict{group="default",app="web",phase="start",key="AT_ODDS",source="credentials",shadowed="dotenv"} 1' ]
}

@test "loopback: whether an app is ready is told without the token, as the metrics name apps" {
  with_tcp < <(printf '[app web]\n')
  start
  [ "$(tcp '/readyz?app=web')" = '{"v":1,"ready":false}' ]
  up web NEXTAUTH_SECRET="$CANARY"
  [ "$(tcp '/readyz?app=web')" = '{"v":1,"ready":true}' ]
  [ "$(tcp '/readyz?app=nobody')" = '{"v":1,"ready":false}' ]
  tcp /metrics >"$DIR/metrics"
  grep -q '^samekey_bundles{.*app="web"' "$DIR/metrics"
  run ! grep NEXTAUTH "$DIR/metrics"
}

@test "open connections are counted by door" {
  with_tcp </dev/null
  start
  open() { api /metrics | grep -qxF "samekey_http_connections{door=\"$1\"} $2"; }
  until_true open tcp 0
  exec {idle}<>"/dev/tcp/127.0.0.1/$PORT"
  until_true open tcp 1
  open api 1 # the one that asks
  exec {idle}>&-
  until_true open tcp 0
}

@test "loopback: with the token reasons and key names, the API only where it is opened" {
  echo "token-$CANARY" >"$DIR/token"
  with_tcp < <(printf 'token_file = %s\n[app web]\n' "$DIR/token")
  start
  local bearer="Authorization: Bearer token-$CANARY"
  tcp /readyz -H "$bearer" | jq -e '.reasons[0].code == "app-missing"'
  [ "$(status_of tcp /v1/secrets -H "$bearer")" = 403 ]
  [ "$(status_of tcp /readyz -H 'Authorization: Bearer wrong')" = 401 ]
  [ "$(status_of tcp /readyz -H 'Authorization: Basic Zm9vOmJhcg==')" = 401 ]
  printf 'http = 127.0.0.1:%s\ntoken_file = %s\ntcp_verbs = status\n' "$PORT" "$DIR/token" | listen
  kill -HUP "$DAEMON"
  until_true log_says event=reloaded
  [ "$(status_of tcp /v1/secrets -H "$bearer")" = 200 ]
  [ "$(status_of tcp /v1/drift)" = 401 ]
}

@test "loopback: pages of other sites, rebound names and proxies are refused" {
  with_tcp </dev/null
  start
  [ "$(status_of tcp /healthz -H 'Host: evil.example')" = 421 ]
  [ "$(status_of tcp /healthz -H "Host: evil.example:$PORT")" = 421 ]
  [ "$(status_of tcp /healthz -H "Host: localhost:$PORT")" = 200 ]
  [ "$(status_of tcp /healthz -H 'Origin: http://evil.example')" = 403 ]
  [ "$(status_of tcp /healthz -H 'Sec-Fetch-Site: cross-site')" = 403 ]
  [ "$(status_of tcp /healthz -H 'X-Forwarded-For: 10.0.0.1')" = 200 ]
  [ "$(status_of tcp /v1/secrets -H 'X-Forwarded-For: 10.0.0.1')" = 403 ]
  api /metrics | grep -q '^samekey_denied_total{door="tcp"} 5'
}

@test "users without a verb cannot take all connections" {
  [ "$(id -u)" -eq 0 ] || skip "needs root to become another user"
  start
  chmod 711 "$DIR" "$DIR/run" "$DIR/run/samekey"
  chmod 666 "$API"
  python3 - "$API" <<'PY'
import os, socket, sys
def ask(uid):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10)
    os.seteuid(uid)
    s.connect(sys.argv[1])
    os.seteuid(0)
    try:
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    except BrokenPipeError:
        pass
    return s, s.recv(4096)[9:12]
held = [ask(uid) for uid in (4711, 4712) for _ in range(64)]
assert sum(status == b"200" for _, status in held) == 32, [status for _, status in held]
assert ask(0)[1] == b"200"
PY
}

@test "another user on the Unix socket gets health only" {
  [ "$(id -u)" -eq 0 ] || skip "needs root to become another user"
  start
  chmod 711 "$DIR" "$DIR/run"
  chmod 666 "$API"
  as() { setpriv --reuid "$1" --regid "$1" --clear-groups curl -sS --max-time 10 --unix-socket "$API" "${@:3}" "http://localhost$2"; }
  [ "$(as 4711 /readyz)" = '{"v":1,"ready":true}' ]
  [ "$(as 4711 /v1/secrets -o /dev/null -w '%{http_code}')" = 403 ]
  [ "$(as 65534 /healthz -o /dev/null -w '%{http_code}')" = 403 ]
  printf '[admit ops]\nuid = 4711\nverbs = status\n' >>"$INI"
  kill -HUP "$DAEMON"
  until_true log_says event=reloaded
  [ "$(as 4711 /v1/secrets -o /dev/null -w '%{http_code}')" = 200 ]
  [ "$(status_of api /v1/secrets)" = 200 ] # a rule for others takes nothing from root
}
