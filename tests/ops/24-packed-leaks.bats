#!/usr/bin/env bats
# Goal: what others get holds nothing of whoever packed it: values stand in the environment and in files
# beside the sources, and none is found in what is packed, in any form. `make check-dist` looks so at
# all of `make dist`; here, in a minute, at what packs files: the sources, npm packages and images.
# SPDX-License-Identifier: MIT

bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_TEST_DIRNAME/../.." || return 1
  export BEFORE=$PWD TREE=$BATS_FILE_TMPDIR/tree LEAKS=$BATS_FILE_TMPDIR/leaks
  make -s source DIST="$BATS_FILE_TMPDIR" 2>/dev/null >&2
  mkdir "$TREE"
  tar -xzf "$BATS_FILE_TMPDIR"/samekey-*.tar.gz -C "$TREE" --strip-components=1
  "$BEFORE/tests/ops/packed.py" value >"$LEAKS"
  "$BEFORE/tests/ops/packed.py" plant "$LEAKS" "$TREE"
  NPM_TOKEN=$(cat "$LEAKS")
  export NPM_TOKEN NEXTAUTH_SECRET=$NPM_TOKEN DEBEMAIL=$NPM_TOKEN CFLAGS_OF_MINE=$NPM_TOKEN
  # what was built from these sources, without building it again
  mkdir -p "$TREE/build/static"
  cp build/samekey build/samekeyd build/samekey-scan build/samekeyd-upstream "$TREE/build/"
}

setup() {
  cd "$TREE" || return 1
  TO=$BATS_TEST_TMPDIR/packed
}

# Nothing of the values in what lies packed in $TO.
clean() {
  "$BEFORE/tests/ops/packed.py" bare "$TO" "$BATS_TEST_TMPDIR/bare"
  python3 "$BEFORE/tests/daemon/leaks.py" files "$LEAKS" "$BATS_TEST_TMPDIR/bare"
}

# What was unpacked has no git, and its MANIFEST says what belongs to it.
@test "the sources that a tarball unpacked to" {
  run --separate-stderr make -s source DIST="$TO"
  [ "$status" -eq 0 ]
  [[ $stderr == *"not packed"*"  .env"*"  conf/examples/seed/.env"* ]]
  clean
}

@test "the sources of a clone, where git knows some files and not others" {
  cp -a "$TREE/." "$BATS_TEST_TMPDIR/clone"
  cd "$BATS_TEST_TMPDIR/clone"
  rm -rf build
  git init -q
  tar -tzf "$BATS_FILE_TMPDIR"/samekey-*.tar.gz | sed 's,^[^/]*/,,; /^MANIFEST$/d' | git add --pathspec-from-file=-
  rm MANIFEST
  run --separate-stderr make -s source DIST="$TO" SOURCE_DATE_EPOCH=1
  [ "$status" -eq 0 ]
  [[ $stderr == *"not packed"*"  .env"*"  conf/examples/seed/.env"* ]]
  clean
  # the same files as were in the tarball that it came from
  diff <(tar -tzf "$TO"/samekey-*.tar.gz) <(tar -tzf "$BATS_FILE_TMPDIR"/samekey-*.tar.gz)
}

@test "nothing is packed where nobody says what belongs to it" {
  mv MANIFEST "$BATS_TEST_TMPDIR/"
  run --separate-stderr make -s source DIST="$TO"
  mv "$BATS_TEST_TMPDIR/MANIFEST" .
  [ "$status" -ne 0 ]
  [[ $stderr == *"neither .git nor MANIFEST"* ]]
  [ ! -e "$TO" ]
}

@test "the npm packages, and the static program in them" {
  make -C "$BEFORE" -s static >&2
  cp "$BEFORE/build/static/samekey" build/static/
  packaging/npm/pack 0.0.0 "$TO" x64=build/static/samekey
  [ "$(find "$TO" -name '*.tgz' | wc -l)" -eq 2 ]
  clean
}

@test "the images" {
  make -C "$BEFORE" -s static >&2
  cp "$BEFORE/build/static/samekey" build/static/
  VERSION=0.0.0 SOURCE_DATE_EPOCH=1 packaging/oci/layout "$TO"
  clean
}

@test "a program that is built there" {
  rm build/samekeyd-upstream
  make -s build/samekeyd-upstream INSTALL_DEPS=: >&2
  mkdir "$TO"
  cp build/samekeyd-upstream "$TO/"
  clean
}

@test "a value that was packed all the same is found, in every form and however deep" {
  mkdir -p "$BATS_TEST_TMPDIR/forms" "$TO"
  python3 "$BEFORE/tests/daemon/leaks.py" plant "$LEAKS" "$BATS_TEST_TMPDIR/forms"
  tar -czf "$BATS_TEST_TMPDIR/layer" -C "$BATS_TEST_TMPDIR/forms" .
  tar -cf "$TO/blobs" -C "$BATS_TEST_TMPDIR" layer
  run clean
  [ "$status" -eq 1 ]
  local form missing=0
  for form in "$BATS_TEST_TMPDIR"/forms/*; do
    [[ $output == *"${form##*/}"* ]] || { echo "not found: ${form##*/}"; missing=1; }
  done
  [ "$missing" -eq 0 ]
}
