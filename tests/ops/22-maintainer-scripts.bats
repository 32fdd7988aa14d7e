#!/usr/bin/env bats
# Goal: the scripts of the Debian package write and remove what is ours, whatever lies in its place.
bats_require_minimum_version 1.5.0

setup() {
  umask 022
  ROOT=$BATS_TEST_TMPDIR
  mkdir -p "$ROOT/etc/samekey" "$ROOT/var/lib" "$ROOT/run" "$ROOT/elsewhere"
  echo theirs >"$ROOT/elsewhere/file"
}

# maintain SCRIPT WORD...: as dpkg calls it, with its paths below $ROOT, for whoever runs this.
maintain() {
  sed -e "s#/etc/samekey#$ROOT&#g; s#/var/lib/samekey#$ROOT&#g; s#/run/samekey#$ROOT&#g" \
    -e "s/^  systemd-sysusers .*/  :/; s/root:samekey/$(id -u):$(id -g)/; s/dpkg-statoverride/false/" \
    "$BATS_TEST_DIRNAME/../../packaging/debian/samekeyd.$1" >"$ROOT/script"
  sh "$ROOT/script" "${@:2}"
}

mode() { stat -c %a "$1"; }

@test "the first time the folder is closed and a key is made, and never again" {
  local key=$ROOT/etc/samekey/fingerprint.key
  maintain postinst configure
  [ "$(mode "$ROOT/etc/samekey")" = 750 ]
  [ "$(mode "$key")" = 640 ]
  [ "$(stat -c %s "$key")" -eq 32 ]
  cp "$key" "$ROOT/before"
  chmod 600 "$key"
  maintain postinst configure
  maintain postinst configure 0.1
  cmp "$key" "$ROOT/before"
  [ "$(mode "$key")" = 600 ]
}

@test "a link in the place of the key, or of the one that is being made, leads nowhere" {
  local key=$ROOT/etc/samekey/fingerprint.key
  ln -s "$ROOT/elsewhere/file" "$key.new"
  maintain postinst configure
  [ "$(cat "$ROOT/elsewhere/file")" = theirs ]
  [ "$(mode "$ROOT/elsewhere/file")" = 644 ]
  [ -f "$key" ]
  [ ! -L "$key" ]
  rm "$key"
  ln -s "$ROOT/elsewhere/no-file" "$key"
  maintain postinst configure
  [ -L "$key" ]
  [ ! -e "$ROOT/elsewhere/no-file" ]
}

@test "a purge leaves what is not ours, and follows no link" {
  touch "$ROOT/etc/samekey/mine"
  mkdir "$ROOT/run/samekey"
  ln -s "$ROOT/elsewhere" "$ROOT/var/lib/samekey"
  maintain postinst configure
  maintain postrm remove
  [ -e "$ROOT/etc/samekey/fingerprint.key" ]
  maintain postrm purge
  [ "$(ls "$ROOT/etc/samekey")" = mine ]
  [ "$(cat "$ROOT/elsewhere/file")" = theirs ]
  [ ! -e "$ROOT/run/samekey" ]
  rm "$ROOT/etc/samekey/mine"
  maintain postrm purge
  [ ! -e "$ROOT/etc/samekey" ]
}
