#!/usr/bin/env bats
# Goal: `samekey revoke` says which token, session or user is to end, and whether it has.

load tokens

FAMILY=00112233445566778899aabbccddeeff

@test "a token from standard input or a file travels as it is; exit 0" {
  answers 200 '{"v":1,"revoked":1}'
  ask revoke <<<" Bearer $TOKEN"
  exits 0
  [ "$output" = 'revoked  1' ] || complain "not the report"
  grep -q '^POST /v1/revoke ' "$ASKED"
  [ "$(asked .)" = "{\"token\":\"$TOKEN\"}" ]
  echo "$TOKEN" >token.txt
  ask revoke --token-file token.txt --profile 'se"ss' --whole-session
  exits 0
  [ "$(asked .)" = "{\"token\":\"$TOKEN\",\"family\":true,\"profile\":\"se\\\"ss\"}" ]
  [ -z "$stderr" ] || complain "it talks"
}

@test "a session by its id, and every session of a user" {
  answers 200 '{"v":1,"revoked":3}'
  ask revoke --family "$FAMILY" </dev/null
  exits 0
  [ "$(asked .)" = "{\"family\":\"$FAMILY\"}" ]
  ask revoke --subject 'al"ice' </dev/null
  exits 0
  [ "$output" = 'revoked  3' ] || complain "not the report"
  [ "$(asked .)" = '{"subject":"al\"ice"}' ]
}

@test "what was over before is said, and is no failure" {
  answers 200 '{"v":1,"revoked":0}'
  ask revoke - <<<"$TOKEN"
  exits 0
  prints 'revoked  nothing: it is unknown here, no good, or over already'
}

@test "a token as a word is taken, with a note" {
  answers 200 '{"v":1,"revoked":1}'
  ask revoke "$TOKEN"
  exits 0
  says "note: a token on the command line can be seen by other users"
  [ "$(asked .token)" = "$TOKEN" ]
}

@test "one thing at a time" {
  answers 200 '{"v":1,"revoked":1}'
  local words
  for words in "--family $FAMILY --subject a" "--family $FAMILY $TOKEN" "--subject a --token-file x" \
    "--subject a --whole-session" "--family $FAMILY --profile p"; do
    # shellcheck disable=SC2086  # words are meant to split
    ask revoke $words </dev/null
    exits 2 && says hint: || complain "$words" || return 1
  done
  [ ! -s "$ASKED" ] || complain "it asked"
  ask revoke - </dev/null
  exits 2
  says "the token is empty"
}

@test "--json is the answer of the API, and the exit codes stay" {
  answers 200 '{"v":1,"revoked":2}'
  ask revoke --json - <<<"$TOKEN"
  exits 0
  [ "$output" = '{"v":1,"revoked":2}' ] || complain "not the body"
  answers 503 "$(problem 503 store_away 'a title' 'the store is away')"
  ask revoke --json - <<<"$TOKEN"
  exits 75
  [ "$(jq -r .code <<<"$output")" = store_away ] || complain "not the body"
}

@test "every other answer has its exit code and a hint" {
  local status code exit hint
  while read -r status code exit hint; do
    answers "$status" "$(problem "$status" "$code" 'a title' 'a detail')"
    ask revoke - <<<"$TOKEN"
    exits "$exit" && says "a detail [$code]" "$hint" || return 1
    [ -z "$output" ] || complain "it prints" || return 1
  done <<'ROWS'
400 not_revocable 65 hint: samekey issue
400 body_invalid 2 a detail
404 profile_unknown 2 hint: [profile NAME] in samekeyd.ini
403 not_admitted 77 hint: samekeyd's own user and root may
503 key_unusable 78 hint: samekey status
503 store_missing 78 hint: [store] in samekeyd.ini
503 store_away 75 hint: samekey status
404 no_such_path 69 hint: this samekeyd is older
ROWS
}

@test "no verifier: exit 69, and no private one is offered" {
  ask revoke - <<<"$TOKEN"
  exits 69
  says "$SOCKET: no verifier listens here" "hint: start samekeyd, or name its socket with --socket"
  says_not private-verifier
}
