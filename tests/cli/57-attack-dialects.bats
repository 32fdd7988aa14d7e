#!/usr/bin/env bats
# Goal: a hostile or unlucky file makes parse, lint, export and [sources] dialect do nothing they must not.

load helper

dialects() { "$SAMEKEY" dialects --json | jq -r '.dialects[].name'; }

@test "a URL, JWT or token on a line of its own is shown by nobody, whatever loader takes it for a name" {
  printf '%s\n' A=1 'postgres://user:hunter2@db/x?a=b' 'ghp_16C7e42F292c6912E7710c838347Ae178B4a' \
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0' \
    'q7Lw2Vx9RtLzB4nHcYfPd6sJgA8eUi_kM3-xTz==' >.env
  local dialect command
  for dialect in $(dialects); do
    sk parse --dialect "$dialect" .env
    says_not hunter2 ghp_ eyJhb q7Lw2
    for command in check explain "lint --loaders $dialect" "run -- true"; do
      # shellcheck disable=SC2086  # words are meant to split
      case $command in
      lint*) sk $command .env ;;
      *) sk ${command%% *} --dialect "$dialect" ${command#"${command%% *}"} ;;
      esac
      says_not hunter2 ghp_ eyJhb q7Lw2
      prints_not hunter2 ghp_ eyJhb q7Lw2
    done
  done
}

# ---- lint

@test "an empty --loaders is no wish to compare them all" {
  echo 'A=pa#ss' >.env
  sk lint --loaders '' .env
  exits 2
  says "--loaders: names no loader"
}

@test "a FIFO or device is unreadable for lint as for parse; -- ends the options" {
  mkfifo fifo
  local file
  for file in fifo /dev/null; do
    sk lint "$file"
    exits 66
    sk parse --dialect sh "$file"
    exits 66
  done
  echo 'A=1' >--fix
  sk lint --quiet -- --fix
  exits 0
  sk parse --dialect sh -- --fix
  exits 0
  [ "$output" = A=1 ]
}

@test "what --fix cannot do is an error, also where the loaders are guessed" {
  echo 'A=pa#ss' >.env
  sk lint .env
  exits 0
  sk lint --fix .env
  exits 1
  prints "error: A: no spelling"
  [ "$(cat .env)" = 'A=pa#ss' ]
}

@test "--fix keeps the group and the mode, and refuses to part hard links" {
  echo 'A=pa#ss' >.env
  chmod 640 .env
  local group
  for group in $(id -G) 33; do
    chgrp "$group" .env 2>/dev/null && [ "$(stat -c %g .env)" != "$(id -g)" ] && break
  done
  group=$(stat -c %g .env)
  ln .env other
  sk lint --fix --loaders node,python .env
  exits 77
  says "hard links"
  [ "$(cat .env)" = 'A=pa#ss' ]
  rm other
  sk lint --fix --loaders node,python .env ./.env
  exits 0
  prints "1 assignment rewritten"
  [ "$(cat .env)" = "A='pa#ss'" ]
  [ "$(stat -c '%a %g' .env)" = "640 $group" ]
  [ "$(ls -A)" = $'.env\n.git' ]
}

# ---- no end

@test "arithmetic that nests to the right is refused, not followed until the stack ends" {
  local text
  for text in '**2' '?1:1' '=a' '?(1' '&&1==1'; do
    {
      printf 'A=$((a'
      printf "%.0s$text" {1..60000}
      printf '))\n'
    } >.env
    sk parse --dialect sh .env
    [ "$status" -eq 65 ] || [ "$status" -eq 0 ] || complain "$text"
  done
  # shellcheck disable=SC2016  # for the emulation to read
  printf 'A=$((2**3**2, 1 ? b = 4 : 5, b + %s1%s))\n' "$(printf '(%.0s' {1..60})" "$(printf ')%.0s' {1..60})" >.env
  sk parse --dialect sh .env
  exits 0
  prints A=5
}

@test "arithmetic that assigns to no variable fails before it assigns, as in bash" {
  # shellcheck disable=SC2016  # for the emulation to read
  printf '%s\n' a=3 b=4 'X=$((b -= 7 && a = (a)))' 'Y=$((b = b ? 1 : a = 2))' 'Z=$((b ? a = 5 : 1))' >.env
  sk parse --dialect sh .env
  exits 0
  [ "$output" = $'a=5\nb=4\nZ=5' ]
}

@test "lint: a byte order mark before a line that a shell refuses" {
  # shellcheck disable=SC2016  # for the emulation to read
  printf '\xef\xbb\xbfA=`x`\nB=1\n' >.env
  sk lint --loaders sh,node .env
  exits 1
  prints "runs a command for the value"
}

@test "lint: the reading that --dialect means takes part, whoever else is named" {
  echo 'A=pa#ss' >.env
  sk lint --loaders python,sh --dialect node .env
  exits 1
  prints "2 bytes: node"
  sk lint --fix --quiet --loaders python,sh --dialect node .env
  exits 0
  [ "$(cat .env)" = A=pa ]
}
