#!/usr/bin/env bats
# Goal: every command, at work and refusing, touches no memory that is not its own and loses none.
# valgrind runs the release programs as they are shipped; it has no mlock2 and no openat2, so what a
# kernel without them is given runs too.
# SPDX-License-Identifier: MIT
bats_require_minimum_version 1.5.0

SECRET=k7Vw2mQx9RtLzB4nHcYfPd6sJgA8eUiT3oXyN5vW1qE
ERROR=99 # no exit status of samekey

setup() {
  umask 077
  unset "${!SAMEKEY_@}" NODE_ENV CREDENTIALS_DIRECTORY pm_id
  DIR=$(mktemp -d "${TMPDIR:-/tmp}/skm.XXXXXX") # a socket's path is short
  export HOME=$DIR/home
  mkdir -p "$HOME" "$DIR/shop/.git" "$DIR/shop/dist" "$DIR/out"
  cd "$DIR/shop" || return 1
  printf '[app]\nname = shop\n[key JWT_SECRET]\nrequired = yes\nsecret = yes\n' >samekey.ini
  printf "JWT_SECRET='%s'\nPORT=3000\nexport HOST=\"a b\"\n" "$SECRET" >.env
  printf 'PORT=4000 # over .env\nURL=http://${HOST}\n' >.env.production
  printf 'const key = process.env.JWT_SECRET || "your-secret-key";\n' >dist/server.js
  printf 'const frozen = "%s";\n' "$SECRET" >dist/page.js
  printf '[listen]\nhandoff = %s\n[profile session]\napp = shop\nkey = JWT_SECRET\nissuer = https://id.example\nlifetime = 15m\n[store]\nurl = sqlite:%s\n' \
    "$DIR/run/handoff.sock" "$DIR/run/sessions.db" >"$DIR/samekeyd.ini"
  mkdir "$DIR/run"
  DAEMON='' NAMES=''
}

teardown() {
  local status=0
  [ -z "$DAEMON" ] || { kill "$DAEMON" || true; wait "$DAEMON" || status=$?; }
  rm -rf "$DIR"
  return "$status"
}

# row EXIT WORD...: `samekey WORD...` ends with EXIT, and valgrind has nothing to say.
row() {
  local expected=$1 status=0
  shift
  NAMES="$NAMES $1 "
  env -i PATH="$PATH" HOME="$HOME" SAMEKEY_SOCKET="$DIR/run/handoff.sock" timeout 120 \
    valgrind --quiet --error-exitcode=$ERROR --leak-check=full --errors-for-leak-kinds=definite,indirect \
    --log-file="$DIR/valgrind" --child-silent-after-fork=yes "$SAMEKEY" "$@" \
    >"$DIR/out/stdout" 2>"$DIR/out/stderr" </dev/null || status=$?
  [ "$status" -eq "$expected" ] && return
  echo "samekey $*: exit status $status instead of $expected"
  grep -hvE '^--|^$' "$DIR/valgrind" "$DIR/out/stderr" | head -n 40
  return 1
}

# knows_all MOMENT: some row of the test ran each command of it.
knows_all() {
  local name
  for name in $("$SAMEKEY" help --json | jq -r --arg moment "$1" '.commands[] | select(.moment == $moment) | .name'); do
    [[ $NAMES == *" $name "* ]] || { echo "no row runs samekey $name"; return 1; }
  done
}

# A samekeyd, not under valgrind, and what this folder offers it.
serve() {
  "$SAMEKEYD" --ini "$DIR/samekeyd.ini" 2>"$DIR/log" 3>&- &
  DAEMON=$!
  local deadline=$((SECONDS + 20))
  until [ -S "$DIR/run/handoff.sock" ]; do
    [ "$SECONDS" -lt "$deadline" ] || { cat "$DIR/log"; return 1; }
    sleep 0.05
  done
  SAMEKEY_SOCKET=$DIR/run/handoff.sock "$SAMEKEY" offer --quiet 2>/dev/null || true # perhaps refused
}

@test "before start" {
  row 0 check
  row 0 check --json -- node dist/server.js
  row 1 check --strict
  row 0 explain
  row 0 explain --json PORT
  row 1 explain NOBODY
  row 2 explain --no-such-option
  row 0 keygen
  row 0 keygen --json
  row 2 keygen --bytes 1
  row 0 install "$DIR/out"
  row 66 install /proc/samekey
  row 78 init
  row 0 init --root "$DIR/out"
  row 1 scan dist
  row 69 offer
  serve
  row 0 offer
  row 0 offer --withdraw
  knows_all 'before start'
}

@test "start" {
  row 0 run -- true
  row 3 run -- sh -c 'exit 3'
  row 0 run --supervise -- true
  row 127 run -- no-such-program
  row 2 run
  printf '[key DATABASE_URL]\nrequired = yes\n' >>samekey.ini
  row 78 run -- true
  serve
  row 78 run --supervise -- true
  knows_all start
}

@test "running" {
  row 69 status
  serve
  row 0 status
  row 0 status --json
  row 0 drift
  row 0 ps
  row 0 ps --json
  row 0 doctor
  row 0 doctor --json
  knows_all running
}

@test "tokens" {
  row 69 verify not-a-token
  serve
  local token
  token=$(SAMEKEY_SOCKET=$DIR/run/handoff.sock "$SAMEKEY" issue --profile session --claim sub=alice)
  row 0 issue --profile session --claim sub=alice
  row 2 issue --profile nobody --claim sub=alice
  row 0 verify "$token"
  row 1 verify "${token%?????}AAAAA"
  row 0 diagnose "$token"
  row 1 diagnose "${token%?????}AAAAA"
  row 0 revoke "$token"
  row 1 verify "$token"
  knows_all tokens
}

@test "files" {
  local dialect
  row 0 dialects
  for dialect in $("$SAMEKEY" dialects --json | jq -r '.dialects[].name'); do
    row 0 parse --dialect "$dialect" --json .env.production
  done
  row 2 parse --dialect nobody .env
  row 0 lint
  row 0 lint --format sarif .env
  row 1 lint --fix .env.production
  for dialect in process shell kubernetes-secret github-env docker compose; do
    row 0 export --for "$dialect"
  done
  row 0 export --for json "$DIR/out/values.json"
  row 2 export --for nobody
  knows_all files
}

@test "help" {
  local word
  for word in '' run findings codes samekey.ini samekeyd.ini weak; do
    row 0 help ${word:+"$word"}
  done
  row 2 help nothing-of-that-name
  row 0 --version
  row 0
  knows_all help
}
