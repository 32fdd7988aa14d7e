#!/usr/bin/env bats
# Goal: `samekey run --private-verifier` gives a command a verifier of its own, which is no child of
# it, holds nothing of it open, changes nothing about it, and is gone with it.

load helper

setup_file() {
  export SAMEKEYD=${SAMEKEYD:?}
}

setup() {
  umask 077
  unset "${!SAMEKEY_@}" NODE_ENV CREDENTIALS_DIRECTORY NOTIFY_SOCKET pm_id
  SAMEKEY=${SAMEKEY:?}
  DIR=$(mktemp -d "${TMPDIR:-/tmp}/skp.XXXXXX") # a socket's path is short
  export HOME=$DIR/home
  mkdir -p "$HOME" "$DIR/run" "$DIR/shop/.git"
  cd "$DIR/shop" || return 1
  printf 'JWT_SECRET=%s\n' "$GOOD" >.env
}

teardown() {
  rm -rf "$DIR"
}

# private [NAME=VALUE]... [OPTION]... -- COMMAND: in a run folder of its own.
private() {
  local given=()
  while [[ ${1:-} == [A-Za-z_]*=* ]]; do
    given+=("$1")
    shift
  done
  sk XDG_RUNTIME_DIR="$DIR/run" "${given[@]}" run --private-verifier "$@"
}

# The process ids of the verifiers whose API lies below our folder; fails when there is none.
verifiers() {
  local process words found=1
  for process in /proc/[0-9]*; do
    words=$(tr '\0' ' ' <"$process/cmdline" 2>/dev/null) || continue
    [[ $words == "samekeyd --private 3 --api $DIR/run/"* ]] || continue
    echo "${process##*/}"
    found=0
  done
  return "$found"
}

# Nothing is left: no process, no socket, no folder.
clean() { ! verifiers && [ -z "$(ls -A "$DIR/run")" ]; }

# What a child looks at, with the question that it puts to its verifier.
ask='curl -sS --max-time 10 --unix-socket "$SAMEKEY_API_SOCKET" "http://localhost$1"'

