#!/usr/bin/env bats
# Goal: every setting of a [key] section does what it says.

load helper

ini() { printf '%s\n' "$@" >samekey.ini; }

@test "required: no value is an error, a value is none" {
  ini '[key PORT]' 'required = yes'
  finds "error missing PORT samekey.ini:1" --
  finds -- PORT=1
  ini '[key PORT]' 'required = no'
  finds --
}

@test "apps: the rules count for these apps only" {
  ini '[key PORT]' 'apps = web, ws' 'required = yes'
  finds --
  finds "error missing PORT samekey.ini:1" -- --name ws
}

@test "apps: one key may have a section for each app" {
  ini '[key PORT]' 'apps = web' 'required = yes' '[key PORT]' 'apps = ws' 'default = 1'
  finds "error missing PORT samekey.ini:1" -- --name web
  wins PORT default samekey.ini:4 --name ws
}

@test "secret = yes and no overrule the guess" {
  ini '[key PLAIN]' 'secret = yes' '[key A_TOKEN]' 'secret = no'
  printf 'PLAIN=Tr7xq\nA_TOKEN=Tr7xq\n' >.env
  sk explain --json
  jq -e '[.keys[] | .secret] == [false, true]' <<<"$output"
  finds "warning weak PLAIN .env:1:1" --
}

@test "secret not given: the guess is said" {
  ini '[key A_TOKEN]'
  echo "A_TOKEN=$GOOD" >.env
  finds "note guessed-secret A_TOKEN .env:1:1" --
}

@test "a secret is guessed by its shape too, a public name never" {
  echo "ETLS_ACCESS=$GOOD" >.env
  echo "NEXT_PUBLIC_API_KEY=$GOOD" >>.env
  sk explain --json
  jq -e '[.keys[] | .secret] == [true, false]' <<<"$output"
  echo "ETLS_ACCESS=off" >.env
  sk ETLS_ACCESS="$GOOD" explain --json
  jq -e '[.keys[] | .secret] == [true]' <<<"$output"
}

@test "a secret is guessed by its shape wherever it stands, whatever is taken off its end" {
  mkdir s
  ini '[sources]' 'secrets = s' '[key FILED]' 'file = yes' '[key HELD]' 'required = yes'
  echo "$GOOD" >s/FOLDER
  printf '%s\r\n' "$GOOD" >s/CRLF
  echo changeme >s/HELD
  echo "$GOOD" >value
  printf 'QUOTED=\nRETURNED=\n' >.env
  sk FILED_FILE=value QUOTED="'$GOOD'" RETURNED="$GOOD"$'\r' explain --json
  jq -e '[.keys[] | select(.secret | not) | .key] == []' <<<"$output"
  rm -r s .env
  ini '[key PLAIN]'
  finds "warning blanks-left PLAIN env" "note guessed-secret PLAIN env" -- PLAIN="$GOOD "
}

@test "type: each of them" {
  local type good bad
  while read -r type good bad; do
    ini '[key K]' "type = $type" 'secret = no'
    finds -- K="$good"
    finds "error wrong-type K env" -- K="$bad"
  done <<'END'
integer -12 1.5
boolean yes maybe
port 443 70000
url https://example.org/x example.org
base64 aGVsbG8= aGVsbG8
base64url aGVsbG8 a+b/
hex 00ff 0xff
json {"a":1} {a:1}
jwk {"kty":"oct","k":"aGVsbG8"} {"kty":"oct"}
END
}

@test "type: pem, with real line ends" {
  ini '[key K]' 'type = pem' 'secret = no'
  finds -- K=$'-----BEGIN X-----\naGVsbG8=\n-----END X-----\n'
  finds "error wrong-type K env" -- K='-----BEGIN X-----\naGVsbG8=\n-----END X-----'
}

@test "type = enum with values" {
  ini '[key LEVEL]' 'type = enum' 'values = debug, info'
  finds -- LEVEL=info
  finds "error wrong-type LEVEL env" -- LEVEL=INFO
}

@test "wrong-type says what it must be and not what it is" {
  ini '[key K]' 'type = port'
  sk K=canary1234 check
  says "K" "env"
  says_not canary1234
}

@test "min_length counts bytes" {
  ini '[key K]' 'min_length = 4' 'secret = no'
  finds -- K=éé
  finds "error too-short K env" -- K=abc
  sk K=abc check
  says "must have at least 4 bytes"
}

