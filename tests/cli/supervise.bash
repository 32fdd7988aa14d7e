# shellcheck shell=bash
# A command that is supervised, and what is said of it.

setup_file() { command -v python3 >/dev/null || skip "no python3"; }

# until_true COMMAND...: within 20 s.
until_true() {
  local left=400
  until "$@"; do
    [ "$((left--))" -gt 0 ] || complain "never: $*" "$(cat said 2>/dev/null)" || return 1
    read -rt 0.05 <> <(:) || true
  done
}

is_over() { ! [ -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; }

# stays WORD...: samekey run --supervise in the background, its pid in $samekey; what it says in
# ./said.
stays() {
  env -i PATH="$PATH" HOME="$HOME" SAMEKEY_SOCKET="$PWD/no.sock" ${GIVEN:+"$GIVEN"} \
    "${SAMEKEY:?}" run --supervise "$@" >printed 2>said 3>&- &
  samekey=$!
}

teardown() {
  if [ -n "${samekey:-}" ] && ! is_over "$samekey"; then
    kill -TERM "$samekey" || true
    wait "$samekey" || true
  fi
}

# ends CODE: told to end, it ends so.
ends() {
  kill -TERM "$samekey"
  wait "$samekey" && status=0 || status=$?
  samekey=
  exits "$1"
}

# a.env is complete the moment that it is there
puts() {
  printf '%s\n' "${@:2}" >"$1.part"
  mv "$1.part" "$1"
}

event() { grep -q "event=$1" said; }
count() { grep -c "event=$1" said || true; }

# The values that the command was started with, one a line; goes on until it is told to end.
show() { printf 'printenv A_SECRET >>values; exec sleep 300'; }
last_is() { [ "$(tail -n 1 values 2>/dev/null)" = "$1" ]; }
