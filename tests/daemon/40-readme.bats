#!/usr/bin/env bats
# Goal: the README's tour runs as it is written, and shows what is printed there.

load helper

README=$BATS_TEST_DIRNAME/../../README.md

# The tour as a script: `sh` blocks as they are, `console` blocks compared by `shows`. After each
# block the programs that it left behind are waited for, as a reader does; at the end, their end.
tour() {
  awk '
    /^## / { on = /Five minutes|Who signed this token|What was really used/; over = 0 }
    !on { next }
    /^```sh$/ { kind = "sh"; next }
    /^```console$/ { kind = "console"; print "shows <<\"END OF BLOCK\""; next }
    /^```$/ { print kind == "console" ? "END OF BLOCK" : over ? "wait" : "settle"; kind = ""; next }
    kind { print; over = over || /^kill / }
  ' "$README"
}

# What differs from run to run, and where lines are broken, is made alike.
alike() {
  sed -E "s#$HOME#HOME#g; s#/home/you#HOME#g; s/[0-9a-f]{12}/FINGERPRINT/g; s/pid [0-9]+/PID/g; s/^[0-9]+  */PID /
    s/[0-9-]{10} [0-9:]{5} UTC/TIME/g
    s/(changed|started) [0-9]+ (s|min) ago/\1/g; s/[0-9]+ s( old|\))/AGE\1/g" | tr -s ' \n' ' '
}

# shows: standard input is `$ COMMAND` and what it prints.
shows() {
  local command expected got
  IFS= read -r command
  expected=$(cat | alike)
  eval "${command#$ }" >"$DIR/shown" 2>&1 </dev/null || true
  got=$(alike <"$DIR/shown")
  [ "$got" = "$expected" ] || { printf '%s\n' "$command" "expected: $expected" "got:      $got"; return 1; }
}

# Whether a program that was started is at work; until its exec it is still a shell.
is_at_work() {
  if grep -qa samekeyd "/proc/$1/cmdline"; then api /healthz; else grep -qx sleep "/proc/$1/comm"; fi
}

settle() {
  APPS=$(jobs -p)
  local pid
  for pid in $APPS; do until_true is_at_work "$pid"; done
}

@test "the tour does and says what stands there" {
  local lines
  # the programs under test, and sockets that no other samekeyd has
  mkdir "$DIR/bin"
  ln -s "$SAMEKEY" "$DIR/bin/samekey"
  printf '#!/bin/sh\nexec "%s" --ini "%s"\n' "$SAMEKEYD" "$INI" >"$DIR/bin/samekeyd"
  chmod 755 "$DIR/bin/samekeyd"
  PATH=$DIR/bin:$PATH
  export SAMEKEY_SOCKET=$HANDOFF
  tour | grep -vF 'export PATH=' >"$DIR/tour"
  lines=$(grep -c '^shows' "$DIR/tour")
  [ "$lines" -ge 5 ]
  set -m # as at a prompt, so that %1 is a job
  # shellcheck disable=SC1091  # made above
  . "$DIR/tour" 3>&-
  APPS=''
  [ ! -e "$HOME/shop" ]
}

@test "the verifier's settings under systemd are accepted as they stand" {
  awk '/^# \/etc\/samekey\/samekeyd.ini$/ { on = 1 } /^```$/ { on = 0 } on' "$README" >"$DIR/readme.ini"
  grep -q '^verbs = ' "$DIR/readme.ini"
  run -0 "$SAMEKEYD" --check --ini "$DIR/readme.ini"
}
