#!/usr/bin/env bats
# Goal: samekeyd starts from nothing or from an ini, says exactly what is wrong with either, takes
# nothing away that is not its own, reloads, and ends without losing what has begun.

# shellcheck disable=SC2030,SC2031  # each test is a process of its own, and so are these variables
load helper

# fails CODE TEXT...: samekeyd ends with this code and says each text.
fails() {
  local wanted=$1 status=0 text
  shift
  timeout 20 "$SAMEKEYD" --ini "$INI" >"$DIR/out" 2>"$LOG" || status=$?
  [ "$status" -eq "$wanted" ] || { echo "exit status $status"; cat "$LOG"; return 1; }
  for text in "$@"; do log_says "$text"; done
}

@test "--help, --version and a wrong word" {
  run -0 "$SAMEKEYD" --help
  [[ $output == *"usage: samekeyd"* ]]
  local section key
  while read -r section key _; do
    [[ $output == *$'\n'"[$section"*$'\n'"  $key = "* ]] || { echo "--help lacks $key of [$section]"; return 1; }
  done < <(sed -nE 's/^;?\[([a-z]+).*/[ \1/p; s/^;?([a-z_]+) = .*/\1/p' conf/samekeyd.ini |
    awk '$1 == "[" { section = $2; next } { print section, $1 }')
  run -0 "$SAMEKEYD" --version
  [[ $output == "samekeyd "* ]]
  run -2 "$SAMEKEYD" --nonsense
  [[ $output == *"hint: samekeyd --help"* ]]
  run -2 "$SAMEKEYD" word
}

@test "--check reads the settings and ends" {
  run -0 "$SAMEKEYD" --ini "$INI" --check
  [ ! -e "$HANDOFF" ]
  echo '[nonsense]' >>"$INI"
  run -78 "$SAMEKEYD" --ini "$INI" --check
  [[ $output == *"samekeyd.ini:3"* ]]
}

@test "--check finds a file that is not there, and makes none" {
  cp "$INI" "$DIR/listen.ini"
  printf 'token_file = %s\n' "$DIR/none" >>"$INI"
  run -66 "$SAMEKEYD" --ini "$INI" --check
  [[ $output == *"$DIR/none"* ]]
  cp "$DIR/listen.ini" "$INI"
  printf '[fingerprint]\nkey = %s\n' "$DIR/none" >>"$INI"
  run -66 "$SAMEKEYD" --ini "$INI" --check
  [[ $output == *"$DIR/none"* ]]
  echo short >"$DIR/short.key"
  cp "$DIR/listen.ini" "$INI"
  printf '[fingerprint]\nkey = %s\n' "$DIR/short.key" >>"$INI"
  run -78 "$SAMEKEYD" --ini "$INI" --check
  [[ $output == *"a fingerprint key has 32 bytes"* ]]
  run -0 "$SAMEKEYD" --ini "$DIR/listen.ini" --check
  [ ! -e "$DIR/none" ] && [ ! -e "$XDG_STATE_HOME" ]
}

@test "a place where no socket can be: say what to do" {
  printf '[listen]\nhandoff = /proc/handoff.sock\n' >"$INI"
  fails 66 "cannot bind" "name a place under [listen] or [session]"
}

@test "a wrong ini stops the start with file, line and hint" {
  printf 'handof = /x\n' >>"$INI"
  fails 78 "where=$INI:3" "unknown setting 'handof' in [listen]" "did you mean 'handoff'?"
}

@test "every mistake of an ini is told at once" {
  printf '[limits]\nbody = much\n[drift]\nfail = x\n' >>"$INI"
  fails 78 "$INI:4" "$INI:6"
}

@test "an ini that is not there, and one that others can write" {
  rm "$INI"
  fails 66 "cannot open it"
  listen </dev/null
  chmod o+w "$INI"
  fails 78 "everybody may write this file"
}

@test "a token, and a fingerprint key, that is not there: how to make it" {
  cp "$INI" "$DIR/listen.ini"
  printf 'token_file = %s\n' "$DIR/none" >>"$INI"
  fails 66 "cannot open it" "(umask 077; samekey keygen > $DIR/none)"
  cp "$DIR/listen.ini" "$INI"
  printf '[fingerprint]\nkey = %s\n' "$DIR/none" >>"$INI"
  fails 66 "cannot open it" "(umask 077; head -c 32 /dev/urandom > $DIR/none)"
}

@test "a named fingerprint key must be one" {
  printf '[fingerprint]\nkey = %s\n' "$DIR/short.key" >>"$INI"
  echo short >"$DIR/short.key"
  fails 78 "a fingerprint key has 32 bytes" "name the right file, or a new one that head -c 32 /dev/urandom fills"
}

