#!/usr/bin/env bats
# Goal: the child is what it would have been without samekey, but for the resolved values.

load helper

state='
  umask; ulimit -a; grep -E "^Sig[BIC]" /proc/self/status; pwd
'

@test "umask, limits, signal mask and dispositions, folder: unchanged" {
  local before
  umask 027
  ulimit -S -n 123
  trap '' USR1
  before=$(sh -c "trap '' USR1; $state")
  run sh -c "trap '' USR1; exec env -i PATH=\"\$PATH\" HOME=\"\$HOME\" \"\$0\" run --quiet -- sh -c '$state'" "$SAMEKEY"
  [ "$output" = "$before" ] || complain "before: $before"
}

@test "blocked signals stay blocked" {
  command -v python3 >/dev/null || skip "no python3"
  run python3 -c '
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGUSR2])
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
os.execv(sys.argv[1], [sys.argv[1], "run", "--quiet", "--", "grep", "SigBlk", "/proc/self/status"])' "$SAMEKEY"
  [[ $output == *0000000000004800 ]] || complain "other mask"
}

@test "the child is the same process" {
  run sh -c 'echo $$; exec "$0" run --quiet --reach off -- sh -c "echo \$\$"' "$SAMEKEY"
  [ "${lines[0]}" = "${lines[1]}" ]
  run sh -c 'echo $$; exec "$0" run --quiet -- cut -d " " -f 1 /proc/self/stat' "$SAMEKEY"
  [ "${lines[0]}" = "${lines[1]}" ]
}

@test "no descriptor is inherited that was not there before" {
  echo A=1 >.env
  mkdir s creds
  echo "$GOOD" >s/A_TOKEN
  run ls /proc/self/fd
  local before=$output
  run "$SAMEKEY" run --quiet --secrets s -- ls /proc/self/fd
  [ "$output" = "$before" ] || complain "before: $before"
}

@test "a descriptor that the caller gave passes" {
  echo through >file
  run sh -c 'exec 7<file; exec "$0" run --quiet -- cat /proc/self/fd/7' "$SAMEKEY"
  [ "$output" = through ]
}

@test "stdin passes" {
  echo A=1 >.env
  run sh -c 'echo input | "$0" run --quiet -- cat' "$SAMEKEY"
  [ "$output" = input ]
}

@test "closed standard descriptors do no harm" {
  echo A=1 >.env
  run sh -c '"$0" run -- sh -c "echo \$A >out" <&- >&- 2>&-' "$SAMEKEY"
  [ "$status" -eq 0 ]
  [ "$(cat out)" = 1 ]
}

@test "closed standard descriptors stay closed for the child, and cannot be written" {
  echo A=1 >.env
  run sh -c '"$0" run -- sh -c "ls /proc/\$\$/fd >out" <&- >&- 2>&-' "$SAMEKEY"
  [ "$(grep -c "^[02]$" out)" -eq 0 ] || complain "$(cat out)" # 1 is out itself, opened by the shell
  run sh -c '"$0" keygen >&-' "$SAMEKEY"
  [ "$status" -eq 75 ]
}

@test "too few descriptors: 75, and nothing is run" {
  echo A=1 >.env
  local most command kept=''
  for most in {3..12}; do
    for command in run "run --supervise"; do
      # shellcheck disable=SC2016,SC2086  # the inner shell expands it; words are meant to split
      run --separate-stderr env -i PATH="$PATH" HOME="$HOME" bash -c 'ulimit -n $0 && exec "$@"' "$most" \
        "$SAMEKEY" $command --quiet -- sh -c 'echo ran'
      [[ $stderr == "samekey: "* ]] || continue # else a shell or ld.so had too few
      exits 75 && says "Too many open files" && prints_not ran || return 1
      kept=yes
    done
  done
  [ -n "$kept" ] || complain "none was too few"
}

@test "a signal that kills the child is seen as such" {
  sk run -- sh -c 'kill -TERM $$'
  exits 143
  sk run -- sh -c 'kill -KILL $$'
  exits 137
}

@test "the child can be debugged and dump core again" {
  sk run --quiet -- sh -c 'stat -c %u /proc/self/status'
  [ "$output" = "$(id -u)" ]
}

@test "the environment is the inherited one, the resolved values, and the mark" {
  printf 'A=file\nB="two\nlines"\nE=\n' >.env
  sk A=env X=inherited Y= run --quiet -- env -0
  local got
  got=$(env -i PATH="$PATH" HOME="$HOME" A=env X=inherited Y= "$SAMEKEY" run --quiet -- env -0 |
    tr '\0\n' '\n|' | grep -vE '^(PATH|HOME|SAMEKEY_RUN)=' | sort)
  [ "$got" = $'A=env\nB=two|lines\nE=\nX=inherited\nY=' ] || complain "got: $got"
}

@test "each name stands once" {
  echo 'A=1' >.env
  sk A=2 SAMEKEY_RUN=x run --quiet -- env
  [ "$(cut -d = -f 1 <<<"$output" | sort | uniq -d)" = "" ]
}

@test "values of every byte but NUL arrive as they are" {
  local value
  value=$(printf '%b' "$(printf '\\x%02x' {1..127})")
  sk A="x${value}x" run --quiet -- sh -c 'printf %s "$A"'
  [ "$output" = "x${value}x" ]
  mkdir s
  printf '\xc3\xa9\t\\ "$x" %%s' >s/A_TOKEN
  gives A_TOKEN $'\xc3\xa9\t\\ "$x" %s' --secrets s
}

@test "the command is looked up by the child's own PATH" {
  mkdir bin
  printf '#!/bin/sh\necho mine\n' >bin/tool
  chmod 755 bin/tool
  printf '[key PATH]\n' >samekey.ini
  printf 'PATH=%s/bin:/bin:/usr/bin\n' "$PWD" >.env
  sk run --quiet --order dotenv -- tool
  exits 0
  [ "$output" = mine ]
}

@test "a script without a first line runs in a shell" {
  echo 'echo "$A"' >script
  chmod 755 script
  echo A=1 >.env
  gives A 1
  sk run --quiet -- ./script
  [ "$output" = 1 ]
}
