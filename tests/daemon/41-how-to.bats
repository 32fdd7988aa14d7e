#!/usr/bin/env bats
# Goal: the commands of docs/how-to/tokens.md run as they stand there, one after the other.
# SPDX-License-Identifier: MIT

load helper

PAGES=$BATS_TEST_DIRNAME/../../docs/how-to
HOW_TO=$PAGES/tokens.md

# Every block of a kind, one after the other.
blocks() { awk -v fence="\`\`\`$1" '$0 == fence { on = 1; next } /^```$/ { on = 0 } on' "$HOW_TO"; }

@test "profiles, minting, verifying, rotating and diagnosing do what the page says" {
  blocks ini | listen
  start
  mkdir "$DIR/bin"
  ln -s "$SAMEKEY" "$DIR/bin/samekey"
  export SAMEKEY_SOCKET=$HANDOFF PATH=$DIR/bin:$PATH
  blocks sh | sed "s#/run/samekey/api.sock#$API#" >"$DIR/page"
  grep -qF "$API" "$DIR/page"
  cd "$DIR/shop/web"
  run bash -eu "$DIR/page"
  [ "$status" -eq 0 ] || { echo "$output"; return 1; }
  [ "$(grep -c '^accepted$' <<<"$output")" -eq 2 ]
  grep -q 'key  *NEXTAUTH_SECRET  active' <<<"$output"
  grep -q 'key  *NEXTAUTH_SECRET_PREVIOUS  retiring' <<<"$output"
  grep -q '^signed with NEXTAUTH_SECRET_PREVIOUS' <<<"$output"
  # what curl gives is what the page shows, with the page's own names
  grep '^{"active"' <<<"$output" | jq -e '.claims.sub == "user-7" and .claims.role == "clerk" and .profile == "session"'
  blocks json | jq -r 'keys_unsorted | join(" ")' >"$DIR/shown"
  grep '^{"active"' <<<"$output" | jq -r 'keys_unsorted | join(" ")' | diff "$DIR/shown" -
}

@test "every path of the API stands on the page" {
  start
  api /no-such-path | jq -r .detail | sed 's/^paths: //; s/, /\n/g' | while read -r path; do
    case $path in /healthz | /readyz | /metrics | /v1/secrets | /v1/drift | /v1/guards) continue ;; esac
    grep -qF "$path" "$HOW_TO" "$PAGES/witnesses.md" || { echo "$path is not there"; return 1; }
  done
}
