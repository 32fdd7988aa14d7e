#!/usr/bin/env bats
# Goal: a fresh copy builds without a warning, leaves nothing beside build/, rebuilds only what
# changed, and uninstall takes away all that install put there.

load meta

setup_file() {
  cd "$BATS_TEST_DIRNAME/../.." || return 1
  # shellcheck source=tests/meta/meta.bash
  . tests/meta/meta.bash
  export COPY=$BATS_FILE_TMPDIR/copy
  mkdir "$COPY"
  project_files | tar -cf - -T - | tar -xf - -C "$COPY"
  cd "$COPY" || return 1
  git -c init.defaultBranch=main init -q
  git add -A
  git -c user.name=test -c user.email=test@localhost commit -qm copy
  make -s BUILD=debug >"$BATS_FILE_TMPDIR/first" 2>&1 || cat "$BATS_FILE_TMPDIR/first" >&2
}

setup() {
  cd "$COPY" || return 1
}

again() {
  make BUILD=debug "$@"
}

@test "the programs are built without a warning" {
  grep -v '^  [A-Z]* ' "$BATS_FILE_TMPDIR/first" | no_complaint
  [ -x build/debug/samekey ]
  [ ! -e verifier/samekeyd.c ] || [ -x build/debug/samekeyd ]
}

@test "the build leaves nothing beside build/" {
  git status --porcelain --ignored | grep -vx '!! build/' | no_complaint
}

@test "a second build has nothing to do" {
  run again
  [ "$status" -eq 0 ]
  grep -v 'Nothing to be done' <<<"$output" | no_complaint
}

@test "the version stands in one place, and what must name it names the same" {
  version=$(sed -n 's/^VERSION := //p' Makefile)
  [ -n "$version" ]
  {
    sed -n 's/^samekey (\(.*\)-[^-]*) .*/debian\/changelog \1/p' packaging/debian/changelog | head -n 1
    sed -n 's/^## \([0-9][0-9.]*\) .*/NEWS.md \1/p' NEWS.md | head -n 1
    for file in packaging/npm/*/package.json; do
      echo "$file $(jq -r .version "$file")"
    done
    build/debug/samekey --version
    build/debug/samekeyd --version
  } >"$BATS_TEST_TMPDIR/named"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/named")" -ge 6 ]
  awk -v version="$version" '$2 != version { print $1 " is of " $2 ", the Makefile of " version }' \
    "$BATS_TEST_TMPDIR/named" | no_complaint
}

@test "an unknown flavour is refused" {
  run make -n BUILD=relaese
  [ "$status" -ne 0 ]
  [[ $output == *"BUILD=relaese is none of"* ]]
}

@test "uninstall removes what install put there" {
  root=$BATS_TEST_TMPDIR/root
  again -s install DESTDIR="$root" PREFIX=/usr
  [ -x "$root/usr/bin/samekey" ]
  [ -s "$root/usr/share/doc/samekey/samekey.ini" ]
  touch "$root/usr/bin/of-somebody-else"
  again -s uninstall DESTDIR="$root" PREFIX=/usr
  find "$root" -type f | grep -v 'of-somebody-else$' | no_complaint
  [ -e "$root/usr/bin/of-somebody-else" ]
  [ ! -e "$root/usr/share/doc/samekey" ]
}

@test "the loader links only what it uses" {
  ldd build/debug/samekey | while read -r library _; do
    case $library in
      linux-vdso.* | libc.* | libsodium.* | libjansson.* | libinih.* | /lib*) ;;
      *) echo "samekey links $library" ;;
    esac
  done | no_complaint
}

@test "a changed header rebuilds what includes it, changed flags rebuild all" {
  touch lib/value/origin.h
  run again
  [ "$status" -eq 0 ]
  [[ $output == *"value/origin.o"* ]]
  [[ $output != *"base/err.o"* ]]
  run again CPPFLAGS=-DOTHER build/debug/lib/base/err.o
  [[ $output == *"base/err.o"* ]]
}
