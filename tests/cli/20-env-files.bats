#!/usr/bin/env bats
# Goal: env files are read where the design says, and nowhere else: the cascade, the folders up to the
# ini, and files that are named.

load helper

# ---- the cascade

cascade() {
  local file
  for file in .env .env.local .env.production .env.production.local .env.test .env.test.local; do
    echo "K=$file" >"$file"
  done
}

@test "cascade next: .env.MODE.local, .env.local, .env.MODE, .env" {
  local file
  cascade
  for file in .env.production.local .env.local .env.production .env; do
    gives K "$file"
    rm "$file"
  done
}

@test "cascade vite: .env.MODE.local, .env.MODE, .env.local, .env" {
  local file
  cascade
  for file in .env.production.local .env.production .env.local .env; do
    gives K "$file" --cascade vite
    rm "$file"
  done
}

@test "cascade single: .env alone" {
  cascade
  gives K .env --cascade single
  sk explain --json --cascade single
  jq -e '.keys[0].shadowed == []' <<<"$output"
}

@test "mode test has no .env.local in cascade next" {
  cascade
  rm .env.test.local .env.test
  gives K .env --mode test
}

@test "layers of the cascade are no conflict" {
  cascade
  rm .env.test .env.test.local
  finds --
}

# ---- folders

@test "with an ini the folders up to it count, nearest first" {
  mkdir -p apps/web
  echo '[app]' >samekey.ini
  printf 'A=root\nB=root\nC=root\n' >.env
  printf 'A=apps\nB=apps\n' >apps/.env
  echo 'A=web' >apps/web/.env
  cd apps/web
  wins A dotenv .env:1:1
  wins B dotenv ../.env:2:1
  wins C dotenv ../../.env:3:1
}

@test "a nearer .env beats a farther .env.local" {
  mkdir web
  echo '[app]' >samekey.ini
  echo A=far >.env.local
  echo A=near >web/.env
  gives A near --root web
}

@test "without an ini only the current folder is read; what is above is named" {
  mkdir web
  echo "A_SECRET=$GOOD" >.env
  cd web
  lacks A_SECRET
  finds "warning unread-file - ../.env" --
  sk check
  says "A_SECRET" "../.env"
}

@test "an ini above the repository is not looked for" {
  mkdir -p repo/.git
  echo '[ap]' >samekey.ini
  cd repo
  sk check
  exits 0
}

@test "rules in a folder above that everybody may write are refused, unless anybody may have put them there" {
  mkdir -p open/web
  chmod 1777 open
  echo '[app]' >open/samekey.ini
  cd open/web
  sk check
  exits 77
  says "../: samekey.ini lies in a folder" "hint: chown or chmod o-w the folder, or trust the file by --ini ../samekey.ini"
  sk check --ini ../samekey.ini
  exits 0
  [ "$(id -u)" -eq 0 ] || return 0 # only root can give the file to another user
  chown 4711 ../samekey.ini
  sk check
  exits 0
  says no-source
}

@test "an ini above a folder that everybody may write is not looked for" {
  mkdir -p open/web
  chmod 777 open
  echo '[ap]' >samekey.ini
  cd open/web
  sk check
  exits 0
}

@test "an ini in a folder that everybody may write is refused, --ini takes it" {
  mkdir open
  chmod 777 open
  echo '[app]' >open/samekey.ini
  sk check --root open
  exits 77
  says "samekey.ini" "hint: "
  cd open
  sk check --ini samekey.ini
  exits 0
}

@test "an ini in somebody else's folder is refused there, and from below" {
  [ "$(id -u)" -eq 0 ] || skip "needs root to give the folder to another user"
  mkdir -p theirs/web
  echo '[ap]' >theirs/samekey.ini
  chown 4711 theirs
  local here=$PWD
  cd theirs/web
  sk check
  exits 77
  cd "$here/theirs"
  sk check
  exits 77
}

@test "of two that stand above each other the nearer one counts" {
  mkdir -p near/web
  printf '[key A]\nrequired = yes\n' >samekey.ini
  echo '[app]' >near/samekey.ini
  cd near/web
  sk check
  exits 0
  rm ../samekey.ini
  sk check
  exits 1
}

@test "--ini: its folder is the root" {
  mkdir -p conf web
  echo '[app]' >conf/samekey.ini
  echo 'A=conf' >conf/.env
  echo 'A=web' >.env
  gives A web --ini conf/samekey.ini
  mkdir conf/sub
  cd conf/sub
  gives A conf --ini ../samekey.ini
}

@test "--ini that is not there: 66" {
  sk check --ini nowhere.ini
  exits 66
  says "nowhere.ini" "No such file"
}

@test "--root that is not there or no folder: 66" {
  sk check --root nowhere
  exits 66
  says "nowhere" "cannot enter the folder"
  echo >file
  sk check --root file
  exits 66
}

