#!/usr/bin/env bats
# Goal: the routes for tokens as a client sees them: statuses, headers and bodies on the wire, who may
# ask over which door, and that neither a token nor a key shows anywhere it should not.

# shellcheck disable=SC2030,SC2031  # each test is a process of its own, and so are these variables
load helper

SECRET=$CANARY

profiles() {
  (umask 077 && printf %s "$SECRET" >"$DIR/secret")
  openssl ecparam -name prime256v1 -genkey >"$DIR/pair.pem" # with its EC PARAMETERS
  cat >>"$INI" <<INI
[profile session]
key_file = $DIR/secret
cookie = session
forward = role
[profile pair]
key_file = $DIR/pair.pem
encoding = pem
algorithm = ES256
[profile broken]
app = web
key = NONE
INI
}

json() { printf 'Content-Type: application/json'; }

# issue [MEMBERS]: a token of `session`.
issue() { api /v1/issue -H "$(json)" -d "{\"profile\":\"session\"${1:+,$1}}" | jq -re .access_token; }

verify() { api /v1/verify -H "$(json)" -d "{\"token\":\"$1\",\"profile\":\"session\"}" "${@:2}"; }

# head_of: the status line and the headers of a request, names in lower case, without Date.
head_of() {
  "$@" -o /dev/null -D - | tr -d '\r' | sed -E '/^[Dd]ate:/d; /^$/d; s/^([A-Za-z-]+):/\L\1:/'
}
has() { grep -qxF -e "$1" <<<"$2" || { printf '%s\n' "no $1 in" "$2"; return 1; }; }
lacks() { if grep -iE -e "$1" <<<"$2"; then return 1; fi; }

# Neither the secret nor a token's signature is anywhere.
nothing_shows() {
  local text
  api /metrics >"$DIR/metrics"
  for text in "$SECRET" "${@##*.}"; do
    if grep -F -e "$text" "$LOG" "$DIR/metrics"; then return 1; fi
  done
}

@test "a token is issued and verified, and a changed one is refused" {
  profiles
  start
  local token head
  token=$(issue '"claims":{"sub":"u1","role":"admin"}')
  verify "$token" | jq -e '.active and .claims.sub == "u1" and .alg == "HS256" and
    .key_state == "active" and .profile == "session" and .expires_in > 800 and .kid != null'
  head=$(head_of verify "$token")
  has 'HTTP/1.1 200 OK' "$head"
  has 'content-type: application/json' "$head"
  has 'cache-control: no-store' "$head"
  lacks '^www-authenticate' "$head"
  verify "${token}x" | jq -e '.type == "urn:samekey:error:" + .code and .status == 401 and .stage == "signature"
    and (.title | length) > 0 and (.detail | length) > 0'
  head=$(head_of verify "${token}x")
  has 'HTTP/1.1 401 Unauthorized' "$head"
  has 'content-type: application/problem+json' "$head"
  grep -q '^www-authenticate: Bearer realm="samekeyd", error="invalid_token", error_description="[a-z_]*"$' <<<"$head"
  nothing_shows "$token"
}

@test "claims come back byte for byte" {
  profiles
  start
  local token payload
  token=$(issue '"claims":{"sub":"\u0075\u00e4","n":1.0e2,"big":12345678901234567890,"z":{"a":[1, 2]}}')
  payload=$(cut -d . -f 2 <<<"$token" | tr '_-' '/+' | python3 -c \
    'import base64, sys; t = sys.stdin.read().strip(); sys.stdout.buffer.write(base64.b64decode(t + "=" * (-len(t) % 4)))')
  verify "$token" | grep -qF -e "\"claims\":$payload,"
}

@test "bodies: announced, in chunks, raw, of a bearer, too long, and of another type" {
  profiles
  start
  local token
  token=$(issue)
  printf '{"token":"%s","profile":"session"}' "$token" >"$DIR/body"
  [ "$(status_of api /v1/verify -H "$(json)" --data-binary "@$DIR/body" -H 'Transfer-Encoding: chunked')" = 200 ]
  [ "$(status_of api /v1/verify -H "$(json)" --data-binary "@$DIR/body" -H 'Expect: 100-continue')" = 200 ]
  [ "$(status_of api '/v1/verify?profile=session' -H 'Content-Type: application/jwt' --data-binary "$token")" = 200 ]
  [ "$(status_of api '/v1/verify?profile=session' -H "Authorization: Bearer $token")" = 200 ]
  [ "$(status_of api '/v1/verify?profile=session')" = 400 ]
  [ "$(status_of api /v1/verify --data-binary "@$DIR/body")" = 415 ]
  head -c 70000 /dev/zero | tr '\0' ' ' >>"$DIR/body"
  comes_to 413 api /v1/verify -H "$(json)" --data-binary "@$DIR/body" -H Expect:
  truncate -s 60000 "$DIR/body" # white space up to near the cap
  [ "$(status_of api /v1/verify -H "$(json)" --data-binary "@$DIR/body" -H Expect:)" = 200 ]
  nothing_shows "$token"
}

