#!/usr/bin/env bats
# Goal: names tell where they live, and no object calls what base.h bans.

load meta

# FILE SYMBOL for every symbol of the product's objects; $1: the options for nm.
symbols() {
  product_sources | sed "s,^,$OUT/,; s,c$,o," | xargs nm "$@" -A -P | sed "s,^$OUT/\(.*\)\.o: ,\1.c ,"
}

@test "every source of the product was compiled" {
  for source in $(product_sources); do
    [ -f "$OUT/${source%.c}.o" ] || echo "$OUT/${source%.c}.o is missing"
  done | no_complaint
}

@test "an exported symbol begins with its file's noun" {
  symbols -g --defined-only | awk -v except=tests/meta/symbols.txt '
    BEGIN { while ((getline line < except) > 0) { split(line, part, " "); known[part[1], part[2]] = 1 } }
    $2 ~ /^_/ || $2 ~ /\.[0-9a-z]+$/ || $2 == "main" { next }
    { noun = $1; sub(/.*\//, "", noun); sub(/\.c$/, "", noun) }
    $2 != noun && index($2, noun "_") != 1 && !(($1, $2) in known) { print $1 ": " $2 }' | no_complaint
}

# A program that only wanted its own would get what stands in for it; such an object is named for each test that asks.
@test "nothing that unit tests share takes the place of the product's own" {
  [ ! -f "$OUT/fixtures.a" ] || nm -g --defined-only -A "$OUT/fixtures.a" |
    awk 'NR == FNR { of[$2] = $1; next } $NF in of { print $1 " " $NF ": is of " of[$NF] }' \
      <(symbols -g --defined-only | awk '{ print $1, $2 }') - | no_complaint
}

@test "every exception of symbols.txt still exists and gives a reason" {
  symbols -g --defined-only | awk '{ print $1, $2 }' >"$BATS_TEST_TMPDIR/there"
  grep -v '^#' tests/meta/symbols.txt | while read -r file symbol reason; do
    [ -n "$reason" ] || echo "$file $symbol: no reason"
    grep -qxF "$file $symbol" "$BATS_TEST_TMPDIR/there" || echo "$file $symbol: is gone"
  done | no_complaint
}

@test "no object calls a banned function" {
  symbols -u | awk -v banned=tests/meta/banned.txt '
    BEGIN {
      while ((getline line < banned) > 0)
        if (line !~ /^(#|$)/) { n = split(line, part, " "); ban[part[1]] = 1
          for (i = 2; i <= n; i++) may[part[1], part[i]] = 1 }
    }
    { name = $2; sub(/^__isoc[0-9]+_/, "", name); sub(/@.*/, "", name) }
    name ~ /^__.*_chk$/ { sub(/^__/, "", name); sub(/_chk$/, "", name) }
    name in ban && !((name, $1) in may) { print $1 " calls " name }' | no_complaint
}

# FILE SYMBOL for everything that ends the process and is called.
ends() {
  symbols -u | awk '{ sub(/@.*/, "", $2) } $2 ~ /^(exit|abort|quick_exit|_Exit)$/ { print $1, $2 }'
}

@test "only main, the commands and those of ends.txt end the process" {
  ends | awk -v except=tests/meta/ends.txt '
    BEGIN { while ((getline line < except) > 0) { split(line, part, " "); known[part[1], part[2]] = 1 } }
    $1 !~ /^loader\/(samekey|cmd_[a-z_]+)\.c$/ && $1 !~ /^verifier\/samekeyd\.c$/ && !(($1, $2) in known) {
      print $1 " calls " $2 }' | no_complaint
}

@test "every exception of ends.txt still exists and gives a reason" {
  ends >"$BATS_TEST_TMPDIR/there"
  grep -v '^#' tests/meta/ends.txt | while read -r file symbol reason; do
    [ -n "$reason" ] || echo "$file $symbol: no reason"
    grep -qxF "$file $symbol" "$BATS_TEST_TMPDIR/there" || echo "$file $symbol: is gone"
  done | no_complaint
}

@test "the rooms below the commands and the daemon do not write to the terminal" {
  symbols -u | awk '$2 ~ /^(stdout|stderr|printf|puts|putchar|perror|__printf_chk|warn|warnx|err|errx)(@|$)/ &&
    $1 ~ /^(lib|loader\/(read|resolve)|verifier\/(trust|record))\// { print $1 " uses " $2 }' | no_complaint
}
