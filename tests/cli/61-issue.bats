#!/usr/bin/env bats
# Goal: `samekey issue` prints a token and nothing else, made of exactly the claims that were given.

load tokens

minted() { answers 200 "{\"access_token\":\"$TOKEN\",\"token_type\":\"Bearer\",\"expires_in\":900,\"jti\":\"1\"}"; }

@test "the token alone is on stdout" {
  minted
  ask issue
  exits 0
  [ "$output" = "$TOKEN" ] || complain "not the token alone"
  [ -z "$stderr" ] || complain "it talks"
  grep -q '^POST /v1/issue ' "$ASKED"
  [ "$(asked .)" = '{"claims":{}}' ] || complain "$(cat "$ASKED")"
}

@test "claims of options are texts, or JSON behind :=" {
  minted
  ask issue --claim sub=alice --claim admin:=true --claim 'n:=[1, {"a":"b"}]' --claim t=true --claim 'e=' \
    --claim 'q=a"b=c:=d' --profile ws --lifetime 15m
  exits 0
  [ "$(asked .)" = '{"claims":{"sub":"alice","admin":true,"n":[1,{"a":"b"}],"t":"true","e":"","q":"a\"b=c:=d"},"lifetime":900,"profile":"ws"}' ] ||
    complain "$(cat "$ASKED")"
}

@test "claims of a file, of standard input, and of both a file and options" {
  minted
  echo ' { "sub" : "alice", "roles": ["a"] } ' >claims.json
  ask issue --claims claims.json
  [ "$(asked .claims)" = '{"sub":"alice","roles":["a"]}' ]
  ask issue --claims - <claims.json
  [ "$(asked .claims)" = '{"sub":"alice","roles":["a"]}' ]
  ask issue --claims claims.json --claim x=y
  [ "$(asked .claims)" = '{"sub":"alice","roles":["a"],"x":"y"}' ]
  echo '{ }' >claims.json
  ask issue --claims claims.json --claim x=y
  [ "$(asked .claims)" = '{"x":"y"}' ]
}

@test "a number that a parser would round goes as it was written" {
  minted
  echo '{"n": 12345678901234567890.0, "f": 1e3}' >claims.json
  ask issue --claims claims.json
  exits 0
  grep -qF '"n": 12345678901234567890.0, "f": 1e3' "$ASKED" || complain "$(cat "$ASKED")"
}

@test "--json is the answer of the API" {
  minted
  ask issue --json
  exits 0
  [ "$(jq -r '.access_token, .expires_in' <<<"$output")" = "$TOKEN"$'\n'900 ] || complain "not the body"
}

@test "what the verifier does not mint: its reason on stderr, nothing on stdout" {
  local status code exit
  while read -r status code exit; do
    answers "$status" "$(problem "$status" "$code" 'a title' 'a detail')"
    ask issue
    exits "$exit" && says "a detail [$code]" || return 1
    [ -z "$output" ] || complain "it prints" || return 1
  done <<'ROWS'
400 claims_refused 2
400 profile_required 2
403 not_admitted 77
503 key_unusable 78
500 internal 69
ROWS
  answers 200 '{"token_type":"Bearer"}'
  ask issue
  exits 69
  says "holds no token"
}

@test "no verifier: exit 69 and what to do" {
  ask issue
  exits 69
  says "$SOCKET: no verifier listens here" "--private-verifier"
}

@test "misuse: a claim without a name, without =, with what is no JSON, given twice, half a second, none at all, a word too many" {
  minted
  : >"$ASKED"
  local claim
  for claim in alice =alice := :=1 'x:=tru' 'x:=' 'x:={"a":1' $'\xff=a'; do
    ask issue --claim "$claim"
    exits 2 && says "--claim" hint: || complain "$claim" || return 1
  done
  local lifetime
  for lifetime in 1500ms 0 0s; do
    ask issue --lifetime "$lifetime"
    exits 2 && says "whole seconds, and at least one" || complain "$lifetime" || return 1
  done
  ask issue --claim sub=u --claim sub:=1
  exits 2
  says "--claim: 'sub' is given twice"
  ask issue --lifetime soon
  exits 2
  ask issue word
  exits 2
  ask issue --verifier-ini x.ini
  exits 2
  [ ! -s "$ASKED" ] || complain "it asked"
}

@test "claims that are no object, too long, or not there" {
  minted
  : >"$ASKED"
  local text
  for text in '' '[]' '"a"' '{"a":1}}' '{"a":1' '{"a":1}{}' $'{"a":"\xff"}'; do
    printf '%s' "$text" >claims.json
    ask issue --claims claims.json
    exits 65 && says "is no JSON object" || complain "$text" || return 1
  done
  ask issue --claims none.json
  exits 66
  { printf '{"a":"'; head -c 17000 /dev/zero | tr '\0' a; printf '"}'; } >claims.json
  ask issue --claims claims.json
  exits 65
  ask issue --claim a="$(head -c 9000 /dev/zero | tr '\0' a)" --claim b="$(head -c 9000 /dev/zero | tr '\0' a)"
  exits 65
  says "the claims have" "over 16384"
  [ ! -s "$ASKED" ] || complain "it asked"
}

@test "a full disk is an error" {
  minted
  [ -e /dev/full ] || skip "no /dev/full"
  run --separate-stderr sh -c 'exec env -i PATH="$PATH" HOME="$HOME" SAMEKEY_SOCKET="$1" "$2" issue >/dev/full' sh "$SOCKET" "$SAMEKEY"
  exits 75
}
