#!/usr/bin/env bats
# Goal: where the command is not the server itself, samekey stays and is no hindrance: status,
# signals, terminals, orphans.

load helper
load reach

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

seen = b""

def wait_for(what, text):
    global seen
    end = time.monotonic() + 10
    while text not in seen:
        assert time.monotonic() < end, (what, seen)
        try:
            seen += os.read(terminal, 1000)
        except OSError as error:  # nobody has it open any more
            sys.exit(f"{what}: {error}, after {seen}")
    seen = seen[seen.index(text) + len(text):]  # what is behind it may have come with it

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
