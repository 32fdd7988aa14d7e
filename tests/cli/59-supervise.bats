#!/usr/bin/env bats
# Goal: samekey run --supervise is no hindrance to the command: its status, its signals, its end;
# also as the first process.

# shellcheck disable=SC2030,SC2031 # each test has its own $samekey
load helper
load supervise

@test "the exit status is the command's, a signal that ends it ends samekey" {
  local code signal
  echo "A_SECRET=$GOOD" >.env
  for code in 0 1 7 78 255; do
    sk run --quiet --supervise -- sh -c "exit $code"
    exits "$code"
  done
  for signal in TERM KILL INT SEGV USR1; do
    run python3 -c '
import subprocess, sys
print(-subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL).returncode)' \
      "$SAMEKEY" run --quiet --supervise --on-change restart -- sh -c "kill -$signal \$\$"
    [ "$output" = "$(kill -l $signal)" ] || complain "$signal ended it with $output"
  done
  sk run --quiet --supervise -- ./no-such-command
  exits 127
}

@test "each signal is handed on" {
  local signal
  for signal in HUP INT QUIT USR1 USR2 TERM WINCH ABRT ALRM CONT; do
    rm -f ready got
    stays -- python3 -c "
import os, signal, sys
signal.signal(signal.SIG$signal, lambda *_: (open('got', 'w').close(), sys.exit(9)))
open('ready', 'w').close()
while True: signal.pause()"
    until_true test -e ready
    kill -"$signal" "$samekey"
    wait "$samekey" && status=0 || status=$?
    samekey=
    exits 9
    [ -e got ]
  done
}

@test "restart: a good new set starts the command anew, a bad one changes nothing" {
  puts .env "A_SECRET=$GOOD"
  stays --on-change restart -- sh -c "$(show)"
  until_true last_is "$GOOD"
  puts .env "A_SECRET=$GOOD2"
  until_true last_is "$GOOD2"
  puts .env "A_SECRET='$GOOD"
  until_true event change_refused
  puts .env "A_SECRET=$GOOD"
  until_true last_is "$GOOD"
  [ "$(wc -l <values)" -eq 3 ]
  [ "$(count change_refused)" -eq 1 ]
  [ "$(grep -c "${GOOD:0:12}\|${GOOD2:0:12}" said)" -eq 0 ]
  ends 143
}

@test "what is said of a change has the form that the settings name" {
  puts .env "A_SECRET=$GOOD"
  stays --log json --on-change restart -- sh -c "$(show)"
  until_true last_is "$GOOD"
  puts .env "A_SECRET=$GOOD2"
  until_true last_is "$GOOD2"
  until_true event_is_json changed
  ends 143
}

event_is_json() { jq -es --arg event "$1" 'any(.event == $event)' said; }

@test "offer: the command goes on, and it is said" {
  puts .env "A_SECRET=$GOOD"
  stays -- sh -c "$(show)"
  until_true last_is "$GOOD"
  puts .env "A_SECRET=$GOOD2"
  until_true grep -q 'event=changed .*keys=A_SECRET action=offer' said
  [ "$(wc -l <values)" -eq 1 ]
  ends 143
}

@test "signal: the command is told, by any spelling of the name" {
  local words
  for words in "signal HUP" "signal=SIGHUP" "signal:1" "signal hup"; do
    rm -f ready got
    puts .env "A_SECRET=$GOOD"
    stays --on-change "$words" -- python3 -c "
import signal
signal.signal(signal.SIGHUP, lambda *_: open('got', 'w').close())
open('ready', 'w').close()
while True: signal.pause()"
    until_true test -e ready
    puts .env "A_SECRET=$GOOD2"
    until_true test -e got
    ends 143
  done
  stays --on-change signal USR2 -- sh -c "trap 'exit 5' USR2; while :; do sleep 0.05; done"
  until_true event resolved
  puts .env "A_SECRET=$GOOD"
  wait "$samekey" && status=0 || status=$?
  samekey=
  exits 5
}