@test "a body that could be read in two ways is answered once, and the connection closed" {
  profiles
  start
  python3 - "$API" "$(issue)" <<'PY'
import socket, sys
body = b'{"token":"%s","profile":"session"}' % sys.argv[2].encode()
head = b"POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
length = b"Content-Length: %d\r\n" % len(body)
chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
second = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
refused = {
    "two lengths": head + length + length + b"\r\n" + body,
    "two lengths that differ": head + b"Content-Length: 0\r\n" + length + b"\r\n" + body,
    "a length and chunks": head + length + b"Transfer-Encoding: chunked\r\n\r\n" + chunk,
    "chunks twice": head + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n" + chunk,
    "a folded length": head + b"Content-Length:\r\n %d\r\n\r\n" % len(body) + body,
    "two types": head + b"Content-Type: application/jwt\r\n" + length + b"\r\n" + body,
    "two bearers": head + b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n" + length + b"\r\n" + body,
    "a carriage return in a header": head + b"X-Any: a\rTransfer-Encoding: chunked\r\n" + length + b"\r\n" + body,
}
taken = {
    "a length": head + length + b"\r\n" + body,
    "chunks": head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk,
    "chunks with a trailer": head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk[:-2] + b"Content-Length: 0\r\n\r\n",
}
def statuses(request):
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.settimeout(20)
    got = b""
    try:
        s.sendall(request)
        while part := s.recv(65536):
            got += part
    except (BrokenPipeError, ConnectionResetError):
        pass
    return [part[:3] for part in got.split(b"HTTP/1.1 ")[1:]]
for name, request in refused.items():
    got = set(statuses(request + second))
    assert got == {b"400"}, (name, got)
for name, request in taken.items():
    got = statuses(request + second)
    assert got == [b"200", b"200"], (name, got)
# many on one connection, each with a body of its own
got = statuses((head + length + b"\r\n" + body) * 50 + second)
assert got == [b"200"] * 51, got
PY
}

@test "a batch, introspection and issue" {
  profiles
  start
  local token head
  token=$(issue '"claims":{"sub":"u1","scope":"read"}')
  api /v1/verify-batch -H "$(json)" -d "{\"tokens\":[\"$token\",\"a.b.c\"],\"profile\":\"session\"}" |
    jq -e '.results[0].active and (.results[1] | .active == false and (.code | length) > 0)'
  api '/v1/introspect?profile=session' -d "token=$token" |
    jq -e '.active and .sub == "u1" and .scope == "read" and .token_type == "Bearer" and .samekey_kid != null'
  [ "$(api '/v1/introspect?profile=session' -d token=a.b.c)" = '{"active":false}' ]
  head=$(head_of api '/v1/introspect?profile=session' -d "token=$token")
  has 'cache-control: no-store' "$head"
  [ "$(status_of api /v1/introspect -d "token=$token")" = 400 ]
  api /v1/introspect -d "token=$token" -d profile=session | jq -e .active
  api /v1/introspect -d "profile=pair" -d "token=$token" | jq -e '.active == false'
  api /v1/introspect -d "token=$token&profile=sesion" |
    jq -e '.code == "profile_unknown" and (.detail | startswith("there is no profile sesion; there are "))'
  api /v1/introspect -d "token=$token&profile=session&profile=pair" | jq -e '.code == "form_invalid"'
  api /v1/introspect -d "token=$token&profile=session%00x" | jq -e '.code == "form_invalid"'
  api /v1/issue -H "$(json)" -d '{"profile":"pair"}' | jq -re .access_token >"$DIR/token"
  [ "$(status_of api '/v1/verify?profile=pair' -H 'Content-Type: application/jwt' -d "@$DIR/token")" = 200 ]
  [ "$(status_of api '/v1/verify?profile=pair' -H 'Content-Type: application/jwt' --data-binary "@$DIR/token")" = 401 ]
  api /v1/issue -H "$(json)" -d '{"profile":"session","claims":{"exp":1}}' | jq -e '.status == 400 and .code == "claim_invalid"'
  nothing_shows "$token" "$(cat "$DIR/token")"
}

