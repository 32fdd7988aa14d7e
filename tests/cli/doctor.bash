# shellcheck shell=bash
# What doctor finds.

# Values that a finding must not show.
STALE=canaryStale9RtLzB4nHcYfPd6sJgA8eUiT3oXyN5
OTHER=canaryOtherZb1Tq8LmXw3RkV7nYc5HdPf9GsJ2aU

setup_file() { export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1; }

app() {
  printf 'NEXTAUTH_SECRET=%s\nPORT=3000\n' "$GOOD" >.env
  printf 'NEXTAUTH_SECRET=%s\n' "$STALE" >.env.old
  chmod 600 .env .env.old
}

# doctor [OPTION]...: runs it on a machine without units but those of $HOST.
doctor() {
  HOST=$BATS_TEST_TMPDIR/host
  mkdir -p "$HOST"
  sk doctor --host "$HOST" "$@"
  [[ $output$stderr != *canary* && $output$stderr != *"$GOOD"* ]] || complain "a value is shown"
}

# finds CODE...: each is among the findings.
finds() {
  local code
  for code in "$@"; do
    prints "[$code]" || return 1
  done
}

finds_not() {
  local code
  for code in "$@"; do
    prints_not "[$code]" || return 1
  done
}
