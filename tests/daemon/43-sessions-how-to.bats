#!/usr/bin/env bats
# Goal: the commands of docs/how-to/sessions.md run as they stand there, one after the other.
# SPDX-License-Identifier: MIT

load helper

HOW_TO=$BATS_TEST_DIRNAME/../../docs/how-to/sessions.md

# The blocks of a kind, one after the other; `first` only the first.
blocks() {
  awk -v fence="\`\`\`$1" -v most="${2:-99}" '$0 == fence { on = ++count <= most; next } /^```$/ { on = 0 } on' "$HOW_TO"
}

# A port that nobody has just now.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

@test "a login, its pages, a refresh and a logout do what the page says" {
  http=$(free_port) upstream=$(free_port)
  ports="s/9465/$http/g; s/9466/$upstream/g"
  { blocks ini 1 | sed "$ports"; printf '[store]\nurl = sqlite:%s/sessions.db\n' "$DIR"; } | listen
  start
  mkdir "$DIR/bin"
  ln -s "$SAMEKEY" "$DIR/bin/samekey"
  export SAMEKEY_SOCKET=$HANDOFF PATH=$DIR/bin:$PATH
  blocks sh | sed "$ports" >"$DIR/page"
  cd "$DIR/shop/web"
  run bash -eu -o monitor "$DIR/page" 3>&-
  [ "$status" -eq 0 ] || { echo "$output"; return 1; }
  grep -qxF "$(blocks json)" <<<"$output"
  grep -q '"active":true.*"role":"clerk"' <<<"$output"
  grep -q '{"message":"Tokens refreshed"' <<<"$output"
  grep -q '{"message":"Logged out"}' <<<"$output"
  [ "$(grep -cx 204 <<<"$output")" -eq 1 ]
  [ "$(grep -cx 401 <<<"$output")" -eq 1 ]
  [[ $output != *canary-* ]]
}

@test "every path of the session listener stands on the page" {
  for path in /auth/login /auth/check/PROFILE /auth/refresh /auth/logout /auth/session; do
    grep -qF "$path\`" "$HOW_TO"
  done
}