@test "a profile that is unknown, not named or without keys" {
  profiles
  start
  ask() { api "/v1/verify$1" -H 'Content-Type: application/jwt' -d a.b.c; }
  ask | jq -e '.status == 400 and .code == "profile_required" and (.detail | contains("session, pair, broken"))'
  ask '?profile=none' | jq -e '.status == 400 and .code == "profile_unknown"'
  ask '?profile=broken' | jq -e '.status == 503 and .code == "key_unusable"'
  [ "$(status_of api /v1/auth/broken -H 'Authorization: Bearer a.b.c')" = 403 ]
}

@test "every path tells its methods" {
  profiles
  start
  # allows PATH METHODS, and everything else is 405
  allows() {
    local method head
    for method in GET HEAD POST PUT PATCH DELETE OPTIONS TRACE BREW get; do
      case ", $2, " in *", $method, "*) continue ;; esac
      head=$(head_of api "$1" -X "$method")
      grep -q '^HTTP/1.1 405 ' <<<"$head" || { echo "$method $1: $head"; return 1; }
      has "allow: $2" "$head"
    done
  }
  allows /v1/verify "POST, GET, HEAD"
  allows /v1/verify-batch POST
  allows /v1/introspect POST
  allows /v1/issue POST
  allows /.well-known/jwks.json "GET, HEAD"
  for method in GET POST PUT PATCH DELETE OPTIONS BREW; do
    [ "$(status_of api /v1/auth/session -X "$method")" = 401 ]
  done
}

@test "published keys: public, kept for a while, and not sent again to who has them" {
  profiles
  start
  local head tag length
  api /.well-known/jwks.json | jq -e '(.keys | length) == 1 and .keys[0].kty == "EC" and (.keys[0] | has("d") | not)'
  head=$(head_of api /.well-known/jwks.json)
  has 'cache-control: public, max-age=300' "$head"
  has 'content-type: application/jwk-set+json' "$head"
  tag=$(sed -n 's/^etag: //p' <<<"$head")
  [ -n "$tag" ]
  length=$(grep '^content-length: ' <<<"$head")
  head=$(head_of api /.well-known/jwks.json -H "If-None-Match: $tag")
  has 'HTTP/1.1 304 Not Modified' "$head"
  has "etag: $tag" "$head"
  has "$length" "$head" # of what is not sent
  [ -z "$(api /.well-known/jwks.json -H "If-None-Match: $tag")" ]
  [ "$(head_of api /.well-known/jwks.json --head)" = "$(head_of api /.well-known/jwks.json)" ]
}

@test "forward-auth: 204 with identity, 401 with a challenge, 403, and nothing else" {
  profiles
  start
  local token head
  token=$(issue '"claims":{"sub":"Jörg 100%","role":"admin","scope":"read"}')
  head=$(head_of api /v1/auth/session -H "Authorization: Bearer $token")
  has 'HTTP/1.1 204 No Content' "$head"
  has 'x-auth-subject: J%C3%B6rg 100%25' "$head"
  has 'x-auth-claim-role: admin' "$head"
  has 'x-auth-scope: read' "$head"
  grep -qE '^x-auth-expires: [0-9]+$' <<<"$head"
  [ "$(head_of api /v1/auth/session -b "session=$token")" = "$head" ]
  [ "$(head_of api /v1/auth/session -b "session.1=${token:30}; session.0=${token:0:30}")" = "$head" ]
  # headers of whoever asks the proxy decide nothing
  head=$(head_of api /v1/auth/session -H 'X-Original-URI: /public' -H 'X-Forwarded-Uri: /healthz' \
    -H 'X-Auth-Subject: admin' -H 'X-Forwarded-For: 127.0.0.1')
  has 'HTTP/1.1 401 Unauthorized' "$head"
  has 'www-authenticate: Bearer realm="samekeyd"' "$head"
  lacks '^x-auth' "$head"
  head=$(head_of api /v1/auth/session -H "Authorization: Bearer ${token}x")
  has 'www-authenticate: Bearer realm="samekeyd", error="invalid_token", error_description="signature_invalid"' "$head"
  [ "$(status_of api /v1/auth/session -H "Authorization: Bearer $token" -b "session=$token")" = 401 ]
  local path
  for path in /v1/auth /v1/auth/ /v1/auth/none /v1/auth/session/ /v1/auth/session/a /v1/auth/%73ession \
    '/v1/auth/session?a' "/v1/auth/$(head -c 3000 /dev/zero | tr '\0' a)"; do
    [ "$(status_of api "$path" --path-as-is -H "Authorization: Bearer $token")" = 403 ] || { echo "$path"; return 1; }
  done
  head -c 70000 /dev/zero >"$DIR/large"
  comes_to 403 api /v1/auth/session -H "Authorization: Bearer $token" --data-binary "@$DIR/large" -H Expect:
  [ "$(status_of api /v1/auth/session -H "Authorization: Bearer $token" -H 'Content-Type: a/b' -H 'Content-Type: c/d')" = 401 ]
  [ "$(status_of api /v1/auth/session -H "Authorization: Bearer $token" -H "Authorization: Bearer $token")" = 401 ]
  nothing_shows "$token"
}

