#!/usr/bin/env bats
# Goal: where the command is not the server itself, samekey stays, is no hindrance, and sees whether
# the server got what was resolved.

load helper

setup_file() { command -v python3 >/dev/null || skip "no python3"; }

# start.py MODE [VALUE]: starts a server as start scripts do, waits for it, and leaves its pid in
# ./server; it serves for $LIFE seconds.
write_start() {
  cat >serve.py <<'PY'
import socket, sys, time
server = socket.create_server(("127.0.0.1", 0))
time.sleep(float(sys.argv[1]))
PY
  cat >start.py <<'PY'
import os, subprocess, sys
env = dict(os.environ)
if sys.argv[1] == "clear":
    env = {"PATH": env["PATH"]}
elif sys.argv[1] == "other":
    env["NEXTAUTH_SECRET"] = sys.argv[2]
elif sys.argv[1] == "empty":
    env["NEXTAUTH_SECRET"] = ""
server = subprocess.Popen([sys.executable, "serve.py", os.environ.get("LIFE", "300")], env=env)
with open("pid.part", "w") as file:
    file.write(str(server.pid))
os.rename("pid.part", "server")
sys.exit(server.wait())
PY
  echo "NEXTAUTH_SECRET=$GOOD" >.env
}

# until_true COMMAND...: within 20 s; looking takes 10.
until_true() {
  local left=400
  until "$@"; do
    [ "$((left--))" -gt 0 ] || complain "never: $*" || return 1
    read -rt 0.05 <> <(:) || true
  done
}

is_over() { ! [ -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; }
lives() { ! is_over "$1"; }

# stays WORD...: samekey run in the background, its pid in $samekey; what it says in ./said.
stays() {
  env -i PATH="$PATH" HOME="$HOME" "$SAMEKEY" run --quiet "$@" >printed 2>said 3>&- &
  samekey=$!
}

teardown() {
  [ -z "${samekey:-}" ] || is_over "$samekey" || kill -TERM "$samekey" || true
}

child_of() { grep -o '^[0-9]*' "/proc/$1/task/$1/children" 2>/dev/null; }
# the command itself is over, and what it left behind is samekey's child
has_inherited() { [ "$(child_of "$samekey")" = "$(cat below)" ]; }
has_child() { [ -n "$(child_of "$samekey")" ]; }

@test "the exit status is the command's" {
  local code
  for code in 0 1 7 78 255; do
    sk run --quiet --reach warn -- sh -c "exit $code"
    exits "$code"
  done
}

@test "a signal that ends the command ends samekey" {
  local signal
  for signal in TERM KILL INT SEGV USR1; do
    run python3 -c '
import subprocess, sys
print(-subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL).returncode)' \
      "$SAMEKEY" run --quiet --reach warn -- sh -c "kill -$signal \$\$"
    [ "$output" = "$(kill -l $signal)" ] || complain "$signal ended it with $output"
  done
  [ -z "$(ls core* 2>/dev/null)" ]
}

@test "what cannot be run is reported as without staying" {
  sk run --quiet --reach warn -- ./no-such-command
  exits 127
  says "no-such-command: cannot run it: No such file or directory"
  : >plain
  sk run --quiet --reach warn -- ./plain
  exits 126
  for name in A B C; do
    printf '%s=%060000d\n' "$name" 0
  done >.env
  ulimit -S -s 512
  sk run --quiet --reach warn -- true
  exits 65
  says "over the kernel's limit"
}

@test "each signal is handed on" {
  local signal
  for signal in HUP INT QUIT USR1 USR2 TERM WINCH ABRT SEGV SYS TRAP; do
    rm -f ready got
    stays --reach warn -- python3 -c "
import os, signal, sys
signal.signal(signal.SIG$signal, lambda *_: (open('got', 'w').close(), sys.exit(9)))
open('ready', 'w').close()
while True: signal.pause()"
    until_true test -e ready
    kill -"$signal" "$samekey"
    wait "$samekey" && status=0 || status=$?
    exits 9
    [ -e got ]
  done
}

@test "a signal that the command sends to its parent is not handed back" {
  sk run --quiet --reach warn -- python3 -c '
import os, signal
os.kill(os.getppid(), signal.SIGUSR1)
os.kill(os.getppid(), signal.SIGTERM)
print("alive")'
  exits 0
  [ "$output" = alive ]
}

@test "stopped and continued with it" {
  stays --reach warn -- sleep 300
  until_true has_child
  local child
  child=$(child_of "$samekey")
  kill -STOP "$child"
  until_true grep -q '^State:.T' "/proc/$child/status"
  kill -CONT "$samekey" # handed on
  until_true grep -q '^State:.S' "/proc/$child/status"
  kill -TERM "$samekey"
  wait "$samekey" && status=0 || status=$?
  exits 143
}

