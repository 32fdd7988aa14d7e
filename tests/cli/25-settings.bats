#!/usr/bin/env bats
# Goal: a samekey.ini with a mistake protects nothing, so each mistake is refused with its line: 78.

load helper

# faulty LINE TEXT...: the ini on stdin is refused, and the complaint stands at that line.
faulty() {
  local line=$1
  shift
  cat >samekey.ini
  sk run -- touch started
  exits 78 && says "[settings" "(samekey.ini:$line)" "$@" || return 1
  [ ! -e started ]
}

@test "an unknown section names the nearest one" {
  faulty 1 "unknown section [source]" "did you mean [sources]?" <<<'[source]'
  faulty 1 "unknown section [nonsense]" "sections: app, sources, key NAME" <<<'[nonsense]'
  faulty 1 "unknown section [...]" <<<'[{"name":"web","env":{"TOKEN":"canary-in-json"}}]' # what PM2 saves
}

@test "an unknown setting names the nearest one" {
  faulty 2 "unknown setting 'requird' in [key]" "did you mean 'required'?" <<<$'[key A]\nrequird = yes'
  faulty 2 "unknown setting 'nonsense' in [app]" <<<$'[app]\nnonsense = 1'
}

@test "a setting in the wrong section" {
  faulty 2 "unknown setting 'dialect' in [app]" <<<$'[app]\ndialect = portable'
}

@test "a setting before any section" {
  faulty 1 "a setting before any section" <<<'name = web'
}

@test "a setting that stands twice" {
  faulty 3 "'name' stands twice" "delete one" <<<$'[app]\nname = a\nname = b'
  faulty 4 "'name' stands twice" <<<$'[app]\nname = a\n[app]\nname = b'
}

@test "a key that has two sections, the other line named" {
  faulty 3 "the key has two sections" "line 1" <<<$'[key A]\nrequired = yes\n[key A]'
}

@test "two sections that mean the same app" {
  cat >samekey.ini <<<$'[key A]\napps = web\n[key A]\napps = ws, web'
  sk check --name web
  exits 78
  says "samekey.ini:3" "two sections for this app"
}

@test "a list setting may stand twice" {
  printf '[sources]\nsecrets = a\nsecrets = b\n' >samekey.ini
  mkdir a b
  sk check
  exits 0
}

@test "bad booleans" {
  local word
  for word in ture y 2 YESS none; do
    faulty 2 "'required' must be yes or no" <<<$'[key A]\nrequired = '"$word"
  done
  for word in yes YES true on 1; do
    printf '[key A]\nrequired = %s\n' "$word" >samekey.ini
    sk check
    exits 1
  done
}

@test "a word that is none of the choices lists them" {
  faulty 2 "'conflict' must be one of: ignore, warn, fail" <<<$'[key A]\nconflict = error'
  faulty 2 "'cascade' must be one of: next, vite, single" <<<$'[sources]\ncascade = rails'
  faulty 2 "'from' must be one of: env, credentials, secrets, dotenv" <<<$'[key A]\nfrom = file'
  faulty 2 "'type' must be one of: string" <<<$'[key A]\ntype = text'
}

@test "bad numbers, sizes and durations" {
  faulty 2 "'min_length' must be a whole number" <<<$'[key A]\nmin_length = -1'
  faulty 2 "'max_file' must be a size such as 64K or 1M" <<<$'[sources]\nmax_file = 1 MB'
  faulty 2 "'timeout' must be a duration such as 500ms, 2s or 5m" <<<$'[verifier]\ntimeout = soon'
  faulty 2 "and not so large" <<<$'[verifier]\ntimeout = 99999999999999999999'
}

@test "an order that names no source, or one twice" {
  printf '[sources]\norder = env, files\n' >samekey.ini
  sk check
  exits 78
  says "samekey.ini:2" "'order' names no source: files" "env, credentials, secrets, dotenv"
  sk check --order env,env
  exits 2
  says "--order: names env twice"
  sk check --order ''
  exits 2
  says "option '--order' needs"
}

@test "a setting without a value" {
  faulty 2 "'name' has no value" <<<$'[app]\nname ='
  faulty 2 "'deny' has an empty item" <<<$'[key A]\ndeny = a,,b'
}

@test "quotes around a value would be part of it" {
  faulty 2 "'name' has quotes" <<<$'[app]\nname = "web"'
}

@test "a line that is too long, and the next ones keep their numbers" {
  faulty 2 "longer than 198 bytes" <<<"[app]
name = $(printf 'x%.0s' {1..200})"
  printf '[app]\nname = %s\ngroup = a\nmood = x\n' "$(printf 'x%.0s' {1..500})" >samekey.ini
  sk check
  says "samekey.ini:2" "samekey.ini:4"
}

