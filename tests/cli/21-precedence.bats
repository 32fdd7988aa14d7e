#!/usr/bin/env bats
# Goal: one order decides who wins, the losers stay visible, and what is removed from a value is said.

load helper

all_sources() {
  mkdir -p creds s
  printf %s "creds-$GOOD" >creds/A_TOKEN
  printf %s "file-$GOOD" >s/A_TOKEN
  echo "A_TOKEN=dotenv-$GOOD" >.env
}

@test "env, credentials, secrets, dotenv" {
  all_sources
  wins A_TOKEN env env A_TOKEN="env-$GOOD" CREDENTIALS_DIRECTORY=creds --secrets s
  jq -e '[.keys[0].shadowed[].source] == ["credentials", "secrets", "dotenv"]' <<<"$output"
  wins A_TOKEN credentials creds/A_TOKEN CREDENTIALS_DIRECTORY=creds --secrets s
  wins A_TOKEN secrets s/A_TOKEN --secrets s
  wins A_TOKEN dotenv .env:1:1
}

@test "another order" {
  all_sources
  wins A_TOKEN dotenv .env:1:1 A_TOKEN="env-$GOOD" --secrets s --order dotenv,secrets,env
  wins A_TOKEN secrets s/A_TOKEN A_TOKEN="env-$GOOD" --secrets s --order secrets,env,dotenv
}

@test "a source that the order leaves out never wins, and is shown" {
  all_sources
  wins A_TOKEN none - --order env
  jq -e '.keys[0].shadowed[0].source == "dotenv"' <<<"$output"
}

@test "from = binds a key to a source; the others are reported and never win" {
  all_sources
  printf '[key A_TOKEN]\nfrom = dotenv\n' >samekey.ini
  wins A_TOKEN dotenv .env:1:1 A_TOKEN="env-$GOOD" --secrets s
  sk A_TOKEN="env-$GOOD" check --secrets s
  says "code=not-from" "origin=env" "origin=s/A_TOKEN" "only dotenv may give this key"
  says_not code=conflict
  gives A_TOKEN "dotenv-$GOOD" A_TOKEN="env-$GOOD"
}

@test "from = and that source has nothing: the inherited value does not reach the child" {
  printf '[key A_TOKEN]\nfrom = dotenv\n' >samekey.ini
  lacks A_TOKEN A_TOKEN="env-$GOOD"
  printf 'required = yes\n' >>samekey.ini
  sk A_TOKEN="env-$GOOD" run -- true
  exits 78
  says missing A_TOKEN
}

@test "from = and a default: it counts where that source has nothing" {
  printf '[key PORT]\nfrom = dotenv\ndefault = 8080\n' >samekey.ini
  gives PORT 8080 PORT=9090
  wins PORT default samekey.ini:1 PORT=9090
  echo PORT=7070 >.env
  gives PORT 7070 PORT=9090
}

@test "an empty value that may not win anyway is none of the reasons why there is none" {
  printf '[key A_TOKEN]\nfrom = dotenv\nrequired = yes\nsecret = yes\n' >samekey.ini
  finds "error missing A_TOKEN samekey.ini:1" -- A_TOKEN=
  printf '[key A_TOKEN]\nrequired = yes\nsecret = yes\n' >samekey.ini
  echo "A_TOKEN=$GOOD" >.env
  sk check --order env
  says code=left-out "order leaves out dotenv, which alone has a value"
  echo A_TOKEN= >.env
  sk check --order env
  says_not code=left-out
}

@test "two kinds of source that disagree: a warning that names both" {
  all_sources
  finds "warning conflict A_TOKEN env" -- A_TOKEN="env-$GOOD"
  sk A_TOKEN="env-$GOOD" check
  says "env wins over .env:1:1"
}

@test "two kinds of source that agree: nothing" {
  all_sources
  finds -- A_TOKEN="dotenv-$GOOD"
}

@test "conflict = ignore, warn, fail" {
  all_sources
  printf '[key A_TOKEN]\nsecret = yes\nconflict = ignore\n' >samekey.ini
  finds -- A_TOKEN="env-$GOOD"
  sed -i s/ignore/warn/ samekey.ini
  finds "warning conflict A_TOKEN env" -- A_TOKEN="env-$GOOD"
  sed -i s/warn/fail/ samekey.ini
  finds "error conflict A_TOKEN env" -- A_TOKEN="env-$GOOD"
}

@test "run gives the child the resolved value over the inherited one" {
  all_sources
  gives A_TOKEN "dotenv-$GOOD" A_TOKEN="env-$GOOD" --order dotenv,env
}

# ---- what a value brings along