@test "^C of a terminal reaches the command once, ^Z stops both" {
  run python3 - "$SAMEKEY" <<'PY'
import fcntl, os, pty, signal, sys, termios, time

def wait_for(what, text):
    end = time.monotonic() + 10
    seen = b""
    while text not in seen:
        assert time.monotonic() < end, (what, seen)
        seen += os.read(terminal, 1000)

child = """
import signal, sys
count = 0
def interrupted(*_):
    global count
    count += 1
    print("interrupted", count, flush=True)
signal.signal(signal.SIGINT, interrupted)
signal.signal(signal.SIGUSR1, lambda *_: sys.exit(40 + count))
print("ready", flush=True)
while True: signal.pause()
"""
pid, terminal = pty.fork()
if pid == 0:  # a shell with job control: the job gets a group of its own, and the terminal
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpgrp())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execv(sys.argv[1], [sys.argv[1], "run", "--quiet", "--reach", "warn", "--",
                               sys.executable, "-c", child])
    _, status = os.waitpid(job, os.WUNTRACED)
    print("stopped" if os.WIFSTOPPED(status) else "ended", flush=True)
    os.killpg(job, signal.SIGCONT)
    os.kill(job, signal.SIGUSR1)
    _, status = os.waitpid(job, 0)
    print("status", os.waitstatus_to_exitcode(status), flush=True)
    os._exit(0)
wait_for("start", b"ready")
os.write(terminal, b"\x03")
wait_for("^C", b"interrupted 1")
os.write(terminal, b"\x1a")
wait_for("^Z", b"stopped")
wait_for("end", b"status 41")
print("good")
PY
  [ "$output" = good ] || complain "$output"
}

@test "the command does not outlive a samekey that was killed" {
  stays --reach warn -- sleep 300
  until_true has_child
  local child
  child=$(child_of "$samekey")
  kill -KILL "$samekey"
  until_true is_over "$child"
}

# A command that starts a process and says its pid in ./below, then goes on with what is given.
with_below() {
  rm -f below
  stays --reach warn -- sh -c "sleep 300 & echo \$! >part; mv part below; $1"
  until_true test -e below
}

@test "told to end, it leaves no process behind that the command forgot" {
  with_below 'sleep 300; :'
  kill -TERM "$samekey"
  wait "$samekey" && status=0 || status=$?
  exits 143
  is_over "$(cat below)"
}

@test "a command that was killed or failed leaves no orphan either, a daemon is left alone" {
  with_below 'kill -KILL $$'
  wait "$samekey" && status=0 || status=$?
  exits 137
  is_over "$(cat below)"
  with_below 'exit 3'
  wait "$samekey" && status=0 || status=$?
  exits 3
  is_over "$(cat below)"
  with_below 'exit 0'
  wait "$samekey" && status=0 || status=$?
  exits 0
  lives "$(cat below)"
  kill -TERM "$(cat below)"
}

@test "what ignores SIGTERM is killed after a grace" {
  cat >deaf.py <<'PY'
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
with open("part", "w") as file:
    file.write(str(os.getpid()))
os.rename("part", "deaf")
while True: signal.pause()
PY
  stays --reach warn -- sh -c 'python3 deaf.py; :'
  until_true test -e deaf
  kill -TERM "$samekey"
  wait "$samekey" && status=0 || status=$?
  exits 143
  is_over "$(cat deaf)"
}

@test "mask, dispositions, limits, folder and descriptors are what they were" {
  local state='umask; ulimit -a; grep -E "^Sig[BIC]" /proc/self/status; pwd; ls /proc/self/fd'
  run sh -c "trap '' USR1 CHLD; $state"
  local before=$output
  run sh -c "trap '' USR1 CHLD; \"\$0\" run --quiet --reach warn -- sh -c '$state'" "$SAMEKEY"
  [ "$output" = "$before" ] || complain "before: $before"
}

@test "stdin passes, and socket activation names the child" {
  run sh -c 'echo input | "$0" run --quiet --reach warn -- cat' "$SAMEKEY"
  [ "$output" = input ]
  run sh -c 'LISTEN_PID=$$ exec "$0" run --quiet --reach warn -- sh -c "echo \$\$ \$LISTEN_PID"' "$SAMEKEY"
  [ "${output% *}" = "${output#* }" ] || complain "$output"
}

@test "a server whose start script cleared its environment is named with its pid and port" {
  write_start
  stays --reach fail -- python3 start.py clear
  wait "$samekey" && status=0 || status=$?
  stderr=$(cat said)
  exits 78
  says "stopped shop/start (python3 start.py clear), 1 error [not-reached]" \
    "NEXTAUTH_SECRET  python3" "does not have it  (pid $(cat server))" ", port " "  fix  " \
    "samekey run --allow not-reached:NEXTAUTH_SECRET"
  says_not "$GOOD"
  until_true is_over "$(cat server)"
}

