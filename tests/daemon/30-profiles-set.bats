#!/usr/bin/env bats
# Goal: profiles as samekeyd.ini sets them: reloads, key files, bad settings, and what the
# service manager is told.

# shellcheck disable=SC2030,SC2031  # each test is a process of its own, and so are these variables
load helper
load profiles

@test "a reload that failed shows in status and metrics until one succeeds" {
  start
  api /metrics | grep -qx 'samekey_reload_failed 0'
  cp "$INI" "$DIR/plain.ini"
  echo '[nonsense]' >>"$INI"
  kill -HUP "$DAEMON"
  until_true log_says event=reload_failed
  is_ready
  api /metrics | grep -qx 'samekey_reload_failed 1'
  prints '[reload-failed]: the settings could not be read again' "$(status_text)"
  api /readyz | jq -e '.ready and [.warnings[].code] == ["reload-failed"]'
  cp "$DIR/plain.ini" "$INI"
  reload
  api /metrics | grep -qx 'samekey_reload_failed 0'
  lacks reload-failed "$(status_text)"
}

@test "SIGHUP with other profiles: keys of which the same is said stay, others wait for the app" {
  cp "$INI" "$DIR/plain.ini"
  session
  start
  put web AUTH_SECRET "$GOOD"
  up web
  down "$APP_PID"
  printf '[profile api]\nkind = nextauth-v4\napp = web\nkey = AUTH_SECRET\n' >>"$INI"
  reload
  [ "$(reasons)" = "web AUTH_SECRET profile api: web has offered nothing yet" ]
  last_says session usable=yes
  up web
  is_ready
  last_says api 'kind=nextauth-v4 usable=yes'
  cp "$DIR/plain.ini" "$INI"
  reload
  is_ready
  printf '[profile session]\napp = web\n' >>"$INI"
  kill -HUP "$DAEMON"
  until_true log_says event=reload_failed
  log_says 'samekeyd.ini:4'
  is_ready # the old settings hold
}

@test "a key file: read at the start and at SIGHUP" {
  printf '[profile file]\nkey_file = %s\n' "$DIR/k" >>"$INI"
  start
  [[ $(reasons) == " $DIR/k profile file: $DIR/k: cannot open it: "* ]]
  [ -z "$(reasons '?app=web')" ]
  printf '%s\n' "$GOOD" >"$DIR/k"
  reload
  is_ready
  chmod 644 "$DIR/k"
  reload
  is_ready
  api /readyz | jq -e --arg file "$DIR/k" '.warnings[] | select(.code == "world-readable") | .text == "profile file: everybody may read \($file)"'
  last_says file "world_readable=$DIR/k"
  printf '"%s"\r\n' "$GOOD" >"$DIR/k"
  reload
  is_ready
  last_says file "quotes_stripped=$DIR/k"
}

@test "--check looks at key files, and not for what apps hand over" {
  session
  run -0 "$SAMEKEYD" --ini "$INI" --check
  printf '[profile file]\nkey_file = %s\n' "$DIR/k" >>"$INI"
  run -78 "$SAMEKEYD" --ini "$INI" --check
  [[ $output == *"profile file: $DIR/k: cannot open it"* ]]
  printf 'changeme\n' >"$DIR/k"
  run -78 "$SAMEKEYD" --ini "$INI" --check
  [[ $output == *"$DIR/k: the key stands in public examples"* ]]
  printf '%s\n' "$GOOD" >"$DIR/k"
  run -0 "$SAMEKEYD" --ini "$INI" --check
}

@test "the service manager is told whether profiles are usable" {
  session
  export NOTIFY_SOCKET=$DIR/notify
  python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True: print(s.recv(4096).decode(), flush=True)' "$NOTIFY_SOCKET" >"$DIR/told" 3>&- &
  APPS="$APPS $!"
  until_true grep -q bound "$DIR/told"
  start
  until_true grep -qF 'STATUS=0 live bundles, not ready, 1 reason' "$DIR/told"
  put web AUTH_SECRET "$GOOD"
  up web
  until_true grep -qF 'STATUS=1 live bundle, ready, 0 reasons' "$DIR/told"
}

@test "bad settings of profiles: each with its line and a hint" {
  cp "$INI" "$DIR/plain.ini"
  mistake() {
    cp "$DIR/plain.ini" "$INI"
    printf '%b' "$1" >>"$INI"
    run -78 "$SAMEKEYD" --ini "$INI" --check
    [[ $output == *"where=$INI:$2 what=\"$3\""*"$4"* ]] || { echo "$output"; return 1; }
  }
  mistake '[profile s]\napp = web\n' 4 'app needs key' 'key = NEXTAUTH_SECRET'
  mistake '[profile s]\nkind = jws\n' 3 '[profile s] has no key' 'key_file = FILE'
  mistake '[profile s]\nkey = A\n' 4 'key needs app' 'samekey run'
  mistake '[profile s]\napp = web\nkey = A\nalgorithm = HS265\n' 6 "no algorithm: 'HS265'" 'did you mean HS256?'
  mistake '[profile s]\napp = web\nkey = A\n[profile s]\napp = web\nkey = A\n' 6 'two profiles have this name' '[key]'
  mistake '[profile session]\napp = web\nkey = A\n[key sesion]\nkey = B\n' 6 'there is no profile sesion' 'did you mean [key session]?'
  mistake '[profile s]\napp = web\nkey = A\nissure = x\n' 6 "unknown setting 'issure' in [profile]" "did you mean 'issuer'?"
}

@test "no value is in what the API answers" {
  session
  start
  put web AUTH_SECRET "$GOOD"
  put web AUTH_SECRET_PREVIOUS "$GOOD2"
  up web
  for target in /readyz /v1/secrets /v1/drift /metrics /healthz; do
    if api "$target" | grep -F canary-; then return 1; fi
  done
}
