#!/usr/bin/env bats
# Goal: the way from dotenv to samekey runs as docs/how-to/migrate.md has it.

load helper

HOW_TO=$BATS_TEST_DIRNAME/../../docs/how-to/migrate.md

# The commands of one part, by a word of its heading; without one, those before the first.
part() {
  awk -v word="${1:-}" '
    BEGIN { on = word == "" }
    /^## / { on = word != "" && index($0, word) }
    /^```sh$/ { code = 1; next }
    /^```$/ { code = 0 }
    on && code' "$HOW_TO"
}

# plays WORD: runs a part as one would type it. Sets $status, $output, $stderr.
plays() {
  part "$@" >"$BATS_TEST_TMPDIR/part"
  [ -s "$BATS_TEST_TMPDIR/part" ]
  run --separate-stderr env -i PATH="$BATS_TEST_TMPDIR/bin:$PATH" HOME="$HOME" LC_ALL=C.UTF-8 \
    ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS" LSAN_OPTIONS="$LSAN_OPTIONS"} \
    bash -eu "$BATS_TEST_TMPDIR/part"
  exits 0
}

@test "every step does what it says" {
  mkdir "$BATS_TEST_TMPDIR/bin"
  ln -s "$SAMEKEY" "$BATS_TEST_TMPDIR/bin/samekey"
  # the server, for a machine without node and npm
  printf '#!/bin/sh\necho "signing with ${#SESSION_SECRET} characters"\n' >"$BATS_TEST_TMPDIR/bin/node"
  printf '#!/bin/sh\n' >"$BATS_TEST_TMPDIR/bin/npm"
  chmod 755 "$BATS_TEST_TMPDIR/bin/node" "$BATS_TEST_TMPDIR/bin/npm"
  plays ''
  cd shop
  plays Lint
  prints .env:2:1 SESSION_SECRET dotenv docker
  plays 'which value wins'
  prints SESSION_SECRET .env:2:1 'shop/server: ready'
  plays 'in front'
  [ "$output" = $'signing with 2 characters\nsigning with 31 characters' ] || complain
  plays 'must hold'
  prints 'shop/server: ready'
  grep -q 'key SESSION_SECRET' samekey.ini
  plays 'out of the code'
  [ "$output" = 'signing with 31 characters' ] || complain
  run ! grep -q dotenv server.js
  plays 'still reads a file'
  for file in web.env unit.env secret.yaml vars.sh; do
    git check-ignore -q "$file" || complain "$file"
    [ "$(stat -c %a "$file")" = 600 ] || complain "$file"
  done
  grep -qx 'SESSION_SECRET=q7#Lw2Vx9RtLzB4nHcYfPd6sJgA8eUi' web.env
}
