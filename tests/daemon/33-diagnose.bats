#!/usr/bin/env bats
# Goal: of a token that nobody can verify, the verifier names the key, the candidate or the
# misspelling that signed it, where that came from and what mends it; and shows no value.

load helper

# jwt SECRET [HEADER] [PAYLOAD] [HASH]: signs a token; \n and the like in SECRET are decoded.
jwt() {
  python3 - "$@" <<'PY'
import base64, hashlib, sys
secret, header, payload, name = (sys.argv[1:] + ['', '', '', ''])[:4]
secret = secret.encode().decode('unicode_escape').encode('latin1')
header = header or '{"alg":"HS256"}'
payload = payload or '{"sub":"7","exp":4102444800}'
new = lambda data=b'': hashlib.new(name or 'sha256', data)
def b64(data): return base64.urlsafe_b64encode(data).rstrip(b'=')
key = new(secret).digest() if len(secret) > new().block_size else secret
key = key.ljust(new().block_size, b'\0')
signed = b64(header.encode()) + b'.' + b64(payload.encode())
inner = new(bytes(b ^ 0x36 for b in key) + signed).digest()
print((signed + b'.' + b64(new(bytes(b ^ 0x5c for b in key) + inner).digest())).decode())
PY
}

# ask TOKEN [PROFILE]: the diagnosis, pretty printed.
ask() {
  local question answer deadline=$((SECONDS + 20))
  question=$(jq -n --arg t "$1" --arg p "${2:-}" '{token: $t} + if $p == "" then {} else {profile: $p} end')
  # a user may not ask without end, and waits
  while
    answer=$(api /v1/diagnose --json "$question")
    jq -e '.code == "too_often"' <<<"$answer" >/dev/null && [ "$SECONDS" -lt "$deadline" ]
  do sleep 0.05; done
  jq . <<<"$answer"
}

# says EXPRESSION: of the last answer, which holds no value.
says() {
  grep -qF canary- <<<"$output" && return 1
  jq -e "$1" <<<"$output" >/dev/null || { echo "$1"; echo "$output"; return 1; }
}

# The shop of the seeds: one secret, a beaten value in .env, and the profile that uses it.
shop() {
  printf 'NEXTAUTH_SECRET="%s"\nETLS_REFRESH=%s-refresh\n' "$CANARY" "$CANARY" >"$DIR/shop/web/.env.production"
  printf '# old\nNEXTAUTH_SECRET=%s\n' "$CANARY2" >"$DIR/shop/web/.env"
  listen <<'INI'
[profile session]
app = web
key = NEXTAUTH_SECRET
[profile refresh]
app = web
key = ETLS_REFRESH
INI
  start
  up web -- --loaders docker,compose
}

@test "seed 002: the fallback in the code, not the secret" {
  shop
  run ask "$(jwt your-secret-key)" session
  says '.verdict == "reject" and .code == "signature_invalid" and (.verified | not)'
  says '.signed_by | .what == "placeholder" and (.text | contains("your-secret-key")) and (.fix | contains("fallback"))'
  says '[.findings[].code] | index("anybody-can-sign") != null'
  says '.claims.sub == "7"'
}

@test "seed 002: quotes kept" {
  shop
  run ask "$(jwt "'$CANARY'")" session
  says '.signed_by | .what == "near-miss" and .mistake == "quotes-single" and .key == "NEXTAUTH_SECRET" and .app == "web"'
  says '.signed_by.origin == "'"$DIR"'/shop/web/.env.production:1:1"'
  says '.signed_by.text | contains("the single quotes around it are part of the key")'
}