# detach.py MODE: as start.py, but the server is left behind and the start script ends with 0.
write_detach() {
  write_start
  sed -e 's/env=env)$/env=env, start_new_session=True)/' -e 's/^sys.exit.*/sys.exit(0)/' \
    start.py >detach.py
}

@test "a server that the start script detached is looked at after its end" {
  write_detach
  stays --reach fail -- python3 detach.py clear
  wait "$samekey" && status=0 || status=$?
  stderr=$(cat said)
  exits 78
  says "1 error [not-reached]" "does not have it  (pid $(cat server))"
  until_true is_over "$(cat server)"
}

@test "a detached server that holds all secrets lives on, and samekey ends as soon as that is known" {
  write_detach
  local begun=$SECONDS
  stays --reach fail -- python3 detach.py keep
  wait "$samekey" && status=0 || status=$?
  exits 0
  [ $((SECONDS - begun)) -lt 9 ] || complain "it looked for all of its time"
  [ ! -s said ]
  lives "$(cat server)"
  kill -TERM "$(cat server)"
}

@test "a server that comes after the first ten seconds is looked at too" {
  write_start
  stays --reach fail -- sh -c 'sleep 11; python3 start.py clear'
  wait "$samekey" && status=0 || status=$?
  stderr=$(cat said)
  exits 78
  says "1 error [not-reached]" "does not have it  (pid $(cat server))"
  until_true is_over "$(cat server)"
}

@test "told to end while it looks at what was detached, it stops that" {
  write_start
  stays --reach fail -- sh -c 'sleep 300 & echo $! >part; mv part below'
  until_true test -e below
  until_true has_inherited
  kill -TERM "$samekey"
  wait "$samekey" && status=0 || status=$?
  exits 0
  is_over "$(cat below)"
}

@test "another value and an empty one are told apart, and no value is shown" {
  write_start
  echo "NEXTAUTH_SECRET=$GOOD2" >.env.production
  stays --reach fail -- python3 start.py other "$GOOD"
  wait "$samekey" && status=0 || status=$?
  stderr=$(cat said)
  exits 78
  says "holds another value, that of .env:1:1"
  says_not "value of $GOOD" "$GOOD2"
  stays --reach fail -- python3 start.py empty
  wait "$samekey" && status=0 || status=$?
  stderr=$(cat said)
  exits 78
  says "has it empty"
}

@test "warn says it once, with --quiet too, and lets the server be" {
  write_start
  env -i PATH="$PATH" HOME="$HOME" "$SAMEKEY" run --quiet --reach warn -- python3 start.py clear 2>said 3>&- &
  samekey=$!
  until_true grep -q code=not-reached said
  local server
  server=$(cat server)
  lives "$server"
  kill -TERM "$samekey"
  wait "$samekey" || true
  [ "$(grep -c code=not-reached said)" -eq 1 ]
  kill -TERM "$server" 2>/dev/null || true # left behind by the start script, as without samekey
  until_true is_over "$server"
}

@test "--allow lets it pass with fail" {
  write_start
  env -i PATH="$PATH" HOME="$HOME" "$SAMEKEY" run --reach fail --allow not-reached -- \
    python3 start.py clear 2>said 3>&- &
  samekey=$!
  until_true grep -q code=not-reached said
  lives "$(cat server)"
  kill -TERM "$samekey" "$(cat server)"
  wait "$samekey" || true
}

@test "a start script that hands the environment on is no finding" {
  write_start
  sk LIFE=1.5 run --quiet --reach fail -- python3 start.py keep
  exits 0
  [ -z "$stderr" ] || complain "it spoke"
  [ -e server ]
}

@test "a helper that comes and goes with an empty environment is no finding" {
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  sk run --quiet --reach fail -- sh -c 'for i in 1 2 3 4 5 6 7 8; do env -i python3 -c "import time; time.sleep(.1)"; done'
  exits 0
  [ -z "$stderr" ]
}

@test "a helper of some seconds with a clean environment is none either" {
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  sk run --quiet --reach fail -- sh -c 'env -i python3 -c "import time; time.sleep(2)"; exit 4'
  exits 4
  [ -z "$stderr" ]
}

