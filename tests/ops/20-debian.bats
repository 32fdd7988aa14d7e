#!/usr/bin/env bats
# Goal: the Debian packages are clean and hold what they should; installed in a fresh Debian root
# they do what users do with them; removed and purged they leave nothing but the user.

# shellcheck source=tests/bareroot.bash
. tests/bareroot.bash

SUITE=bookworm
BASE=ca-certificates,curl,jq

setup_file() {
  cd "$BATS_TEST_DIRNAME/../.." || return 1
  # The demo is played below, with the packages; here it would be one more time.
  make -s deb DEB_BUILD_OPTIONS=nocheck >&2 || return 1
  export ROOT=$BATS_FILE_TMPDIR/root
  [ "$(id -u)" -ne 0 ] || lay_root >&2
}

teardown_file() {
  [ ! -d "$ROOT" ] || bareroot_remove "$ROOT"
}

setup() {
  cd "$BATS_TEST_DIRNAME/../.." || return 1
  shopt -s nullglob
  DEBS=(build/dist/*.deb)
}

# Unpacks the root as it was made last time; a new one is made when other packages are needed. It
# holds apt's lists and the archives of what the packages depend on, so nothing is fetched later.
lay_root() {
  local needed kept
  needed=$(for deb in build/dist/*.deb; do dpkg-deb -f "$deb" Depends; done | sha256sum | cut -c 1-12)
  kept=build/ops/bare/$SUITE-$BASE-$needed.tar
  mkdir -p "$ROOT" build/ops/bare
  if [ ! -s "$kept" ]; then
    rm -f build/ops/bare/*
    bareroot_make "$ROOT" "$SUITE" "$BASE" || return
    mkdir -p "$ROOT/var/local"
    cp build/dist/*.deb "$ROOT/var/local/"
    bareroot_run "$ROOT" apt-get -q update || return
    bareroot_run "$ROOT" sh -c 'apt-get -q install -y --no-install-recommends --download-only /var/local/*.deb' || return
    tar -cf "$kept.new" -C "$ROOT" . && mv "$kept.new" "$kept" || return
  else
    tar -xf "$kept" -C "$ROOT"
  fi
  bareroot_connect "$ROOT"
  rm -rf "${ROOT:?}/var/local"
  mkdir "$ROOT/var/local"
  cp build/dist/*.deb "$ROOT/var/local/"
  cp packaging/debian/tests/app packaging/debian/tests/daemon "$ROOT/var/local/"
}

in_root() {
  bareroot_run "$ROOT" DEBIAN_FRONTEND=noninteractive timeout 120 "$@"
}

as_user() {
  in_root setpriv --reuid shop --regid shop --init-groups env HOME=/home/shop "$@"
}

apt() {
  in_root apt-get -q -o Dpkg::Options::=--force-unsafe-io "$@"
}

needs_root() {
  [ "$(id -u)" -eq 0 ] || skip "only root makes a Debian root"
}

# Every path but what dpkg, apt and the tools that make users note for themselves.
everything() {
  in_root find / -xdev \( -path /proc -o -path /dev -o -path /tmp -o -path /home -o -path /var/lib/dpkg -o \
    -path /var/lib/apt -o -path /var/cache -o -path /var/log \) -prune -o -print |
    grep -vE '^/etc/(\.pwd\.lock|(passwd|group|shadow|gshadow|subuid|subgid)-?)$' | sort
}

@test "lintian has no error and no warning" {
  run lintian --allow-root --fail-on warning,error build/deb/*.changes
  [ "$status" -eq 0 ] || { echo "$output"; false; }
}

@test "each package holds its files, with their owners and modes" {
  for deb in "${DEBS[@]}"; do
    dpkg-deb -c "$deb" | grep -v ' \./usr/share/doc/' |
      awk -v package="$(dpkg-deb -f "$deb" Package)" '$1 !~ /^d/ { print package, $1, $2, substr($6, 2) }
        $1 ~ /^d/ && ($1 != "drwxr-xr-x" || $2 != "root/root") { print package, "a folder:", $0 }'
  done | sort | diff tests/ops/debian-contents.txt -
}

@test "no file is in two packages" {
  for deb in "${DEBS[@]}"; do
    dpkg-deb -c "$deb" | awk '$1 !~ /^d/ { print $6 }'
  done | sort | uniq -d >"$BATS_TEST_TMPDIR/twice"
  [ ! -s "$BATS_TEST_TMPDIR/twice" ]
}

@test "nothing in a package tells where it was built" {
  for deb in "${DEBS[@]}"; do
    dpkg-deb -x "$deb" "$BATS_TEST_TMPDIR/all"
  done
  run grep -rlaF "$PWD" "$BATS_TEST_TMPDIR/all"
  [ "$status" -eq 1 ]
}

@test "apt installs the packages in a fresh Debian root" {
  needs_root
  # what they depend on first, so that what is there before and after can be compared
  in_root sh -c 'apt-get install -s --no-install-recommends -y /var/local/*.deb' | awk '$1 == "Inst" && $2 !~ /^samekey/ { print $2 }' >"$BATS_TEST_TMPDIR/needed"
  mapfile -t needed <"$BATS_TEST_TMPDIR/needed"
  [ "${#needed[@]}" -gt 0 ]
  apt install --no-install-recommends -y "${needed[@]}"
  everything >"$BATS_FILE_TMPDIR/before"
  in_root sh -c 'apt-get -q install --no-install-recommends -y /var/local/*.deb'
  in_root useradd --create-home shop
}

@test "a user runs an app with them" {
  needs_root
  as_user sh /var/local/app
}

@test "root runs an app with them" {
  needs_root
  in_root sh /var/local/app
}

@test "samekeyd runs as its own user, with the configuration as it was installed" {
  needs_root
  in_root sh /var/local/daemon
}

@test "the incident of the README is played with what is installed" {
  needs_root
  as_user sh /usr/share/doc/samekey/examples/incident/demo /usr/bin
}

@test "an administrator's changes outlive a second installation" {
  needs_root
  echo '; mine' >>"$ROOT/etc/samekey/samekeyd.ini"
  chmod 0700 "$ROOT/etc/samekey"
  before=$(sha256sum "$ROOT/etc/samekey/fingerprint.key")
  in_root sh -c 'dpkg -i --force-unsafe-io /var/local/samekeyd_*.deb'
  [ "$(stat -c %a "$ROOT/etc/samekey")" = 700 ]
  [ "$(sha256sum "$ROOT/etc/samekey/fingerprint.key")" = "$before" ]
  grep -q '^; mine' "$ROOT/etc/samekey/samekeyd.ini"
}

@test "without samekey-scan a scan says what to install" {
  needs_root
  apt remove -y samekey-scan
  run as_user samekey scan /home/shop
  [ "$status" -ne 0 ]
  [[ $output == *samekey-scan* ]]
}

@test "removed, they leave the settings; purged, nothing but the user" {
  needs_root
  in_root systemctl enable samekeyd-http.socket samekeyd-session.socket # as an administrator may have
  [ -L "$ROOT/etc/systemd/system/samekeyd.service.wants/samekeyd-http.socket" ]
  apt remove -y samekey samekeyd
  [ -s "$ROOT/etc/samekey/samekeyd.ini" ]
  [ -s "$ROOT/etc/samekey/fingerprint.key" ]
  mkdir -p "$ROOT/var/lib/samekey"
  touch "$ROOT/var/lib/samekey/sessions.db"
  in_root dpkg --purge samekey samekeyd samekey-scan
  everything | diff "$BATS_FILE_TMPDIR/before" -
  in_root getent passwd samekey
}
