#!/usr/bin/env bats
# Goal: whoever carries a key of the bundle is named, with what it holds; nobody else is, and no
# process is blamed for what it does not hold.
# Alone: it sees what runs on the whole machine, other tests' processes too.

load helper

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

# ---- states

@test "the winner: same, and exit 0" {
  echo "A_SECRET=$GOOD" >.env
  starts A_SECRET="$GOOD" sleep 60
  holds A_SECRET same
  exits 0
  jq -e '.ok and .findings == []' <<<"$output" >/dev/null || complain "not ok"
  sk ps
  exits 0
  prints "$PID" sleep "$PWD" "started" "A_SECRET" same ".env:1:1"
}

@test "a value that lost: stale, with its place" {
  echo "A_SECRET=$GOOD2" >.env
  echo "A_SECRET=$GOOD" >.env.local
  starts A_SECRET="$GOOD2" sleep 60
  holds A_SECRET stale
  exits 1
  finds_process process-stale error A_SECRET
  jq -e --argjson pid "$PID" '.processes[] | select(.pid == $pid).keys[0] |
    .candidate == ".env:1:1" and .origin == ".env.local:1:1" and .fingerprint != .wanted and
    (.fingerprint | length) == 12' <<<"$output" >/dev/null || complain "not both sides"
  sk ps
  exits 1
  prints "stale" ".env:1:1" "not " ".env.local:1:1"
}

@test "what another loader makes of the file: stale, with its name" {
  printf "A_SECRET='%s\$x'\n" "$GOOD" >.env
  starts A_SECRET="$GOOD" sleep 60
  holds A_SECRET stale
  sk ps
  prints "reads it" "next"
}

@test "empty, quoted, a placeholder, something else" {
  echo "A_SECRET=$GOOD" >.env
  starts A_SECRET= sleep 60
  holds A_SECRET empty
  finds_process process-empty error A_SECRET
  starts A_SECRET="\"$GOOD\"" sleep 60
  holds A_SECRET quoted
  finds_process process-quoted error A_SECRET
  starts A_SECRET="$GOOD"$'\r' sleep 60
  holds A_SECRET quoted
  starts A_SECRET=your-secret-key sleep 60
  holds A_SECRET placeholder
  finds_process process-placeholder error A_SECRET
  starts A_SECRET="x$GOOD" sleep 60
  holds A_SECRET other
  finds_process process-other error A_SECRET
}

@test "a missing secret is a warning, an error where it is required, and counts with --strict" {
  printf 'A_SECRET=%s\nB_SECRET=%s\n' "$GOOD" "$GOOD2" >.env
  starts A_SECRET="$GOOD" sleep 60
  holds B_SECRET missing
  exits 0
  finds_process process-missing warning B_SECRET
  sk drift --json
  exits 1
  jq -e '.drift[] | select(.code == "process-missing" and .key == "B_SECRET" and
    .severity == "warning")' <<<"$output" >/dev/null || complain "not in the list"
  printf '[key B_SECRET]\nrequired = yes\n' >samekey.ini
  sk ps --json
  exits 1
  finds_process process-missing error B_SECRET
  rm samekey.ini
  sk ps --strict --json
  exits 1
  finds_process process-missing error B_SECRET
  sk ps
  says "reads by itself after its start"
}

@test "a server of the project that holds no secret at all is seen" {
  echo "A_SECRET=$GOOD" >.env
  serves
  holds A_SECRET missing
  exits 0
  finds_process process-missing warning A_SECRET
  jq -e --argjson pid "$PID" --argjson port "$PORT" '.processes[] | select(.pid == $pid).ports ==
    [$port]' <<<"$output" >/dev/null || complain "no port"
  sk ps --strict
  exits 1
  sk drift --json
  exits 1
  jq -e --arg who "pid $PID" '.drift[] | select(.code == "process-missing" and .witness == $who)' \
    <<<"$output" >/dev/null || complain "not in the list"
  printf '[key A_SECRET]\nrequired = yes\n' >samekey.ini
  sk ps --json
  exits 1
  finds_process process-missing error A_SECRET
}

