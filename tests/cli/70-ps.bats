#!/usr/bin/env bats
# Goal: whoever carries a key of the bundle is named, with what it holds; nobody else is, and no
# value is shown.
# Its keys are its own: what other tests run at the same time has none of them.

load helper
load ps

# ---- states

@test "the winner: same, and exit 0" {
  echo "PS_SECRET=$GOOD" >.env
  starts PS_SECRET="$GOOD" sleep 60
  holds PS_SECRET same
  exits 0
  jq -e '.ok and .findings == []' <<<"$output" >/dev/null || complain "not ok"
  sk ps
  exits 0
  prints "$PID" sleep "$PWD" "started" "PS_SECRET" same ".env:1:1"
}

@test "a value that lost: stale, with its place" {
  echo "PS_SECRET=$GOOD2" >.env
  echo "PS_SECRET=$GOOD" >.env.local
  starts PS_SECRET="$GOOD2" sleep 60
  holds PS_SECRET stale
  exits 1
  finds_process process-stale error PS_SECRET
  jq -e --argjson pid "$PID" '.processes[] | select(.pid == $pid).keys[0] |
    .candidate == ".env:1:1" and .origin == ".env.local:1:1" and .fingerprint != .wanted and
    (.fingerprint | length) == 12' <<<"$output" >/dev/null || complain "not both sides"
  sk ps
  exits 1
  prints "stale" ".env:1:1" "not " ".env.local:1:1"
}

@test "what another loader makes of the file: stale, with its name" {
  printf "PS_SECRET='%s\$x'\n" "$GOOD" >.env
  starts PS_SECRET="$GOOD" sleep 60
  holds PS_SECRET stale
  sk ps
  prints "reads it" "next"
}

@test "empty, quoted, a placeholder, something else" {
  echo "PS_SECRET=$GOOD" >.env
  starts PS_SECRET= sleep 60
  holds PS_SECRET empty
  finds_process process-empty error PS_SECRET
  starts PS_SECRET="\"$GOOD\"" sleep 60
  holds PS_SECRET quoted
  finds_process process-quoted error PS_SECRET
  starts PS_SECRET="$GOOD"$'\r' sleep 60
  holds PS_SECRET quoted
  starts PS_SECRET=your-secret-key sleep 60
  holds PS_SECRET placeholder
  finds_process process-placeholder error PS_SECRET
  starts PS_SECRET="x$GOOD" sleep 60
  holds PS_SECRET other
  finds_process process-other error PS_SECRET
}

@test "a missing secret is a warning, an error where it is required, and counts with --strict" {
  printf 'PS_SECRET=%s\nPS_SECOND_SECRET=%s\n' "$GOOD" "$GOOD2" >.env
  starts PS_SECRET="$GOOD" sleep 60
  holds PS_SECOND_SECRET missing
  exits 0
  finds_process process-missing warning PS_SECOND_SECRET
  sk drift --json
  exits 1
  jq -e '.drift[] | select(.code == "process-missing" and .key == "PS_SECOND_SECRET" and
    .severity == "warning")' <<<"$output" >/dev/null || complain "not in the list"
  printf '[key PS_SECOND_SECRET]\nrequired = yes\n' >samekey.ini
  sk ps --json
  exits 1
  finds_process process-missing error PS_SECOND_SECRET
  rm samekey.ini
  sk ps --strict --json
  exits 1
  finds_process process-missing error PS_SECOND_SECRET
  sk ps
  says "reads by itself after its start"
}

@test "a server of the project that holds no secret at all is seen" {
  echo "PS_SECRET=$GOOD" >.env
  serves
  holds PS_SECRET missing
  exits 0
  finds_process process-missing warning PS_SECRET
  jq -e --argjson pid "$PID" --argjson port "$PORT" '.processes[] | select(.pid == $pid).ports ==
    [$port]' <<<"$output" >/dev/null || complain "no port"
  sk ps --strict
  exits 1
  sk drift --json
  exits 1
  jq -e --arg who "pid $PID" '.drift[] | select(.code == "process-missing" and .witness == $who)' \
    <<<"$output" >/dev/null || complain "not in the list"
  printf '[key PS_SECRET]\nrequired = yes\n' >samekey.ini
  sk ps --json
  exits 1
  finds_process process-missing error PS_SECRET
}

@test "a server elsewhere, and a runtime that does not listen, are nobody's business" {
  mkdir -p other/web mine
  echo "PS_SECRET=$GOOD" >mine/.env
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
  echo "PS_SECRET=$GOOD" >.env
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
  echo "PS_SECRET=$GOOD" >.env
  starts PS_SECRET= sleep 60
  sk ps --allow process-empty:PS_SECRET
  exits 0
}

@test "nobody: said, and exit 0" {
  echo "PS_SECRET=$GOOD" >.env
  sk ps
  exits 0
  prints "no process that this user may read carries a secret of shop"
}

# ---- who is listed

