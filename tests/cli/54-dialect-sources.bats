#!/usr/bin/env bats
# Goal: with `dialect = D` the app gets exactly what its own loader would give it, and samekey still
# says where each value came from.

load helper

# with DIALECT [LINE]...: a samekey.ini that says so.
with() {
  printf '[sources]\ndialect = %s\n' "$1" >samekey.ini
  shift
  printf '%s\n' "$@" >>samekey.ini
}

@test "a value is what that loader reads" {
  printf 'A="x y"\nB=pa#ss # c\nC="a\\nb"\n' >.env
  with docker
  gives A '"x y"'
  gives B 'pa#ss # c'
  with dotenv
  gives A 'x y'
  gives B pa
  gives C $'a\nb'
  with systemd
  gives C 'a\nb'
}

@test "provenance stays: who won, what lost, and where they stand" {
  printf 'A=one # x\n' >.env.production
  printf 'B=1\nA=two\n' >.env
  with dotenv
  wins A dotenv .env.production:1:1
  sk explain --json
  [ "$(jq -r '.keys[] | select(.key == "A") | .shadowed[0] | "\(.origin) \(.differs)"' <<<"$output")" = ".env:2:1 true" ] ||
    complain "the shadowed value is not told"
  gives A one
}

@test "one file refers to another where its loader lets it" {
  echo 'BASE=http://x' >.env
  echo 'URL=${BASE}/api' >.env.production
  with vite
  gives URL http://x/api
  with next
  gives URL /api
  with sh
  gives URL http://x/api
}

@test "what a later file takes away is not given, and that is said" {
  printf 'A=one\nB=two\n' >.env
  printf 'unset A\nC=$B\n' >.env.production
  with sh
  gives B two
  gives C two
  sk run -- env
  grep -q '^A=' <<<"$output" && complain "what the shell unsets is given"
  [[ "$output$stderr" == *'key=A origin=.env:1:1 text="with all files read, the loader has no such name"'* ]] ||
    complain "the loss is not told"
}

@test "what an earlier file set is not read again" {
  printf 'A=one\n' >.env.production
  printf 'A=$(id)\nB=$A\n' >.env
  with ruby
  gives A one
  gives B one
  printf 'A=one\n' >.env
  printf 'A=two\nB=$A\n' >.env.production
  with compose
  gives B two
}

@test "a file that the loader reads only with another one gives what it gives there" {
  printf 'A=one\n' >.env.local
  printf 'A=${A}:two\nB=three\n' >.env # alone Next's references to themselves never end
  with next
  gives B three
  gives A one
  wins B dotenv .env:2:1
  with dotenv-expand
  gives B three
  rm .env.local
  with next
  sk check
  says_not key=B
}

@test "the environment is asked as that loader asks it, and ranks as samekey ranks it" {
  printf 'URL=${HOST_}/api\nA=file\n' >.env
  with dotenv-expand
  gives URL pe/api HOST_=pe
  gives A given A=given
}

@test "a value that the loader makes nothing of is told" {
  printf 'HASH=$2b$10$abcdefghijklmnopqrstuv\nEMPTY=\n' >.env
  with next
  sk check
  says empty "key=HASH" .env:1:1 "next reads nothing"
  says_not "key=EMPTY"
}

@test "what the loader refuses starts nothing" {
  printf 'A=1\nMY KEY=x\n' >.env
  with docker
  sk run -- touch started
  exits 65
  says .env:2:1 refused
  [ ! -e started ]
}

@test "what would have to be run is not, and starts nothing" {
  printf 'A=$(touch ran)\n' >.env
  with sh
  sk run -- touch started
  exits 65
  says executes-code .env:1:
  [ ! -e started ] && [ ! -e ran ]
}

@test "a file may still not set what changes programs" {
  printf 'LD_PRELOAD=/x.so\nA=1\n' >.env
  with node
  sk run -- true
  exits 65
  says forbidden-name '[key LD_PRELOAD]'
}

@test "what is no key's name is left out, and not shown" {
  printf 'A=1\nexport B=2\n' >.env
  with podman
  sk run -- env
  exits 0
  prints A=1
  prints_not "B=2"
  says ignored-line .env:2:1
}

@test "interpolate is samekey's own, and no other loader's" {
  echo 'A=1' >.env
  with next "interpolate = yes"
  sk check
  exits 78
  says interpolate "rules of its own"
}

@test "an unknown dialect is named with the nearest one" {
  echo 'A=1' >.env
  with dotnev
  sk check
  exits 78
  says "unknown dialect 'dotnev'" "did you mean dotenv?"
  sk check --dialect dotnev --ini /dev/null
  exits 2
}

@test "no message shows a value" {
  printf 'A=kAn4rY-%s\nkAn4rY-two\nB="kAn4rY-three" x\nkAn4rY-four =5\n' "$GOOD" >.env
  for dialect in $("$SAMEKEY" dialects --json | jq -r '.dialects[].name'); do
    with "$dialect"
    sk check
    [[ $stderr != *kAn4rY-[0-9Gkt]* ]] || complain "$dialect shows a value"
  done
}