@test "a server elsewhere, and a runtime that does not listen, are nobody's business" {
  mkdir -p other/web mine
  echo "A_SECRET=$GOOD" >mine/.env
  cd other/web
  serves
  cd ../../mine
  [ -n "$PYTHON" ] || skip "no python3"
  starts "$PYTHON" -c 'import time; time.sleep(60)'
  sk ps --strict
  exits 0
  prints "no process that this user may read carries a secret"
}

@test "samekeyd on the asked port is said to be samekeyd" {
  echo "A_SECRET=$GOOD" >.env
  [ -n "$PYTHON" ] || skip "no python3"
  export PYTHONHOME
  PYTHONHOME=$("$PYTHON" -c 'import sys; print(sys.prefix)')
  cp "$("$PYTHON" -c 'import os, sys; print(os.path.realpath(sys.executable))')" samekeyd
  PYTHON=$PWD/samekeyd serves PYTHONHOME="$PYTHONHOME"
  sk ps --listen "$PORT"
  exits 0
  prints "$PID" "samekey's verifier"
  prints_not missing "orphan:"
  sk ps --strict
  exits 0
}

@test "--allow lets it pass" {
  echo "A_SECRET=$GOOD" >.env
  starts A_SECRET= sleep 60
  sk ps --allow process-empty:A_SECRET
  exits 0
}

@test "nobody: said, and exit 0" {
  echo "A_SECRET=$GOOD" >.env
  sk ps
  exits 0
  prints "no process that this user may read carries a secret of shop"
}

# ---- who is listed

@test "a process with settings only is listed with --all, and no other" {
  printf 'A_SECRET=%s\nCOLOUR=red\n' "$GOOD" >.env
  starts COLOUR=blue sleep 60
  local blue=$PID
  starts UNKNOWN=1 sleep 60
  local unknown=$PID
  sk ps --json
  exits 0
  [ "$(jq '.processes | length' <<<"$output")" -eq 0 ] || complain "listed"
  sk ps --all --json
  exits 0
  PID=$blue
  [ "$(state COLOUR)" = other ] || complain "COLOUR"
  ! jq -e --argjson pid "$unknown" '.processes[] | select(.pid == $pid)' <<<"$output" >/dev/null ||
    complain "listed: $unknown"
}

@test "samekey itself and its child's environment: the one is left out, the other same" {
  echo "A_SECRET=$GOOD" >.env
  sk A_SECRET="$GOOD2" ps --json
  jq -e '[.processes[].name] | index("samekey") == null' <<<"$output" >/dev/null || complain "itself"
}

@test "a shell that exports another value is a warning" {
  echo "A_SECRET=$GOOD" >.env
  starts A_SECRET="$GOOD2" PATH="$PATH" sh -c 'read -r x </dev/zero; :'
  holds A_SECRET other
  finds_process process-other warning A_SECRET
  sk ps
  exits 0
  prints "a shell"
}

# elsewhere COUNT: so many processes of other projects are noted, in one finding.
elsewhere() {
  jq -e --arg count "$1 process" '[.findings[] | select(.code == "process-elsewhere")] |
    length == 1 and .[0].severity == "note" and (.[0].text | startswith($count))' <<<"$output" >/dev/null ||
    complain "not one note on $1"
}

@test "other projects' processes with a key of the same name: one note, and exit 0" {
  echo "A_SECRET=$GOOD" >.env
  mkdir "$BATS_TEST_TMPDIR/other"
  starts A_SECRET="$GOOD2" env -C "$BATS_TEST_TMPDIR/other" sleep 60
  starts A_SECRET= env -C / sleep 60
  starts A_SECRET=your-secret-key env -C "$BATS_TEST_TMPDIR" sleep 60
  starts A_SECRET="$GOOD2" PATH="$PATH" env -C "$BATS_TEST_TMPDIR/other" sh -c 'read -r x </dev/zero; :'
  sk ps --json
  exits 0
  elsewhere 4
  [ "$(jq '.findings | length' <<<"$output")" -eq 1 ] || complain "more than that"
  sk ps --strict
  exits 0
  prints "(not of this project)"
  says "4 processes outside of shop have a secret of the same name" "and others"
  sk drift --json
  exits 0
  jq -e '[.drift[].code] == ["process-elsewhere"]' <<<"$output" >/dev/null || complain "drift"
  sk drift
  exits 0
  prints "no drift" "process-elsewhere"
}