@test "forward-auth: a head is never longer than nginx takes" {
  profiles
  start
  local token length last=0
  for length in 3600 3650 3700 3750 3800; do
    token=$(issue "\"claims\":{\"sub\":\"$(head -c $length /dev/zero | tr '\0' a)\"}")
    [ "$(status_of api /v1/auth/session -H "Authorization: Bearer $token")" = 204 ] || break
    last=$(api /v1/auth/session -H "Authorization: Bearer $token" -D - | wc -c)
    [ "$last" -le 4096 ]
  done
  [ "$last" -gt 3700 ]
  api /v1/auth/session -H "Authorization: Bearer $token" | jq -e '.status == 403 and .code == "headers_unfit"'
}

@test "forward-auth for sessions of next-auth and Auth.js, in the cookie that they were made for" {
  profiles
  printf '[profile v4]\nkind = nextauth-v4\nkey_file = %s\n[profile v5]\nkind = authjs-v5\nkey_file = %s\n' \
    "$DIR/secret" "$DIR/secret" >>"$INI"
  start
  # judged PROFILE COOKIE...: the statuses with a token of the profile in each of these cookies
  judged() {
    local token cookie
    token=$(api /v1/issue -H "$(json)" -d "{\"profile\":\"$1\",\"claims\":{\"sub\":\"u1\"}}" | jq -re .access_token)
    for cookie in "${@:2}"; do
      printf '%s ' "$(status_of api "/v1/auth/$1" -b "$cookie=$token")" \
        "$(status_of api "/v1/auth/$1" -b "$cookie.1=${token:99}; $cookie.0=${token:0:99}")"
    done
  }
  [ "$(judged v4 next-auth.session-token __Secure-next-auth.session-token authjs.session-token)" = "204 204 204 204 401 401 " ]
  # the cookie's name is part of what the key is derived from
  [ "$(judged v5 __Secure-authjs.session-token authjs.session-token next-auth.session-token)" = "204 204 401 401 401 401 " ]
}

@test "a token of 16 KiB fits into a header or a cookie" {
  profiles
  start
  local token filler
  filler=$(head -c 11500 /dev/zero | tr '\0' a)
  token=$(issue "\"claims\":{\"filler\":\"$filler\"}")
  [ "${#token}" -gt 15000 ]
  [ "$(status_of api /v1/auth/session -H "Authorization: Bearer $token")" = 204 ]
  # curl itself sends no cookie that long
  [ "$(status_of api /v1/auth/session -H "Cookie: a=b; session=$token")" = 204 ]
  [ "$(status_of api /v1/auth/session -H "Cookie: session.0=${token:0:8000}; session.1=${token:8000}")" = 204 ]
}

@test "a bad token is no warning and no denied caller; at debug the log names it by its hash" {
  profiles
  start --verbose
  local token
  token=$(issue)
  verify "${token%??}AA" >/dev/null
  log_says "event=token_refused profile=session code=signature_invalid stage=signature"
  grep -qE "token_refused .*token_sha256=$(printf %s "${token%??}AA" | sha256sum | cut -c 1-12)" "$LOG"
  [ "$(grep -c level=warning "$LOG")" -eq "$(grep level=warning "$LOG" | grep -c -e event=profile -e event=status)" ]
  api /metrics | grep -q '^samekey_denied_total{door="api"} 0'
  api /metrics | grep -q '^samekey_verify_requests_total{result="refused",code="signature_invalid",profile="session"} 1$'
  nothing_shows "$token" "${token%??}AA"
}

