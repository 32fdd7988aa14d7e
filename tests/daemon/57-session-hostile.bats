#!/usr/bin/env bats
# Goal: neither another site nor a script in the page, neither a planted cookie nor a race gets or
# ends a session that is not its own.
load helper

serve() {
  login_server
  with_sessions <<INI
[store]
url = sqlite:$DIR/sessions.db
INI
  start
}

# said CASE WHAT: plays a case, of which that must come.
said() {
  local came
  came=$(python3 "$BATS_TEST_DIRNAME/session_hostile.py" "$SESSION" "$1")
  [ "$came" = "$2" ] || { echo "$1: $came"; return 1; }
}

@test "another site ends no session, however it is spelled" {
  serve
  said sites 204
}

@test "no other path is the check's" {
  serve
  said paths '403 404'
}

@test "no other cookie is the session's" {
  serve
  said jars 401
}

@test "a script reads no token in a header" {
  serve
  said script '204 tells nothing'
}

@test "a planted session ends with the login" {
  serve
  said fixed '401 401 204'
}

@test "a logout is the end of what is under way" {
  serve
  said races 'none is good'
}