@test "another project's process that must hold the same, or holds what lost here, is an error" {
  echo "A_SECRET=$GOOD" >.env
  mkdir "$BATS_TEST_TMPDIR/other"
  starts A_SECRET="$GOOD2" env -C "$BATS_TEST_TMPDIR/other" sleep 60
  printf '[key A_SECRET]\nshared = yes\n' >samekey.ini
  sk ps --json
  exits 1
  finds_process process-other error A_SECRET
  rm samekey.ini
  echo "A_SECRET=$GOOD2" >.env.production
  echo "A_SECRET=$GOOD" >.env.local
  sk ps --json
  exits 1
  finds_process process-stale error A_SECRET
}

@test "a guessable value that lost here makes no other project's process ours" {
  printf 'A_SECRET=%s\nB_SECRET=%s\n' "$GOOD" "$GOOD2" >.env.local
  echo "A_SECRET=secret" >.env
  mkdir "$BATS_TEST_TMPDIR/other"
  starts A_SECRET=secret B_SECRET=x env -C "$BATS_TEST_TMPDIR/other" sleep 60
  sk ps --json
  exits 0
  elsewhere 1
}

@test "in the repository of the app, or a program of it: an error" {
  echo "A_SECRET=$GOOD" >.env
  mkdir -p packages/ws bin "$BATS_TEST_TMPDIR/other"
  starts A_SECRET="$GOOD2" env -C "$PWD/packages/ws" sleep 60
  sk ps --json
  exits 1
  finds_process process-other error A_SECRET
  cp "$(command -v sleep)" bin/server
  starts A_SECRET="$GOOD2" env -C / "$PWD/bin/server" 60
  sk ps --json
  finds_process process-other error A_SECRET
}

@test "the first of two variables of one name counts, as for getenv" {
  [ -n "$PYTHON" ] || skip "no python3"
  command -v gcc >/dev/null || skip "no gcc"
  echo "A_SECRET=$GOOD" >.env
  printf '#include <unistd.h>\n#include <stdlib.h>\nint main(int n, char **a) { char *e[] = {a[1], a[2], NULL};\n  char *c[] = {"sleep", "60", NULL}; (void)n; execve("/bin/sleep", c, e); return 1; }\n' >twice.c
  gcc -o twice twice.c
  starts ./twice A_SECRET="$GOOD" A_SECRET=other
  until [[ $(readlink "/proc/$PID/exe") == */sleep ]]; do :; done
  holds A_SECRET same
}

@test "a process that began before the file changed: by how much" {
  echo "A_SECRET=$GOOD2" >.env
  starts A_SECRET="$GOOD2" sleep 60
  until [ "$(($(date +%s) - $(stat -c %Y "/proc/$PID")))" -ge 2 ]; do sleep 0.1; done
  echo "A_SECRET=$GOOD" >.env
  sk ps --json
  jq -e '.findings[] | select(.text | test("it started [0-9]+ s before .env changed"))' <<<"$output" >/dev/null ||
    complain "does not say so"
}

@test "a folder that was deleted is said to be" {
  echo "A_SECRET=$GOOD" >.env
  mkdir release
  starts A_SECRET="$GOOD" env -C "$PWD/release" sleep 60
  rmdir release
  sk ps
  prints "$PWD/release (deleted since)"
}

@test "in a container the same path is another folder, and the project's own may have another path" {
  [ "$(id -u)" -eq 0 ] || skip "only root mounts"
  unshare -m true 2>/dev/null || skip "no mount namespace"
  echo "A_SECRET=$GOOD" >.env
  mkdir "$BATS_TEST_TMPDIR/else"
  # shellcheck disable=SC2016  # for the inner shell
  starts A_SECRET="$GOOD2" PATH="$PATH" unshare -m sh -c \
    'mount -t tmpfs none "$1" && cd "$1" && exec sleep 60' sh "$PWD"
  until [[ $(readlink "/proc/$PID/exe") == */sleep ]]; do :; done
  [ "$(readlink "/proc/$PID/cwd")" = "$PWD" ]
  sk ps --json
  exits 0
  elsewhere 1
  # shellcheck disable=SC2016
  starts A_SECRET="$GOOD2" PATH="$PATH" unshare -m sh -c \
    'mount --bind "$1" "$2" && cd "$2" && exec sleep 60' sh "$PWD" "$BATS_TEST_TMPDIR/else"
  until [[ $(readlink "/proc/$PID/exe") == */sleep ]]; do :; done
  sk ps --json
  exits 1
  finds_process process-other error A_SECRET
}

