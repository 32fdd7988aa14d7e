#!/usr/bin/env bats
# Goal: what the documentation and the Debian package have systemd do with the units comes out as they
# say, where a systemd does it: sockets that are enabled later, restarts, upgrades.
# SPDX-License-Identifier: MIT

load ../daemon/helper

CHECKOUT=$BATS_TEST_DIRNAME/../..

setup_file() {
  ROOT=$(mktemp -d "${TMPDIR:-/tmp}/sko.XXXXXX")
  export ROOT
  chmod 755 "$ROOT"
  make -C "$CHECKOUT" -s install DESTDIR="$ROOT" PREFIX=/usr >&2
}

teardown_file() { rm -rf "$ROOT"; }

# Runs standard input where a systemd has the units; $DIR, $ROOT and $SAMEKEY are known there.
under_systemd() {
  [ "$(id -u)" -eq 0 ] || skip "only root gives a systemd its own /run"
  cat >"$DIR/script"
  chmod 755 "$DIR"
  export DIR SAMEKEY
  timeout 120 "$BATS_TEST_DIRNAME/systemd_room" "$DIR" "$ROOT/usr/lib/systemd/system" "$ROOT/usr/bin/samekeyd" \
    "$DIR/script" 3>&- || { cat "$DIR/manager" "$DIR/log" "$DIR/app"; return 1; }
}

@test "a socket that is enabled while samekeyd runs is there after the restart, and gone after another" {
  under_systemd <<'SH'
s enable --now samekeyd
[ "$(stat -c '%U:%G %a' /run/samekey/handoff.sock /run/samekey/api.sock | uniq)" = 'root:samekey 660' ]
# as docs/how-to/systemd.md has it; the port is as free as the machine's is
sed -i 's/^ListenStream=127.0.0.1:.*/ListenStream=127.0.0.99:9464/' "$HOME/.config/systemd/user/samekeyd-http.socket"
s daemon-reload
s enable samekeyd-http.socket
s restart samekeyd
[ "$(s is-active samekeyd-http.socket)" = active ]
grep -q from_systemd=handoff,api,http "$DIR/log"
[ "$(curl -sS -m 10 -o /dev/null -w '%{http_code}' http://127.0.0.99:9464/healthz)" = 200 ]
s disable --now samekeyd-http.socket
: >"$DIR/log"
s restart samekeyd
grep -q 'from_systemd=handoff,api ' "$DIR/log"
SH
}

@test "bundles stay over a restart of samekeyd and of its sockets, as an upgrade of the package restarts them" {
  mkdir -p "$DIR/shop/web/.git"
  printf 'AUTH_SECRET=%s\n' "$CANARY" >"$DIR/shop/web/.env"
  chmod 600 "$DIR/shop/web/.env"
  under_systemd <<'SH'
is_held() { "$SAMEKEY" status --socket /run/samekey/handoff.sock | grep -q "^  web .* live  pid $app "; }
s enable --now samekeyd
cd "$DIR/shop/web"
env -u NOTIFY_SOCKET "$SAMEKEY" run --socket /run/samekey/handoff.sock --name web --quiet -- sleep 600 &
app=$!
until_true is_held
for units in samekeyd.service 'samekeyd.service samekeyd.socket samekeyd-api.socket' \
  'samekeyd-api.socket samekeyd.socket samekeyd.service' samekeyd.socket; do
  : >"$DIR/log"
  # shellcheck disable=SC2086  # units are meant to split
  s restart $units
  until_true is_held # a question wakes it where only the socket was restarted
  grep -q 'event=restored app=web' "$DIR/log"
done
s kill --signal=KILL samekeyd.service
until_true is_held
s reload samekeyd
until_true grep -q event=reloaded "$DIR/log"
is_held
kill "$app"
wait "$app" || true
SH
}

@test "an app with the drop-in is checked, wakes samekeyd by its socket, and is held while it runs" {
  mkdir -p "$DIR/shop/web/.git"
  printf 'AUTH_SECRET=%s\n' "$CANARY" >"$DIR/shop/web/.env"
  printf '[app]\nname = web\n[verifier]\nrequired = yes\nuser = samekey\n' >"$DIR/shop/web/samekey.ini"
  chmod 600 "$DIR/shop/web/.env"
  chmod 755 "$DIR/shop" "$DIR/shop/web"
  chown -R 4242 "$DIR/shop/web"
  under_systemd <<'SH'
is_held() { "$SAMEKEY" status --socket /run/samekey/handoff.sock | grep -q "^  web .* live "; }
own=$HOME/.config/systemd/user
mkdir "$own/shop.service.d"
printf '[Service]\nUser=samekey\nExecStart=/bin/false\nStandardError=append:%s/app\n' "$DIR" >"$own/shop.service"
# the manager of a user keeps credentials from other users
sed "s#/srv/shop#$DIR/shop/web#; s#^\(Exec.*=\)/usr/bin/samekey#\1$ROOT/usr/bin/samekey#; s#/usr/bin/node server.js#/bin/sh -c 'test -n \"\$AUTH_SECRET\" \&\& exec sleep 600'#; /^LoadCredential=/d" \
  "$ROOT/usr/share/doc/samekey/systemd/app.conf" >"$own/shop.service.d/samekey.conf"
s daemon-reload
[ "$(s is-active samekeyd.service)" = inactive ]
s start shop.service
until_true grep -q 'event=offered app=web' "$DIR/log"
is_held
[ "$(s is-active shop.service)" = active ]
s stop shop.service
until_true grep -q 'event=ended app=web' "$DIR/log"
# refused: told in its log, and not started again
printf '[key AUTH_SECRET]\ntype = port\n' >>"$DIR/shop/web/samekey.ini"
s cat shop.service >"$DIR/unit"
sed -i '/^ExecStartPre=/d' "$own/shop.service.d/samekey.conf"
s daemon-reload
s start shop.service
until_true s is-failed shop.service
[ "$(s show shop.service -p NRestarts -p ExecMainStatus --value | paste -sd' ')" = '0 78' ]
SH
}

@test "samekeyd is started again however often it crashes, and its sockets stay" {
  under_systemd <<'SH'
another() { [ "$(s show -P MainPID samekeyd)" -gt 0 ] && [ "$(s show -P MainPID samekeyd)" != "$before" ]; }
s enable --now samekeyd
s kill --signal=HUP samekeyd # it has begun
for _ in 1 2 3 4 5 6 7 8; do
  before=$(s show -P MainPID samekeyd)
  s kill --signal=KILL samekeyd
  until_true another
done
until_true "$SAMEKEY" status --socket /run/samekey/handoff.sock
[ "$(s is-active samekeyd.socket samekeyd-api.socket | uniq)" = active ]
SH
}