@test "a process with settings only is listed with --all, and no other" {
  printf 'PS_SECRET=%s\nPS_COLOUR=red\n' "$GOOD" >.env
  starts PS_COLOUR=blue sleep 60
  local blue=$PID
  starts UNKNOWN=1 sleep 60
  local unknown=$PID
  sk ps --json
  exits 0
  [ "$(jq '.processes | length' <<<"$output")" -eq 0 ] || complain "listed"
  sk ps --all --json
  exits 0
  PID=$blue
  [ "$(state PS_COLOUR)" = other ] || complain "PS_COLOUR"
  ! jq -e --argjson pid "$unknown" '.processes[] | select(.pid == $pid)' <<<"$output" >/dev/null ||
    complain "listed: $unknown"
}

@test "samekey itself and its child's environment: the one is left out, the other same" {
  echo "PS_SECRET=$GOOD" >.env
  sk PS_SECRET="$GOOD2" ps --json
  jq -e '[.processes[].name] | index("samekey") == null' <<<"$output" >/dev/null || complain "itself"
}

# hints KEY TEXT: the finding about this key of $PID says what to do so.
hints() {
  jq -e --arg who "pid $PID (" --arg key "$1" --arg text "$2" '.findings[] | select(.key == $key) |
    select(.text | startswith($who)) | select(.hint | contains($text))' <<<"$output" >/dev/null ||
    complain "no hint: $2"
}

# runs [NAME=VALUE]...: samekey has become `sleep`, as $PID.
runs() {
  starts PATH="$PATH" HOME="$HOME" "$@" "$SAMEKEY" run --quiet -- sleep 60
  local deadline=$((SECONDS + 20))
  until [[ $(readlink "/proc/$PID/exe") != *samekey* ]]; do
    [ "$SECONDS" -lt "$deadline" ] || complain "samekey became nothing"
    sleep 0.01
  done
}

@test "what samekey run started is to be started again, not to be put behind samekey run" {
  echo "PS_SECRET=$GOOD" >.env
  runs
  printf 'PS_SECRET=%s\nPS_SECOND_SECRET=%s\n' "$GOOD2" "$GOOD2" >.env
  sk ps --json --strict
  hints PS_SECRET "start it again, as it was"
  hints PS_SECOND_SECRET "start it again if the key is new"
  prints "holds what samekey run gave it, which no source here has"
  runs pm_id=0 name=web
  echo "PS_SECRET=$GOOD" >.env
  sk ps --json
  hints PS_SECRET "pm2 restart web"
}

@test "what a service gives by a variable or a credential, which no shell has, is a note" {
  printf '[key PS_SECRET]\nsecret = yes\nrequired = yes\n' >samekey.ini
  mkdir "$BATS_TEST_TMPDIR/given"
  echo "$GOOD" >"$BATS_TEST_TMPDIR/given/PS_SECRET"
  local source
  for source in PS_SECRET="$GOOD" CREDENTIALS_DIRECTORY="$BATS_TEST_TMPDIR/given"; do
    runs "$source"
    holds PS_SECRET other
    finds_process process-other note PS_SECRET
    hints PS_SECRET "nothing, if its service gives it, by a variable or a credential"
    exits 0
    sk drift
    exits 0
    prints "note [process-other] PS_SECRET"
    sk drift --quiet
    exits 0
    [ -z "$output" ] || complain "told"
  done
  echo "PS_SECRET=$GOOD2" >.env # now another value is there to disagree with
  sk ps --json
  exits 1
  finds_process process-other error PS_SECRET
  hints PS_SECRET "if it gets this value again, its service gives it"
}

@test "what samekey run started elsewhere with a value that lost here would get it again" {
  mkdir web ws
  printf '[key PS_SECRET]\nsecret = yes\nshared = yes\n' >samekey.ini
  echo "PS_SECRET=$GOOD" | tee web/.env >ws/.env
  cd ws || return 1
  runs
  cd ../web || return 1
  echo "PS_SECRET=$GOOD2" >.env.production
  sk ps --json
  exits 1
  hints PS_SECRET "samekey explain in ${PWD%/web}/ws says where it came from"
}

@test "a shell that exports another value is a warning" {
  echo "PS_SECRET=$GOOD" >.env
  starts PS_SECRET="$GOOD2" PATH="$PATH" sh -c 'read -r x </dev/zero; :'
  holds PS_SECRET other
  finds_process process-other warning PS_SECRET
  sk ps
  exits 0
  prints "a shell"
}

