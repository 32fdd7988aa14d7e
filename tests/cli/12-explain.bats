#!/usr/bin/env bats
# Goal: `samekey explain` says which source won for each key and which lost, and shows no value.

load helper

@test "every candidate of a key, the winner first" {
  echo "A_SECRET=$GOOD" >.env.local
  echo "A_SECRET=$GOOD2" >.env
  sk A_SECRET="$GOOD" explain A_SECRET
  exits 0
  [[ ${lines[0]} == "A_SECRET  secret" ]]
  [[ ${lines[1]} =~ ^\ +wins\ +env\ +43\ bytes\ +[0-9a-f]{12}$ ]]
  [[ ${lines[2]} =~ ^\ +loses\ +dotenv\ +.env.local:1:1\ +43\ bytes\ +[0-9a-f]{12}\ +same$ ]]
  [[ ${lines[3]} =~ ^\ +loses\ +dotenv\ +.env:1:1\ +44\ bytes\ +[0-9a-f]{12}\ +differs$ ]]
  [ "${#lines[@]}" -eq 4 ] || complain "more lines"
}

@test "every key, below a line that says where and how" {
  printf 'B=1\nA=2\n' >.env
  sk explain
  exits 0
  [[ ${lines[0]} == "samekey: shop  mode production (default)  phase start  ini none  root $PWD" ]]
  [[ ${lines[1]} == A && ${lines[3]} == B ]] || complain "not sorted"
  [[ ${lines[2]} == *" 1 byte" ]] || complain "white space at the end"
}

@test "of one key: its own findings, and those of whole files" {
  printf 'export A=1\nB=a#b\nC=a#b\n' >.env
  sk explain B
  says "code=bare-hash key=B" "code=export-prefix"
  says_not "key=C"
}

@test "a key that nobody gives" {
  echo '[key A]' >samekey.ini
  sk explain A
  exits 0
  prints "no source gives it"
}

@test "a key that only others give than those that may: no winner, and nothing that differs from it" {
  printf '[key A]\nfrom = env\n' >samekey.ini
  echo "A=b" >.env
  sk explain A
  exits 0
  prints "no source gives it" "loses  dotenv      .env:1:1"
  prints_not differs
}

@test "an unknown key: exit 1 and the nearest name" {
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  sk explain NEXTAUTH_SECRT
  exits 1
  says "no source offers 'NEXTAUTH_SECRT'" "did you mean NEXTAUTH_SECRET?"
  sk explain nextauth_secret
  exits 1
  says "did you mean NEXTAUTH_SECRET?"
}

@test "a name that stands in the environment alone is no key until a file or a section names it" {
  echo "A=$GOOD" >.env
  sk ONLY_HERE=value-that-stays explain ONLY_HERE
  exits 1
  says "no file offers 'ONLY_HERE'" "it stands in the environment alone; [key ONLY_HERE] in samekey.ini makes it a key"
  says_not value-that-stays "did you mean"
  echo "[key ONLY_HERE]" >samekey.ini
  sk ONLY_HERE=value-that-stays explain ONLY_HERE
  exits 0
  prints "wins   env "
}

@test "what is wrong with a file that cannot be read is told of any key, one that is not there too" {
  printf 'B=1\nA="abc\n' >.env
  for key in A C; do
    sk explain "$key"
    exits 65
    says "code=unterminated key=A origin=.env:2:3" "no source offers '$key'"
  done
  sk explain B
  exits 65
  prints "wins   dotenv      .env:1:1"
  says "code=unterminated key=A origin=.env:2:3"
}

@test "findings of a rule do not fail it, malformed input does" {
  printf '[key A]\nrequired = yes\n' >samekey.ini
  sk explain
  exits 0
  echo junk >.env
  sk explain
  exits 65
}

@test "--json has the shape that the design promises" {
  echo "A_SECRET=$GOOD" >.env.local
  echo "A_SECRET=$GOOD2" >.env
  sk explain --json
  exits 0
  jq -e '.v == 1 and (.keys | length) == 1 and (.keys[0] |
    .key == "A_SECRET" and .secret == true and .source == "dotenv" and .origin == ".env.local:1:1" and
    .length == 43 and (.fingerprint | test("^[0-9a-f]{12}$")) and
    .shadowed == [{"source": "dotenv", "origin": ".env:1:1", "differs": true}])' <<<"$output"
}

@test "--json KEY has that key only" {
  printf 'A=1\nB=2\n' >.env
  sk explain --json B
  jq -e '[.keys[].key] == ["B"]' <<<"$output"
}

@test "a weak secret shows neither length nor fingerprint" {
  printf 'DB_PASSWORD=hunter2\n' >.env
  sk explain DB_PASSWORD
  exits 0
  prints weak
  prints_not "7 bytes"
  sk explain --json DB_PASSWORD
  jq -e '.keys[0] | .length == null and .fingerprint == "weak"' <<<"$output"
  sk run -- true
  says_not "length="
}

@test "the same value has the same fingerprint in every source, start and folder" {
  local first
  echo "A_SECRET=$GOOD" >.env
  sk explain --json
  first=$(jq -r '.keys[0].fingerprint' <<<"$output")
  mkdir ../other
  printf 'OTHER_TOKEN="%s"\n' "$GOOD" >../other/.env.local
  sk explain --json --root ../other
  [ "$(jq -r '.keys[0].fingerprint' <<<"$output")" = "$first" ]
}

@test "with no ini, inherited names that look secret are shown and said to be only inherited" {
  sk A_TOKEN="$GOOD" PORT=1 explain
  exits 0
  prints "A_TOKEN  secret  inherited only"
  prints_not PORT
}

@test "with an ini, inherited names that it does not name are not" {
  echo '[app]' >samekey.ini
  sk A_TOKEN="$GOOD" explain
  prints_not A_TOKEN
}

@test "whose key makes the fingerprints: two users or hosts with other keys have not other values" {
  echo "A_SECRET=$GOOD" >.env
  sk explain
  [[ ${lines[-1]} =~ ^fingerprints\ by\ key\ [0-9a-f]{12},\ this\ (user\'s\ own|host\'s):\ compare\ only\ those\ of\ one\ key$ ]] ||
    complain "not the key"
  head -c 32 /dev/zero >key
  sk explain --fingerprint-key key
  [[ ${lines[-1]} =~ ^fingerprints\ by\ key\ [0-9a-f]{12}:\ compare ]] || complain "not the named key"
  echo 'PORT=1' >.env
  sk explain
  prints_not fingerprints
}
