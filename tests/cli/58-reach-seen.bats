#!/usr/bin/env bats
# Goal: samekey that stays sees whether the server holds what was resolved, and blames nobody
# else.

load helper
load reach

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
# the command itself is over, and what it left behind is samekey's child
has_inherited() { [ "$(child_of "$samekey")" = "$(cat below)" ]; }

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