@test "4.4 items 28 and 34: a token in the path or the query is refused, and not in the log" {
  profiles
  start --verbose
  local token where
  token=$(issue)
  for where in "/v1/verify?access_token=$token" "/v1/verify?profile=$token" "/v1/verify/$token" \
    "/v1/auth/session?token=$token" "/v1/auth/$token" "/$token"; do
    api "$where" -H "Authorization: Bearer $token" | jq -e '.status >= 400' >/dev/null
  done
  log_says 'level=warning event=request door=api method=GET target=/v1/verify'
  nothing_shows "$token"
}

@test "each verb is its own: who may verify may not issue" {
  [ "$(id -u)" -eq 0 ] || skip "needs root to become another user"
  profiles
  printf '[admit a]\nuid = 4711\nverbs = verify\n[admit b]\nuid = 4712\nverbs = introspect, issue\n' >>"$INI"
  start
  chmod 711 "$DIR" "$DIR/run"
  local token
  token=$(issue)
  as() { setpriv --reuid "$1" --regid "$1" --clear-groups curl -sS --max-time 10 --unix-socket "$API" "${@:3}" "http://localhost$2"; }
  # may UID STATUS-OF: verify, batch, auth, introspect, issue, jwks
  may() {
    printf '%s ' "$(as "$1" /v1/verify -H "$(json)" -d "{\"token\":\"$token\",\"profile\":\"session\"}" -o /dev/null -w '%{http_code}')" \
      "$(as "$1" /v1/verify-batch -H "$(json)" -d '{"tokens":[],"profile":"session"}' -o /dev/null -w '%{http_code}')" \
      "$(as "$1" /v1/auth/session -H "Authorization: Bearer $token" -o /dev/null -w '%{http_code}')" \
      "$(as "$1" '/v1/introspect?profile=session' -d token=a -o /dev/null -w '%{http_code}')" \
      "$(as "$1" /v1/issue -H "$(json)" -d '{"profile":"session"}' -o /dev/null -w '%{http_code}')" \
      "$(as "$1" /.well-known/jwks.json -o /dev/null -w '%{http_code}')"
  }
  [ "$(may 4711)" = "200 200 204 403 403 200 " ]
  [ "$(may 4712)" = "403 403 403 200 200 200 " ]
  [ "$(may 4713)" = "403 403 403 403 403 200 " ]
}

@test "over loopback: published keys for everybody, tokens for who has our token and where it is opened" {
  echo "token-$CANARY" >"$DIR/token"
  with_tcp < <(printf 'token_file = %s\ntcp_verbs = verify\n' "$DIR/token")
  profiles
  start
  local token ours="X-Samekey-Token: token-$CANARY"
  token=$(issue)
  printf '{"token":"%s","profile":"session"}' "$token" >"$DIR/body"
  post() { status_of tcp "$1" -H "$(json)" --data-binary "@$DIR/body" "${@:2}"; }
  [ "$(status_of tcp /.well-known/jwks.json)" = 200 ]
  [ "$(post /v1/verify)" = 403 ] # 401 would say that the user's token is bad
  [ "$(post /v1/verify -H 'X-Samekey-Token: wrong')" = 403 ]
  [ "$(post /v1/verify -H "$ours")" = 200 ]
  [ "$(post /v1/verify -H "Authorization: Bearer token-$CANARY")" = 200 ]
  [ "$(post /v1/verify -H "Authorization: Bearer $token")" = 403 ]
  [ "$(post /v1/issue -H "$ours")" = 403 ]
  [ "$(status_of tcp '/v1/introspect?profile=session' -d token=a -H "$ours")" = 403 ]
  [ "$(status_of tcp '/v1/verify?profile=session' -H "Authorization: Bearer $token")" = 403 ]
  [ "$(status_of tcp '/v1/verify?profile=session' -H "Authorization: Bearer $token" -H "$ours")" = 200 ]
  [ "$(status_of tcp /v1/auth/session -H "Authorization: Bearer $token")" = 403 ]
  [ "$(status_of tcp /v1/auth/session -H "Authorization: Bearer token-$CANARY")" = 403 ]
  [ "$(status_of tcp /v1/auth/ -H "Authorization: Bearer $token")" = 403 ]
  [ "$(status_of tcp /v1/auth/a/b -H "Authorization: Bearer $token" -H "$ours")" = 403 ]
  # a proxy passes on what its own client sent
  [ "$(status_of tcp /v1/auth/session -H "Authorization: Bearer $token" -H "$ours" -H 'X-Forwarded-For: 10.0.0.1' \
    -H 'Origin: https://shop.example' -H 'Sec-Fetch-Site: cross-site')" = 204 ]
  [ "$(status_of tcp /v1/auth/session -H "$ours")" = 401 ]
  [ "$(status_of tcp /v1/auth/session -H "Authorization: Bearer $token" -H "$ours" -H 'Host: evil.example')" = 403 ]
  [ "$(post /v1/verify -H "$ours" -H 'X-Forwarded-For: 10.0.0.1')" = 403 ]
  [ "$(post /v1/verify -H "$ours" -H 'Origin: http://evil.example')" = 403 ]
  nothing_shows "$token"
  tcp /v1/verify -H "$(json)" --data-binary "@$DIR/body" | jq -e '.detail | contains("X-Samekey-Token")'
  sed -i /^token_file/d "$INI"
  kill -HUP "$DAEMON"
  until_true grep -q event=reloaded "$LOG"
  tcp /v1/verify -H "$(json)" --data-binary "@$DIR/body" -o "$DIR/none" -w '%{http_code}' | grep -qx 403
  jq -e '.detail | contains("samekeyd.ini names none: token_file under [listen]")' "$DIR/none"
  tcp /v1/secrets -o "$DIR/none" -w '%{http_code}' | grep -qx 401
  jq -e '.detail | contains("token_file under [listen]")' "$DIR/none"
}