@test "a long key name is fine up to 255 bytes" {
  local name
  name=K$(printf 'x%.0s' {1..100})
  printf '[key %s]\nrequired = yes\n' "$name" >samekey.ini
  finds "error missing $name samekey.ini:1" --
  faulty 1 "letters, digits, '_'" <<<"[key K$(printf 'x%.0s' {1..255})]"
  faulty 1 "too long" <<<"[key K$(printf 'x%.0s' {1..300})]"
}

@test "white space and ; inside a value would cut it" {
  faulty 2 "would cut the value" "for a comment" <<<$'[key A]\ndeny = a ;b'
}

@test "a comment behind a value, and ; without white space, are fine" {
  printf '[key A] ; first\ndeny = a;b ; a comment ;with more\n; whole line\n# another\n' >samekey.ini
  finds "error denied A env" -- A='a;b'
}

@test "white space and # do not begin a comment behind a value" {
  faulty 2 "'#' would be part of the value" <<<$'[app]\nname = web # the web app'
}

@test "an indented line" {
  faulty 2 "an indented line" <<<$'[app]\n  name = web'
}

@test "a line that is neither" {
  faulty 2 "neither a section nor a setting" <<<$'[app]\nname'
}

@test "a section that is not closed; its settings are not complained about as well" {
  printf '[key A\nrequired = yes\n[ap]\n' >samekey.ini
  sk check
  exits 78
  says "samekey.ini:1" "needs a ']'" "samekey.ini:3"
  says_not "samekey.ini:2"
}

@test "text after a section" {
  faulty 1 "text after ']'" <<<'[app] name = web'
}

@test "a name where none belongs, none where one belongs" {
  faulty 1 "section [app] takes no name" <<<'[app web]'
  faulty 1 "letters, digits, '_'" <<<'[key]'
  faulty 1 "letters, digits, '_'" <<<'[key A=B]'
  faulty 1 "letters, digits, '_'" <<<'[key A B]'
}

@test "NUL, carriage return, bad UTF-8" {
  printf '[app]\nname = a\0b\n' >samekey.ini
  sk check
  exits 78
  says "samekey.ini:2" "NUL"
  printf '[app]\nname = a\rb\n' >samekey.ini
  sk check
  exits 78
  says "samekey.ini:2" "carriage return"
  printf '[app]\nname = \xff\n' >samekey.ini
  sk check
  exits 78
  says "samekey.ini:2" "UTF-8"
}

@test "a BOM and Windows line ends are fine" {
  printf '\xef\xbb\xbf[app]\r\nname = web\r\n' >samekey.ini
  sk check
  exits 0
  prints "web: ready"
}

@test "every mistake is told at once" {
  printf '[ap]\n[key A]\nrequird = yes\ntype = x\n' >samekey.ini
  sk check
  says "samekey.ini:1" "samekey.ini:3" "samekey.ini:4"
}

@test "rules that contradict each other" {
  faulty 1 "type = enum needs 'values'" <<<$'[key A]\ntype = enum'
  faulty 1 "'values' needs type = enum" <<<$'[key A]\nvalues = a'
  faulty 1 "a secret has no default" <<<$'[key A]\nsecret = yes\ndefault = x'
  faulty 1 "cannot be compared with itself" <<<$'[key A]\nsame_as = A'
  faulty 1 "name a key" <<<$'[key A]\ndiffers_from = A B'
  faulty 1 "'min_length' is over" <<<$'[key A]\nmin_length = 70000'
}

@test "a mode that is no file name part, wherever it comes from" {
  printf '[app]\nmode = ../x\n' >samekey.ini
  sk check
  exits 78
  says "a mode has letters" "samekey.ini"
  rm samekey.ini
  sk check --mode 'a b'
  exits 2
  says "--mode: a mode has letters"
  sk NODE_ENV=a/b check
  exits 78
  says "origin=NODE_ENV"
  sk SAMEKEY_MODE=.x check
  exits 78
  says "origin=SAMEKEY_MODE"
}

@test "mode: option, variable, ini, NODE_ENV, default" {
  sk NODE_ENV=test
  prints "mode     test (NODE_ENV)"
  printf '[app]\nmode = ini\n' >samekey.ini
  sk NODE_ENV=test
  prints "mode     ini (samekey.ini)"
  sk NODE_ENV=test SAMEKEY_MODE=variable
  prints "mode     variable (SAMEKEY_MODE)"
  sk NODE_ENV=test SAMEKEY_MODE=variable --mode option
  prints "mode     option (--mode)"
}

@test "an ini that cannot be read, is no file, is open to all, is too large" {
  mkdir samekey.ini
  sk check
  exits 78
  says "samekey.ini: is a directory"
  rmdir samekey.ini
  echo '[app]' >samekey.ini
  chmod 666 samekey.ini
  sk check
  exits 77
  says "everybody may write" "chmod o-w samekey.ini"
  chmod 600 samekey.ini
  head -c 1100000 /dev/zero | tr '\0' '#' >samekey.ini
  sk check
  exits 65
}

