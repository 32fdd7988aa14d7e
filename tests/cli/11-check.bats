#!/usr/bin/env bats
# Goal: `samekey check` judges as `run` would, starts nothing, and its exit status can be trusted.

load helper

@test "a good set: exit 0 and one line" {
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  sk check
  exits 0
  prints "shop: ready, 1 key (1 secret), 0 errors, 0 warnings, 0 notes"
}

@test "nothing at all could start too, and is said to be nothing" {
  sk check
  exits 0
  prints "ready, 0 keys" "1 warning"
  says "code=no-source" "origin=$PWD" "samekey init"
  sk check --strict
  exits 1
  sk check --strict --allow no-source
  exits 0
  touch .env
  sk check --strict
  exits 0
  rm .env
  sk API_TOKEN="$GOOD" check --strict
  exits 0
}

@test "an error of a rule: exit 1" {
  printf '[key A]\nrequired = yes\n' >samekey.ini
  sk check
  exits 1
  prints "not ready" "1 error,"
  says "code=missing" "key=A" "origin=samekey.ini:1"
}

@test "a warning: exit 0, with --strict 1, unless it was allowed" {
  echo 'K=a#b' >.env
  sk check
  exits 0
  prints "shop: ready" "1 warning,"
  sk check --strict
  exits 1
  prints "shop: not ready" "1 warning,"
  sk check --strict --quiet
  exits 1
  says "code=bare-hash"
  sk check --strict --json
  exits 1
  jq -e '.ok == false' <<<"$output"
  sk check --strict --allow bare-hash
  exits 0
  prints "shop: ready"
}

@test "a note never fails" {
  mkdir secrets
  echo "$GOOD" >secrets/A_TOKEN
  sk check --strict --secrets secrets
  exits 0
  says "code=newline-stripped"
}

@test "malformed 65, unreadable 66, unsafe 77, bad settings 78" {
  echo junk >.env
  sk check
  exits 65
  rm .env
  sk check --dotenv nowhere
  exits 66
  echo A=1 >.env
  chmod 666 .env
  sk check
  exits 77
  rm .env
  echo '[ap]' >samekey.ini
  sk check
  exits 78
}

@test "bad settings count more than bad data" {
  echo junk >.env
  echo '[ap]' >samekey.ini
  sk check
  exits 78
}

@test "starts nothing" {
  sk check -- touch started
  exits 0
  [ ! -e started ]
}

@test "--json is one object with every finding and no keys" {
  echo junk >.env
  sk check --json
  exits 65
  [ -z "$stderr" ] || complain "it spoke"
  jq -e '.v == 1 and .app == "shop" and .mode == "production" and .phase == "start" and
    .ok == false and (has("keys") | not)' <<<"$output"
  jq -e '.findings[] | select(.code == "bare-key") |
    .severity == "error" and .origin == ".env:1:1" and .key == "" and (.text | length > 0) and
    (.hint | length > 0)' <<<"$output"
}

@test "--quiet prints nothing but errors" {
  echo 'K=a#b' >.env
  sk check --quiet
  exits 0
  [ -z "$output$stderr" ] || complain "it spoke"
}

@test "many findings: the errors among them are never the ones left out" {
  for i in {1..1100}; do echo "K$i=a#b"; done >.env
  echo 'LAST: x' >>.env
  sk check
  exits 65
  says "code=colon-line" "more findings not shown"
}