@test "the command finds its verifier, and its bundle there, by SAMEKEY_API_SOCKET" {
  private --name web -- sh -c "echo \$PPID; $ask" sh /v1/secrets # samekey stays in front of a shell
  exits 0
  local pid=${output%%$'\n'*}
  [ "$(jq -rc '[.apps[] | .app, .state, .pid, .keys[0].key]' <<<"${output#*$'\n'}")" = "[\"web\",\"live\",$pid,\"JWT_SECRET\"]" ] ||
    complain "not its bundle"
  says "a private verifier, for development, answers on $DIR/run/samekey." "no profile"
  prints_not "$GOOD"
  says_not "$GOOD"
  until_true clean
}

@test "only its user can reach it" {
  private -q -- sh -c 'stat -c %a "$SAMEKEY_API_SOCKET" "${SAMEKEY_API_SOCKET%/*}"'
  exits 0
  [ "$output" = $'600\n700' ] || complain "not 0600 in 0700"
  [ -z "$stderr" ] || complain "it is not quiet"
}

@test "the variable wins over one that is inherited or in a file" {
  echo 'SAMEKEY_API_SOCKET=/of/another' >>.env
  echo '[key SAMEKEY_API_SOCKET]' >samekey.ini # without it no file may name one
  private SAMEKEY_API_SOCKET=/of/the/shell -q -- sh -c 'env | grep ^SAMEKEY_API_SOCKET='
  exits 0
  [[ $output == "SAMEKEY_API_SOCKET=$DIR/run/samekey."*"/api.sock" ]] || complain "not its own"
  private -q -- env
  [ "$(grep -c '^SAMEKEY_API_SOCKET=' <<<"$output")" -eq 1 ] || complain "two of them"
  prints_not /of/another
  sk run -q -- printenv SAMEKEY_API_SOCKET
  [ "$output" = /of/another ] || complain "a plain run changes it"
}

@test "samekey below the command reaches the verifier of the command" {
  printf '[profile session]\napp = web\nkey = JWT_SECRET\n' >samekeyd.ini
  private --name web -- sh -c '"$1" issue --claim sub=me >token && "$1" verify --token-file token &&
    "$1" diagnose --token-file token && "$1" status' sh "$SAMEKEY"
  exits 0
  prints accepted "subject   me" "accepted by profile session" "web  group" live
  until_true clean
}

@test "a name that no profile wants is said, with the one that they want; the mode too" {
  printf '[profile session]\napp = web\nkey = JWT_SECRET\n' >samekeyd.ini
  private --name dev -- true
  exits 0
  says "it was handed app dev, and its settings want web" "hint: --name web, or name = web under [app]" \
    "samekeyd.ini; mode production"
  private --name web --mode development -- true
  says_not "handed app"
  says "; mode development"
  private --name dev -q -- true
  says_not "handed app"
  sk issue --private-verifier --name dev
  exits 78
  says "it was handed app dev, and its settings want web"
}

@test "a start below the command is offered to the verifier of the command; what stands does not keep it" {
  mkdir ws
  private -q --name web -- sh -c '"$1" run -q --name ws -- sleep 600 & ws=$!
    until "$1" status --json | grep -q "\"ws\""; do :; done
    cd ws && "$1" offer -q --name worker --dotenv ../.env && "$1" status
    kill $ws' sh "$SAMEKEY"
  exits 0
  prints "web  group" "ws  group" "worker  group"
  until_true clean
}

@test "the socket for loaders is the user's alone, and wins over one that is inherited or in a file" {
  echo 'SAMEKEY_SOCKET=/of/another' >>.env
  echo '[key SAMEKEY_SOCKET]' >samekey.ini
  private -q -- sh -c 'stat -c %a "$SAMEKEY_SOCKET" "${SAMEKEY_SOCKET%/*}"; env | grep -c ^SAMEKEY_SOCKET='
  exits 0
  [ "$output" = $'600\n700\n1' ] || complain "not 0600 in 0700, or two of them"
}

@test "no descriptor, no child and no zombie comes along" {
  cat >look.py <<'PY'
import os
for fd in sorted(map(int, os.listdir("/proc/self/fd"))):
    try:
        print(fd, os.readlink(f"/proc/self/fd/{fd}").split(":")[0].split("/")[0])
    except OSError:
        pass
print("children", open(f"/proc/self/task/{os.getpid()}/children").read().split())
PY
  sk run -q -- python3 look.py
  local plain=$output
  private -q -- python3 look.py
  exits 0
  [ "$output" = "$plain" ] || complain "a plain run gives:" "$plain"
}

@test "signals and their dispositions stay as they were" {
  cat >look.py <<'PY'
import os, signal, subprocess, sys
def ignore(): signal.signal(signal.SIGCHLD, signal.SIG_IGN)
sys.exit(subprocess.run(sys.argv[1:], preexec_fn=ignore).returncode)
PY
  sk run -q -- grep -E '^Sig(Ign|Blk)' /proc/self/status
  local plain=$output
  private -q -- grep -E '^Sig(Ign|Blk)' /proc/self/status
  [ "$output" = "$plain" ] || complain "a plain run gives:" "$plain"
  run -0 env XDG_RUNTIME_DIR="$DIR/run" python3 look.py "$SAMEKEY" run -q --private-verifier -- \
    grep '^SigIgn' /proc/self/status
  [[ $output == *[1357]???? ]] || [[ $output =~ ([0-9a-f]{16})$ && $((0x${BASH_REMATCH[1]} & 0x10000)) -ne 0 ]] ||
    complain "SIGCHLD is not ignored any more"
}

@test "the exit status is the command's own" {
  private -q -- sh -c 'exit 7'
  exits 7
  : >no-program
  private -q -- ./no-program
  exits 126
  until_true clean
}

@test "it ends with the command, also with one that was killed" {
  private -q -- sh -c 'kill -9 $$'
  exits 137
  until_true clean
  private -q -- sh -c 'kill -TERM $$'
  exits 143
  until_true clean
}

@test "samekey that is killed while it starts one leaves nothing either" {
  mkdir -m 755 "$DIR/bin"
  cp "$SAMEKEY" "$DIR/bin/samekey"
  cat >"$DIR/bin/samekeyd" <<'SH'
#!/bin/sh
kill -KILL "$(sed 's/.*) . //; s/ .*//' "/proc/$PPID/stat")"
SH
  chmod 755 "$DIR/bin/samekeyd"
  SAMEKEY=$DIR/bin/samekey private -- true
  exits 137
  until_true clean
}

@test "what interrupts the command from a terminal is not for the verifier" {
  run --separate-stderr env XDG_RUNTIME_DIR="$DIR/run" setsid -w "$SAMEKEY" run --private-verifier -q -- \
    sh -c 'trap : INT HUP; kill -INT 0; kill -HUP 0; '"$ask" sh /healthz
  exits 0
  prints '"ok"'
  until_true clean
}

@test "two at once are two" {
  (
    env XDG_RUNTIME_DIR="$DIR/run" "$SAMEKEY" run -q --private-verifier --name one -- sh -c \
      'echo "$SAMEKEY_API_SOCKET" >one; read -r _ <two' </dev/null
  ) 3>&- &
  mkfifo two
  until_true test -s one
  private -q --name other -- sh -c "echo \"\$SAMEKEY_API_SOCKET\" >other; $ask" sh /v1/secrets
  exits 0
  [ "$(jq -rc '[.apps[].app]' <<<"$output")" = '["other"]' ] || complain "they share one"
  [ "$(cat one)" != "$(cat other)" ]
  [ "$(verifiers | wc -l)" -ge 1 ]
  echo go >two
  wait
  until_true clean
}

@test "no secret of the environment, no notify socket and no descriptor goes to the verifier" {
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  cat >look.py <<'PY'
import os
mine = b"samekeyd\0--private\0003\0--api\0" + os.environb[b"SAMEKEY_API_SOCKET"] + b"\0--handoff\0" + os.environb[b"SAMEKEY_SOCKET"] + b"\0"
for process in ("/proc/" + name for name in os.listdir("/proc") if name.isdigit()):
    try:
        if open(process + "/cmdline", "rb").read() == mine:
            print("found")
            print(open(process + "/environ", "rb").read().decode().replace("\0", "\n"))
            for fd in os.listdir(process + "/fd"):
                print(os.readlink(process + "/fd/" + fd))
    except OSError:
        pass
PY
  : >marker
  private A_TOKEN="$GOOD2" NOTIFY_SOCKET="$DIR/notify" -q -- python3 look.py 9<marker
  exits 0
  prints found
  prints_not "$GOOD2" NOTIFY_SOCKET marker
}

@test "without XDG_RUNTIME_DIR, or with one that is too long or away: the temporary folder" {
  local long
  long=$DIR/$(printf 'x%.0s' {1..90})
  mkdir "$long" "$DIR/tmp"
  local given
  for given in XDG_RUNTIME_DIR= XDG_RUNTIME_DIR=relative XDG_RUNTIME_DIR="$long" XDG_RUNTIME_DIR="$DIR/none"; do
    sk TMPDIR="$DIR/tmp" "$given" run -q --private-verifier -- printenv SAMEKEY_API_SOCKET
    exits 0
    [[ $output == "$DIR/tmp/samekey."*"/api.sock" ]] || complain "$given"
  done
}

@test "a folder that others may write is no place for its sockets, unless it is sticky" {
  chmod 777 "$DIR/run"
  mkdir "$DIR/tmp"
  private TMPDIR="$DIR/tmp" -q -- sh -c 'echo "$SAMEKEY_API_SOCKET"'
  exits 0
  [[ $output == "$DIR/tmp/samekey."* ]] || complain "not there"
  chmod 1777 "$DIR/run"
  private TMPDIR="$DIR/tmp" -q -- sh -c 'echo "$SAMEKEY_API_SOCKET"'
  exits 0
  [[ $output == "$DIR/run/samekey."* ]] || complain "not there"
}

@test "no samekeyd beside samekey: exit 69, and what to do" {
  mkdir "$DIR/bin"
  cp "$SAMEKEY" "$DIR/bin/samekey"
  SAMEKEY=$DIR/bin/samekey
  private -- touch started
  exits 69
  says "$DIR/bin/: there is no samekeyd to start here" "hint: install samekeyd beside samekey"
  [ ! -e started ] || complain "it started"
}

@test "a samekeyd that others may write is none" {
  mkdir "$DIR/bin"
  cp "$SAMEKEY" "$SAMEKEYD" "$DIR/bin/"
  SAMEKEY=$DIR/bin/samekey
  private -q -- true
  exits 0
  chmod o+w "$DIR/bin/samekeyd"
  private -- touch started
  exits 69
  [ ! -e started ] || complain "it started"
}

@test "whoever owns samekey may own samekeyd, and else only root and this user" {
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  mkdir "$DIR/bin"
  cp "$SAMEKEY" "$SAMEKEYD" "$DIR/bin/"
  chmod 755 "$DIR/bin" "$DIR/bin/"*
  SAMEKEY=$DIR/bin/samekey
  chown 1234 "$DIR/bin/samekeyd"
  private -- true
  exits 69
  chown 1234 "$DIR/bin/samekey"
  private -- true
  exits 0
}

@test "it is found in sbin and libexec of the prefix too" {
  mkdir -p "$DIR/usr/bin" "$DIR/usr/sbin" "$DIR/usr/libexec/samekey"
  cp "$SAMEKEY" "$DIR/usr/bin/"
  cp "$SAMEKEYD" "$DIR/usr/sbin/"
  SAMEKEY=$DIR/usr/bin/samekey
  private -q -- true
  exits 0
  mv "$DIR/usr/sbin/samekeyd" "$DIR/usr/libexec/samekey/"
  private -q -- true
  exits 0
}

@test "a socket beside a private verifier: one of them would be passed over" {
  private --socket "$DIR/none" -- touch started
  exits 2
  says "--socket names a samekeyd that runs, and --private-verifier starts one" "hint: leave one of them out"
  sk verify --socket="$DIR/none" --private-verifier token
  exits 2
  private SAMEKEY_SOCKET="$DIR/none" -- true # where it is not, for all that is started there
  exits 0
  [ ! -e started ] || complain "it started"
}

@test "settings with a fault: exit 78, the line, and nothing is started" {
  printf '[listen]\n[nonsense]\n' >bad.ini
  private --verifier-ini bad.ini -- touch started
  exits 78
  says "bad.ini:2" "hint: samekeyd --check --ini bad.ini"
  private --verifier-ini none.ini -- touch started
  exits 78
  says "none.ini"
  [ ! -e started ] || complain "it started"
  until_true clean
}

@test "samekeyd.ini beside samekey.ini is taken, and said" {
  mkdir web
  : >samekey.ini
  printf '[nonsense]\n' >samekeyd.ini
  cd web
  private -- true
  exits 78
  printf '[listen]\nhandoff = %s\nhttp = 127.0.0.1:1\n' "$DIR/handoff.sock" >../samekeyd.ini
  private -- true
  exits 0
  says "with $DIR/shop/samekeyd.ini"
  [ ! -e "$DIR/handoff.sock" ] || complain "it listens for others"
}

@test "what a rule refuses starts no verifier" {
  printf '[key JWT_SECRET]\nmin_length = 100\n' >samekey.ini
  private -- touch started
  exits 78
  says_not "a private verifier"
  [ ! -e started ] || complain "it started"
}

@test "--verifier-ini alone is a mistake" {
  sk run --verifier-ini some.ini -- true
  exits 2
  says "hint: samekey run --private-verifier --verifier-ini FILE"
}

@test "no value shows, whatever goes wrong" {
  local all
  printf 'JWT_SECRET=%s\n' "$GOOD2" >.env.local
  printf 'WEAK_TOKEN=cAnaryWeak\n' >>.env
  : >said
  for all in "" "--strict" "--verifier-ini none.ini" "--allow weak" "-q"; do
    # shellcheck disable=SC2086  # words are meant to split
    private $all -- sh -c "$ask; $ask" sh /v1/secrets
    printf '%s\n%s\n' "$output" "$stderr" >>said
  done
  for all in "$GOOD" "$GOOD2" cAnary; do
    ! grep -q "$all" said || complain "shown: $all" "$(grep -m 3 "$all" said)"
  done
}