# ---- PM2

@test "a worker of PM2's cluster: what pm2_env says, not what stands beside it" {
  echo "A_SECRET=$GOOD" >.env
  starts A_SECRET="$GOOD" pm2_env="{\"name\":\"web\",\"pm_id\":3,\"env\":{\"A_SECRET\":\"$GOOD2\"}}" sleep 60
  holds A_SECRET other
  exits 1
  jq -e --argjson pid "$PID" '.processes[] | select(.pid == $pid) |
    .pm2 == {name: "web", pm_id: "3"} and .keys[0].from_pm2' <<<"$output" >/dev/null || complain "PM2"
  sk ps
  prints "PM2 web (pm_id 3)"
  says "PM2's web" "pm2 delete web"
}

@test "an app in PM2's fork mode" {
  echo "A_SECRET=$GOOD" >.env
  starts A_SECRET="$GOOD2" name=ws pm_id=1 sleep 60
  holds A_SECRET other
  sk ps
  prints "PM2 ws (pm_id 1)"
}

@test "pm2_env alone makes no member" {
  echo "A_SECRET=$GOOD" >.env
  starts pm2_env='{"name":"web","pm_id":3,"env":{"COLOUR":"red"}}' sleep 60
  sk ps --json
  [ "$(jq '.processes | length' <<<"$output")" -eq 0 ] || complain "listed"
}

# ---- ports

@test "--listen names who listens, who started it, and what it lacks" {
  printf 'A_SECRET=%s\nB_SECRET=%s\n' "$GOOD" "$GOOD2" >.env
  serves A_SECRET="$GOOD"
  sk ps --listen "$PORT" --json
  exits 1
  [ "$(jq -c '[.processes[].pid]' <<<"$output")" = "[$PID]" ] || complain "not just $PID"
  [ "$(state A_SECRET) $(state B_SECRET)" = "same missing" ] || complain "states"
  finds_process process-missing error B_SECRET
  jq -e --argjson port "$PORT" '.processes[0].ports == [$port]' <<<"$output" >/dev/null || complain "port"
  sk ps --listen "$PORT"
  prints "python" "port $PORT" " < bats" || prints "bash"
  sk ps # also without asking for it
  prints "port $PORT"
}

@test "--listen: a process that carries nothing at all is named too" {
  echo "A_SECRET=$GOOD" >.env
  serves X=1
  sk ps --listen "$PORT"
  exits 1
  prints "$PID" "A_SECRET" "missing"
}

@test "--listen: all is well" {
  echo "A_SECRET=$GOOD" >.env
  serves A_SECRET="$GOOD"
  sk ps --listen "$PORT"
  exits 0
}

@test "--listen: another network's port of the same number is listed, and blamed on nobody" {
  [ "$(id -u)" -eq 0 ] || skip "only root has another network"
  unshare -n true 2>/dev/null || skip "no network namespace"
  [ -n "$PYTHON" ] || skip "no python3"
  echo "A_SECRET=$GOOD" >.env
  serves A_SECRET="$GOOD"
  mkdir "$BATS_TEST_TMPDIR/other"
  starts A_SECRET="$GOOD2" unshare -n env -C "$BATS_TEST_TMPDIR/other" "$PYTHON" -c "
import socket, time
server = socket.create_server(('127.0.0.1', $PORT))
open('ready', 'w').close()
time.sleep(60)"
  local deadline=$((SECONDS + 10))
  until [ -e "$BATS_TEST_TMPDIR/other/ready" ]; do
    [ "$SECONDS" -lt "$deadline" ] || complain "nobody listens"
    sleep 0.01
  done
  sk ps --listen "$PORT" --json
  exits 0
  elsewhere 1
  [ "$(jq -c '[.processes[].ports_apart] | sort' <<<"$output")" = "[false,true]" ] || complain "ports"
  sk ps --listen "$PORT"
  prints "port $PORT of another network"
}