@test "signal: a command that still starts is told once it takes the signal" {
  puts .env "A_SECRET=$GOOD"
  stays --on-change signal HUP -- python3 -c "
import os, signal, time
open('begun', 'w').close()
while not os.path.exists('go'): time.sleep(0.01)
signal.signal(signal.SIGHUP, lambda *_: open('got', 'w').close())
while True: signal.pause()"
  until_true test -e begun
  puts .env "A_SECRET=$GOOD2"
  until_true event changed
  is_over "$samekey" && complain "it ended" "$(cat said)"
  : >go
  until_true test -e got
  ends 143
}

@test "misuse is told apart" {
  echo "A_SECRET=$GOOD" >.env
  sk run --on-change restart -- true
  exits 2
  says "--supervise --on-change restart"
  sk run --supervise --on-change signal KILL -- true
  exits 2
  says "nobody can take the signal"
  sk run --supervise --on-change signal NOPE -- true
  exits 2
  sk run --supervise --on-change reload -- true
  exits 2
  says "none of offer, signal NAME and restart"
  sk run --supervise --phase build -- true
  exits 2
  sk offer --watch --json
  exits 2
}

@test "told to end while a start that failed waits for its next try: no other one starts" {
  puts .env "A_SECRET=$GOOD"
  printf '#!/bin/sh\n%s\n' "$(show)" >app
  chmod +x app
  stays --on-change restart -- ./app
  until_true last_is "$GOOD"
  mv app gone
  puts .env "A_SECRET=$GOOD2"
  until_true grep -q 'cannot run it' said
  kill -STOP "$samekey"
  mv gone app
  kill -TERM "$samekey"
  read -rt 3 <> <(:) || true # past the next try
  kill -CONT "$samekey"
  until_true is_over "$samekey"
  wait "$samekey" && status=0 || status=$?
  samekey=
  exits 127
  [ "$(wc -l <values)" -eq 1 ]
}

@test "a terminal that goes away does not end what nohup started, nor what it does" {
  puts .env "A_SECRET=$GOOD"
  env -i PATH="$PATH" HOME="$HOME" SAMEKEY_SOCKET="$PWD/no.sock" python3 -c '
import os, pty, signal, sys, time
pid, terminal = pty.fork()
if pid == 0:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.dup2(os.open("said", os.O_WRONLY | os.O_CREAT, 0o600), 2)
    os.execv(sys.argv[1], sys.argv[1:])
print(pid, flush=True)
while not os.path.exists("values"):
    time.sleep(0.02)' "$SAMEKEY" run --supervise --on-change restart -- sh -c "$(show)" >pid
  samekey=$(cat pid)
  until_true last_is "$GOOD"
  puts .env "A_SECRET=$GOOD2"
  until_true last_is "$GOOD2"
  kill -TERM "$samekey"
  until_true is_over "$samekey"
  samekey=
}

# as_init WORD...: samekey run --supervise as the first process of a PID namespace.
as_init() {
  [ "$(id -u)" -eq 0 ] || skip "only root makes a namespace of processes"
  env -i PATH="$PATH" HOME="$HOME" SAMEKEY_SOCKET="$PWD/no.sock" \
    unshare --pid --fork --mount-proc --kill-child \
    "$SAMEKEY" run --quiet --supervise "$@" >printed 2>said 3>&- &
  samekey=$!
  until_true has_child "$samekey"
  init=$(child_of "$samekey")
}
child_of() { grep -o '^[0-9]*' "/proc/$1/task/$1/children" 2>/dev/null; }
has_child() { [ -n "$(child_of "$1")" ]; }

@test "as the first process it hands signals on, and ends with the command's status" {
  local signal
  echo "A_SECRET=$GOOD" >.env
  for signal in TERM INT HUP USR1 QUIT; do
    rm -f ready
    as_init -- python3 -c "
import os, signal, sys
signal.signal(signal.SIG$signal, lambda *_: sys.exit(9))
open('ready', 'w').close()
while True: signal.pause()"
    until_true test -e ready
    kill -"$signal" "$init"
    wait "$samekey" && status=0 || status=$?
    samekey=
    exits 9
  done
  as_init -- sleep 300 # has no handler: the signal ends it, and PID 1 cannot end so itself
  until_true has_child "$init"
  kill -TERM "$init"
  wait "$samekey" && status=0 || status=$?
  samekey=
  exits 143
}