@test "deny: exactly these values" {
  ini '[key K]' 'deny = alpha, beta' 'secret = no'
  finds "error denied K env" -- K=beta
  finds -- K=beta2
}

@test "same_as: both must be equal" {
  ini '[key A]' 'same_as = B' '[key B]'
  finds -- A=1 B=1
  finds "error alias-differs A env" -- A=1 B=2
  sk A=1 B=2 check
  says "must equal B"
}

@test "same_as a key that only a file names" {
  ini '[key A]' 'same_as = B'
  echo B=2 >.env
  finds "error alias-differs A env" -- A=1
}

@test "same_as a key that only the environment gives, or nobody" {
  ini '[key A]' 'same_as = B'
  finds "error alias-differs A env" -- A=1 B=2
  finds -- A=1 B=1
  finds "error alias-differs A env" -- A=1
  sk A=1 check
  says "must equal B, which no source gives"
}

@test "differs_from: both must differ" {
  ini '[key A]' 'differs_from = B' '[key B]'
  finds -- A=1 B=2
  finds "error not-distinct A env" -- A=1 B=1
  ini '[key A]' 'differs_from = B'
  finds "error not-distinct A env" -- A=1 B=1
}

@test "shared and build_drift reach the verifier, nothing here" {
  ini '[key A_TOKEN]' 'secret = yes' 'shared = yes' 'build_drift = fail'
  echo "A_TOKEN=$GOOD" >.env
  finds --
}

@test "phases = start: the build gets a stand-in of the same form, another each time" {
  ini '[key A_TOKEN]' 'phases = start'
  echo "A_TOKEN=$GOOD" >.env
  local first
  sk run --quiet --phase build -- printenv A_TOKEN
  first=$output
  [[ $first =~ ^[A-Za-z0-9]{44}$ ]] || complain "43 letters and digits are not stood in for by 44"
  sk run --quiet --phase build -- printenv A_TOKEN
  [ "$output" != "$first" ]
  gives A_TOKEN "$GOOD" --phase start
}

@test "phases = start: a stand-in also for what the build host does not have" {
  ini '[key A_TOKEN]' 'phases = start' 'required = yes'
  sk run --quiet --phase build -- printenv A_TOKEN
  exits 0
  [ "${#output}" -gt 30 ]
}

@test "phases = start: stand-ins fit their type" {
  local type
  for type in integer boolean port url base64 base64url hex pem jwk json; do
    ini '[key K]' "type = $type" 'phases = start'
    sk K=x run --quiet --phase build --allow wrong-type -- printenv K
    exits 0
    ini '[key K]' "type = $type" 'secret = no'
    finds -- K="$output"
  done
}

@test "phases = start: a stand-in is one of the words, and as long as it must be" {
  ini '[key K]' 'type = enum' 'values = a, b' 'phases = start'
  sk run --quiet --phase build -- printenv K
  [[ $output == [ab] ]]
  ini '[key K]' 'min_length = 60' 'phases = start'
  sk run --quiet --phase build -- printenv K
  [ "${#output}" -ge 60 ]
}

@test "--sentinels: every secret of a build gets a stand-in, nothing else does" {
  printf 'A_TOKEN=%s\nDATABASE_URL=postgres://shop:%s@db.example:5432/shop?x=1\nPAGE=5\n' \
    "$GOOD" "$GOOD2" >.env
  echo "NEXT_PUBLIC_API_KEY=$GOOD" >>.env
  sk CI_TOKEN="$GOOD2" run --quiet --sentinels --allow not-scanned --phase build -- env
  exits 0
  prints_not "A_TOKEN=$GOOD" "$GOOD2" db.example shop:
  prints "NEXT_PUBLIC_API_KEY=$GOOD" PAGE=5
  grep -qE '^A_TOKEN=[A-Za-z0-9]{44}$' <<<"$output"
  grep -qE '^CI_TOKEN=[A-Za-z0-9]{44}$' <<<"$output"
  ini '[key PAGE]'
  sk CI_TOKEN="$GOOD2" run --quiet --sentinels --allow not-scanned --phase build -- printenv CI_TOKEN
  [[ $output != "$GOOD2" ]] || complain "what the environment alone has is built in"
  sk run --quiet --sentinels --allow not-scanned --phase build -- env
  grep -qE '^DATABASE_URL=postgres://standin:[A-Za-z0-9]{44}@stand-in.invalid:5432/standin$' <<<"$output"
}

