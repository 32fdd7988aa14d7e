#!/usr/bin/env bats
# Goal: a start that cannot be says why and what to do, with an exit code that a service manager can
# act on, and removes nothing that is not samekeyd's own.
# SPDX-License-Identifier: MIT

load helper

# As root, what follows runs as somebody without rights; else we are that already.
USER_ID=4242
as_user() {
  local words=("$SAMEKEYD")
  if [ "$(id -u)" -eq 0 ]; then
    cp "$SAMEKEYD" "$DIR/samekeyd" # the build may lie where others cannot look
    chmod 755 "$DIR" "$DIR/samekeyd"
    chmod 644 "$INI"
    words=(setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups -- "$DIR/samekeyd")
  fi
  fails "$@" "${words[@]}"
}

# fails CODE TEXT [WORD...]: a start ends by itself, says TEXT and a hint, and is exit CODE.
fails() {
  local code=$1 text=$2 before after
  shift 2
  [ $# -gt 0 ] || set -- "$SAMEKEYD"
  before=$(picture)
  run -"$code" timeout 20 "$@" --ini "$INI"
  [[ $output = *"level=error"*"$text"* ]] || { echo "$output"; return 1; }
  [[ $output = *'hint='* ]] || { echo "no hint: $output"; return 1; }
  [ "$(grep -c level=error <<<"$output")" -eq 1 ] || { echo "$output"; return 1; }
  after=$(picture)
  [ "$before" = "$after" ] || { diff <(echo "$before") <(echo "$after"); return 1; }
}

# Everything below the places of sockets: kind, mode, inode, target, name.
picture() { find "$DIR/run" "$DIR/shop" -printf '%y %m %i %l %p\n' | sort; }

# listens PATH [LINE...]: the ini has handoff there.
listens() {
  HANDOFF=$1
  shift
  printf '%s\n' "$@" | listen
}

@test "a second samekeyd on the same socket: 75, and the first goes on" {
  start
  fails 75 'another process listens on this socket'
  [ "$(status_of api /healthz)" = 200 ]
}

@test "somebody else's server on the path of the API: 75, and it goes on; no handoff socket is left" {
  mkdir -p "$DIR/run/samekey"
  chmod 755 "$DIR/run/samekey"
  python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
print("up", flush=True)
while True: s.accept()[0].close()' "$API" >"$DIR/up" 3>&- &
  # shellcheck disable=SC2034  # teardown ends it
  APPS=$!
  until_true test -s "$DIR/up"
  fails 75 'another process listens on this socket'
  [ -S "$API" ]
}

@test "a stale socket is taken over, and only that" {
  start
  kill -9 "$DAEMON"
  wait "$DAEMON" || true
  [ -S "$HANDOFF" ]
  touch "$DIR/run/samekey/other"
  start
  stop
  [ "$(ls "$DIR/run/samekey")" = other ]
}

@test "a path that is no socket is left as it is: 78" {
  local folder=$DIR/run/samekey
  mkdir -p "$folder"
  chmod 755 "$folder"
  for kind in file folder fifo link live-link; do
    rm -rf "$HANDOFF"
    case $kind in
      file) echo mine >"$HANDOFF" ;;
      folder) mkdir "$HANDOFF" ;;
      fifo) mkfifo "$HANDOFF" ;;
      link) ln -s /nowhere "$HANDOFF" ;;
      live-link) ln -s "$INI" "$HANDOFF" ;;
    esac
    fails 78 'is there and is no socket'
  done
  grep -q handoff "$INI" # where the link led
  rm -f "$HANDOFF"
  mkdir "$API"
  fails 78 'is there and is no socket'
}

@test "a port in use: 75, and the sockets that were made before are gone again" {
  mkdir -p "$DIR/run/samekey"
  chmod 755 "$DIR/run/samekey"
  python3 -c 'import socket, time
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
print(s.getsockname()[1], flush=True)
time.sleep(60)' >"$DIR/port" 3>&- &
  # shellcheck disable=SC2034  # teardown ends it
  APPS=$!
  until_true test -s "$DIR/port"
  listens "$HANDOFF" "http = 127.0.0.1:$(cat "$DIR/port")"
  fails 75 'cannot listen: Address already in use'
}

