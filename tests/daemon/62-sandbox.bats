#!/usr/bin/env bats
# Goal: once it has started, samekeyd cannot do what it has no use for, goes on with all that it has,
# and says what is in force. Each forbidden call is tried in tests/unit/fencing_forbidden.c.

load helper

guard() { api /v1/guards | jq -e --arg guard "$1" '.guards[] | select(.guard == $guard) | .active' >/dev/null; }

# Sanitizers make system calls of their own.
needs_sandbox() {
  [ "$(api /v1/guards | jq -r '.guards[0].cause')" != build ] || skip "this build is not confined"
}

# fact PID NAME: a line of /proc/PID/status.
fact() { awk -v name="$2:" '$1 == name { print $2 }' "/proc/$1/status"; }

is_confined() {
  local set
  [ "$(fact "$1" Seccomp)" = 2 ] && [ "$(fact "$1" NoNewPrivs)" = 1 ] || return 1
  for set in CapInh CapPrm CapEff CapAmb; do
    [ "$(fact "$1" "$set")" = 0000000000000000 ] || return 1
  done
}

loglines() { grep -c "$1" "$LOG"; }

# Waits for one more line of the log after SIGHUP: reload EVENT.
reload() {
  local before
  before=$(loglines "event=$1") || true
  kill -HUP "$DAEMON"
  until_true more_than "${before:-0}" "event=$1"
}
more_than() { [ "$(loglines "$2")" -gt "$1" ]; }

profile() {
  listen <<END
[profile access]
key_file = $1
END
}

key() { printf '%s-%s-0123456789' "$CANARY" "$1"; }

@test "a running samekeyd has a filter, no capability and no way to new ones, and says so" {
  start
  needs_sandbox
  is_confined "$DAEMON"
  [ "$(id -u)" -ne 0 ] || [ "$(fact "$DAEMON" CapBnd)" = 0000000000000000 ]
  for guard in seccomp capabilities no_new_privs not_dumpable; do
    guard "$guard"
    api /metrics | grep -qxF "samekey_guard{guard=\"$guard\"} 1"
  done
  [ "$(loglines event=unguarded || true)" -eq 0 ] || ! guard landlock
  [ "$(find "/proc/$DAEMON/task" -mindepth 1 -maxdepth 1 | wc -l)" -ge 1 ]
}

# As a user that nobody else is, with the limits of the unit and, as there, without capabilities.
start_alone() {
  prlimit --nofile=4096 --core=0 setpriv --reuid 65533 --regid 65533 --clear-groups \
    --inh-caps=-all --bounding-set=-all --no-new-privs "$SAMEKEYD" --ini "$INI" >"$DIR/out" 2>>"$LOG" 3>&- &
  DAEMON=$!
  until_true api /healthz
}

@test "as a user of its own, without capabilities from the start, it is confined as well" {
  [ "$(id -u)" -eq 0 ] || skip "only root becomes another user"
  chmod 711 "$DIR"
  chown -R 65533:65533 "$DIR/run" "$HOME" "$XDG_RUNTIME_DIR"
  mkdir "$DIR/state"
  chown 65533:65533 "$DIR/state"
  chmod 644 "$INI"
  start_alone
  needs_sandbox
  is_confined "$DAEMON"
  [ "$(fact "$DAEMON" CapBnd)" = 0000000000000000 ]
  for guard in seccomp capabilities no_new_privs memory_locked not_dumpable; do
    guard "$guard"
  done
  reload reloaded
  stop
  [ ! -e "$HANDOFF" ]
}

@test "the guards are for who has the verb status" {
  printf '[admit all]\nuid = 65533\nverbs = offer\n' | listen
  start
  [ "$(id -u)" -eq 0 ] || skip "only root becomes another user"
  chmod 755 "$DIR" "$DIR/run"
  [ "$(setpriv --reuid 65533 --regid 65533 --clear-groups curl -s -o /dev/null -w '%{http_code}' \
    --unix-socket "$API" http://localhost/v1/guards)" = 403 ]
}

@test "SIGHUP: a key file that was replaced, another in its folder and a user's name are read" {
  mkdir "$DIR/keys"
  key one >"$DIR/keys/access"
  profile "$DIR/keys/access"
  start
  key two >"$DIR/keys/new"
  mv "$DIR/keys/new" "$DIR/keys/access"
  key three >"$DIR/keys/other"
  printf '[profile other]\nkey_file = %s\n[admit daemon]\nuid = daemon\ngid = daemon\nverbs = offer\n' \
    "$DIR/keys/other" >>"$INI"
  reload reloaded
  api /v1/secrets | jq -e '[.profiles[].usable] == [true, true]'
}

@test "SIGHUP: a Secret volume that was swapped is read" {
  mkdir -p "$DIR/secret/..1" "$DIR/secret/..2"
  key one >"$DIR/secret/..1/access"
  key two >"$DIR/secret/..2/access"
  ln -s ..1 "$DIR/secret/..data"
  ln -s ..data/access "$DIR/secret/access"
  profile "$DIR/secret/access"
  start
  ln -s ..2 "$DIR/secret/..tmp"
  mv -T "$DIR/secret/..tmp" "$DIR/secret/..data"
  rm -r "$DIR/secret/..1"
  reload reloaded
  api /v1/secrets | jq -e '.profiles[0].usable'
}