@test "options of settings are judged like the ini" {
  sk check --rotation soon
  exits 2
  says "--rotation: must be a duration"
  sk check --phase dev
  exits 2
  says "--phase: must be one of: build, start"
  sk check --max-file 2
  exits 0
  echo A=123 >.env
  sk check --max-file 2
  exits 65
}

@test "ten thousand sections are read in time" {
  local i
  for i in {1..5000}; do printf '[key K%d]\nrequired = no\n' "$i"; done >samekey.ini
  sk check
  exits 0
}

@test "a name of an app or group is one line of UTF-8" {
  local name
  for name in $'a\nb' $'a\xff' "$(printf 'x%.0s' {1..256})"; do
    sk check --name "$name"
    exits 2
    says "--name: is UTF-8 of up to 255 bytes on one line"
    sk check --group "$name"
    exits 2
  done
  sk check --name ''
  exits 2
  says "option '--name' needs"
}

@test "a folder with odd bytes in its name still gives an app a name" {
  mkdir $'odd\n\xff'
  cd $'odd\n\xff'
  sk check --json
  exits 0
  [[ $output == *'"app":"odd\\x0a\\xff"'* ]] || complain "no printable name"
}

@test "a section of one kind stands once" {
  faulty 3 "section [app] stands twice" <<<$'[app]\nname = a\n[app]\ngroup = b'
  faulty 3 "section [verifier] stands twice" <<<$'[verifier]\ntimeout = 1s\n[verifier]'
}

@test "sizes and times that would stop everything" {
  faulty 2 "'max_file' cannot be 0" <<<$'[sources]\nmax_file = 0'
  faulty 2 "'timeout' cannot be 0" <<<$'[verifier]\ntimeout = 0'
}

@test "a rule for a name that only env files may spell" {
  printf 'my-key=short\n' >.env
  printf '[key my-key]\nsecret = no\nmin_length = 10\n' >samekey.ini
  finds "warning odd-name my-key .env:1:1" "error too-short my-key .env:1:1" --
}

@test "a relative socket is a path from samekey.ini, wherever the command is started" {
  mkdir -p run services/api
  printf '[verifier]\nsocket = run/handoff.sock\n' >samekey.ini
  cd services/api
  sk offer
  exits 69
  says "origin=$BATS_TEST_TMPDIR/shop/run/handoff.sock text=\"no verifier listens here\""
  sk offer --ini ../../samekey.ini
  says "origin=$BATS_TEST_TMPDIR/shop/run/handoff.sock text=\"no verifier listens here\""
  cd "$HOME"
  sk offer --ini "$BATS_TEST_TMPDIR/shop/samekey.ini"
  says "origin=$BATS_TEST_TMPDIR/shop/run/handoff.sock text=\"no verifier listens here\""
  sk offer --ini "$BATS_TEST_TMPDIR/shop/samekey.ini" --socket here.sock
  says "origin=here.sock text="
}

@test "a relative key of fingerprints is a path from samekey.ini, wherever the command is started" {
  mkdir -p keys services/api
  head -c 32 /dev/urandom >keys/shop.key
  chmod 600 keys/shop.key
  printf '[fingerprint]\nkey = keys/shop.key\n[key A_SECRET]\n' >samekey.ini
  echo "A_SECRET=$GOOD" | tee .env >services/api/.env
  shown() { "$SAMEKEY" explain --json "$@" | jq -er '.keys[] | select(.key == "A_SECRET").fingerprint'; }
  here=$(shown)
  cd services/api
  [ "$(shown)" = "$here" ]
  [ "$(shown --fingerprint-key ../../keys/shop.key)" = "$here" ]
  sk lint
  exits 0
  cd "$HOME"
  [ "$(shown --ini "$BATS_TEST_TMPDIR/shop/samekey.ini" --root "$BATS_TEST_TMPDIR/shop")" = "$here" ]
  sk explain --ini "$BATS_TEST_TMPDIR/shop/samekey.ini" --fingerprint-key keys/shop.key
  exits 66
  says "keys/shop.key"
}

@test "a home that is not there is not made: fingerprints are this process's own" {
  echo "A_SECRET=$GOOD" >.env
  sk HOME="$BATS_TEST_TMPDIR/nonexistent" XDG_STATE_HOME= explain
  exits 0
  prints ", this process's own: compare"
  [ ! -e "$BATS_TEST_TMPDIR/nonexistent" ] || complain "it was made"
  mkdir "$BATS_TEST_TMPDIR/there"
  sk HOME="$BATS_TEST_TMPDIR/there" XDG_STATE_HOME= explain
  [ "$(stat -c %a "$BATS_TEST_TMPDIR/there/.local/state/samekey/fingerprint.key")" = 600 ]
}
