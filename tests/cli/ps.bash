# shellcheck shell=bash
# Processes that hold something, and ports that they listen on.

teardown() {
  local pid
  for pid in "${PIDS[@]}"; do
    kill -KILL "$pid" 2>/dev/null || true
  done
  for pid in "${PIDS[@]}"; do
    wait "$pid" 2>/dev/null || true
  done
  rm -rf ${PLACE:+"$PLACE"}
}

PIDS=()
PYTHON=$(command -v python3 || true)

# starts [NAME=VALUE]... COMMAND...: runs it with nothing but these in its environment, sets $PID
# once it is that command.
starts() {
  env -i "$@" 3>&- 4>&- &
  PID=$!
  PIDS+=("$PID")
  local deadline=$((SECONDS + 10)) name
  while name=$(readlink "/proc/$PID/exe") && [[ $name == */env || $name == */bash* ]]; do
    [ "$SECONDS" -lt "$deadline" ] || complain "did not start: $*"
    sleep 0.01
  done
}

# state KEY: the state that the last `ps --json` has of this key of $PID.
state() {
  jq -r --argjson pid "$PID" --arg key "$1" \
    '.processes[] | select(.pid == $pid).keys[] | select(.key == $key).state' <<<"$output"
}

# holds KEY STATE: $PID does.
holds() {
  sk ps --json
  [ "$(state "$1")" = "$2" ] || complain "$1 of pid $PID is not $2: $(state "$1")"
}

# finds_process CODE SEVERITY KEY: there is such a finding about $PID.
finds_process() {
  jq -e --arg code "$1" --arg severity "$2" --arg key "$3" --arg who "pid $PID (" \
    '.findings[] | select(.code == $code and .severity == $severity and .key == $key) |
     select(.text | startswith($who))' <<<"$output" >/dev/null || complain "no finding $*"
}

# A port that nobody listens on, and a server of it: serves [NAME=VALUE]...
free_port() {
  PORT=$("$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
}

serves() {
  [ -n "$PYTHON" ] || skip "no python3"
  free_port
  starts "$@" "$PYTHON" -c "
import http.server
http.server.HTTPServer(('127.0.0.1', $PORT), http.server.SimpleHTTPRequestHandler).serve_forever()"
  local deadline=$((SECONDS + 10))
  until (: <"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; do
    [ "$SECONDS" -lt "$deadline" ] || complain "nobody listens"
    sleep 0.01
  done
}

# elsewhere COUNT: so many processes of other projects are noted, in one finding.
elsewhere() {
  jq -e --arg count "$1 process" '[.findings[] | select(.code == "process-elsewhere")] |
    length == 1 and .[0].severity == "note" and (.[0].text | startswith($count))' <<<"$output" >/dev/null ||
    complain "not one note on $1"
}
