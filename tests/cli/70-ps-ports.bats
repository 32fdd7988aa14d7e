#!/usr/bin/env bats
# Goal: `samekey ps --listen` and what stands around a process: who listens, PM2, orphans, other
# users.
# Its keys are its own: what other tests run at the same time has none of them.

load helper
load ps

# ---- PM2

@test "a worker of PM2's cluster: what pm2_env says, not what stands beside it" {
  echo "PORT_SECRET=$GOOD" >.env
  starts PORT_SECRET="$GOOD" pm2_env="{\"name\":\"web\",\"pm_id\":3,\"env\":{\"PORT_SECRET\":\"$GOOD2\"}}" sleep 60
  holds PORT_SECRET other
  exits 1
  jq -e --argjson pid "$PID" '.processes[] | select(.pid == $pid) |
    .pm2 == {name: "web", pm_id: "3"} and .keys[0].from_pm2' <<<"$output" >/dev/null || complain "PM2"
  sk ps
  prints "PM2 web (pm_id 3)"
  says "PM2's web" "pm2 delete web"
}

@test "an app in PM2's fork mode" {
  echo "PORT_SECRET=$GOOD" >.env
  starts PORT_SECRET="$GOOD2" name=ws pm_id=1 sleep 60
  holds PORT_SECRET other
  sk ps
  prints "PM2 ws (pm_id 1)"
}

@test "pm2_env alone makes no member" {
  echo "PORT_SECRET=$GOOD" >.env
  starts pm2_env='{"name":"web","pm_id":3,"env":{"PORT_COLOUR":"red"}}' sleep 60
  sk ps --json
  [ "$(jq '.processes | length' <<<"$output")" -eq 0 ] || complain "listed"
}

# ---- ports

@test "--listen names who listens, who started it, and what it lacks" {
  printf 'PORT_SECRET=%s\nPORT_SECOND_SECRET=%s\n' "$GOOD" "$GOOD2" >.env
  serves PORT_SECRET="$GOOD"
  sk ps --listen "$PORT" --json
  exits 1
  [ "$(jq -c '[.processes[].pid]' <<<"$output")" = "[$PID]" ] || complain "not just $PID"
  [ "$(state PORT_SECRET) $(state PORT_SECOND_SECRET)" = "same missing" ] || complain "states"
  finds_process process-missing error PORT_SECOND_SECRET
  jq -e --argjson port "$PORT" '.processes[0].ports == [$port]' <<<"$output" >/dev/null || complain "port"
  sk ps --listen "$PORT"
  prints "python" "port $PORT" " < bats" || prints "bash"
  sk ps # also without asking for it
  prints "port $PORT"
}

@test "--listen: a process that carries nothing at all is named too" {
  echo "PORT_SECRET=$GOOD" >.env
  serves X=1
  sk ps --listen "$PORT"
  exits 1
  prints "$PID" "PORT_SECRET" "missing"
}

@test "--listen: all is well" {
  echo "PORT_SECRET=$GOOD" >.env
  serves PORT_SECRET="$GOOD"
  sk ps --listen "$PORT"
  exits 0
}

@test "--listen: another network's port of the same number is listed, and blamed on nobody" {
  [ "$(id -u)" -eq 0 ] || skip "only root has another network"
  unshare -n true 2>/dev/null || skip "no network namespace"
  [ -n "$PYTHON" ] || skip "no python3"
  echo "PORT_SECRET=$GOOD" >.env
  serves PORT_SECRET="$GOOD"
  mkdir "$BATS_TEST_TMPDIR/other"
  starts PORT_SECRET="$GOOD2" unshare -n env -C "$BATS_TEST_TMPDIR/other" "$PYTHON" -c "
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
  echo "PORT_SECRET=$GOOD" >.env
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
  starts PORT_SECRET="$GOOD2" unshare -n env -C "$BATS_TEST_TMPDIR/other" "$PYTHON" -c "$serve" back
  until [ -e "$BATS_TEST_TMPDIR/other/front" ] && [ -e "$BATS_TEST_TMPDIR/other/back" ]; do
    [ "$SECONDS" -lt "$deadline" ] || complain "nobody listens"
    sleep 0.01
  done
  sk ps --listen "$PORT" --json
  exits 1
  finds_process process-other error PORT_SECRET
  [ "$(jq '.findings | length' <<<"$output")" -eq 1 ] || complain "$front is blamed too"
}

