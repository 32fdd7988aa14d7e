#!/usr/bin/env bats
# Goal: the programs that users get are built so that a fault in them is hard to use: they lie anywhere
# in memory, nothing is both writable and executable, tables are read-only before main, branches land
# where they may, and libc checks the sizes that the compiler knows.
# SPDX-License-Identifier: MIT

load ../meta/meta

# Prints each program: those that are linked, the static one when it has been built.
programs() { find build build/static -maxdepth 1 -type f -perm -u+x -name 'samekey*' | sort; }

# Prints each program of which readelf OPTION does not say PATTERN.
without() {
  local program
  programs | while read -r program; do
    readelf "$1" --wide "$program" | grep -qE -e "$2" || echo "$program: lacks $2"
  done
}

# Prints each program of which it does.
with() {
  local program
  programs | while read -r program; do
    ! readelf "$1" --wide "$program" | grep -E -e "$2" | sed "s|^|$program: |" | grep .
  done
}

@test "the four programs are looked at" {
  [ "$(programs | grep -cv /static/)" -eq 4 ]
}

@test "position independent, and with every symbol bound before what binds them is made read-only" {
  without --file-header 'Type: +DYN ' | no_complaint
  without --dynamic 'FLAGS_1.* NOW.* PIE' | no_complaint
  without --program-headers 'GNU_RELRO' | no_complaint
}

@test "no segment is writable and executable, nor is the stack" {
  without --program-headers 'GNU_STACK .* RW +0x' | no_complaint
  with --program-headers ' RWE ' | no_complaint
  with --dynamic 'TEXTREL|RPATH|RUNPATH' | no_complaint
}

@test "sizes that are known are checked, and the stack is" {
  local program
  for program in build/samekey build/samekeyd build/samekey-scan build/samekeyd-upstream; do
    readelf --dyn-syms --wide "$program" >"$BATS_TEST_TMPDIR/symbols"
    grep -q ' __stack_chk_fail' "$BATS_TEST_TMPDIR/symbols" || echo "$program: no guarded stack"
    grep -qE ' __v?snprintf_chk' "$BATS_TEST_TMPDIR/symbols" || echo "$program: no checked snprintf"
    # what has a checked form and is not to be called without (a size that only the run knows)
    grep -oE ' (sprintf|vsprintf|strcpy|strcat|gets)@' "$BATS_TEST_TMPDIR/symbols" | sed "s|^|$program: calls|"
  done | no_complaint
}

@test "every object marks where an indirect branch may land, and goes with a shadow stack" {
  local object
  find build/release/lib build/release/loader build/release/verifier -name '*.o' | while read -r object; do
    readelf --notes --wide "$object" | grep -q 'IBT, SHSTK' || echo "$object"
  done | no_complaint
}
