#!/usr/bin/env bats
# Goal: samekeyd-upstream serves samekeyd and nobody else. What it does there: tests/unit/upstream*.

setup() {
  UPSTREAM=$(dirname "${SAMEKEYD:?}")/samekeyd-upstream
}

# Gives a program a socket as descriptor 9: `with_socket KIND PROGRAM WORD...`, KIND is a type of
# Python's socket module.
with_socket() {
  python3 -c '
import os, socket, subprocess, sys
ours, theirs = socket.socketpair(socket.AF_UNIX, getattr(socket, sys.argv[1]))
os.dup2(theirs.fileno(), 9)
sys.exit(subprocess.run(sys.argv[2:], pass_fds=[9], timeout=10).returncode)' "$@"
}

@test "started by hand it says who starts it" {
  for words in '' 3 0 -1 x '3 4' 999999999999 --help; do
    # shellcheck disable=SC2086  # words are meant to split
    run "$UPSTREAM" $words 3>&-
    [ "$status" -eq 2 ]
    [[ $output == *'samekeyd.ini has [upstream]'* ]]
  done
}

@test "it takes no socket but a pair's, and none that its parent has not made" {
  run with_socket SOCK_STREAM "$UPSTREAM" 9
  [ "$status" -eq 2 ]
  run with_socket SOCK_SEQPACKET sh -c '"$1" 9; exit $?' sh "$UPSTREAM"
  [ "$status" -eq 2 ]
}

@test "it tells its version" {
  run "$UPSTREAM" --version
  [ "$status" -eq 0 ]
  [ "$output" = "samekeyd-upstream $("$SAMEKEYD" --version | cut -d ' ' -f 2)" ]
}

@test "it links the network's library, and samekeyd does not" {
  ldd "$UPSTREAM" | grep -q libcurl
  [ "$(ldd "$SAMEKEYD" | grep -c libcurl)" -eq 0 ]
}
