#!/usr/bin/env bats
# Goal: build/static/samekey is one file that needs nothing: no loader, no library, no /proc, /dev,
# /tmp or /etc. It does its work in an empty root, and says clearly what cannot be done there.
# SPDX-License-Identifier: MIT

load ../daemon/helper

CHECKOUT=$BATS_TEST_DIRNAME/../..
STATIC=$CHECKOUT/build/static/samekey

setup_file() {
  make -C "$BATS_TEST_DIRNAME/../.." -s static >&2
}

# An empty root with samekey and, of folders, only the app's.
root() {
  ROOT=$DIR/root
  mkdir -p "$ROOT/app"
  chmod 755 "$DIR" "$ROOT" "$ROOT/app"
  cp "$STATIC" "$ROOT/samekey"
}

# inside WORD...: runs samekey there, in /app, without an environment; in a user namespace where one
# is not root already. Sets $status, $output, $stderr.
inside() {
  local given=()
  while [[ ${1:-} == [A-Za-z_]*=* ]]; do
    given+=("$1")
    shift
  done
  local how=(unshare --root="$ROOT" --wd=/app)
  [ "$(id -u)" -eq 0 ] || how+=(--user --map-root-user)
  status=0
  output=$(env -i "${given[@]}" "${how[@]}" /samekey "$@" 2>"$DIR/stderr") || status=$?
  stderr=$(<"$DIR/stderr")
}

# Not to be: bash lets a bare `!` pass whatever comes out.
not() { if "$@"; then echo "came true: $*"; return 1; fi; }
exits() { [ "$status" -eq "$1" ] || { echo "$status, $output, $stderr"; return 1; }; }
says() { [[ $output$stderr == *"$1"* ]] || { echo "no '$1' in: $output, $stderr"; return 1; }; }

@test "no interpreter, no library, no name service; relocated read-only, and nothing is both writable and executable" {
  local headers dynamic
  headers=$(readelf -lW "$STATIC")
  dynamic=$(readelf -dW "$STATIC")
  not grep -E 'INTERP|RWE' <<<"$headers"
  not grep -E 'NEEDED|TEXTREL|RPATH|RUNPATH' <<<"$dynamic"
  grep -q 'Elf file type is DYN' <<<"$headers"
  grep -qE 'GNU_STACK .* RW ' <<<"$headers"
  grep -q GNU_RELRO <<<"$headers"
  grep -q 'BIND_NOW' <<<"$dynamic"
  [[ $(ldd "$STATIC" 2>&1) == *"statically linked"* ]]
  # what would look for libnss_*.so when it runs; the linker warns of each
  nm "$STATIC" >"$DIR/symbols"
  grep -q ' T main$' "$DIR/symbols"
  not grep -E ' T (getpwnam|getpwuid|getgrnam|getaddrinfo|dlopen|iconv_open)$' "$DIR/symbols"
}

@test "the link says nothing" {
  run make -C "$CHECKOUT" -s BUILD=static BIN="$DIR" all
  [ "$status" -eq 0 ]
  [ -x "$DIR/samekey" ]
  not grep -vE '^  [A-Z]+ ' <<<"$output"
}

@test "in an empty root: version, help, explain and check" {
  root
  printf 'SHOP_TOKEN=%s\nPORT=3000\n' "$CANARY" >"$ROOT/app/.env"
  inside --version
  exits 0
  says "samekey 0."
  inside help run
  exits 0
  says "samekey run"
  inside explain SHOP_TOKEN
  exits 0
  says ".env:1"
  inside check
  exits 0
  inside dialects
  exits 0
  inside keygen
  exits 0
  [ ${#output} -eq 43 ]
  [ -z "$(find "$ROOT" -newer "$ROOT/samekey" ! -path "$ROOT/app*" ! -path "$ROOT")" ] # left nothing
}

@test "in an empty root: a static program runs with the values, and its exit status is samekey's" {
  root
  printf 'SHOP_TOKEN=%s\n' "$CANARY" >"$ROOT/app/.env"
  inside run -- /samekey help
  exits 0
  says "before start"
  inside run -- /samekey explain SHOP_TOKEN
  exits 0
  says "env"
  inside run -- /samekey no-such-command
  exits 2
  inside run -- /no-such-program
  exits 127
  says "/no-such-program"
}

@test "in an empty root: a bundle is handed over to a samekeyd outside, by a socket that lies inside" {
  root
  # shellcheck disable=SC2034  # the helper reads both
  HANDOFF=$ROOT/s/handoff.sock API=$ROOT/s/api.sock
  mkdir "$ROOT/s"
  chmod 755 "$ROOT/s"
  listen </dev/null
  start
  printf 'SHOP_TOKEN=%s\n' "$CANARY" >"$ROOT/app/.env"
  inside SAMEKEY_SOCKET=/s/handoff.sock offer --name shop
  exits 0
  api /v1/secrets | jq -e '.apps[] | select(.app == "shop" and .standing).keys[0].key == "SHOP_TOKEN"'
  inside SAMEKEY_SOCKET=/s/handoff.sock status --ready --name shop
  exits 0
  inside SAMEKEY_SOCKET=/s/handoff.sock offer --withdraw --name shop
  exits 0
  inside SAMEKEY_SOCKET=/s/handoff.sock run --name shop --verifier-required -- /samekey help
  exits 0
}

@test "in an empty root: what cannot work there says so" {
  root
  printf 'SHOP_TOKEN=%s\n' "$CANARY" >"$ROOT/app/.env"
  inside ps
  exits 66
  says /proc
  inside status
  exits 69
  says "no verifier listens here"
  inside scan .
  says "samekey-scan"
  [ "$status" -ne 0 ]
  inside run --private-verifier -- /samekey help
  says "samekeyd"
  [ "$status" -ne 0 ]
  inside run -- node server.js
  exits 127
  says node
  inside doctor
  says "/proc"
}