@test "over loopback, not opened" {
  echo "token-$CANARY" >"$DIR/token"
  with_tcp < <(printf 'token_file = %s\n' "$DIR/token")
  profiles
  start
  local token ours="X-Samekey-Token: token-$CANARY"
  token=$(issue)
  tcp '/v1/verify?profile=session' -H "Authorization: Bearer $token" -H "$ours" | jq -e '.status == 403 and .code == "not_over_tcp"'
  [ "$(status_of tcp /v1/auth/session -H "Authorization: Bearer $token" -H "$ours")" = 403 ]
}

@test "metrics: counts by code and time for everybody, keys for who may see names" {
  with_tcp </dev/null
  profiles
  start
  local token
  token=$(issue '"claims":{"sub":"someone"}')
  verify "$token" >/dev/null
  verify x >/dev/null
  api /metrics >"$DIR/metrics"
  grep -q '^samekey_verify_requests_total{result="accepted",code="ok",profile="session"} 1$' "$DIR/metrics"
  grep -q '^samekey_verify_requests_total{result="refused",code="malformed",profile="session"} 1$' "$DIR/metrics"
  grep -q '^samekey_verify_duration_seconds_bucket{le="+Inf"} 2$' "$DIR/metrics"
  grep -q '^samekey_verify_duration_seconds_count 2$' "$DIR/metrics"
  grep -q '^# TYPE samekey_verify_duration_seconds histogram$' "$DIR/metrics"
  grep -q '^samekey_tokens_issued_total{profile="session"} 1$' "$DIR/metrics"
  grep -qE '^samekey_tokens_by_key_total\{kid="[^"]+",state="active",profile="session"\} 1$' "$DIR/metrics"
  [ "$(grep -c someone "$DIR/metrics")" -eq 0 ]
  tcp /metrics >"$DIR/metrics"
  [ "$(grep -c '^samekey_tokens_by_key_total{' "$DIR/metrics")" -eq 0 ]
  grep -q '^samekey_verify_requests_total{' "$DIR/metrics"
}

@test "forward-auth answers a request with all the headers that nginx passes on" {
  profiles
  start
  local token padding header=() size
  token=$(issue '"claims":{"sub":"u1"}')
  for size in 2500 5000 5500 6000 7000 7900; do # four lines of up to 8 KiB
    padding=$(printf "%${size}s" '' | tr ' ' x)
    header=(-H "Cookie: a=$padding" -H "X-One: $padding" -H "X-Two: $padding" -H "X-Three: $padding")
    [ "$(status_of api /v1/auth/session "${header[@]}")" = 401 ]
    [ "$(status_of api /v1/auth/session "${header[@]}" -H "Authorization: Bearer $token")" = 204 ]
  done
}