@test "other projects' processes with a key of the same name: one note, and exit 0" {
  echo "PS_SECRET=$GOOD" >.env
  mkdir "$BATS_TEST_TMPDIR/other"
  starts PS_SECRET="$GOOD2" env -C "$BATS_TEST_TMPDIR/other" sleep 60
  starts PS_SECRET= env -C / sleep 60
  starts PS_SECRET=your-secret-key env -C "$BATS_TEST_TMPDIR" sleep 60
  starts PS_SECRET="$GOOD2" PATH="$PATH" env -C "$BATS_TEST_TMPDIR/other" sh -c 'read -r x </dev/zero; :'
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
  echo "PS_SECRET=$GOOD" >.env
  mkdir "$BATS_TEST_TMPDIR/other"
  starts PS_SECRET="$GOOD2" env -C "$BATS_TEST_TMPDIR/other" sleep 60
  printf '[key PS_SECRET]\nshared = yes\n' >samekey.ini
  sk ps --json
  exits 1
  finds_process process-other error PS_SECRET
  rm samekey.ini
  echo "PS_SECRET=$GOOD2" >.env.production
  echo "PS_SECRET=$GOOD" >.env.local
  sk ps --json
  exits 1
  finds_process process-stale error PS_SECRET
}

@test "a guessable value that lost here makes no other project's process ours" {
  printf 'PS_SECRET=%s\nPS_SECOND_SECRET=%s\n' "$GOOD" "$GOOD2" >.env.local
  echo "PS_SECRET=secret" >.env
  mkdir "$BATS_TEST_TMPDIR/other"
  starts PS_SECRET=secret PS_SECOND_SECRET=x env -C "$BATS_TEST_TMPDIR/other" sleep 60
  sk ps --json
  exits 0
  elsewhere 1
}

@test "in the repository of the app, or a program of it: an error" {
  echo "PS_SECRET=$GOOD" >.env
  mkdir -p packages/ws bin "$BATS_TEST_TMPDIR/other"
  starts PS_SECRET="$GOOD2" env -C "$PWD/packages/ws" sleep 60
  sk ps --json
  exits 1
  finds_process process-other error PS_SECRET
  cp "$(command -v sleep)" bin/server
  starts PS_SECRET="$GOOD2" env -C / "$PWD/bin/server" 60
  sk ps --json
  finds_process process-other error PS_SECRET
}

@test "the first of two variables of one name counts, as for getenv" {
  [ -n "$PYTHON" ] || skip "no python3"
  command -v gcc >/dev/null || skip "no gcc"
  echo "PS_SECRET=$GOOD" >.env
  printf '#include <unistd.h>\n#include <stdlib.h>\nint main(int n, char **a) { char *e[] = {a[1], a[2], NULL};\n  char *c[] = {"sleep", "60", NULL}; (void)n; execve("/bin/sleep", c, e); return 1; }\n' >twice.c
  gcc -o twice twice.c
  starts ./twice PS_SECRET="$GOOD" PS_SECRET=other
  until [[ $(readlink "/proc/$PID/exe") == */sleep ]]; do :; done
  holds PS_SECRET same
}

@test "a process that began before the file changed: by how much" {
  echo "PS_SECRET=$GOOD2" >.env
  starts PS_SECRET="$GOOD2" sleep 60
  until [ "$(($(date +%s) - $(stat -c %Y "/proc/$PID")))" -ge 3 ]; do sleep 0.1; done
  echo "PS_SECRET=$GOOD" >.env
  sk ps --json
  jq -e '.findings[] | select(.text | test("it started [0-9]+ s before .env changed"))' <<<"$output" >/dev/null ||
    complain "does not say so"
}

@test "a process that began right after the file changed is not said to have begun before" {
  local end
  echo "PS_SECRET=$GOOD" >.env
  starts PS_SECRET="$GOOD2" sleep 60
  end=$((SECONDS + 3)) # whole seconds of two clocks, so it may come at any part of one
  until [ "$SECONDS" -ge "$end" ]; do
    sk ps --json
    prints "it started"
    prints_not "before .env changed"
  done
}

@test "a folder that was deleted is said to be" {
  echo "PS_SECRET=$GOOD" >.env
  mkdir release
  starts PS_SECRET="$GOOD" env -C "$PWD/release" sleep 60
  rmdir release
  sk ps
  prints "$PWD/release (deleted since)"
}

@test "in a container the same path is another folder, and the project's own may have another path" {
  [ "$(id -u)" -eq 0 ] || skip "only root mounts"
  unshare -m true 2>/dev/null || skip "no mount namespace"
  echo "PS_SECRET=$GOOD" >.env
  mkdir "$BATS_TEST_TMPDIR/else"
  # shellcheck disable=SC2016  # for the inner shell
  starts PS_SECRET="$GOOD2" PATH="$PATH" unshare -m sh -c \
    'mount -t tmpfs none "$1" && cd "$1" && exec sleep 60' sh "$PWD"
  until [[ $(readlink "/proc/$PID/exe") == */sleep ]]; do :; done
  [ "$(readlink "/proc/$PID/cwd")" = "$PWD" ]
  sk ps --json
  exits 0
  elsewhere 1
  # shellcheck disable=SC2016
  starts PS_SECRET="$GOOD2" PATH="$PATH" unshare -m sh -c \
    'mount --bind "$1" "$2" && cd "$2" && exec sleep 60' sh "$PWD" "$BATS_TEST_TMPDIR/else"
  until [[ $(readlink "/proc/$PID/exe") == */sleep ]]; do :; done
  sk ps --json
  exits 1
  finds_process process-other error PS_SECRET
}