@test "settings that nobody knows, and places that cannot be: 78, with the line" {
  listens "$HANDOFF" 'htp = 127.0.0.1:9464'
  fails 78 "$INI:3 what=\"unknown setting 'htp' in [listen]\" hint=\"did you mean 'http'?\""
  listens "$HANDOFF" '[lisen]'
  fails 78 'unknown section [lisen]'
  listens "$HANDOFF" 'http = 0.0.0.0:80'
  fails 78 "'http' must be a loopback address and a port"
  listens run/handoff.sock
  fails 78 'a socket needs an absolute path'
  listens "$DIR/$(printf 'x%.0s' {1..120})/handoff.sock"
  fails 78 'the path of a socket has at most 107 bytes'
  listens "$DIR/run/no/such/handoff.sock"
  fails 78 'cannot make the folder: No such file or directory'
  listens "$INI/handoff.sock"
  fails 78 'Not a directory'
}

@test "too few descriptors: 75, and which limit" {
  mkdir -p "${HANDOFF%/*}"
  for limit in 4 8; do
    fails 75 'LimitNOFILE=' sh -c "exec 3>&- 4>&-; ulimit -n $limit; exec \"\$@\"" sh "$SAMEKEYD"
  done
}

@test "a folder that others can write: 78" {
  mkdir -p "$DIR/run/samekey"
  chmod 777 "$DIR/run/samekey"
  fails 78 'others can write this folder'
}

@test "a folder for sessions that cannot be, or that others can write: 78" {
  echo 9 >"$DIR/port" # nobody is asked
  with_sessions <<<$'[store]\nurl = sqlite:'"$DIR/run/no/such/sessions.db"
  fails 78 'cannot make the folder: No such file or directory'
  mkdir -m 777 "$DIR/run/open"
  chmod 777 "$DIR/run/open"
  with_sessions <<<$'[store]\nurl = sqlite:'"$DIR/run/open/sessions.db"
  fails 78 'others can write this folder, so they could replace the database'
}

@test "a folder or a port that this user may not take: 77" {
  if [ "$(id -u)" -eq 0 ]; then
    chmod 711 "$DIR/run"
    mkdir -p "$DIR/run/samekey"
    chmod 755 "$DIR/run/samekey"
    as_user 77 'cannot bind: Permission denied'
    listens "$DIR/run/new/handoff.sock"
    as_user 77 'cannot make the folder: Permission denied'
    install -d -o "$USER_ID" -m 700 "$DIR/run/own"
  else
    mkdir -p "$DIR/run/own"
    listens /run/samekey-test/handoff.sock
    as_user 77 'cannot make the folder: Permission denied'
  fi
  [ "$(sysctl -n net.ipv4.ip_unprivileged_port_start 2>/dev/null || echo 1024)" -gt 81 ] || return 0
  listens "$DIR/run/own/handoff.sock" 'http = 127.0.0.1:81'
  as_user 77 'cannot listen: Permission denied'
}

@test "a file system that is read-only: 78" {
  mkdir -p "$DIR/run/ro"
  listens "$DIR/run/ro/handoff.sock"
  # in a mount namespace of its own, so that nothing is left
  cat >"$DIR/within" <<'SH'
set -eu
mount -t tmpfs -o mode=755 none "$1"
mount -o remount,ro "$1"
shift
exec "$@"
SH
  fails 78 'Read-only file system' unshare --map-root-user --mount sh "$DIR/within" "$DIR/run/ro" "$SAMEKEYD"
  listens "$DIR/run/ro/new/handoff.sock"
  fails 78 'cannot make the folder: Read-only file system' unshare --map-root-user --mount sh "$DIR/within" "$DIR/run/ro" "$SAMEKEYD"
}