@test "a token that everybody may read, and one that is too short" {
  printf 'token_file = %s\n' "$DIR/token" >>"$INI"
  echo "$CANARY" >"$DIR/token"
  chmod 644 "$DIR/token"
  fails 78 "everybody may read this token"
  chmod 600 "$DIR/token"
  echo short >"$DIR/token"
  fails 78 "a token has 16 to 512 bytes"
}

@test "a path that is no socket is left alone" {
  mkdir -p "$(dirname "$HANDOFF")"
  echo precious >"$HANDOFF"
  fails 78 "is there and is no socket"
  [ "$(cat "$HANDOFF")" = precious ]
}

@test "a folder that others can write is refused" {
  mkdir -p "$(dirname "$HANDOFF")"
  chmod 777 "$(dirname "$HANDOFF")"
  fails 78 "others can write this folder"
}

@test "a folder that cannot be made is told, with the way out" {
  listen <<<"api = $DIR/nowhere/samekey/api.sock"
  fails 78 "cannot make the folder: No such file or directory"
  log_says "name a place under [listen] or [session]"
}

@test "a second daemon is refused, and the first one goes on" {
  start
  fails 75 "another process listens on this socket"
  [ "$(api /healthz)" = '{"v":1,"status":"ok"}' ]
  [ -S "$HANDOFF" ] && [ -S "$API" ]
}

@test "a socket that a killed daemon left is replaced" {
  start
  kill -KILL "$DAEMON"
  wait "$DAEMON" || true
  [ -S "$HANDOFF" ]
  start
  api /readyz
}

@test "a busy port is told" {
  with_tcp </dev/null
  python3 -c "
import signal, socket
s = socket.socket()
s.bind(('127.0.0.1', $PORT))
s.listen()
print('bound', flush=True)
signal.pause()" >"$DIR/bound" 3>&- &
  APPS="$APPS $!"
  until_true grep -q bound "$DIR/bound"
  fails 75 "choose another port"
  [ ! -e "$HANDOFF" ] # nothing is left behind by a start that failed
}

@test "the sockets are for owner and group, their folder for nobody else to write" {
  start
  [ "$(stat -c %a "$HANDOFF")" = 660 ]
  [ "$(stat -c %a "$API")" = 660 ]
  [ "$(stat -c %a "$(dirname "$HANDOFF")")" = 755 ]
}

@test "the process cannot be traced or dumped, and its memory is locked" {
  start
  [ "$(awk '/Max core file size/ { print $5, $6 }' "/proc/$DAEMON/limits")" = "0 0" ]
  [ "$(stat -c %U "/proc/$DAEMON/environ")" = root ] # not dumpable: not even its own user's
  api /metrics | grep -q '^samekey_memory_locked 1'
}

@test "each line of the log begins with its time, unless the journal notes that" {
  start
  stop
  log_says event=stopped
  run -1 grep -vE '^time=20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z level=[a-z]+ event=' "$LOG"
  [ -z "$output" ]
  : >"$LOG"
  printf '[log]\nformat = logfmt\n' >>"$INI"
  JOURNAL_STREAM=$(stat -c %d:%i "$LOG") start
  stop
  log_says event=stopped
  run -1 grep -v '^<[3-7]>level=' "$LOG"
  : >"$LOG"
  JOURNAL_STREAM=1:1 start # it was somebody else's
  run -1 grep -v '^time=' "$LOG"
}

@test "SIGTERM ends it with success and removes the sockets" {
  start
  stop TERM
  [ ! -e "$HANDOFF" ] && [ ! -e "$API" ]
  log_says event=stopped
}

@test "SIGTERM lets a request finish" {
  start
  python3 - "$API" "$DAEMON" <<'PY'
import os, signal, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.settimeout(10)
s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
other = socket.socket(socket.AF_UNIX)
other.connect(sys.argv[1])
other.settimeout(10)
other.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
assert b"200 OK" in other.recv(4096)
os.kill(int(sys.argv[2]), signal.SIGTERM)
assert other.recv(4096) == b""  # an idle connection is ended
s.sendall(b"\r\n")
assert b"200 OK" in s.recv(4096)
PY
  wait "$DAEMON"
  DAEMON=''
}

@test "SIGTERM while offers are under way: each gets its verdict, newcomers are told at once" {
  start
  said=$(DAEMON=$DAEMON python3 "$BATS_TEST_DIRNAME/hostile.py" "$HANDOFF" in-flight)
  [ "$said" = "then No such file or directory, verdict accepted" ] || { echo "$said"; return 1; }
  wait "$DAEMON"
  DAEMON=''
  [ "$(grep -c event=offered "$LOG")" -eq 32 ]
  log_says event=stopped
}