@test "seed 000: a newline kept, decoded bytes, a missing variable" {
  shop
  while read -r secret what mistake; do
    run ask "$(jwt "${secret//@/$CANARY}")" session
    says ".signed_by.what == \"$what\" and .signed_by.mistake == $mistake"
  done <<EOT
@\n near-miss "newline"
@\r\n near-miss "crlf"
@\x20 near-miss "space-after"
\xef\xbb\xbf@ near-miss "bom"
NEXTAUTH_SECRET=@ near-miss "name-kept"
$(printf %s "$CANARY" | base64 -w 0) near-miss "base64-encoded"
$(printf %s "$CANARY" | od -An -tx1 | tr -d ' \n') near-miss "hex-encoded"
$(printf %s "$CANARY" | sha256sum | cut -d ' ' -f 1) near-miss "sha256-hex"
undefined placeholder null
null placeholder null
EOT
  run ask "$(jwt '')" session
  says '.signed_by.what == "empty" and (.signed_by.text | contains("no value where it was signed"))'
}

@test "a value that another file beats, and another key of the app" {
  shop
  run ask "$(jwt "$CANARY2")" session
  says '.signed_by | .what == "shadowed" and .origin == "'"$DIR"'/shop/web/.env:2:1"'
  says '.signed_by.text | contains("'"$DIR"'/shop/web/.env.production:1:1 beats")'
  run ask "$(jwt "$CANARY-refresh")" session
  says '.signed_by | .what == "winner" and .key == "ETLS_REFRESH" and .profile == "refresh"'
  says '[.findings[] | select(.code == "other-key") | .severity] == ["error"]'
}

@test "what docker --env-file makes of the line" {
  shop
  run ask "$(jwt "\"$CANARY\"")" session
  says '.signed_by | .what == "reading" and (.dialects | index("docker") != null) and .mistake == "quotes-double"'
  says '.signed_by.text | test("as .*docker.* reads? .*/shop/web/.env.production:1:1: the double quotes around it are part of the key")'
}

@test "the right key: what else is wrong" {
  shop
  run ask "$(jwt "$CANARY")" session
  says '.verdict == "accept" and .code == "ok" and .verified and .findings == [] and .signed_by.state == "active"'
  run ask "$(jwt "$CANARY" '' '{"exp":1700000000}')" session
  says '.verdict == "reject" and .code == "expired" and .verified and [.findings[].code] == ["expired"]'
  run ask "$(jwt "$CANARY" '' '{"exp":4102444800000}')" session
  says '[.findings[].code] | index("milliseconds") != null'
  run ask "$(jwt "$CANARY" '{"alg":"HS512"}' '' sha512)" session
  says '.signed_by.what == "winner" and .signed_by.alg == "HS512" and ([.findings[].code] | index("hash-size") != null)'
}

@test "no profile is needed, and one that there is not is said" {
  shop
  run ask "$(jwt "$CANARY")"
  says '.verdict == "none" and .code == "profile_required" and .signed_by.profile == "session" and (.verified | not)'
  run ask "$(jwt "$CANARY")" nobody
  says '.status == 400 and .code == "profile_unknown"'
  run ask "no token"
  says '.signed_by == null and ([.findings[].code] | index("not-a-token") != null)'
}

# seal SECRET: a session as next-auth 4 would seal it with these bytes, in a world of its own.
seal() {
  printf 'NEXTAUTH_SECRET=%s\n' "$1" >"$DIR/shop/ws/.env"
  listen <<'INI'
[profile session]
kind = nextauth-v4
app = ws
key = NEXTAUTH_SECRET
INI
  start
  up ws -- --dialect literal
  TOKEN=$(api /v1/issue --json '{"claims":{"sub":"7"}}' | jq -r .access_token)
  down "$APP_PID"
  stop
}

@test "a session that was sealed with the quoted secret" {
  seal "'$CANARY'"
  [[ $TOKEN == *.*.*.*.* ]]
  shop
  run ask "$TOKEN"
  says '.signed_by | .what == "near-miss" and .mistake == "quotes-single" and .key == "NEXTAUTH_SECRET" and .alg == "A256GCM"'
  says '.claims.sub == "7"'
  run ask "$TOKEN" session
  says '[.findings[].code] | index("session-token") != null'
}

