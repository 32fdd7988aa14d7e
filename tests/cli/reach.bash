# shellcheck shell=bash
# Commands below which samekey stays, and what is seen of them.

setup_file() { command -v python3 >/dev/null || skip "no python3"; }

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
has_child() { [ -n "$(child_of "$samekey")" ]; }
