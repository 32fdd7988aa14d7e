#!/usr/bin/env bats
# Goal: what an attack on the loader once got through stays out: values in messages, a value other
# than the one that `explain` names, input that holds a start up.

load helper

# silent_about TEXT WORD...: neither stream of samekey holds the text.
silent_about() {
  local text=$1
  shift
  sk "$@"
  [[ $output$stderr != *"$text"* ]] || complain "it shows a value: $*"
}

@test "a line that is no entry is never shown: what stands there may be a value" {
  local line
  for line in "$GOOD" "$GOOD: x" "9$GOOD=" "Bearer $GOOD" "$GOOD x=1" "export $GOOD" "$GOOD=" \
    "${GOOD:0:42}=="; do
    printf 'A=1\n%s\n' "$line" >.env
    for command in check "check --json" explain "explain --json" "run -- true" ""; do
      # shellcheck disable=SC2086
      silent_about "${GOOD:0:40}" $command
    done
    sk check
    exits 65
  done
}

@test "the lines of an unquoted PEM key are neither shown nor handed on" {
  local body=MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7
  printf 'KEY=-----BEGIN PRIVATE KEY-----\n%s\nAbC1dEfGhIj=\nQ7==\n-----END PRIVATE KEY-----\n' \
    $body >.env
  for part in $body AbC1dEfGhIj Q7; do
    silent_about "$part" check
    silent_about "$part" run -- true
  done
  cp .env .env.staging
  rm .env
  for part in $body AbC1dEfGhIj Q7; do silent_about "$part" check; done
}

@test "a name without a value, and one with a single sign, stay names" {
  printf 'DEBUG=\nHTTPS_PROXY_B2=\nSEPARATOR=:\n' >.env
  gives SEPARATOR :
  gives DEBUG ""
}

@test "a value in the wrong place of samekey.ini is not shown" {
  local line
  for line in "[app]\n$GOOD = x" "[$GOOD]" "[sources]\norder = $GOOD" "[sources]\ndialect = $GOOD"; do
    printf '%b\n' "$line" >samekey.ini
    silent_about "$GOOD" check
    exits 78
  done
}

@test "a value on the command line is not shown" {
  echo 'NEXTAUTH_SECRET=changeme' >.env
  printf '[key NEXTAUTH_SECRET]\nrequired = yes\n' >samekey.ini
  silent_about hunter2 run -- env NEXTAUTH_SECRET=hunter2 node --token=hunter2 server.js
  says "NEXTAUTH_SECRET=..." "--token=..." server.js
  silent_about hunter2 run -- mysql --password hunter2 shop
  silent_about "$GOOD" run -- login "$GOOD"
  silent_about hunter2 run -- sh -c 'A=1 MY_TOKEN=hunter2 exec node server.js'
  silent_about "$GOOD" check --allow "$GOOD"
  silent_about "$GOOD" "$GOOD"
  silent_about "$GOOD" check "$GOOD"
  silent_about "$GOOD" explain "$GOOD"
  silent_about "$GOOD" help "$GOOD"
}

@test "a reference that is a value by mistake is not shown" {
  printf 'A=${%s}\n' "$GOOD" >.env
  silent_about "$GOOD" check --interpolate
  exits 65
}

@test "a secret that interpolation leaves empty does not win" {
  echo 'NEXTAUTH_SECRET=${NOPE:-}' >.env.production
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  gives NEXTAUTH_SECRET "$GOOD" --interpolate
  wins NEXTAUTH_SECRET dotenv .env:1:1 --interpolate
}

@test "a default is read as the value that it stands in, and holds no other reference" {
  printf 'A="${NOPE:-a\\tb}"\n' >.env
  gives A $'a\tb' --interpolate
  echo 'A=${NOPE:-${HOME}}' >.env
  sk run --interpolate -- true
  exits 65
  says "[interpolation]"
}

@test "a secret's file called as an env file calls the key is that key's" {
  mkdir secrets
  echo 'db_password=from-the-env-file' >.env
  printf from-the-secret-file >secrets/db_password
  gives db_password from-the-secret-file --secrets secrets
  lacks DB_PASSWORD --secrets secrets
}

@test "a folder's name reaches neither a terminal nor JSON as it is" {
  local folder=$'in\e[31m\xe9' command
  mkdir -p "$folder/.git" "$folder/secrets"
  cd "$folder"
  printf '[app]\nmode = production\n' >samekey.ini
  printf A=1 >.env
  printf 2 >secrets/A
  for command in run explain ""; do
    printf '%q ' env -i PATH="$PATH" HOME="$HOME" A=3 CREDENTIALS_DIRECTORY="$PWD/secrets" "$SAMEKEY" $command --ini "$PWD/samekey.ini" >typed
    [ "$command" != run ] || printf ' -- true' >>typed
    script -qec "bash typed" /dev/null </dev/null >shown || complain "$(cat -v shown)"
    ! LC_ALL=C grep -qa $'\e\\[31m\|\xe9' shown || complain "$command: $(cat -v shown)"
  done
  for command in check explain ""; do
    # shellcheck disable=SC2086
    sk $command --json --ini "$PWD/samekey.ini"
    exits 0
    jq -e .ini <<<"$output" || complain "no JSON"
  done
}

@test "a name that a build froze forges no line" {
  echo '{"dependencies": {"next": "15"}}' >package.json
  mkdir .next
  printf '%s\n' '{"config": {"env": {"A_SECRET\u001b[31m\nlevel=error event=forged": ""}}}' >.next/required-server-files.json
  sk run -- next start
  exits 78
  says 'A_SECRET\x1b[31m\x0alevel'
  says_not $'\e[31m' $'\nlevel=error'
}
