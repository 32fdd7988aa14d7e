#!/usr/bin/env bats
# Goal: every fuzz target is replayed with a corpus that stays small, and what is written down of
# fuzzing adds up.

load meta

targets() {
  find tests/fuzz -name 'fuzz_*.c' | sed 's,.*/fuzz_,,; s,\.c$,,' | sort
}

# The rows of the document's table, NAME MINUTES RUNS CRASHES.
rows() {
  awk -F ' *[|] *' '/^\| target / { inside = 1; next } inside && !/^\|/ { exit }
    inside && !/^\| ---/ { print $2, $4, $5, $6 }' "$1"
}

@test "every target has a corpus and every corpus a target" {
  diff <(targets) <(find tests/fuzz/corpus -mindepth 1 -maxdepth 1 -printf '%f\n' | sort)
}

@test "a corpus has at most 20 generated inputs, none of it over 4 KiB" {
  local generated='.*/[0-9a-f]{40}'
  find tests/fuzz/corpus -type f -regextype posix-extended -regex "$generated" -printf '%h\n' | uniq -c |
    awk '$1 > 20 { print $2 " has " $1 }' | no_complaint
  find tests/fuzz/corpus -type f -size +4096c -printf '%p is large\n' | no_complaint
}

@test "every row of docs/RELIABILITY.md is a target's, once, in order" {
  rows docs/RELIABILITY.md | awk '{ print $1 }' >"$BATS_TEST_TMPDIR/rows"
  sort -uc "$BATS_TEST_TMPDIR/rows"
  comm -13 <(targets) "$BATS_TEST_TMPDIR/rows" | no_complaint
}

@test "a run is added to its target's row, and a target without one gets it in its place" {
  local document=$BATS_TEST_TMPDIR/document
  { sed '/^| --- /q' docs/RELIABILITY.md; printf '\nWhat follows.\n\n| target | other |\n| --- | --- |\n| dotenv | 1 |\n'; } >"$document"
  tests/fuzz/record dotenv 30 1000 0 "$document"
  tests/fuzz/record token 90 5 1 "$document"
  tests/fuzz/record conf 60 7 0 "$document"
  tests/fuzz/record dotenv 60 5000000000 1 "$document"
  diff <(printf '%s\n' 'conf 1.0 7 0' 'dotenv 1.5 5000001000 1' 'token 1.5 5 1') <(rows "$document")
  [ "$(tail -n 1 "$document")" = '| dotenv | 1 |' ]
  grep -qF '| conf | any bytes as samekey.ini and as samekeyd.ini |' "$document"
}
