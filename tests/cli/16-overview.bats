#!/usr/bin/env bats
# Goal: bare `samekey` says on one screen where you stand and what comes next.

load helper

@test "an empty folder" {
  sk
  exits 0
  prints "root     $PWD" "ini      none" "mode     production (default)" "no env file" "samekey init"
}

@test "files in their order, and those that are not read" {
  echo A=1 | tee .env .env.production .env.local >.env.staging
  echo "B_SECRET=$GOOD" >>.env.staging
  echo '[key B_SECRET]' >samekey.ini
  sk
  exits 0
  [[ $output == *"reads    .env.local"*".env.production"*".env"* ]]
  prints "not read .env.staging" "samekey run -- CMD"
}

@test "mode and why" {
  sk NODE_ENV=development
  prints "mode     development (NODE_ENV)"
  sk --mode staging
  prints "mode     staging (--mode)"
}

@test "an error: the next step is check, the exit status that of check" {
  echo junk >.env
  sk
  prints "samekey check"
}

@test "a warning: the one that says what it is comes next too" {
  echo 'K=a#b' >.env
  sk
  exits 0
  prints "keys     1; 0 errors, 1 warning"$'\n' "samekey check        says what the warnings are"
}

@test "bare samekey for programs" {
  echo A=1 >.env
  echo B=1 >.env.staging
  sk --json
  [ "$(jq -rc '[.v, .app, .ini, .mode, .reads, .unread, .keys]' <<<"$output")" = \
    '[1,"shop",null,"production",[".env"],[".env.staging"],1]' ] || complain
}
