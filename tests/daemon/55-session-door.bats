#!/usr/bin/env bats
# Goal: a request of the session listener that waits for its answer gets it, or an end that can be
# told; whatever comes first, nothing stays behind.
load helper

# Starts the upstream that can be slow, and samekeyd with the listener; standard input holds more
# of samekeyd.ini.
serve() {
  ulimit -n 4096
  python3 "$BATS_TEST_DIRNAME/waiting.py" upstream "$DIR" 3>&- &
  APPS=$!
  until_true test -e "$DIR/port"
  { printf '[store]\nurl = sqlite:%s/sessions.db\n' "$DIR"; cat; } >"$DIR/more"
  with_sessions <"$DIR/more"
  start
}

# said CASE WHAT: plays a case, of which that must come.
said() {
  local came
  came=$(DAEMON=$DAEMON python3 "$BATS_TEST_DIRNAME/waiting.py" play "$SESSION" "$DIR" "$1")
  [ "$came" = "$2" ] || { echo "$1: $came"; return 1; }
}

nobody_is_left() { api /metrics | grep -qxF 'samekey_http_connections{door="session"} 0'; }

@test "a late answer comes, and the connection goes on" {
  serve </dev/null
  said late '200, 404 no_such_path'
}

@test "a request behind one that waits is answered after it" {
  serve </dev/null
  said pipelined '200, 404 no_such_path'
}

@test "whoever leaves while it waits holds no place" {
  serve </dev/null
  said leaves 200
  until_true nobody_is_left
}

@test "many wait at once" {
  serve </dev/null
  said many '60 of 200'
  until_true nobody_is_left
}

@test "one user has only so many connections" {
  serve </dev/null
  said flood '503 busy'
  until_true nobody_is_left
}

@test "whoever waits when samekeyd ends is answered" {
  serve </dev/null
  said stops 200
  wait "$DAEMON"
  DAEMON=''
}

@test "what does not come holds an end up for as long as its server may take" {
  serve <<<'[limits]
deadline = 300ms'
  said hangs '504 upstream_timeout'
  wait "$DAEMON"
  DAEMON=''
}

@test "what is refused comes in the form of the door" {
  serve </dev/null
  said refused '404 no_such_path, 404 no_such_path, 404 no_such_path, 414 target_too_long, 400 bad_request, 401 bad_request, 403 target_too_long, 405 no_such_method'
}
