#!/usr/bin/env bats
# Goal: what is revoked is refused by every route at once, and still after a restart and after
# kill -9; what the store cannot take is never answered as done.

load helper

FAMILY=00112233445566778899aabbccddeeff

profiles() {
  (umask 077 && printf %s "$CANARY" >"$DIR/secret" && printf %s "$CANARY2" >"$DIR/secret2")
  cat >>"$INI" <<INI
[profile access]
key_file = $DIR/secret
[profile refresh]
key_file = $DIR/secret2
lifetime = 7d
[store]
url = sqlite:$DIR/sessions.db
INI
}

with_sessions() {
  cat >>"$INI" <<INI
[session]
socket = $DIR/run/samekey/session.sock
access = access
refresh = refresh
subject = id
INI
}

post() { api "$1" -H 'Content-Type: application/json' -d "$2" "${@:3}"; }
issue() { post /v1/issue "{\"profile\":\"${2:-access}\",\"claims\":{\"sub\":\"u1\"$1}}" | jq -re .access_token; }
verify() { post /v1/verify "{\"token\":\"$1\",\"profile\":\"access\"}" | jq -r '.code // "ok"'; }
revoke() { "$SAMEKEY" revoke --socket "$HANDOFF" --root "$DIR" "$@"; }

@test "a revoked token is refused at once, and after a restart and a kill -9" {
  profiles
  start
  local token other
  token=$(issue '') other=$(issue '')
  [ "$(verify "$token")" = ok ]
  [ "$(revoke - <<<"$token")" = 'revoked  1' ]
  [ "$(verify "$token")" = revoked ]
  [ "$(verify "$other")" = ok ]
  revoke - <<<"$token" # twice is fine
  stop
  start
  [ "$(verify "$token")" = revoked ]
  revoke --json - <<<"$other" | jq -ce '. == {"v":1,"revoked":1}'
  kill -9 "$DAEMON"
  wait "$DAEMON" || true
  DAEMON=''
  start
  [ "$(verify "$token") $(verify "$other")" = 'revoked revoked' ]
}

@test "RFC 7009 over HTTP: a form, and 200 for what is no token" {
  profiles
  start
  local token
  token=$(issue '')
  api /v1/revoke --data-urlencode "token=$token" -d token_type_hint=access_token | jq -e '.revoked == 1'
  [ "$(verify "$token")" = revoked ]
  api /v1/revoke -d token=nonsense | jq -e '. == {"v":1,"revoked":0}'
  api /v1/revoke -d nothing=1 | jq -e '.status == 400 and .code == "token_required"'
  [ "$(status_of api /v1/introspect -d "profile=access" --data-urlencode "token=$token")" = 200 ]
  api /v1/introspect -d profile=access --data-urlencode "token=$token" | jq -e '. == {"active":false}'
}

@test "two hundred revocations at the same time are all kept" {
  profiles
  start
  local i
  for ((i = 0; i < 200; i++)); do issue '' >>"$DIR/tokens"; done
  sed "s/^/token=/" "$DIR/tokens" | xargs -P 32 -n 1 curl -sS --max-time 20 --unix-socket "$API" \
    http://localhost/v1/revoke -d >"$DIR/answers"
  [ "$(grep -o '"revoked":1' "$DIR/answers" | wc -l)" -eq 200 ]
  stop KILL || true
  DAEMON=''
  start
  jq -Rcn '[inputs] | _nwise(50) | {profile: "access", tokens: .}' "$DIR/tokens" | while read -r batch; do
    post /v1/verify-batch "$batch" | jq -r '.results[].code'
  done >"$DIR/codes"
  [ "$(sort "$DIR/codes" | uniq -c | tr -s ' ')" = ' 200 revoked' ]
}

@test "sessions: a token of one ends with it; metrics say so" {
  profiles
  with_sessions
  start
  revoke --family "$FAMILY"
  revoke --subject nobody
  post /v1/revoke "{\"family\":\"$FAMILY\",\"subject\":\"a\"}" | jq -e '.code == "body_invalid"'
  api /metrics >"$DIR/metrics"
  grep -qx 'samekey_store_up 1' "$DIR/metrics"
  grep -qx 'samekey_store_operations_total{operation="end_subject",result="done"} 1' "$DIR/metrics"
  grep -q '^samekey_session_requests_total{route="login",result="ok"} 0' "$DIR/metrics"
  grep -q '^samekey_revoked_entries ' "$DIR/metrics"
  if grep samekey_upstream "$DIR/metrics"; then return 1; fi
}

@test "without a store nothing is revoked, and there are no metrics of one" {
  (umask 077 && printf %s "$CANARY" >"$DIR/secret")
  printf '[profile access]\nkey_file = %s\n' "$DIR/secret" >>"$INI"
  start
  local status=0
  revoke --family "$FAMILY" 2>"$DIR/err" || status=$?
  [ "$status" -eq 78 ]
  grep -q '\[store_missing\]' "$DIR/err"
  if api /metrics | grep -E 'samekey_(store|session|revoked)'; then return 1; fi
}

@test "over TCP tcp_verbs opens it, to who has the token" {
  (umask 077 && "$SAMEKEY" keygen >"$DIR/token")
  with_tcp <<<"token_file = $DIR/token"$'\n''tcp_verbs = revoke'
  profiles
  start
  [ "$(status_of tcp /v1/revoke -d token=a)" = 403 ]
  tcp /v1/revoke -d token=a -H "X-Samekey-Token: $(cat "$DIR/token")" | jq -e '.revoked == 0'
}

@test "the store's password is one line of a file that others cannot read" {
  printf '[store]\nurl = redis:///run/none.sock\npassword_file = %s\n' "$DIR/password" >>"$INI"
  printf '%s\n' "$CANARY" >"$DIR/password"
  chmod 644 "$DIR/password"
  run "$SAMEKEYD" --check --ini "$INI"
  [ "$status" -ne 0 ]
  [[ $output == *'everybody may read this password'*'chmod o-r'* && $output != *canary* ]]
  chmod 600 "$DIR/password"
  "$SAMEKEYD" --check --ini "$INI"
  printf '\n%s\n' "$CANARY" >"$DIR/password"
  run "$SAMEKEYD" --check --ini "$INI"
  [[ $status -ne 0 && $output == *'a password is one line of at most 512 bytes'* && $output != *canary* ]]
  rm "$DIR/password"
  run "$SAMEKEYD" --check --ini "$INI"
  [ "$status" -ne 0 ]
}
