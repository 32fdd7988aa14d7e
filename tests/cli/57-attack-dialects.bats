#!/usr/bin/env bats
# What a hostile or unlucky file must not make parse, lint, export and [sources] dialect do.

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