@test "a new daemon may start while the old one ends" {
  start
  mkfifo "$DIR/run/fifo"
  exec 7<>"$DIR/run/fifo"
  # Somebody who has connected, and keeps it waiting.
  python3 -c "
import socket, sys
link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
link.connect(sys.argv[1])
print('connected', flush=True)
sys.stdin.readline()" "$HANDOFF" <"$DIR/run/fifo" >"$DIR/connected" 3>&- 7>&- &
  APPS="$APPS $!"
  until_true grep -q connected "$DIR/connected"
  local old=$DAEMON
  kill "$old"
  until_true log_says event=stopping
  start
  kill -0 "$old"
  [ "$(grep -c event=started "$LOG")" -eq 2 ]
  echo >&7
  exec 7>&-
  wait "$old"
  [ -S "$HANDOFF" ] && api /healthz # the old one took nothing of the new one's away
}

@test "SIGHUP reads the settings again; wrong ones change nothing" {
  printf '[app web]\n' >>"$INI"
  start
  [ "$(status_of api /readyz)" = 503 ]
  listen </dev/null
  kill -HUP "$DAEMON"
  until_true log_says event=reloaded
  [ "$(status_of api /readyz)" = 200 ]
  echo '[nonsense]' >>"$INI"
  kill -HUP "$DAEMON"
  until_true log_says event=reload_failed
  [ "$(status_of api /readyz)" = 200 ]
  kill -0 "$DAEMON"
}

@test "the first [admit] section opens the sockets at a reload, the last one's end closes them" {
  start
  [ "$(stat -c %a "$HANDOFF" "$API" | tr '\n' ' ')" = "660 660 " ]
  printf '[admit apps]\nuid = 4711\nverbs = offer\n' >>"$INI"
  kill -HUP "$DAEMON"
  until_true log_says event=reloaded
  [ "$(stat -c %a "$HANDOFF" "$API" | tr '\n' ' ')" = "666 666 " ]
  mv "$API" "$API.moved" # another file in its place is not ours
  : >"$API"
  listen </dev/null
  kill -HUP "$DAEMON"
  until_true log_says event=socket_mode
  reloaded_twice() { [ "$(grep -c event=reloaded "$LOG")" = 2 ]; }
  until_true reloaded_twice
  [ "$(stat -c %a "$HANDOFF" "$API" "$API.moved" | tr '\n' ' ')" = "660 600 666 " ]
}

@test "SIGHUP says what only a restart changes" {
  start
  sed -i "s|^handoff = .*|handoff = $DIR/run/other.sock\napi = $API|" "$INI"
  kill -HUP "$DAEMON"
  until_true log_says event=needs_restart
  grep -q 'event=needs_restart settings="\[listen\] handoff"' "$LOG"
  api /readyz | jq -e '.ready and [.warnings[].code] == ["restart-needed"]'
  [ -S "$HANDOFF" ]
  told() { [ "$(grep -c event=needs_restart "$LOG") $(grep -c event=reloaded "$LOG")" = "$1 $2" ]; }
  kill -HUP "$DAEMON" # it still does
  until_true told 2 2
  sed -i "s|^handoff = .*|handoff = $HANDOFF|; /^api = /d" "$INI"
  kill -HUP "$DAEMON" # what runs again
  until_true told 2 3
  api /readyz | jq -e '.ready and .warnings == []'
  printf '[limits]\nmemory = 19M\n[store]\nurl = sqlite:%s/s.db\n' "$DIR" >>"$INI"
  kill -HUP "$DAEMON"
  until_true told 3 4
  api /readyz | jq -e '.warnings[0].text | endswith(": [limits] memory, [store] url")'
}

@test "SIGHUP says that the store goes on with the password that it was opened with" {
  echo canary-before >"$DIR/password"
  printf '[store]\nurl = redis://%s/none.sock\npassword_file = %s\n' "$DIR" "$DIR/password" >>"$INI"
  start
  told() { [ "$(grep -c event=needs_restart "$LOG") $(grep -c event=reloaded "$LOG")" = "$1 $2" ]; }
  kill -HUP "$DAEMON"
  until_true told 0 1
  echo canary-after >"$DIR/password"
  for times in 1 2; do
    kill -HUP "$DAEMON"
    until_true told "$times" "$((times + 1))"
  done
  api /readyz | jq -e '.warnings[].text | select(endswith(": [store] password_file"))'
  echo canary-before >"$DIR/password"
  kill -HUP "$DAEMON"
  until_true told 2 4
}

