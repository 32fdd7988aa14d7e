#!/usr/bin/env bats
# Goal: whatever a peer sends to the handoff socket, samekeyd changes nothing for it, says clearly
# what was wrong, shows no value, and goes on serving everybody else.

setup_file() {
  export HOSTILE="$BATS_TEST_DIRNAME/hostile.py"
  export SAMEKEYD=${SAMEKEYD:-$BATS_TEST_DIRNAME/../../build/samekeyd}
}

setup() {
  DIR=$(mktemp -d /tmp/samekey-hostile.XXXXXX) # short, and other users can reach it
  chmod 755 "$DIR"
  SOCKET=$DIR/handoff.sock
  daemon=
  mkfifo "$DIR/to" "$DIR/from"
  python3 "$HOSTILE" "$SOCKET" --serve <"$DIR/to" >"$DIR/from" 2>&1 3>&- &
  player=$!
  exec {TO}>"$DIR/to" {FROM}<"$DIR/from"
}

teardown() {
  local status=0
  exec {TO}>&- {FROM}<&-
  kill "$player" || true
  wait "$player" || true
  if [ -n "$daemon" ]; then
    kill "$daemon" || true
    wait "$daemon" || status=$?
  fi
  [ "$status" -eq 0 ] || cat "$DIR/log"
  rm -rf "$DIR"
  [ "$status" -eq 0 ] # a daemon that crashed, or that a sanitizer stopped, ends otherwise
}

# Starts samekeyd; standard input holds more settings.
start() {
  { printf '[listen]\nhandoff = %s\n' "$SOCKET"; cat; } >"$DIR/samekeyd.ini"
  # Not through `run`, which would wait for the daemon's standard output to close.
  "$SAMEKEYD" --ini "$DIR/samekeyd.ini" >"$DIR/out" 2>"$DIR/log" 3>&- {TO}>&- {FROM}<&- &
  daemon=$!
  local deadline=$((SECONDS + 20))
  until [ -S "$SOCKET" ] && [[ $(hostile healthz 2>/dev/null) == 'answer 200 {"v":1,"status":"ok",'* ]]; do
    if ! kill -0 "$daemon" || [ "$SECONDS" -ge "$deadline" ]; then
      cat "$DIR/log"
      return 1
    fi
  done
  [ "$(hostile standing)" = "verdict accepted" ]
  before=$(held)
}

# hostile [--uid N] CASE...: by the test's one player, who forks for each line.
hostile() {
  local line
  echo "$*" >&"$TO"
  while read -r -t 60 -u "$FROM" line; do
    [ -n "$line" ] || return 0
    echo "$line"
  done
  echo "nothing more is said about: $*"
  return 1
}

held() {
  hostile held | sed 's/^answer 200 //' |
    jq -c '[.generation, [.apps[] | [.app, .state, (.keys | length)]]]'
}

descriptors() {
  find "/proc/$daemon/fd" -mindepth 1 | wc -l
}

# Reads `CASE EXPECTED` lines, at least two: each gets this answer, and nothing is changed by it.
answers() {
  local cases open
  open=$(descriptors)
  cat >"$DIR/expected"
  mapfile -t cases < <(cut -d ' ' -f 1 "$DIR/expected")
  hostile "${cases[@]}" | diff "$DIR/expected" -
  unchanged
  [ "$(descriptors)" -eq "$open" ] || { echo "descriptors: $open, now $(descriptors)"; return 1; }
}

unchanged() {
  [ "$(held)" = "$before" ] || { echo "before: $before, after: $(held)"; return 1; }
  kill -0 "$daemon"
  none -r canary "$DIR"
}

# Fails, and shows them, when lines are found: `! grep` would fail no test.
none() {
  if grep "$@"; then return 1; fi
}

as_root() {
  [ "$(id -u)" -eq 0 ] || skip "needs root to become other users"
}

# Lets every user reach the socket, so that samekeyd itself must tell them apart.
open_socket() {
  chmod 666 "$SOCKET"
}

@test "an offer brings exactly one descriptor, and a question none" {
  start </dev/null
  answers <<END
no-descriptor problem descriptor
two-descriptors problem descriptor
many-descriptors problem descriptor
descriptor-with-a-question problem descriptor
own-connection problem descriptor
END
}