@test "a program that writes over its environment does not lack what was there" {
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  sk run --quiet --reach fail -- sh -c 'python3 -c "
import ctypes, socket, time
fields = open(\"/proc/self/stat\").read().split()
begin, end = int(fields[49]), int(fields[50])
ctypes.memset(begin, 0, end - begin)
server = socket.create_server((\"127.0.0.1\", 0))
time.sleep(1.5)"; exit 4'
  exits 4
  [ -z "$stderr" ] || complain "it spoke"
}

@test "a command that does not stop at SIGTSTP does not leave samekey stopped" {
  stays --reach warn -- python3 -c '
import signal, time
signal.signal(signal.SIGTSTP, lambda *_: open("got", "w").close())
open("ready", "w").close()
while True: time.sleep(.05)'
  until_true test -e ready
  kill -TSTP "$samekey"
  until_true test -e got
  kill -TERM "$samekey"
  wait "$samekey" && status=0 || status=$?
  exits 143
}

@test "SIGTSTP to samekey stops both, SIGCONT continues both" {
  stays --reach warn -- sleep 300
  until_true has_child
  local child
  child=$(child_of "$samekey")
  kill -TSTP "$samekey"
  until_true grep -q '^State:.T' "/proc/$child/status"
  until_true grep -q '^State:.T' "/proc/$samekey/status"
  kill -CONT "$samekey"
  until_true grep -q '^State:.S' "/proc/$child/status"
  kill -TERM "$samekey"
  wait "$samekey" && status=0 || status=$?
  exits 143
}

@test "what an inner samekey starts has the inner one's values" {
  write_start
  mkdir inner
  echo "NEXTAUTH_SECRET=$GOOD2" >inner/.env
  sk run --quiet --reach fail -- sh -c 'cd inner && "$0" run --quiet --reach off --order dotenv -- python3 ../serve.py 1.5; :' "$SAMEKEY"
  exits 0
  [ -z "$stderr" ] || complain "it spoke"
}

@test "the server itself takes samekey's place, whatever starts it does not" {
  local same='import os, sys; print(os.getppid() == int(sys.argv[1]))'
  run sh -c '"$0" run --quiet -- python3 -c "$1" $$; :' "$SAMEKEY" "$same"
  [ "$output" = True ]
  run sh -c '"$0" run --quiet -- env python3 -c "$1" $$; :' "$SAMEKEY" "$same"
  [ "$output" = False ]
  run sh -c '"$0" run --quiet --reach off -- env python3 -c "$1" $$; :' "$SAMEKEY" "$same"
  [ "$output" = True ]
  printf '#!/bin/sh\nexec python3 "$@"\n' >start.sh
  chmod 755 start.sh
  run sh -c '"$0" run --quiet -- ./start.sh -c "$1" $$; :' "$SAMEKEY" "$same"
  [ "$output" = False ]
  run sh -c '"$0" run --quiet --phase build -- ./start.sh -c "$1" $$; :' "$SAMEKEY" "$same"
  [ "$output" = True ]
}

@test "in a framework's folder a start script must hand on what was resolved, unasked" {
  write_start
  echo '{"dependencies":{"nuxt":"4"}}' >package.json
  stays -- python3 start.py clear
  wait "$samekey" && status=0 || status=$?
  stderr=$(cat said)
  exits 78
  says "[not-reached]"
  printf '[app]\nreach = off\n' >samekey.ini
  rm server
  stays -- python3 start.py clear
  until_true test -e server
  [ "$(sed 's/\x00.*//' "/proc/$samekey/cmdline")" != "$SAMEKEY" ]
  kill -TERM "$samekey" "$(cat server)"
  wait "$samekey" || true
}

is_settled() { [ -z "$(tr -d '\0' <"/proc/$samekey/environ")" ]; }

@test "what stays holds no value" {
  echo "NEXTAUTH_SECRET=$GOOD2" >.env
  env -i PATH="$PATH" HOME="$HOME" NEXTAUTH_SECRET="$GOOD" "$SAMEKEY" run --quiet --reach warn -- \
    sleep 300 >printed 2>said 3>&- &
  samekey=$!
  until_true has_child
  until_true is_settled
  local wanted=("$GOOD2")
  grep -q libasan "/proc/$samekey/maps" || wanted+=("$GOOD") # a sanitizer copies the environment
  run python3 - "$samekey" "${wanted[@]}" <<'PY'
import sys
found = 0
with open(f"/proc/{sys.argv[1]}/maps") as maps, open(f"/proc/{sys.argv[1]}/mem", "rb") as memory:
    for line in maps:
        span, mode = line.split()[:2]
        if mode[:2] != "rw":
            continue
        start, end = (int(at, 16) for at in span.split("-"))
        if end - start > 1 << 28:  # a sanitizer's own
            continue
        memory.seek(start)
        held = memory.read(end - start)
        found += sum(held.count(value.encode()) for value in sys.argv[2:])
print(found)
PY
  [ "$output" = 0 ] || complain "found: $output"
}
