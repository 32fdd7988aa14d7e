#!/usr/bin/env bats
# Goal: `samekey diagnose` says in a sentence which key signed a token, what mends it, and what else
# is wrong, whether a verifier runs or not.

load tokens

near='{"v":1,"verdict":"reject","profile":"session","code":"signature_invalid","detail":"no key of session signed it",
"alg":"HS256","claimed_kid":null,"signed_by":{"what":"reading","app":"web","key":"NEXTAUTH_SECRET",
"origin":"/srv/shop/.env:3:1","dialects":["docker"],"alg":"HS256",
"text":"signed with NEXTAUTH_SECRET of app web as docker --env-file reads /srv/shop/.env:3:1: the quotes are part of the key",
"fix":"write the value without quotes"},
"findings":[{"severity":"error","code":"expired","text":"it ended 5 min ago","hint":"ask for a new one"},
{"severity":"note","code":"kid-differs","text":"its kid is another one","hint":""}],
"claims":{"sub":"cAnary"},"verified":false,"tried":7,"not_tried":0}'

@test "the sentence, the fix, the findings, the verdict; exit 1" {
  answers 200 "$near"
  ask diagnose - <<<"$TOKEN"
  exits 1
  [ "$output" = 'signed with NEXTAUTH_SECRET of app web as docker --env-file reads /srv/shop/.env:3:1: the quotes are part of the key
  fix   write the value without quotes
error [expired] it ended 5 min ago
  fix   ask for a new one
note [kid-differs] its kid is another one
refused by profile session  [signature_invalid] no key of session signed it' ] || complain "not the report"
  grep -q '^POST /v1/diagnose ' "$ASKED"
  [ "$(asked .)" = "{\"token\":\"$TOKEN\"}" ]
}

@test "accepted: exit 0" {
  answers 200 "$(jq -c '.verdict = "accept" | .code = "ok" | .detail = "" | .findings = []' <<<"$near")"
  ask diagnose --profile session - <<<"$TOKEN"
  exits 0
  prints "accepted by profile session"
  [ "$(asked .profile)" = session ]
}

@test "nobody signed it, and no profile judged it: the findings say so; exit 1" {
  answers 200 "$(jq -c '.verdict = "none" | .profile = null | .code = "profile_required" | .signed_by = null |
    .findings = [{severity: "error", code: "unknown-key", text: "nothing that was tried signed it", hint: ""}]' <<<"$near")"
  ask diagnose - <<<"$TOKEN"
  exits 1
  [ "$output" = 'error [unknown-key] nothing that was tried signed it
judged by no profile: --profile NAME names one, [profile NAME] in samekeyd.ini makes one' ] || complain "not the report"
}

@test "--json is the answer of the API, and the exit codes stay" {
  answers 200 "$near"
  ask diagnose --json - <<<"$TOKEN"
  exits 1
  [ "$(jq -c . <<<"$output")" = "$(jq -c . <<<"$near")" ] || complain "not the body"
}

@test "asked too often, not admitted, no such profile" {
  local status code exit
  while read -r status code exit; do
    answers "$status" "$(problem "$status" "$code" 'a title' 'a detail')"
    ask diagnose - <<<"$TOKEN"
    exits "$exit" && says "a detail [$code]" || return 1
    [ -z "$output" ] || complain "it prints" || return 1
  done <<'ROWS'
429 too-many 75
403 not_admitted 77
404 profile_unknown 2
500 internal 69
ROWS
}

@test "misuse: nothing, two ways, a word too many" {
  ask diagnose - </dev/null
  exits 2
  ask diagnose --token-file x y
  exits 2
  ask diagnose one two
  exits 2
}

@test "no verifier and no samekeyd to start: exit 69" {
  mkdir "$DIR/bin"
  cp "$SAMEKEY" "$DIR/bin/samekey"
  SAMEKEY=$DIR/bin/samekey
  ask diagnose - <<<"$TOKEN"
  exits 69
  says "there is no samekeyd to start here" "hint: install samekeyd"
}

@test "a verifier that does not answer is not passed over" {
  answers problem busy
  ask diagnose - <<<"$TOKEN"
  exits 69
  says_not "a private verifier"
}

@test "a private verifier knows one folder: an unknown key is looked for where the app that signs lies" {
  silence
  sk diagnose --private-verifier --root "$DIR/shop" - <<<"$(token_by "another-key-$GOOD2")"
  exits 1
  prints "[unknown-key]" "only what is resolved in $DIR/shop was tried: ask again where the app that signs lies"
}

@test "a good signature that no profile judged: what else it may be refused for" {
  sk diagnose --private-verifier - <<<"$(token_by "$GOOD" '{"iss":"https://shop.example","aud":["a","b"]}')"
  exits 1
  prints "signed with JWT_SECRET of app web" "judged by no profile" \
    'it has alg HS256, iss "https://shop.example", aud ["a","b"]: who refuses it may want others'
  sk diagnose --private-verifier - <<<"$(token_by "$GOOD")"
  prints "it has alg HS256, no iss, no aud:"
  prints_not sub
}
