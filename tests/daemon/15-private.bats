#!/usr/bin/env bats
# Goal: `samekeyd --private` serves exactly the one whom its connection belongs to, listens nowhere
# else, and is over with it.

load helper

setup() {
  umask 077
  SAMEKEYD=${SAMEKEYD:?}
  DIR=$(mktemp -d "${TMPDIR:-/tmp}/skd.XXXXXX") # a socket's path is short
  export HOME=$DIR/home XDG_STATE_HOME=$DIR/state XDG_RUNTIME_DIR=$DIR/run
  mkdir -p "$HOME" "$XDG_RUNTIME_DIR" "$DIR/api"
  API=$DIR/api/api.sock LOG=$DIR/log DAEMON='' APPS=''
}

# private PYTHON [WORD]...: starts one with these words; then runs the lines with `it` (the process),
# `ours` (our end), `ask()` (waits until it answers) and `over(seconds)`, its exit status.
private() {
  local lines=$1
  shift
  timeout 60 python3 - "$SAMEKEYD" "$@" 2>>"$LOG" 3>&- <<PY
import os, signal, socket, struct, subprocess, sys
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
it = subprocess.Popen([sys.argv[1], "--private", str(theirs.fileno())] + sys.argv[2:], pass_fds=[theirs.fileno()])
theirs.close()
def text(value):
    return struct.pack(">H", len(value)) + value
def ask():
    body = text(b"GET") + text(b"/healthz") + struct.pack(">I", 0)
    ours.send(b"SK" + struct.pack(">BBII", 1, 3, 0, len(body)) + body)
    return ours.recv(65536)[12:14] == struct.pack(">H", 200)
def over(seconds=20):
    return it.wait(seconds)
$lines
PY
}

@test "it serves its connection, and ends when that is closed before an offer" {
  private 'assert ask(); assert ask(); ours.close(); assert over() == 0'
  [ ! -s "$LOG" ]
  [ -z "$(ls -A "$XDG_RUNTIME_DIR")" ]
}

@test "a connection that says nothing has no deadline" {
  printf '[limits]\ndeadline = 50ms\n' >"$DIR/ini"
  private 'assert ask()
try: over(0.5)
except subprocess.TimeoutExpired: pass
assert ask(); ours.close(); assert over() == 0' --ini "$DIR/ini"
}

@test "the API's socket is for its user, and goes with its folder" {
  private 'assert ask()
assert os.stat(sys.argv[3]).st_mode & 0o777 == 0o600
api = socket.socket(socket.AF_UNIX); api.connect(sys.argv[3])
api.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
assert api.recv(65536).startswith(b"HTTP/1.1 200")
ours.close(); assert over() == 0' --api "$API"
  [ ! -e "$DIR/api" ]
}

@test "the socket for loaders is for its user, and goes with its folder; a folder of both too" {
  private 'assert ask()
assert os.stat(sys.argv[3]).st_mode & 0o777 == 0o600
other = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); other.connect(sys.argv[3])
first, ours = ours, other
assert ask(); first.close(); assert ask(); ours.close(); assert over() == 0' --handoff "$DIR/api/handoff.sock"
  [ ! -e "$DIR/api" ]
  private 'assert ask(); ours.close(); assert over() == 0' --api "$API" --handoff "$DIR/api/handoff.sock"
  [ ! -e "$DIR/api" ]
  run -2 "$SAMEKEYD" --handoff "$API"
  [[ $output == *"--handoff is for --private"* ]]
}

@test "a folder with something else in it stays" {
  : >"$DIR/api/else"
  private 'assert ask(); ours.close(); assert over() == 0' --api "$API"
  [ "$(ls "$DIR/api")" = else ]
}

@test "it ends at SIGTERM, and at the end of a process that was killed" {
  private 'assert ask(); it.terminate(); assert over() == 0'
  private 'assert ask(); print(it.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)' >"$DIR/pid" || true
  until_true gone
  grep -qE '^[0-9]+$' "$DIR/pid"
}
gone() { ! kill -0 "$(cat "$DIR/pid")"; }

@test "what is said on the connection and is no message ends it" {
  private 'assert ask(); ours.send(b"nonsense"); assert over() == 0'
  log_says "code=malformed"
}

@test "settings that listen elsewhere do not; those with a fault stop it" {
  cat >"$DIR/ini" <<INI
[listen]
handoff = $DIR/run/h.sock
api = $DIR/run/a.sock
http = 127.0.0.1:1
token_file = $DIR/none
INI
  private 'assert ask(); ours.close(); assert over() == 0' --ini "$DIR/ini"
  [ -z "$(ls -A "$XDG_RUNTIME_DIR")" ]
  echo '[nonsense]' >>"$DIR/ini"
  private 'assert over() == 78' --ini "$DIR/ini" --api "$API"
  log_says "$DIR/ini:6"
  [ ! -e "$DIR/api" ]
}

@test "a place where no socket can be" {
  private 'assert over() not in (0, -6, -11)' --api "/proc/api.sock"
  log_says "event=start_failed"
  private 'assert over() not in (0, -6, -11)' --api "relative.sock"
}

@test "what is no such connection is a misuse" {
  local fd
  for fd in 0 2 7 -1 x '' 99999999999; do
    run -2 "$SAMEKEYD" --private "$fd" 7>&-
    [[ $output == *"hint: samekeyd --help"* ]]
  done
  run -2 "$SAMEKEYD" --private 7 7<"$DIR"
  run -2 "$SAMEKEYD" --api "$API"
  [[ $output == *"--api is for --private"* ]]
  run -2 python3 -c 'import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); os.set_inheritable(s.fileno(), True)
os.execv(sys.argv[1], [sys.argv[1], "--private", str(s.fileno())])' "$SAMEKEYD"
  run -2 python3 -c 'import os, socket, sys
s, t = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM); os.set_inheritable(s.fileno(), True)
os.execv(sys.argv[1], [sys.argv[1], "--private", str(s.fileno())])' "$SAMEKEYD"
}

@test "another user's connection is not served" {
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  cat >"$DIR/other.py" <<'PY'
import os, socket, subprocess, sys
ours, theirs = None, None
r, w = os.pipe()
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
pid = os.fork()
if pid == 0:
    os.setresuid(1234, 1234, 1234)
    x, y = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    socket.send_fds(b, [b"x"], [y.fileno()])
    b.recv(1)
    os._exit(0)
_, fds, _, _ = socket.recv_fds(a, 1, 1)
it = subprocess.run([sys.argv[1], "--private", str(fds[0])], pass_fds=fds, timeout=20)
a.send(b"x")
sys.exit(0 if it.returncode == 78 else 1)
PY
  run -0 python3 "$DIR/other.py" "$SAMEKEYD"
  [[ $output == *not-admitted* ]]
}