@test "SIGHUP: a key file in a folder that no setting named is refused, and the old settings hold" {
  mkdir "$DIR/keys" "$DIR/elsewhere"
  key one >"$DIR/keys/access"
  key two >"$DIR/elsewhere/access"
  profile "$DIR/keys/access"
  mv "$INI" "$DIR/keys/samekeyd.ini"
  INI=$DIR/keys/samekeyd.ini
  start
  needs_sandbox
  guard landlock || skip "not every kernel has Landlock"
  profile "$DIR/elsewhere/access"
  reload reload_failed
  grep -F "where=$DIR/elsewhere/access" "$LOG" | grep -qF 'restart samekeyd'
  api /v1/secrets | jq -e '.profiles[0].usable'
  # the token is read with the settings
  printf 'token-%s' "$CANARY" >"$DIR/elsewhere/token"
  with_tcp < <(printf 'token_file = %s\ntcp_verbs = status\n' "$DIR/elsewhere/token")
  reload reload_failed
  grep event=sandbox "$LOG" | grep -qF 'restart samekeyd'
  stop
  start
  [ "$(status_of tcp /v1/secrets -H "Authorization: Bearer token-$CANARY")" = 200 ]
}

sessions() {
  login_server
  with_sessions 'refresh_claims = userId:userData.id' <<END
[store]
url = sqlite:$DIR/sessions.db
${1:-}
END
}

logs_in() {
  [ "$(curl -sS --max-time 10 --unix-socket "$SESSION" -o "$DIR/answer" -w '%{http_code}' -H 'Host: shop.example' \
    -H 'Content-Type: application/json' -d '{"email":"ada@shop.example","password":"canary-password"}' \
    http://localhost/auth/login)" = 200 ]
}

# The helper's processes: the keeper below samekeyd, its worker and its spare below that.
keeper() { pgrep -P "$DAEMON"; }
worker() { pgrep -P "$(keeper)" samekeyd-upstr; }
spare() { pgrep -P "$(keeper)" samekeyd-spare; }
another_worker() { [ -n "$(worker)" ] && [ "$(worker)" != "$1" ]; }
another_keeper() { [ -n "$(keeper)" ] && [ "$(keeper)" != "$1" ] && [ -n "$(worker)" ] && [ -n "$(spare)" ]; }

@test "sessions: store, login and the helper's next worker and keeper work inside, and the sockets go in the end" {
  sessions
  start
  needs_sandbox
  logs_in
  is_confined "$DAEMON"
  for thread in "/proc/$DAEMON/task/"*; do
    [ "$(awk '$1 == "Seccomp:" { print $2 }' "$thread/status")" = 2 ]
    [ "$(awk '$1 == "CapEff:" { print $2 }' "$thread/status")" = 0000000000000000 ]
  done
  grep -qx samekeyd-store "/proc/$DAEMON/task/"*/comm # for whoever looks
  is_confined "$(keeper)"
  first=$(worker)
  is_confined "$first"
  [ "$(fact "$first" Seccomp_filters)" = 2 ]
  kill -KILL "$first"
  until_true another_worker "$first"
  is_confined "$(worker)"
  until_true logs_in
  first=$(keeper)
  is_confined "$(spare)"
  kill -KILL "$first"
  until_true another_keeper "$first"
  for helper in "$(keeper)" "$(worker)" "$(spare)"; do is_confined "$helper"; done
  until_true logs_in
  stop
  for socket in "$HANDOFF" "$API" "$SESSION"; do
    [ ! -e "$socket" ]
  done
}

@test "a part that is switched off is logged, counted, and a warning of samekey doctor" {
  sessions $'[sandbox]\nseccomp = no\nlandlock = no'
  start
  [ "$(fact "$DAEMON" Seccomp)" = 0 ]
  [ "$(fact "$(keeper)" Seccomp)" = 0 ]
  logs_in
  [ "$(fact "$(worker)" Seccomp)" = 0 ]
  for guard in seccomp landlock; do
    if [ "$(api /v1/guards | jq -r '.guards[0].cause')" != build ]; then
      grep level=warning "$LOG" | grep event=unguarded | grep -q "guard=$guard .*under \[sandbox\]"
    fi
    api /metrics | grep -qxF "samekey_guard{guard=\"$guard\"} 0"
  done
  printf 'PORT=3000\n' >"$DIR/shop/web/.env"
  chmod 600 "$DIR/shop/web/.env"
  cd "$DIR/shop/web"
  SAMEKEY_SOCKET=$HANDOFF "$SAMEKEY" doctor --host "$DIR/home" >"$DIR/doctor" || true
  grep -F 'samekeyd runs without seccomp' "$DIR/doctor" | grep -qF '[unguarded]'
  "$SAMEKEY" help unguarded | grep -qF '[sandbox]'
}

@test "samekey doctor: a line for each guard in force, and without samekeyd what the kernel could give" {
  start
  needs_sandbox
  printf 'PORT=3000\n' >"$DIR/shop/web/.env"
  chmod 600 "$DIR/shop/web/.env"
  cd "$DIR/shop/web"
  SAMEKEY_SOCKET=$HANDOFF "$SAMEKEY" doctor --json --host "$DIR/home" >"$DIR/doctor"
  jq -e '.examinations[] | select(.name == "verifier") | .looked_at |
    any(test("no system call outside")) and any(test("no capability")) and any(test("no core file"))' "$DIR/doctor"
  stop
  SAMEKEY_SOCKET=$HANDOFF "$SAMEKEY" doctor --json --host "$DIR/home" >"$DIR/doctor" || true
  jq -e '.examinations[] | select(.name == "verifier") | .looked_at | any(test("the kernel can filter"))' "$DIR/doctor"
}