@test "the service manager is told READY, STATUS, RELOADING and STOPPING" {
  python3 - "$DIR/notify" >"$DIR/notified" 3>&- <<'PY' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(30)
print("bound", flush=True)
while True:
    text = s.recv(4096).decode()
    print(text, flush=True)
    if "STOPPING" in text:
        break
PY
  APPS="$APPS $!"
  until_true grep -q bound "$DIR/notified"
  NOTIFY_SOCKET=$DIR/notify start
  until_true grep -q '^READY=1' "$DIR/notified"
  until_true grep -q '^STATUS=0 live bundles, ready' "$DIR/notified"
  printf '[limits]\ndeadline = 40s\n' >>"$INI"
  kill -HUP "$DAEMON"
  until_true grep -q '^RELOADING=1' "$DIR/notified"
  until_true grep -q '^MONOTONIC_USEC=[0-9]' "$DIR/notified"
  stop
  until_true grep -q '^STOPPING=1' "$DIR/notified"
  grep -qx 'EXTEND_TIMEOUT_USEC=50000000' "$DIR/notified" # the deadline, and 10 s to close all
}

@test "without an ini the defaults hold" {
  [ ! -e /etc/samekey/samekeyd.ini ] || skip "this host has a samekeyd.ini"
  [ "$(id -u)" -ne 0 ] || command -v setpriv || skip "needs setpriv to become another user"
  chmod 711 "$DIR"
  chmod -R a+rX "$DIR/run"
  local as=()
  if [ "$(id -u)" -eq 0 ]; then
    chown -R 4711 "$DIR/run"
    as=(setpriv --reuid 4711 --regid 4711 --clear-groups)
    cp "$SAMEKEYD" "$DIR/samekeyd"
    chmod 755 "$DIR/samekeyd"
    SAMEKEYD=$DIR/samekeyd
  fi
  (cd "$DIR/run" && exec env HOME=/nonexistent XDG_STATE_HOME=/nonexistent "${as[@]}" "$SAMEKEYD") \
    >"$DIR/out" 2>>"$LOG" 3>&- &
  DAEMON=$!
  until_true log_says event=started
  log_says "handoff=$HANDOFF"
  until_true api /healthz
  # whoever does not live in a lasting home has no lasting fingerprints, and is told
  log_says "event=fingerprint_key"
  log_says 'ini=none'
  kill -HUP "$DAEMON"
  until_true log_says 'event=reloaded ini=none'
}

@test "the ini that is read without being named is in the log" {
  # in a mount namespace of its own, so that this host's /etc stays as it is
  cat >"$DIR/within" <<'SH'
set -eu
mount -t tmpfs -o mode=755 none /etc
mkdir -m 755 /etc/samekey
cp "$1" /etc/samekey/samekeyd.ini
shift
exec "$@"
SH
  unshare --map-root-user --mount sh "$DIR/within" "$INI" "$SAMEKEYD" >"$DIR/out" 2>>"$LOG" 3>&- &
  DAEMON=$!
  until_true log_says event=started
  log_says 'ini=/etc/samekey/samekeyd.ini'
  kill -HUP "$DAEMON"
  until_true log_says 'event=reloaded ini=/etc/samekey/samekeyd.ini'
  stop
  start
  log_says "ini=$INI"
}

@test "a log on a full disk stops nothing" {
  [ -e /dev/full ] || skip "no /dev/full"
  echo "AUTH_SECRET=$CANARY" >"$DIR/shop/web/.env"
  LOG=/dev/full start
  up web
  [ "$(api /readyz | jq .ready)" = true ]
  kill -HUP "$DAEMON"
  down "$APP_PID"
  stop
}

@test "without a standard error no socket of ours takes its number" {
  "$SAMEKEYD" --ini "$INI" <&- >&- 2>&- 3>&- &
  DAEMON=$!
  until_true api /healthz
  [ "$(readlink "/proc/$DAEMON/fd/2")" = /dev/null ]
  run_app web
  until_true holds "$APP_PID"
}

@test "a crash leaves no core, whatever the limits allow" {
  (cd "$DIR" && ulimit -c unlimited && exec python3 -c '
import os, signal, sys, time
child = os.spawnv(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
deadline = time.monotonic() + 20
while not os.path.exists(sys.argv[1]) and time.monotonic() < deadline:
    time.sleep(0.02)
os.kill(child, signal.SIGQUIT)
end = os.waitid(os.P_PID, child, os.WEXITED)
sys.exit(0 if (end.si_status, end.si_code) == (signal.SIGQUIT, os.CLD_KILLED) else str(end))
' "$HANDOFF" "$SAMEKEYD" --ini "$INI") 2>>"$LOG"
  [ -z "$(find "$DIR" -maxdepth 1 -name 'core*')" ]
}

@test "a limit of descriptors below what the caps may need is said" {
  start
  stop
  run -1 grep -q event=descriptors "$LOG"
  ulimit -n 500
  start
  log_says "event=descriptors"
  log_says "need 800 descriptors, the limit is 500"
  stop
}