@test "only a memfd with all four seals is opened" {
  start </dev/null
  answers <<END
without-write problem unsealed
without-grow problem unsealed
without-shrink problem unsealed
without-seal problem unsealed
without-any problem unsealed
END
  said=$(hostile odd-descriptors)
  [[ $said == "problem descriptor" || $said == "problem descriptor problem unsealed" ]]
  unchanged
}

@test "what is judged is what is kept: nobody changes a bundle under way or afterwards" {
  start </dev/null
  [ "$(hostile flickers)" = "problem unsealed" ]
  unchanged
  [ "$(hostile rewrites)" = "verdict accepted" ]
}

@test "a bundle is as long as it says, and no longer than the cap" {
  start </dev/null
  answers <<END
announces-more problem truncated
announces-less problem truncated
announces-nothing problem malformed
announces-too-much problem malformed
empty problem truncated
half-a-bundle problem truncated
every-byte problem truncated
oversized problem too-large
sparse problem malformed
endless problem too-large
END
}

@test "what is no message of this version is refused" {
  start </dev/null
  answers <<END
garbage problem malformed
one-byte problem malformed
version-2 problem version
type-9 problem malformed
a-verdict problem not-permitted
half-a-message problem truncated
bytes-behind problem malformed
long-packet problem too-large
unknown-flag problem malformed
question-in-an-unsealed-file problem unsealed
question-in-a-huge-file problem too-large
question-with-a-line-end problem malformed
END
}

@test "what is no bundle of this version is refused" {
  start </dev/null
  answers <<END
bundle-garbage problem malformed
bundle-version-2 problem version
bundle-phase-7 problem malformed
bundle-tail problem malformed
bundle-app-with-line-end problem malformed
bundle-app-empty problem malformed
bundle-app-not-utf8 problem malformed
bundle-many-keys problem too-large
bundle-missing-keys problem malformed
bundle-same-key problem malformed
bundle-unsorted problem malformed
bundle-key-name problem malformed
bundle-flag problem malformed
bundle-inherited problem malformed
bundle-two-winners problem malformed
bundle-no-source problem malformed
bundle-long-value problem too-large
bundle-lying-value problem malformed
bundle-readings problem too-large
bundle-rotation problem malformed
END
}

@test "a problem is logged once, with who and why" {
  start </dev/null
  hostile without-write
  line=$(grep 'event=problem' "$DIR/log")
  [[ $line == *"code=unsealed"*"uid=$(id -u)"* ]]
  [ "$(grep -c 'event=problem' "$DIR/log")" -eq 1 ]
}

@test "an app's name cannot forge a log line, a label or markup" {
  start </dev/null
  [ "$(hostile bundle-app-markup)" = "verdict accepted" ]
  none -v '^time=[0-9TZ:-]* level=[a-z]* event=[a-z-]*' "$DIR/log"
  none '^time=[0-9TZ:-]* level=error' "$DIR/log"
  hostile metrics | sed 's/^answer 200 //' >"$DIR/metrics"
  none -vE '^(#|[a-z_]+(\{[a-z_]+="([^"\\]|\\["\\n])*"(,[a-z_]+="([^"\\]|\\["\\n])*")*\})? [-+0-9.eE]+$|$)' "$DIR/metrics"
  hostile held | sed 's/^answer 200 //' | jq -es 'any(.[].apps[]; .app | startswith("<b>"))'
}

@test "who says nothing is hung up on" {
  start <<END
[limits]
deadline = 200ms
END
  [ "$(hostile silent)" = "problem timeout" ]
  unchanged
}

@test "who talks on and on is hung up on, listening or not" {
  start </dev/null
  answers <<END
deaf closed
talks-on closed
END
}

@test "a process that dies in mid-handoff leaves no live bundle" {
  start </dev/null
  [ "$(hostile dies)" = gone ]
  deadline=$((SECONDS + 20))
  until hostile held | sed 's/^answer 200 //' | jq -e '[.apps[] | select(.app == "dying" and .state != "dead")] == []' >/dev/null; do
    [ "$SECONDS" -lt "$deadline" ]
  done
  kill -0 "$daemon"
}

@test "there is room for so many bundles and no more" {
  start <<END
[limits]
bundles = 8
END
  [ "$(hostile many)" = "problem busy verdict accepted" ]
  [ "$(held | jq '.[1] | length')" -eq 8 ]
  [ "$(hostile withdraw)" = 'answer 200 {"v":1}' ]
  [ "$(hostile good)" = "verdict accepted" ]
}

