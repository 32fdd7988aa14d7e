#!/usr/bin/env bats
# Goal: a result that could not be written is an error with its reason; talk that could not be
# written stops nothing.

load helper

setup_file() {
  [ -e /dev/full ] || skip "no /dev/full"
}

# full WORD...: runs samekey with a full disk behind stdout.
full() {
  # shellcheck disable=SC2016  # the inner shell expands it
  run --separate-stderr env -i PATH="$PATH" HOME="$HOME" sh -c '"$@" >/dev/full' - "$SAMEKEY" "$@"
}

# closed WORD...: the same without stdout.
closed() {
  # shellcheck disable=SC2016  # the inner shell expands it
  run --separate-stderr env -i PATH="$PATH" HOME="$HOME" sh -c '"$@" >&-' - "$SAMEKEY" "$@"
}

@test "every command whose result is lost exits 75 and says why" {
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  local lose
  while read -r -a words; do
    for lose in full closed; do
      "$lose" "${words[@]}"
      exits 75 || complain "$lose: ${words[*]}"
      says "samekey: stdout: " || complain "$lose: ${words[*]}"
      says_not "$GOOD" ioctl
    done
  done <<'EOF'

--version
--help
help
help run
help findings
help conflict
check
check --json
check --help
explain
explain --json
explain NEXTAUTH_SECRET
explain NEXTAUTH_SECRET --json
offer --json
status --json
help --json
--json
init --print
init --print --json
keygen
export --for docker
export --for json
export --for docker --json web.env
EOF
}

@test "without a verifier the missing answer is what counts" {
  full status
  exits 69
  full offer
  exits 69
}

@test "run writes nothing there: the app has stdout for itself" {
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  full run -- true
  exits 0
  full run --quiet -- sh -c 'exit 7'
  exits 7
}

@test "a full disk behind stderr stops no start and changes no exit status" {
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  # shellcheck disable=SC2016  # the inner shell expands it
  run env -i PATH="$PATH" HOME="$HOME" sh -c '"$@" 2>/dev/full' - "$SAMEKEY" run -- echo started
  exits 0
  prints started
  printf '[key NEXTAUTH_SECRET]\ndeny = %s\n' "$GOOD" >samekey.ini
  # shellcheck disable=SC2016  # the inner shell expands it
  run env -i PATH="$PATH" HOME="$HOME" sh -c '"$@" 2>/dev/full' - "$SAMEKEY" run -- echo started
  exits 78
  prints_not started
}

@test "init leaves no half-written file where there is no room" {
  mkdir small
  mount -t tmpfs -o size=4k,mode=700 none small 2>/dev/null || skip "may not mount a file system"
  head -c 4096 /dev/zero >small/filler
  sk init --root small
  local found
  found=$(ls small)
  umount small
  exits 75
  says "No space left"
  [ "$found" = filler ] || complain "$found"
}
