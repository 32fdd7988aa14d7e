#!/usr/bin/env bats
# Goal: packaging/redis/samekey.conf, its commented users switched on, keeps sessions over a SIGKILL of Redis.
# SPDX-License-Identifier: MIT

load helper

SHIPPED=$BATS_TEST_DIRNAME/../../packaging/redis/samekey.conf

redis() {
  local libraries
  libraries=$CHECK_DEBIAN/usr/lib/$(uname -m)-linux-gnu
  LD_LIBRARY_PATH=$libraries "$CHECK_DEBIAN/usr/bin/redis-server" "$DIR/redis.conf" >>"$DIR/redis.log" 2>&1 3>&- &
  REDIS=$!
  APPS="$APPS $REDIS"
  until_true test -S "$DIR/redis.sock"
}
sessions() { curl -sS -m 20 --unix-socket "$SESSION" -b "$DIR/jar" -c "$DIR/jar" "$@"; }
log_in() {
  sessions http://localhost/auth/login -H 'Content-Type: application/json' \
    -d '{"email":"ann@shop.example","password":"correct horse"}' -o /dev/null -w '%{http_code}'
}
is_200() { [ "$("$@")" = 200 ]; }

@test "a session outlives a Redis that is killed, with the users of the shipped file" {
  [ -x "${CHECK_DEBIAN:-}/usr/bin/redis-server" ] || skip "no redis-server"
  login_server
  echo canary-pw >"$DIR/password"
  sed -e 's/^# user /user /' -e 's/PASSWORD/canary-pw/' -e "s|^unixsocket .*|unixsocket $DIR/redis.sock|" \
    "$SHIPPED" >"$DIR/redis.conf"
  echo "dir $DIR" >>"$DIR/redis.conf"
  [ "$(grep -c '^user ' "$DIR/redis.conf")" = 2 ]
  redis
  with_sessions <<INI
[store]
url = redis://$DIR/redis.sock
user = samekey
password_file = $DIR/password
INI
  start
  until_true is_200 log_in
  kill -9 "$REDIS"
  wait "$REDIS" || true
  rm -f "$DIR/redis.sock"
  redis
  until_true is_200 sessions -X POST http://localhost/auth/refresh -o /dev/null -w '%{http_code}'
  run ! grep CRITICAL "$DIR/redis.log"
}