@test "a flood of connections is turned away, and over when it is over" {
  start </dev/null
  open=$(descriptors)
  [ "$(hostile flood)" = "problem busy" ]
  deadline=$((SECONDS + 20))
  until [ "$(descriptors)" -eq "$open" ]; do
    [ "$SECONDS" -lt "$deadline" ]
  done
  unchanged
  [ "$(hostile good)" = "verdict accepted" ]
}

@test "the flood of one user does not shut out another" {
  as_root
  start <<END
[admit one]
uid = 4711
verbs = offer
[admit two]
uid = 4712
verbs = offer
[admit root]
uid = 0
verbs = offer, status
END
  open_socket
  coproc FLOOD { exec python3 "$HOSTILE" "$SOCKET" --uid 4711 flooded; }
  read -r said <&"${FLOOD[0]}"
  [ "$said" = "problem busy" ]
  [ "$(hostile --uid 4712 good)" = "verdict accepted" ]
  [[ $(hostile --uid 0 healthz) == 'answer 200 {"v":1,"status":"ok","instance":"'*'","age_ms":'*'}' ]]
  eval "exec ${FLOOD[1]}>&-"
  wait "$FLOOD_PID"
}

@test "who is not admitted is told so, and heard no further" {
  as_root
  start </dev/null
  open_socket
  [ "$(hostile --uid 4711 good)" = "problem not-admitted" ]
  [ "$(hostile --uid 4711 held)" = "problem not-admitted" ]
  [ "$(hostile --uid 4711 silent)" = "problem not-admitted" ]
  unchanged
}

@test "a rule gives its verbs and no others" {
  as_root
  start <<END
[admit root]
uid = 0
verbs = offer, status
[admit reader]
uid = 4711
verbs = status
[admit writer]
uid = 4712
verbs = offer
END
  open_socket
  [ "$(hostile --uid 4711 good)" = "problem not-admitted" ]
  [ "$(hostile --uid 4711 withdraw)" = "problem not-admitted" ]
  [[ $(hostile --uid 4711 held) == "answer 200 "* ]]
  [[ $(hostile --uid 4712 held) == "answer 403 "* ]]
  unchanged
  [ "$(hostile --uid 4712 good)" = "verdict accepted" ]
}

@test "a rule that a reload took away holds on open connections no more" {
  as_root
  start <<END
[limits]
deadline = 60s
[admit reader]
uid = 4711
verbs = status
END
  open_socket
  coproc STAYING { exec python3 "$HOSTILE" "$SOCKET" --uid 4711 stays; }
  read -r said <&"${STAYING[0]}"
  [[ $said == "answer 200 "* ]]
  sed -i 's/^verbs = .*/verbs = offer/' "$DIR/samekeyd.ini"
  kill -HUP "$daemon"
  deadline=$((SECONDS + 20))
  until grep -q event=reloaded "$DIR/log"; do
    [ "$SECONDS" -lt "$deadline" ]
  done
  echo >&"${STAYING[1]}"
  read -r said <&"${STAYING[0]}"
  [[ $said == "answer 403 "* ]]
}

@test "nobody is nobody, whatever the rules say" {
  as_root
  start <<END
[admit root]
uid = 0
verbs = offer, status
[admit gid]
gid = 65534
verbs = offer, status
END
  open_socket
  [ "$(hostile --uid 65534 good)" = "problem not-admitted" ]
  unchanged
}

@test "an app's name stays with the user who offered it first" {
  as_root
  start <<END
[admit root]
uid = 0
verbs = offer, status
[admit one]
uid = 4711
verbs = offer
[admit two]
uid = 4712
verbs = offer
END
  open_socket
  [ "$(hostile --uid 4711 good)" = "verdict accepted" ]
  [ "$(hostile --uid 4712 good)" = "verdict refused app-owner" ]
  [ "$(hostile --uid 4711 standing)" = "verdict refused app-owner" ] # root's since the start
  [ "$(hostile --uid 4711 withdraw)" = "problem not-admitted" ]
  [ "$(hostile --uid 0 withdraw)" = 'answer 200 {"v":1}' ]
  none canary "$DIR/log"
}

@test "an app's name belongs to the user whom samekeyd.ini names" {
  as_root
  start <<END
[admit root]
uid = 0
verbs = offer, status
[admit two]
uid = 4712
verbs = offer
[app hostile]
uid = 4711
END
  open_socket
  [ "$(hostile --uid 4712 good)" = "verdict refused app-owner" ]
  unchanged
}
