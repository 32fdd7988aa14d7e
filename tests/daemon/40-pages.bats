#!/usr/bin/env bats
# Goal: README.md, the pages below docs/ and the examples of the man pages run as they stand there, one
# command after the other, and show what is printed there. tests/play says how; a new page needs no code here.
# SPDX-License-Identifier: MIT

load helper

ROOT=$BATS_TEST_DIRNAME/../..

# Whether all of these programs are here.
are_here() { [ $# -eq 0 ] || type "$@" >/dev/null 2>&1; }

@test "every page that needs nothing but samekey runs as it stands" {
  local page needs played=0 failed=''
  while read -r page needs; do
    # shellcheck disable=SC2086  # a word each
    are_here $needs || continue
    played=$((played + 1))
    timeout 60 "$ROOT/tests/play" "$page" 3>&- || failed+=" $page"
  done < <("$ROOT/tests/play" --list)
  [ -z "$failed" ] || { echo "failed:$failed"; return 1; }
  [ "$played" -ge 9 ]
}

@test "every path of the API stands on a page" {
  start
  api /no-such-path | jq -r .detail | sed 's/^paths: //; s/, /\n/g' | while read -r path; do
    grep -qF "$path" "$ROOT/README.md" "$ROOT"/docs/*/*.md || { echo "$path is not there"; return 1; }
  done
}

@test "every path of the session listener stands on its page" {
  for path in /auth/login /auth/check/PROFILE /auth/refresh /auth/logout /auth/session; do
    grep -qF "$path\`" "$ROOT/docs/how-to/sessions.md"
  done
}

# ---- the player itself

# plays TEXT: a page of that text.
plays() {
  printf '%s\n' "$1" >"$DIR/page.md"
  run timeout 60 "$ROOT/tests/play" "$DIR/page.md" 3>&-
}

@test "the player fails where a page is not true" {
  plays $'```sh\ntouch made\n```\n```console\n$ ls; echo 3 files\nmade\n3 ...\n```'
  [ "$status" -eq 0 ]
  plays $'```sh\nfalse\n```'
  [ "$status" -eq 1 ]
  plays $'```console\n$ echo this\nthat\n```'
  [ "$status" -eq 1 ]
  plays $'```console\n$ echo one\none\n$ echo two\n2\n```'
  [ "$status" -eq 1 ]
  plays $'<!-- play: false -->'
  [ "$status" -eq 1 ]
  PLAY_LIMIT=1 plays $'```console\n$ sleep 100; echo ended\nended early\n```'
  [ "$status" -eq 1 ]
  plays $'<!-- needs: no-such-program -->'
  [ "$status" -eq 77 ]
}

# ---- the examples of `samekey help COMMAND`, which samekey(1) shows too

# What a reader has before the examples are typed.
examples_stage() {
  cat <<'END'
```ini
[profile session]
app = web
key = NEXTAUTH_SECRET
```
<!-- play:
mkdir -p shop && cp "$BLOCK" shop/samekeyd.ini
printf '[store]\nurl = sqlite:%s/sessions.db\n' "$HOME" >>"$BLOCK"
verifier
mkdir -p shop/.git shop/dist shop/.next/cache shop/image shop/shared && cd shop
printf '[app]\nname = web\n' >samekey.ini
printf 'NEXTAUTH_SECRET=%s\n' "$(samekey keygen)" | tee .env >.env.production
echo '{"dependencies":{"next":"16.0.0"}}' >package.json
echo built | tee .next/BUILD_ID >dist/out && tar -czf app.tgz dist
echo '{"sub":"alice"}' >claims.json
for name in npm node next docker; do stand_in $name; done
stand_in kubectl 'exec cat >applied'
printf '#!/bin/sh\n' | tee server >start.sh && chmod 755 server start.sh
samekey offer --quiet
samekey issue --profile session --claim sub=user-7 >token.txt
samekey run --quiet --phase build --stamp build.stamp --scan dist -- true
export GITHUB_ENV=$PWD/github.env
samekey() {
  local status=0
  command samekey "$@" || status=$?
  [ "$status" -le 1 ] || echo "exit status $status: samekey $*" >>"$HOME/failed"
  return "$status"
}
sudo() { "$@"; }
-->
END
}

# The examples, a line each: indented by two, and perhaps explained behind two blanks.
examples() {
  local command
  for command in $("$SAMEKEY" help | sed -nE 's/^  ([a-z]+) .*/\1/p'); do
    "$SAMEKEY" help "$command" </dev/null | sed '1,2d; /^options$/,$d' |
      sed -nE 's/^ {2,}((sudo |umask 077; )?samekey [^A-Z(].*)/\1/p' | sed -E 's/ {2,}.*//'
  done
}

@test "every example of a command's help runs" {
  examples >"$DIR/examples"
  [ "$(wc -l <"$DIR/examples")" -ge 40 ]
  {
    examples_stage
    # `offer --watch` stays until it is ended: tests/daemon/64-supervise.bats
    grep -v -e '--watch' "$DIR/examples" | sed 's,/mnt/image,image,; s,/shared/,shared/,' | while IFS= read -r line; do
      printf '```sh\n%s || true\n```\n' "$line"
    done
    # shellcheck disable=SC2016  # for the player
    echo '<!-- play: [ ! -s "$HOME/failed" ] || { cat "$HOME/failed"; false; } -->'
  } >"$DIR/page.md"
  timeout 100 "$ROOT/tests/play" "$DIR/page.md" 3>&-
}