@test "as the first process it reaps orphans" {
  echo "A_SECRET=$GOOD" >.env
  cat >orphans.py <<'PY'
import os, time
for _ in range(50):
    if os.fork() == 0:
        if os.fork() == 0:
            time.sleep(0.05)
        os._exit(0)
    os.wait()
deadline = time.monotonic() + 10
def zombies():
    found = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                found += open(f"/proc/{name}/stat").read().rsplit(")", 1)[1].split()[0] == "Z"
            except OSError:
                pass
    return found
time.sleep(0.2)
while zombies() and time.monotonic() < deadline:
    time.sleep(0.02)
print("pid", os.getppid(), "zombies", zombies())
PY
  as_init -- python3 orphans.py
  wait "$samekey" && status=0 || status=$?
  samekey=
  exits 0
  [ "$(cat printed)" = "pid 1 zombies 0" ] || complain "$(cat printed said)"
}

@test "a restart kills what does not stop, and a SIGTERM in the midst of it is the end" {
  puts .env "A_SECRET=$GOOD"
  stays --on-change restart --stop-timeout 300ms -- sh -c \
    "trap '' TERM; printenv A_SECRET >>values; while :; do sleep 0.1; done"
  until_true last_is "$GOOD"
  puts .env "A_SECRET=$GOOD2"
  until_true last_is "$GOOD2"
  kill -KILL "$(child_of "$samekey" | head -n 1)"
  wait "$samekey" || true
  samekey=
  stays --on-change restart --stop-timeout 60s -- python3 -c "
import os, signal, sys, time
def stop(*_):
    open('stopping', 'w').close()
    while not os.path.exists('stop'): time.sleep(0.01)
    sys.exit(3)
signal.signal(signal.SIGTERM, stop)
open('ready', 'a').write('.')
while True: signal.pause()"
  until_true test -e ready
  puts .env "A_SECRET=$GOOD"
  until_true test -e stopping
  kill -TERM "$samekey"
  touch stop
  wait "$samekey" && status=0 || status=$?
  samekey=
  exits 3
  [ "$(cat ready)" = . ]
}

@test "a SIGHUP that the command takes for a reload does not keep it from a later restart" {
  puts .env "A_SECRET=$GOOD"
  stays --on-change restart -- sh -c "trap 'touch reloaded' HUP
    printenv A_SECRET >>values; while :; do sleep 0.05; done"
  until_true last_is "$GOOD"
  kill -HUP "$samekey"
  until_true test -e reloaded
  puts .env "A_SECRET=$GOOD2"
  until_true last_is "$GOOD2"
  ends 143
}

@test "without inotify it looks, and says so once" {
  [ "$(id -u)" -eq 0 ] || skip "only root makes a user namespace with limits everywhere"
  puts .env "A_SECRET=$GOOD"
  env -i PATH="$PATH" HOME="$HOME" SAMEKEY_SOCKET="$PWD/no.sock" \
    unshare --user --map-root-user sh -c \
    'echo 0 >/proc/sys/user/max_inotify_instances && exec "$@"' sh \
    "$SAMEKEY" run --supervise --on-change restart -- sh -c "$(show)" >printed 2>said 3>&- &
  samekey=$!
  until_true last_is "$GOOD"
  puts .env "A_SECRET=$GOOD2"
  until_true last_is "$GOOD2"
  [ "$(count watching_by_looks)" -eq 1 ]
  ends 143
}

@test "its own environment holds no value, its child's does" {
  echo B=1 >.env
  GIVEN="A_SECRET=$GOOD" stays -- sleep 300
  until_true has_child "$samekey"
  until_true grep -q "$GOOD" "/proc/$(child_of "$samekey")/environ"
  [ "$(grep -c "$GOOD" "/proc/$samekey/environ")" -eq 0 ]
  ends 143
}
