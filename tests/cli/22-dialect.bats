#!/usr/bin/env bats
# Goal: the dialect decides what a file's bytes mean, and every doubt is named with its place.

load helper

@test "portable: values as most loaders read them" {
  cat >.env <<'END'
PLAIN=a b  # note
HASH=pa#ss
SINGLE='a \n "b" #c'
DOUBLE="a\tb\\c\"d\$e"
MULTI="one
two"
EMPTY=
export EXPORTED=x
END
  gives PLAIN "a b"
  gives HASH "pa#ss"
  gives SINGLE 'a \n "b" #c'
  gives DOUBLE $'a\tb\\c"d$e'
  gives MULTI $'one\ntwo'
  gives EXPORTED x
  finds "warning bare-hash HASH .env:2:8" "warning backslash DOUBLE .env:4:10" \
    "warning dollar DOUBLE .env:4:20" "warning export-prefix - .env:8:1" --
}

@test "each warning says what to do" {
  printf 'A=x#y\nB="\\n"\nC=$x\nD =x\na.b=1\nA=2\n' >.env
  sk check
  says "put the value in single quotes" "Next.js" "a value without \$" "KEY=value without spaces" \
    "letters, digits and underscores" "delete one of the lines"
}

@test "a # inside a value: the warning says who would cut it" {
  echo 'A=x#y' >.env
  sk check
  says dotenv node Next.js
}

@test "a BOM and Windows line ends are read, with warnings" {
  printf '\xef\xbb\xbfA=1\r\nB="x"\r\n' >.env
  gives A 1
  gives B x
  finds "warning bom - .env:1:1" "warning crlf - .env:1:4" --
}

@test "the last duplicate wins, with a warning" {
  printf 'A=1\nB=x\nA=2\n' >.env
  gives A 2
  finds "warning duplicate A .env:3:1" --
}

@test "nothing is ever run" {
  printf 'A=$(touch ran)\nB="$(touch ran)"\n' >.env
  gives A '$(touch ran)'
  [ ! -e ran ]
}

@test "literal: the bytes after the first =" {
  printf 'A= "x" # y \nB=$(id)`x`\\n\n' >.env
  gives A ' "x" # y ' --dialect literal
  gives B '$(id)`x`\n' --dialect literal
}

@test "the dialect may stand in the ini" {
  printf '[sources]\ndialect = literal\n' >samekey.ini
  echo 'A="x"' >.env
  gives A '"x"'
  gives A x --dialect portable
}

@test "an unknown dialect names the nearest one" {
  sk check --dialect portabel
  exits 2
  says "--dialect: unknown dialect 'portabel'" "did you mean portable"
  printf '[sources]\ndialect = portabel\n' >samekey.ini
  sk check
  exits 78
  says "samekey.ini:2" "unknown dialect 'portabel'" "did you mean portable"
}