@test "a literal pair of quotes from env is removed and said" {
  echo "A_TOKEN=$GOOD" >.env
  finds "warning quotes-stripped A_TOKEN env" -- A_TOKEN="\"$GOOD\""
  gives A_TOKEN "$GOOD" A_TOKEN="'$GOOD'"
}

@test "quotes that are no pair stay" {
  echo "A=x" >.env
  gives A "\"it's" A="\"it's"
  gives A '"' A='"'
  gives A "\"x'" A="\"x'"
}

@test "quotes = keep, and type = json keeps them by itself" {
  printf '[key A]\nquotes = keep\n[key J]\ntype = json\n' >samekey.ini
  gives A '"x"' A='"x"'
  gives J '"x"' J='"x"'
  printf '[key J]\ntype = json\nquotes = strip\n' >samekey.ini
  sk J='"1"' run --quiet -- printenv J
  [ "$output" = 1 ]
}

@test "a carriage return at the end is removed and said, from env and files" {
  echo "A_TOKEN=$GOOD" >.env
  finds "warning cr-stripped A_TOKEN env" -- A_TOKEN="$GOOD"$'\r'
  gives A_TOKEN "$GOOD" A_TOKEN="$GOOD"$'\r'
  mkdir s
  printf '"%s"\r\n' "$GOOD" >s/B_TOKEN
  gives B_TOKEN "$GOOD" --secrets s
}

@test "quotes in an env file were judged by its dialect already" {
  printf 'A='"'"'"x"'"'"'\n' >.env
  gives A '"x"'
}

# ---- empty values

@test "an empty candidate of a secret is skipped, wherever it comes from" {
  mkdir s
  : >s/A_TOKEN
  echo "A_TOKEN=$GOOD" >.env
  wins A_TOKEN dotenv .env:1:1 A_TOKEN= --secrets s
  finds "warning empty A_TOKEN s/A_TOKEN" "warning empty A_TOKEN env" -- A_TOKEN= --secrets s
  gives A_TOKEN "$GOOD" A_TOKEN= --secrets s
}

@test "quotes around nothing are nothing" {
  echo "A_TOKEN=$GOOD" >.env
  wins A_TOKEN dotenv .env:1:1 A_TOKEN='""'
}

@test "an inherited empty secret does not reach the child, with an ini or without" {
  printf 'A_TOKEN=\n' >.env
  lacks A_TOKEN A_TOKEN=
  lacks B_TOKEN B_TOKEN=
  finds "warning empty B_TOKEN env" "warning empty A_TOKEN .env:1:1" -- B_TOKEN= ||
    finds "warning empty A_TOKEN .env:1:1" "warning empty B_TOKEN env" -- B_TOKEN=
}

@test "a declared secret whose every candidate is empty: an error" {
  echo '[key A_TOKEN]' >samekey.ini
  echo 'A_TOKEN=' >.env
  sk A_TOKEN= run -- true
  exits 78
  says "[all-empty" A_TOKEN
  echo 'phases = build' >>samekey.ini # what the start is not given cannot be missing in it
  sk A_TOKEN= run -- true
  exits 0
}

@test "empty = keep of a secret: that an empty value wins is said, not that there is no other" {
  printf '[key A_TOKEN]\nsecret = yes\nempty = keep\n' >samekey.ini
  echo "A_TOKEN=$GOOD" >.env
  sk A_TOKEN= run -- true
  exits 78
  says "[all-empty]" "by empty = keep in its section an empty value wins" "fix  drop empty = keep"
  says_not "every candidate is empty"
}

@test "an empty value of another key is a value" {
  echo 'PREFIX=x' >.env
  sk PREFIX= run --quiet -- sh -c 'echo "[${PREFIX-unset}]"'
  [ "$output" = "[]" ]
}

@test "empty = keep, skip, fail" {
  printf '[key A_TOKEN]\nempty = keep\nsecret = no\n' >samekey.ini
  echo "A_TOKEN=$GOOD" >.env
  wins A_TOKEN env env A_TOKEN=
  printf '[key PREFIX]\nempty = skip\n' >samekey.ini
  echo "PREFIX=x" >.env
  gives PREFIX x PREFIX=
  printf '[key PREFIX]\nempty = fail\n' >samekey.ini
  sk PREFIX= run -- true
  exits 78
  says "[empty]" PREFIX
}

@test "an inherited key is passed on as it is, and what stands around its value is told" {
  finds "warning not-cleaned A_TOKEN env" -- A_TOKEN="\"$GOOD\""
  gives A_TOKEN "\"$GOOD\"" A_TOKEN="\"$GOOD\""
  finds "warning not-cleaned A_TOKEN env" -- A_TOKEN="$GOOD"$'\r'
  echo '[key A_TOKEN]' >samekey.ini
  gives A_TOKEN "$GOOD" A_TOKEN="\"$GOOD\""
}
