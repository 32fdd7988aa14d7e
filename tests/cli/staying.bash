# shellcheck shell=bash
# A samekey that stays with its command, in the background: its pid in $samekey, what it says in
# ./said, what its command prints in ./printed.

setup_file() { command -v python3 >/dev/null || skip "no python3"; }

teardown() {
  if [ -n "${samekey:-}" ] && ! is_over "$samekey"; then
    kill -TERM "$samekey" || true
    wait "$samekey" || true
  fi
}

# stays_with [NAME=VALUE]... WORD...: starts it.
stays_with() {
  env -i PATH="$PATH" HOME="$HOME" "$@" >printed 2>said 3>&- &
  samekey=$!
}

lives() { ! is_over "$1"; }