@test "a public name for what is secret under another is named, without the value" {
  printf 'A_TOKEN=%s\nNEXT_PUBLIC_TOKEN=%s\nVITE_B=%s\n' "$GOOD" "$GOOD" "$GOOD2" >.env
  sk check --json
  exits 0
  jq -e '[.findings[] | select(.code == "public-secret") | [.key, .severity]] == [["NEXT_PUBLIC_TOKEN", "warning"]]' \
    <<<"$output" >/dev/null || complain "not the one"
  [[ $output != *"$GOOD"* ]] || complain "shown"
  printf 'A_TOKEN=1234567\nNEXT_PUBLIC_TOKEN=1234567\n' >.env
  sk check --json
  [[ $output != *public-secret* ]] || complain "by chance"
  printf 'A_TOKEN=12345678\nNEXT_PUBLIC_TOKEN=12345678\n' >.env
  sk check --json
  [[ $output == *public-secret* ]] || complain "8 bytes are no chance"
  printf 'PUBLIC_HOST=shop.example\nNEXT_PUBLIC_HOST=shop.example\n' >.env
  sk check --json
  [[ $output != *public-secret* ]] || complain "no secret"
}

@test "--sentinels: aliases are equal in a build too" {
  ini '[key Z_TOKEN]' 'required = yes' '[key A_TOKEN]' 'same_as = Z_TOKEN' '[key B_TOKEN]' 'same_as = A_TOKEN' \
    '[key C_TOKEN]' 'same_as = D_TOKEN' '[key D_TOKEN]' 'same_as = C_TOKEN'
  printf '%s_TOKEN=%s\n' A "$GOOD" B "$GOOD" C "$GOOD2" D "$GOOD2" Z "$GOOD" >.env
  sk run --quiet --sentinels --allow not-scanned --phase build -- \
    sh -c '[ $A_TOKEN = $B_TOKEN ] && [ $A_TOKEN = $Z_TOKEN ] && [ $C_TOKEN = $D_TOKEN ] && [ $A_TOKEN != $C_TOKEN ]'
  exits 0
}

@test "--sentinels: what phases = build asks for is given, and what is missing is stood in for" {
  ini '[key A_TOKEN]' 'phases = build' '[key B_TOKEN]' 'required = yes'
  sk A_TOKEN="$GOOD" run --quiet --sentinels --allow not-scanned --phase build -- env
  exits 0
  prints "A_TOKEN=$GOOD" B_TOKEN=
}

@test "--sentinels: a start is none of theirs" {
  echo "A_TOKEN=$GOOD" >.env
  sk run --sentinels -- true
  exits 2
  says "--sentinels is for a build"
}

@test "phases = start: a reference to the key does not bring its value into the build" {
  ini '[key DB_PASSWORD]' 'phases = start'
  printf 'DB_PASSWORD=%s\nURL=pg://u:${DB_PASSWORD}@db/\nCOPY=${URL}\nPLAIN=x\n' "$GOOD" >.env
  sk run --quiet --interpolate --phase build -- env
  prints_not "$GOOD"
  [ "$(sed -n 's,^COPY=,,p' <<<"$output")" = "pg://u:$(sed -n 's,^DB_PASSWORD=,,p' <<<"$output")@db/" ] ||
    complain "two stand-ins"
  gives COPY "pg://u:$GOOD@db/" --interpolate --phase start
}

@test "phases = build: required at build only, and not given at start" {
  ini '[key K]' 'phases = build' 'required = yes'
  finds "error missing K samekey.ini:1" -- --phase build
  finds --
  gives K 1 K=1 --phase build
  lacks K K=1 --phase start
  echo K=1 >.env
  lacks K --phase start
}

@test "inject = no keeps it from the child" {
  ini '[key A_TOKEN]' 'inject = no'
  lacks A_TOKEN A_TOKEN="$GOOD"
}

@test "default counts when nobody else gives it, below an empty value that is kept" {
  ini '[key PORT]' 'default = 8080'
  gives PORT 8080
  gives PORT 1 PORT=1
  wins PORT default samekey.ini:1
  wins PORT env env PORT=
}

@test "a default is judged like any value" {
  ini '[key PORT]' 'type = port' 'default = x'
  finds "error wrong-type PORT samekey.ini:1" --
}

@test "a default for a name that is taken for a secret is an error" {
  ini '[key A_TOKEN]' 'default = changeme'
  sk check
  exits 78
  says "samekey.ini:1" "a secret has no default"
}

# ---- what nobody needs to declare