@test "--listen: what Docker forwards to is held to the bundle, what forwards is not" {
  [ "$(id -u)" -eq 0 ] || skip "only root has another network"
  unshare -n true 2>/dev/null || skip "no network namespace"
  [ -n "$PYTHON" ] || skip "no python3"
  echo "A_SECRET=$GOOD" >.env
  free_port
  mkdir "$BATS_TEST_TMPDIR/other"
  cp "$("$PYTHON" -c 'import os, sys; print(os.path.realpath(sys.executable))')" "$BATS_TEST_TMPDIR/other/docker-proxy"
  local serve="
import socket, sys, time
server = socket.create_server(('127.0.0.1', $PORT))
open(sys.argv[1], 'w').close()
time.sleep(60)" prefix
  prefix=$("$PYTHON" -c 'import sys; print(sys.prefix)')
  starts PYTHONHOME="$prefix" env -C "$BATS_TEST_TMPDIR/other" ./docker-proxy -c "$serve" front
  local front=$PID deadline=$((SECONDS + 10))
  starts A_SECRET="$GOOD2" unshare -n env -C "$BATS_TEST_TMPDIR/other" "$PYTHON" -c "$serve" back
  until [ -e "$BATS_TEST_TMPDIR/other/front" ] && [ -e "$BATS_TEST_TMPDIR/other/back" ]; do
    [ "$SECONDS" -lt "$deadline" ] || complain "nobody listens"
    sleep 0.01
  done
  sk ps --listen "$PORT" --json
  exits 1
  finds_process process-other error A_SECRET
  [ "$(jq '.findings | length' <<<"$output")" -eq 1 ] || complain "$front is blamed too"
}

@test "a port that nobody listens on: exit 1, and said" {
  [ -n "$PYTHON" ] || skip "no python3"
  echo "A_SECRET=$GOOD" >.env
  free_port
  sk ps --listen "$PORT"
  exits 1
  says "nobody listens on port $PORT"
  sk ps --listen "$PORT" --json
  exits 1
  jq -e '.error.text' <<<"$output" >/dev/null || complain "no JSON"
  local port
  for port in 0 65536 70000 x -1 ""; do
    sk ps --listen "$port"
    exits 2
  done
}

@test "an orphan is one: its parent ended" {
  echo "A_SECRET=$GOOD" >.env
  # a session of its own, whose leader ends; the sleeper stays
  starts A_SECRET="$GOOD" PATH="$PATH" setsid sh -c 'sleep 60 & echo $! >pid; read -r x </dev/zero'
  local leader=$PID deadline=$((SECONDS + 10))
  until [ -s pid ]; do
    [ "$SECONDS" -lt "$deadline" ] || complain "no pid"
    sleep 0.01
  done
  PID=$(cat pid)
  PIDS+=("$PID")
  sk ps --json
  jq -e --argjson pid "$PID" '.processes[] | select(.pid == $pid).orphan == false' <<<"$output" >/dev/null ||
    complain "an orphan already"
  kill -KILL "$leader"
  wait "$leader" 2>/dev/null || true
  until [ "$(awk '{ print $4 }' "/proc/$PID/stat")" != "$leader" ]; do
    [ "$SECONDS" -lt "$deadline" ] || complain "still its child"
    sleep 0.01
  done
  sk ps --json
  exits 0
  jq -e --argjson pid "$PID" '.processes[] | select(.pid == $pid).orphan' <<<"$output" >/dev/null ||
    complain "no orphan"
  jq -e '.findings == []' <<<"$output" >/dev/null || complain "it holds what it should"
  echo "A_SECRET=$GOOD2" >.env
  sk ps --json
  finds_process process-orphan warning ""
  sk ps
  prints "orphan: sleep [$PID]"
  says "its parent ended" "kill $PID"
}