@test "a port that nobody listens on: exit 1, and said" {
  [ -n "$PYTHON" ] || skip "no python3"
  echo "PORT_SECRET=$GOOD" >.env
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
  echo "PORT_SECRET=$GOOD" >.env
  # a session of its own, whose leader ends; the sleeper stays
  starts PORT_SECRET="$GOOD" PATH="$PATH" setsid sh -c 'sleep 60 & echo $! >pid; read -r x </dev/zero'
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
  echo "PORT_SECRET=$GOOD2" >.env
  sk ps --json
  finds_process process-orphan warning ""
  sk ps
  prints "orphan: sleep [$PID]"
  says "its parent ended" "kill $PID"
}

@test "below a samekey whose start has ended, an orphan too" {
  echo "PORT_SECRET=$GOOD" >.env
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
  echo "PORT_SECRET=$GOOD2" >.env
  sk ps # its own parent is there: that one lost his
  says "the parent of pid $supervisor, which started it, ended" "kill $PID"
  says_not "its parent ended"
}

# ---- what cannot be seen

# as_nobody WORD...: samekey in a folder of a user who owns nothing else.
as_nobody() {
  run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups env -i -C "$PLACE/shop" \
    PATH="$PATH" HOME=/nonexistent ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} "$PLACE/samekey" "$@"
}

@test "another user's processes are counted, and a port of theirs is said to be theirs" {
  [ "$(id -u)" -eq 0 ] || skip "only root becomes another user"
  echo "PORT_SECRET=$GOOD" >.env
  serves PORT_SECRET="$GOOD2"
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
  echo "PORT_SECRET=$GOOD" >.env
  starts PORT_SECRET="$GOOD" PATH="$PATH" sh -c 'while :; do /bin/true & /bin/true; done 2>/dev/null'
  local i
  for i in {1..20}; do
    sk ps --json
    exits 0
    jq -e '[.processes[].keys[].state] | all(. == "same")' <<<"$output" >/dev/null || complain "blamed"
  done
}

@test "no value is shown, whatever is held" {
  local canary="cAnary"
  printf 'PORT_SECRET=%sFileQ9zLmXw3RkV7nYc5HdPf9GsJ2aUe6iK\nPORT_SECOND_SECRET=%sWeak\nPORT_COLOUR=%sPlain\n' \
    $canary $canary $canary >.env
  echo "PORT_SECRET=${canary}ShadowE5zLmXw3RkV7nYc5Hd" >.env.development
  starts PORT_SECRET="\"${canary}FileQ9zLmXw3RkV7nYc5HdPf9GsJ2aUe6iK\"" PORT_SECOND_SECRET=${canary}Weak2 PORT_COLOUR=${canary}Blue sleep 60
  starts PORT_SECRET="${canary}StrongT8LmXw3RkV7nYc5HdPf9" PORT_SECOND_SECRET="\"${canary}Weak\"" sleep 60
  starts pm2_env="{\"name\":\"web\",\"pm_id\":3,\"PORT_SECRET\":\"${canary}ClusterT8LmXw3RkV7nYc5HdP\"" PORT_SECRET="${canary}ClusterT8" sleep 60
  local command
  for command in "" "--json" "--all" "--all --json" "--strict" "--quiet"; do
    # shellcheck disable=SC2086  # words are meant to split
    sk ps $command
    [[ $output$stderr != *"$canary"* ]] || complain "shown by ps $command"
  done
  sk ps --json
  [ "$(jq -r '[.processes[].keys[] | select(.key == "PORT_SECOND_SECRET" and .state != "missing").fingerprint] | unique | .[]' <<<"$output")" = weak ] ||
    complain "a weak one is shown"
}
