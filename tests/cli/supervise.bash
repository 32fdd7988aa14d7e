# shellcheck shell=bash
# A command that is supervised, and what is said of it.

load staying

# stays WORD...: samekey run --supervise; $GIVEN is one more variable.
stays() {
  stays_with SAMEKEY_SOCKET="$PWD/no.sock" ${GIVEN:+"$GIVEN"} "${SAMEKEY:?}" run --supervise "$@"
}

# ends CODE: told to end, it ends so.
ends() {
  kill -TERM "${samekey:?}"
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