@test "below a samekey whose start has ended, an orphan too" {
  echo "A_SECRET=$GOOD" >.env
  # shellcheck disable=SC2016  # for the inner shells
  starts PATH="$PATH" HOME="$HOME" setsid sh -c '
    "$1" run --quiet --reach warn -- sh -c "echo \$\$ >part; mv part pid; exec sleep 60" &
    read -r x </dev/zero' sh "$SAMEKEY"
  local leader=$PID deadline=$((SECONDS + 10)) supervisor
  until [ -s pid ]; do
    [ "$SECONDS" -lt "$deadline" ] || complain "no pid"
    sleep 0.01
  done
  PID=$(cat pid)
  supervisor=$(awk '{ print $4 }' "/proc/$PID/stat")
  PIDS+=("$supervisor" "$PID")
  kill -KILL "$leader"
  wait "$leader" 2>/dev/null || true
  until [ "$(awk '{ print $4 }' "/proc/$supervisor/stat")" != "$leader" ]; do
    [ "$SECONDS" -lt "$deadline" ] || complain "still its child"
    sleep 0.01
  done
  deadline=$((SECONDS + 30)) # until it has wiped its environment
  until [ -z "$(tr -d '\0' <"/proc/$supervisor/environ")" ]; do
    [ "$SECONDS" -lt "$deadline" ] || complain "not wiped"
    sleep 0.1
  done
  sk ps --json
  jq -e --argjson pid "$PID" '.processes[] | select(.pid == $pid).orphan' <<<"$output" >/dev/null ||
    complain "no orphan"
}

# ---- what cannot be seen

# as_nobody WORD...: samekey in a folder of a user who owns nothing else.
as_nobody() {
  run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups env -i -C "$PLACE/shop" \
    PATH="$PATH" HOME=/nonexistent ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} "$PLACE/samekey" "$@"
}

@test "another user's processes are counted, and a port of theirs is said to be theirs" {
  [ "$(id -u)" -eq 0 ] || skip "only root becomes another user"
  echo "A_SECRET=$GOOD" >.env
  serves A_SECRET="$GOOD2"
  PLACE=$(mktemp -d /tmp/samekey-other.XXXXXX)
  cp "$SAMEKEY" "$PLACE/samekey" # the tree may lie where that user cannot enter
  mkdir "$PLACE/shop"
  cp .env "$PLACE/shop/"
  chown -R 65534:65534 "$PLACE"
  chmod 755 "$PLACE" "$PLACE/samekey"
  as_nobody ps
  exits 0
  prints "no process that this user may read"
  says "other users'"
  as_nobody ps --listen "$PORT"
  exits 77
  says "of uid 0 that this user may not look at"
}

@test "processes that come and go under the look" {
  echo "A_SECRET=$GOOD" >.env
  starts A_SECRET="$GOOD" PATH="$PATH" sh -c 'while :; do /bin/true & /bin/true; done 2>/dev/null'
  local i
  for i in {1..20}; do
    sk ps --json
    exits 0
    jq -e '[.processes[].keys[].state] | all(. == "same")' <<<"$output" >/dev/null || complain "blamed"
  done
}

@test "no value is shown, whatever is held" {
  local canary="cAnary"
  printf 'A_SECRET=%sFileQ9zLmXw3RkV7nYc5HdPf9GsJ2aUe6iK\nB_SECRET=%sWeak\nCOLOUR=%sPlain\n' \
    $canary $canary $canary >.env
  echo "A_SECRET=${canary}ShadowE5zLmXw3RkV7nYc5Hd" >.env.development
  starts A_SECRET="\"${canary}FileQ9zLmXw3RkV7nYc5HdPf9GsJ2aUe6iK\"" B_SECRET=${canary}Weak2 COLOUR=${canary}Blue sleep 60
  starts A_SECRET="${canary}StrongT8LmXw3RkV7nYc5HdPf9" B_SECRET="\"${canary}Weak\"" sleep 60
  starts pm2_env="{\"name\":\"web\",\"pm_id\":3,\"A_SECRET\":\"${canary}ClusterT8LmXw3RkV7nYc5HdP\"" A_SECRET="${canary}ClusterT8" sleep 60
  local command
  for command in "" "--json" "--all" "--all --json" "--strict" "--quiet"; do
    # shellcheck disable=SC2086  # words are meant to split
    sk ps $command
    [[ $output$stderr != *"$canary"* ]] || complain "shown by ps $command"
  done
  sk ps --json
  [ "$(jq -r '[.processes[].keys[] | select(.key == "B_SECRET" and .state != "missing").fingerprint] | unique | .[]' <<<"$output")" = weak ] ||
    complain "a weak one is shown"
}
