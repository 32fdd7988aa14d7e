# What the black-box tests of the daemon share: a scratch folder with a short path, a samekeyd that
# is started and ended for each test, and questions to it.
bats_require_minimum_version 1.5.0

# Values that must never be seen anywhere.
# shellcheck disable=SC2034  # the tests use them
{
  CANARY=canary-Vw2mQx9RtLzB4nHcYfPd6sJgA8eUiT3oXyN5
  CANARY2=canary-Tq8LmXw3RkV7nYc5HdPf9GsJ2aUe6iKoN4x
}

setup() {
  umask 077
  unset "${!SAMEKEY_@}" NODE_ENV CREDENTIALS_DIRECTORY NOTIFY_SOCKET pm_id
  SAMEKEY=${SAMEKEY:?} SAMEKEYD=${SAMEKEYD:?}
  DIR=$(mktemp -d "${TMPDIR:-/tmp}/skd.XXXXXX") # a socket's path is short
  export HOME=$DIR/home XDG_STATE_HOME=$DIR/state XDG_RUNTIME_DIR=$DIR/run
  mkdir -p "$HOME" "$XDG_RUNTIME_DIR" "$DIR/shop/web" "$DIR/shop/ws"
  HANDOFF=$DIR/run/samekey/handoff.sock API=$DIR/run/samekey/api.sock
  INI=$DIR/samekeyd.ini LOG=$DIR/log
  DAEMON='' APPS=''
  listen </dev/null
}

teardown() {
  local status=0 pid
  for pid in $APPS; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  if [ -n "$DAEMON" ]; then
    kill "$DAEMON" 2>/dev/null || true
    wait "$DAEMON" || status=$?
  fi
  if [ -e "$LOG" ]; then
    if [ "$status" -ne 0 ] || grep -qF canary- "$LOG"; then
      cat "$LOG"
      status=1
    fi
  fi
  rm -rf "$DIR"
  return "$status"
}

# Writes samekeyd.ini: the sockets, then what stands on standard input.
listen() {
  { printf '[listen]\nhandoff = %s\n' "$HANDOFF"; cat; } >"$INI"
}

# Polls until a command succeeds.
until_true() {
  local deadline=$((SECONDS + 20))
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      echo "never came true: $*"
      [ ! -e "$LOG" ] || tail -n 20 "$LOG"
      return 1
    fi
    sleep 0.02
  done
}

# Starts samekeyd and waits until it answers.
start() {
  "$SAMEKEYD" --ini "$INI" "$@" >"$DIR/out" 2>>"$LOG" 3>&- &
  DAEMON=$!
  until_true api /healthz
}

# Ends samekeyd, which must succeed.
stop() {
  kill -"${1:-TERM}" "$DAEMON"
  wait "$DAEMON"
  DAEMON=''
}

# api TARGET [CURL WORD]...: asks over the Unix socket.
api() {
  local target=$1
  shift
  curl -sS --max-time 10 --unix-socket "$API" "$@" "http://localhost$target"
}

# tcp TARGET [CURL WORD]...: asks over loopback.
tcp() {
  local target=$1
  shift
  curl -sS --max-time 10 "$@" "http://127.0.0.1:$PORT$target"
}

# Adds loopback TCP on a port that is free right now; standard input holds more of [listen].
with_tcp() {
  PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  { printf 'http = 127.0.0.1:%s\n' "$PORT"; cat; } | listen
}

# Starts the server that knows passwords (login_server.py); its port is in $DIR/port.
login_server() {
  python3 "$BATS_TEST_DIRNAME/login_server.py" "$DIR/port" 3>&- &
  APPS="$APPS $!"
  until_true test -e "$DIR/port"
}

# with_sessions [LINE OF SESSION]...: writes samekeyd.ini with a session listener at $SESSION, whose login
# server is there; standard input holds [store] and what else there is.
with_sessions() {
  SESSION=$DIR/run/samekey/session.sock
  printf '%s-access-key-0123456789' "$CANARY" >"$DIR/access.key"
  printf '%s-refresh-key-0123456789' "$CANARY2" >"$DIR/refresh.key"
  {
    cat <<INI
[profile access]
key_file = $DIR/access.key
forward = role
[profile refresh]
key_file = $DIR/refresh.key
[upstream]
url = http://127.0.0.1:$(cat "$DIR/port")/login
[session]
socket = $SESSION
access = access
refresh = refresh
claims = sub:userData.id, role:userData.role
subject = userData.id
INI
    printf '%s\n' "$@"
    cat
  } | listen
}

# Whoever still sends when it is refused may find the connection closed before it reads the answer
# (RFC 9112 section 9.6): asks until the answer came through.
comes_to() { until_true is_status "$@"; }
is_status() { [ "$(status_of "${@:2}")" = "$1" ]; }

status_of() { "$@" -o /dev/null -w '%{http_code}'; }

# run_app NAME [NAME=VALUE]... [-- OPTION...]: starts an app of the shop that sleeps; sets APP_PID.
run_app() {
  local name=$1 given=()
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    given+=("$1")
    shift
  done
  [ $# -eq 0 ] || shift
  (
    cd "$DIR/shop/$name" || exit
    exec env "${given[@]}" SAMEKEY_SOCKET="$HANDOFF" "$SAMEKEY" run --name "$name" "$@" -- sleep 300
  ) >"$DIR/$name.log" 2>&1 3>&- &
  APP_PID=$!
  APPS="$APPS $APP_PID"
}

# An app that starts, and is held by the verifier.
up() {
  run_app "$@"
  until_true holds "$APP_PID" || { cat "$DIR/$1.log"; return 1; }
}

holds() { api /v1/secrets | jq -e --argjson pid "$1" '.apps[] | select(.pid == $pid and .state != "dead")'; }
ended() { api /v1/secrets | jq -e --argjson pid "$1" '.apps[] | select(.pid == $pid and .state == "dead")'; }

# An app that must not start: its exit code is 78.
refused() {
  local status=0
  run_app "$@"
  wait "$APP_PID" || status=$?
  [ "$status" -eq 78 ] || { echo "exit status $status"; cat "$DIR/$1.log"; return 1; }
}

# Ends the app with that pid and waits until the verifier knows.
down() {
  kill "$1"
  wait "$1" 2>/dev/null || true
  until_true ended "$1"
}

log_says() { grep -qF -e "$1" "$LOG" || { cat "$LOG"; return 1; }; }
