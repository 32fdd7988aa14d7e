#!/usr/bin/env bats
# Goal: what others get is the same bytes, whoever builds it and wherever. The whole of `make dist` is
# built twice by `make check-dist`; here, in a minute, the sources and one program are.

setup_file() {
  cd "$BATS_TEST_DIRNAME/../.." || return 1
  export DIST=$BATS_FILE_TMPDIR/dist ELSEWHERE=$BATS_FILE_TMPDIR/a/longer/path
  mkdir -p "$ELSEWHERE"
  make -s source DIST="$DIST" >&2
  (umask 077 && tar -xzf "$DIST"/samekey-*.tar.gz -C "$ELSEWHERE" --strip-components=1)
}

setup() {
  cd "$BATS_TEST_DIRNAME/../.." || return 1
}

@test "the sources, unpacked by another user elsewhere, are packed to the same bytes" {
  (umask 077 && TZ=Asia/Tokyo make -s -C "$ELSEWHERE" source DIST="$DIST/again")
  cmp "$DIST"/samekey-*.tar.gz "$DIST"/again/samekey-*.tar.gz
}

@test "no file of the sources has a time or an owner of its own" {
  tar --numeric-owner --full-time -tvzf "$DIST"/samekey-*.tar.gz | awk '{ print $2, $4, $5 }' | sort -u >"$BATS_TEST_TMPDIR/kinds"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/kinds")" -eq 1 ]
}

@test "a program that is built elsewhere, under another umask, is the same bytes" {
  [ "$BUILD" = release ] || skip "only the release is built reproducibly"
  (umask 077 && LC_ALL=C TZ=Asia/Tokyo make -s -C "$ELSEWHERE" build/samekeyd-upstream)
  cmp "$ELSEWHERE/build/samekeyd-upstream" "$(dirname "$SAMEKEYD")/samekeyd-upstream"
}