@test "a user may not ask without end" {
  shop
  jq -n --arg t "$(jwt nobody)" '{token: $t}' >"$DIR/question"
  urls=()
  for _ in {1..40}; do urls+=(http://localhost/v1/diagnose); done
  run curl -sSi --max-time 20 --unix-socket "$API" --json "@$DIR/question" "${urls[@]}"
  grep -q '^HTTP/1.1 200' <<<"$output"
  grep -q '^HTTP/1.1 429' <<<"$output"
  grep -q '^Retry-After: 1' <<<"$output"
  grep -q '"code":"too_often"' <<<"$output"
}

@test "samekey diagnose says it in a sentence" {
  shop
  jwt "'$CANARY'" >"$DIR/token"
  run env SAMEKEY_API_SOCKET="$API" "$SAMEKEY" diagnose --profile session --token-file "$DIR/token"
  [ "$status" -eq 1 ]
  [[ $output == *"signed with NEXTAUTH_SECRET of app web ($DIR/shop/web/.env.production:1:1), but the single quotes"* ]]
  [[ $output != *canary-* ]]
}

verify() { status_of api /v1/verify --json "{\"token\":\"$1\",\"profile\":\"session\"}"; }
counted() { api /metrics | grep -qxF "samekey_tokens_signed_by_total{key=\"$1\",what=\"$2\"} $3"; }
tokens() { api /v1/drift | jq -e "[.tokens[] | $1]"; }

@test "bad tokens are tried in the background, counted, and a finding where only an app can have signed" {
  shop
  ready=$(api /readyz)
  [ "$(verify "$(jwt "$CANARY2")")" = 401 ]
  until_true counted NEXTAUTH_SECRET shadowed 1
  [ "$(verify "$(jwt your-secret-key)")" = 401 ]
  until_true counted '' placeholder 1
  [ "$(verify "$(jwt '')")" = 401 ]
  until_true counted '' empty 1
  [ "$(verify "$(jwt nobody-has-this)")" = 401 ]
  until_true counted '' unknown 1
  [ "$(verify "$(jwt "$CANARY\n")")" = 401 ]
  until_true counted NEXTAUTH_SECRET near-miss 1
  run tokens '.code, .key, .severity'
  says '. == ["token-near-miss", "NEXTAUTH_SECRET", "warning", "token-shadowed", "NEXTAUTH_SECRET", "warning"]'
  run tokens '.text'
  says '.[0] | contains("a newline at its end is part of the key")'
  log_says "event=token_signed_by code=token-near-miss profile=session app=web key=NEXTAUTH_SECRET"
  run "$SAMEKEY" status --socket "$HANDOFF"
  [[ $output == *" 1 time, the last "* ]]
  [[ $output == *"warning [token-shadowed] NEXTAUTH_SECRET: signed with NEXTAUTH_SECRET of app web from $DIR/shop/web/.env:2:1"* ]]
  [[ $output != *canary-* ]]
  [ "$(api /readyz)" = "$ready" ]
}

seen() { api /v1/drift | jq -e '.tokens | length == 1'; }

@test "a flood of bad tokens is tried ten times a second at most" {
  shop
  token=$(jwt "$CANARY2") began=$(date +%s%N)
  jq -n --arg t "$token" '{profile: "session", tokens: [range(50) | $t]}' >"$DIR/batch"
  for _ in {1..20}; do
    api /v1/verify-batch -f --json "@$DIR/batch" -o /dev/null
  done
  until_true seen
  run api /metrics
  tried=$(sed -n 's/^samekey_tokens_signed_by_total{key="NEXTAUTH_SECRET",what="shadowed"} //p' <<<"$output")
  took=$((($(date +%s%N) - began) / 1000000))
  [ "$tried" -ge 1 ]
  [ "$tried" -le $((took / 100 + 2)) ]
}