# ---- files = and --dotenv

@test "files = rank above the cascade, paths from the ini" {
  mkdir -p shared web
  printf '[sources]\nfiles = shared/a.env, shared/b.env\n' >samekey.ini
  echo K=a >shared/a.env
  printf 'K=b\nL=b\n' >shared/b.env
  printf 'K=web\nL=web\nM=web\n' >web/.env
  cd web
  gives K a
  gives L b
  gives M web
}

@test "files = of an ini elsewhere count from there" {
  mkdir -p conf
  printf '[sources]\nfiles = extra.env\n' >conf/samekey.ini
  echo K=extra >conf/extra.env
  gives K extra --ini conf/samekey.ini
}

@test "files = may repeat; one that is not there is an error" {
  printf '[sources]\nfiles = a.env\nfiles = b.env\n' >samekey.ini
  echo K=a >a.env
  finds "error unreadable - b.env" --
  exits 66
  echo L=b >b.env
  gives K a
  gives L b
}

@test "--dotenv replaces the cascade, the first one wins" {
  echo K=env >.env
  printf 'K=a\nL=a\n' >a
  printf 'L=b\nM=b\n' >b
  gives K a --dotenv a --dotenv b
  gives L a --dotenv a --dotenv b
  gives M b --dotenv a --dotenv b
}

@test "--dotenv leaves files = above it" {
  printf '[sources]\nfiles = top.env\n' >samekey.ini
  echo K=top >top.env
  echo K=a >a
  gives K top --dotenv a
}

@test "--dotenv may be named by any link and lie anywhere" {
  echo K=outside >../outside.env
  ln -s ../outside.env link
  gives K outside --dotenv link
  gives K outside --dotenv "$PWD/../outside.env"
}

@test "a list option replaces the ini's list and grows by itself" {
  mkdir a b
  printf '[sources]\nsecrets = nowhere\norder = env, dotenv\n' >samekey.ini
  printf %s "$GOOD" >a/A_TOKEN
  printf %s "$GOOD" >b/B_TOKEN
  sk check --secrets a --secrets b --order secrets --order dotenv
  exits 0
  sk explain --json --secrets a --secrets b
  jq -e '[.keys[].key] == ["A_TOKEN", "B_TOKEN"]' <<<"$output"
}

# ---- what is not read

@test "a key of the example that no source gives" {
  printf 'A=\nB=\nC=\n' >.env.example
  echo A=1 >.env
  finds "warning example-missing C .env.example" -- B=from-env
}

@test "an example elsewhere, or one that is named and not there" {
  echo C= >wanted
  finds "warning example-missing C wanted" -- --example wanted
  finds "error unreadable - nowhere" -- --example nowhere
  exits 66
  mkdir folder
  finds "error unsafe-file - folder" -- --example folder
  exits 77
}

@test "a file of another mode is a note, and a warning when it has a declared key that is missing" {
  printf 'A_SECRET=%s\nX=1\n' "$GOOD" >.env.staging
  finds "note other-file - .env.staging" --
  sk
  says ".env.staging" || [[ $output == *".env.staging"* ]]
  printf '[key A_SECRET]\n' >samekey.ini
  finds "warning unread-file - .env.staging" --
}

@test "what is not read beside is told in mode test and with --dotenv too" {
  echo A=1 >.env
  echo B=1 >.env.local
  finds "note other-file - .env.local" -- --mode test
  finds "note other-file - .env.local" -- --dotenv .env
  finds --
}

@test "a source that the order leaves out does not lose a key without a word" {
  echo "A_TOKEN=$GOOD" >.env
  finds "warning left-out A_TOKEN .env:1:1" -- --order env
  finds "warning conflict A_TOKEN env" -- A_TOKEN="$GOOD2" --order env
  printf '[key PORT]\nconflict = fail\ndefault = 8080\n' >samekey.ini
  echo PORT=3000 >.env
  finds "warning left-out PORT .env:1:1" -- --order env
}

@test "backups and templates are no env files" {
  local name
  echo '[key A]' >samekey.ini
  for name in .env.bak .env~ .env.sample .env.template .env.dist .environment; do
    echo A=1 >"$name"
  done
  finds --
}

@test "a folder of env files in which everybody may replace them is told once" {
  mkdir -m 777 open
  echo "A_TOKEN=$GOOD" >open/.env
  echo "B_TOKEN=$GOOD2" >open/.env.local
  chmod 600 open/.env open/.env.local
  finds "warning open-folder - ." -- --root open
  finds "warning open-folder - open" -- --dotenv open/.env
  chmod 1777 open
  finds -- --root open
  chmod 775 open # its group is those who work on it
  finds -- --root open
}
