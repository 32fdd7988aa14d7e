#!/usr/bin/env bats
# Goal: whoever does wrong things again and again fills no disk with them: the log names the first
# ones, counts the rest, and loses nothing of what other users do meanwhile.

load helper

as_root() {
  [ "$(id -u)" -eq 0 ] || skip "needs root to become other users"
}

hostile() { python3 "$BATS_TEST_DIRNAME/hostile.py" "$HANDOFF" "$@"; }

# Lets every user reach both sockets, so that samekeyd itself must tell them apart.
open_sockets() {
  chmod 711 "$DIR" "$DIR/run"
  chmod 666 "$HANDOFF" "$API"
}

lines() { grep -cE "$1" "$LOG" || true; }

@test "a stranger who knocks on and on is named a few times, then counted" {
  as_root
  start
  open_sockets
  [ "$(hostile --uid 4711 pesters)" = "problem not-admitted" ]
  stop
  local shown hidden
  shown=$(lines 'event=problem .*uid=4711')
  hidden=$(sed -n 's/.*event=not_shown kind=stranger uid=4711 count=\([0-9]*\) .*/\1/p' "$LOG" |
    awk '{ sum += $1 } END { print sum + 0 }')
  [ "$shown" -ge 10 ] && [ "$shown" -le 40 ]
  [ $((shown + hidden)) -eq 400 ] # none is lost from the sum
  log_says ' more not shown"'
}

@test "a sum is written while the flood lasts" {
  as_root
  start
  open_sockets
  hostile --uid 4711 pesters
  until_true grep -q event=not_shown "$LOG"
  kill -0 "$DAEMON"
}

@test "an admitted user's nonsense is cut, and its offers are not" {
  start
  [ "$(hostile pesters)" = "problem malformed" ]
  [ "$(hostile good)" = "verdict accepted" ]
  [ "$(lines 'event=problem ')" -le 150 ]
  log_says "event=offered app=hostile"
}

@test "whoever invents names takes nobody else's, nor the room for them" {
  as_root
  cat >>"$INI" <<INI
[admit one]
uid = 4711
verbs = offer
[admit two]
uid = 4712
verbs = offer
INI
  start
  open_sockets
  [ "$(hostile --uid 4712 good)" = "verdict accepted" ]
  [ "$(hostile --uid 4711 renames)" = "verdict accepted" ]
  [ "$(hostile standing)" = "verdict accepted" ] # a name that is new
  [ "$(hostile --uid 4711 good)" = "verdict refused app-owner" ]
}

@test "what others offer is logged in the midst of one user's flood" {
  as_root
  cat >>"$INI" <<INI
[admit one]
uid = 4711
verbs = offer
[admit two]
uid = 4712
verbs = offer
[app web]
uid = 4713
INI
  start
  open_sockets
  [ "$(hostile --uid 4711 flaps)" = "verdict accepted" ]
  [ "$(lines 'event=offered app=flapping')" -le 600 ]
  [ "$(hostile --uid 4712 good)" = "verdict accepted" ]
  until_true grep -q 'event=offered app=hostile .*uid=4712' "$LOG"
  until_true grep -q 'event=ended app=hostile .*uid=4712' "$LOG"
  [ "$(hostile --uid 4712 standing)" = "verdict refused app-owner" ]
  log_says 'event=refused app=web phase=start uid=4712'
  log_says 'event=finding app=web code=app-owner'
  [ "$(lines 'event=status ')" -le 20 ] # at most one a second
  stop
  [ "$(lines 'event=not_shown .*uid=4711')" -ge 1 ]
  [ "$(lines 'event=not_shown .*uid=4712')" -eq 0 ]
}

@test "refused HTTP requests are cut as well, over both doors" {
  with_tcp </dev/null
  start
  local door
  for door in "--unix-socket $API http://localhost" "http://127.0.0.1:$PORT"; do
    # shellcheck disable=SC2086  # one word each
    curl -sS --max-time 60 -o /dev/null ${door}'/v1/secrets?x=[1-300]'
  done
  stop
  [ "$(lines 'event=request door=api')" -ge 20 ] && [ "$(lines 'event=request door=api')" -le 150 ]
  [ "$(lines 'event=request door=tcp')" -ge 10 ] && [ "$(lines 'event=request door=tcp')" -le 40 ]
  [ "$(lines 'event=not_shown kind=problem uid=')" -ge 1 ]
  [ "$(lines 'event=not_shown kind=stranger count=')" -ge 1 ]
}
