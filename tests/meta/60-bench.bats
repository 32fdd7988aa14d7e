#!/usr/bin/env bats
# Goal: the bench's own code works: an area of it is measured, in one round, and its last line sums up.
# What the figures are matters to nobody here.

load meta

setup() {
  cd "$BATS_TEST_DIRNAME/../.." || return 1
  make -s INSTALL_DEPS=: BUILD="$BUILD" "$OUT"/tests/bench/{row,handoff}
}

bench() {
  SAMEKEYD=${SAMEKEYD:-${SAMEKEY}d} CHECK_DEBIAN='' ROUNDS=1 ONLY=$1 RECORD=${2:-} tests/bench/run
}

@test "an area is measured by itself, against its budget" {
  bench handoff >"$BATS_TEST_TMPDIR/table" 2>"$BATS_TEST_TMPDIR/progress"
  grep -qE '^handoff of 100 secrets, p50 +[0-9.]+ us +at most 150 us +(ok|MISSED) ' "$BATS_TEST_TMPDIR/table"
  grep -qE '^handoff of 100 secrets, p50 +[0-9.]+ x .*asking /healthz' "$BATS_TEST_TMPDIR/table"
  tail -n 1 "$BATS_TEST_TMPDIR/table" | grep -qxE '3 rows in [0-9]+ s, budgets missed: [01]'
}

@test "a row knows which budgets its median keeps" {
  row() { "$OUT/tests/bench/row" what us against "$@" | cut -f 2,3,5,6; }
  [ "$(row '<=2' '' 1 9 2)" = $'2.00 us\t1.00 to 9.00\tat most 2 us\tok' ]
  [ "$(row '<=2' '' 1 9 3)" = $'3.00 us\t1.00 to 9.00\tat most 2 us\tMISSED' ]
  [ "$(row '>=2' '' 1)" = $'1.00 us\t\tat least 2 us\tMISSED' ]
  [ "$(row - '' 1000)" = $'1000 us\t\t\t' ]
}

@test "an area that nobody has is refused, and so is recording a part" {
  run bench nothing-of-the-kind
  [ "$status" -eq 2 ]
  [[ $output == *"no area's name holds 'nothing-of-the-kind': start handoff "* ]]
  run bench handoff yes
  [ "$status" -eq 2 ]
  [[ $output == *"what is recorded is all of it"* ]]
}

@test "an area that cannot measure is named, and is a failure" {
  mkdir -p "$BATS_TEST_TMPDIR/empty"
  OUT=$BATS_TEST_TMPDIR/empty run bench handoff
  [ "$status" -eq 1 ]
  [[ $output == *"could not be measured: handoff"* ]]
}

@test "every area is run and told, and every program of an area is built" {
  sed -n 's/^AREAS=(\(.*\))$/\1/p' tests/bench/run | tr ' ' '\n' | while read -r area; do
    [ -x "tests/bench/areas/$area" ] || echo "there is no area $area"
    grep -q "^| \`$area\` | " tests/bench/head.md || echo "tests/bench/head.md lacks $area"
  done | no_complaint
  for file in tests/bench/areas/*; do
    grep -qE "^AREAS=\(.*\b${file##*/}\b" tests/bench/run || echo "nobody runs $file"
    grep -oE '"\$BIN/[a-z]+"' "$file" | tr -dc 'a-z\n' | while read -r program; do
      [ -f "tests/bench/$program.c" ] || echo "$file: there is no tests/bench/$program.c"
    done
  done | no_complaint
}
