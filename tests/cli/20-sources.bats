#!/usr/bin/env bats
# Goal: every kind of source is read where the design says, and nowhere else.

load helper

# ---- the process environment and KEY_FILE

@test "env gives a key that a file names" {
  echo "PORT=1" >.env
  wins PORT env env PORT=2
  gives PORT 2 PORT=2
}

@test "env gives a key that the ini names" {
  echo '[key PORT]' >samekey.ini
  wins PORT env env PORT=2
}

@test "env gives nothing else, and it passes unchanged" {
  echo '[app]' >samekey.ini
  sk LANG=C OTHER='a b"c' run --quiet -- env
  exits 0
  prints 'OTHER=a b"c' LANG=C
  sk OTHER=x explain --json
  jq -e '.keys == []' <<<"$output"
}

@test "KEY_FILE names a file; its newline goes, with a note; the variable goes too" {
  echo '[key DB_PASSWORD]' >samekey.ini
  echo "$GOOD" >pw
  gives DB_PASSWORD "$GOOD" DB_PASSWORD_FILE=pw
  lacks DB_PASSWORD_FILE DB_PASSWORD_FILE=pw
  wins DB_PASSWORD env pw DB_PASSWORD_FILE=pw
  finds "note newline-stripped DB_PASSWORD pw" "note guessed-secret DB_PASSWORD pw" -- DB_PASSWORD_FILE=pw
}

@test "KEY_FILE of a key that nobody names is not read, and that is said" {
  echo "$GOOD" >pw
  lacks DB_PASSWORD DB_PASSWORD_FILE=pw
  finds "note unasked-file DB_PASSWORD env" -- DB_PASSWORD_FILE=pw PID_FILE=/run/x.pid
  sk AWS_WEB_IDENTITY_TOKEN_FILE=pw check --json
  [[ $output != *unasked-file* ]] || complain "a library's own file"
}

@test "KEY_FILE alone gives a secret that the framework signs with" {
  echo '{"dependencies":{"next":"16"}}' >package.json
  echo "$GOOD" >pw
  gives NEXTAUTH_SECRET "$GOOD" NEXTAUTH_SECRET_FILE=pw
}

@test "exactly one newline goes" {
  printf '[key A]\nsecret = yes\n' >samekey.ini
  printf '%s\n\n' "$GOOD" >pw
  sk A_FILE=pw run --quiet -- sh -c 'printf "[%s]" "$A"'
  [ "$output" = "[$GOOD"$'\n'"]" ] || complain "not one"
}

@test "a byte order mark goes, as from an env file, with a warning" {
  mkdir s
  printf '\357\273\277%s\r\n' "$GOOD" >s/A_SECRET
  cp s/A_SECRET pw
  gives A_SECRET "$GOOD" --secrets s
  finds "warning bom A_SECRET s/A_SECRET" "note newline-stripped A_SECRET s/A_SECRET" -- \
    --secrets s
  printf '[key A_SECRET]\nsecret = yes\n' >samekey.ini
  gives A_SECRET "$GOOD" A_SECRET_FILE=pw
  sk A_SECRET="$(cat pw)" run --quiet -- sh -c 'printf %s "$A_SECRET"' # no file: its bytes stay
  [ "$output" = $'\357\273\277'"$GOOD" ] || complain "changed"
}

@test "KEY_FILE counts for secrets, for others only when file = yes" {
  printf '[key PORT]\n[key HOST]\nfile = yes\n[key A_SECRET]\nfile = no\n' >samekey.ini
  echo 80 >value
  sk PORT_FILE=value HOST_FILE=value A_SECRET_FILE=value explain --json
  jq -e '[.keys[] | .source] == ["none", "env", "none"]' <<<"$output"
}

@test "an empty KEY does not beat the file that KEY_FILE names" {
  printf '[key DB_HOST]\nfile = yes\n' >samekey.ini
  echo db.example >value
  gives DB_HOST db.example DB_HOST= DB_HOST_FILE=value
  wins DB_HOST env value DB_HOST= DB_HOST_FILE=value
}

@test "KEY_FILE that is not there: 66, the key and the path" {
  printf '[key A_SECRET]\nrequired = yes\n' >samekey.ini
  sk A_SECRET_FILE=/nowhere/x run -- true
  exits 66
  says A_SECRET /nowhere/x "No such file"
}

# ---- credentials

@test "credentials of systemd" {
  mkdir creds
  printf %s "$GOOD" >creds/A_TOKEN
  printf x >creds/samekey.fingerprint
  printf x >creds/no-name
  wins A_TOKEN credentials creds/A_TOKEN CREDENTIALS_DIRECTORY=creds
  jq -e '.keys | length == 1' <<<"$output"
  gives A_TOKEN "$GOOD" CREDENTIALS_DIRECTORY=creds
}

@test "credentials keep their case" {
  mkdir creds
  printf %s "$GOOD" >creds/a_token
  wins a_token credentials creds/a_token CREDENTIALS_DIRECTORY=creds
}

# ---- secrets folders

@test "a secrets folder, upper and lower case" {
  mkdir s
  printf %s "$GOOD" >s/A_TOKEN
  printf %s "$GOOD2" >s/db_password
  wins A_TOKEN secrets s/A_TOKEN --secrets s
  wins DB_PASSWORD secrets s/db_password --secrets s
}

@test "a folder that the ini names lies beside the ini, one that is typed in the current folder" {
  printf '[sources]\nsecrets = s\n' >samekey.ini
  mkdir s web web/t
  printf %s "$GOOD" >s/A_TOKEN
  printf %s "$GOOD" >web/t/B_TOKEN
  wins A_TOKEN secrets ../s/A_TOKEN --root web
  wins B_TOKEN secrets web/t/B_TOKEN --root web --secrets web/t
  cd web
  wins A_TOKEN secrets ../s/A_TOKEN
  wins B_TOKEN secrets t/B_TOKEN --secrets t
}

@test "a folder that is named and not there: say so" {
  sk check --secrets none
  exits 66
  says "cannot read the folder: No such file or directory" "correct the path"
}

@test "a lower-case key that the ini names stays lower case" {
  printf '[sources]\nsecrets = s\n[key db_password]\n' >samekey.ini
  mkdir s
  printf %s "$GOOD" >s/db_password
  wins db_password secrets s/db_password
}

@test "both cases of one name: the first counts, and it is said" {
  mkdir s
  printf %s "$GOOD" >s/A_TOKEN
  printf %s "$GOOD2" >s/a_token
  finds "warning duplicate A_TOKEN s/a_token" -- --secrets s
}

@test "folders inside are skipped, and so are hidden files" {
  mkdir -p s/folder s/kubernetes.io
  printf x >s/.hidden
  finds -- --secrets s
}

@test "a file whose name is no key is skipped, with a note" {
  mkdir s
  printf x >s/tls.crt
  finds "note skipped-file - s/tls.crt" -- --secrets s
}

@test "several folders: the first one ranks higher" {
  mkdir a b
  printf %s "$GOOD" >a/A_TOKEN
  printf %s "$GOOD2" >b/A_TOKEN
  wins A_TOKEN secrets b/A_TOKEN --secrets b --secrets a
  jq -e '.keys[0].shadowed[0].origin == "a/A_TOKEN"' <<<"$output"
}

@test "a named folder that is not there: 66, and why" {
  sk check --secrets nowhere
  exits 66
  says "origin=nowhere" "No such file"
}

@test "a Kubernetes volume is read through ..data, each set whole" {
  mkdir -p s/..1 s/..2
  printf %s "$GOOD" >s/..1/A_TOKEN
  printf %s "$GOOD2" >s/..2/A_TOKEN
  ln -s ..1 s/..data
  ln -s ..data/A_TOKEN s/A_TOKEN
  gives A_TOKEN "$GOOD" --secrets s
  ln -sfn ..2 s/..data
  gives A_TOKEN "$GOOD2" --secrets s
}

@test "a Kubernetes volume that is swapped all the time never gives a mixed set" {
  local i set
  mkdir -p s/..1 s/..2
  for i in {1..40}; do
    printf 1 >"s/..1/K$i"
    printf 2 >"s/..2/K$i"
  done
  ln -s ..1 s/..data
  (while [ ! -e stop ]; do ln -s ..2 s/new && mv -T s/new s/..data; ln -s ..1 s/new && mv -T s/new s/..data; done) 3>&- &
  for i in {1..30}; do
    sk run --quiet --secrets s -- env
    set=$(grep -o '^K[0-9]*=.' <<<"$output" | cut -d = -f 2 | sort -u | tr -d '\n')
    [ "$set" = 1 ] || [ "$set" = 2 ] || { touch stop; complain "mixed or nothing: '$set'"; }
  done
  touch stop
  wait
}

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

@test "credentials that cannot be read are an error" {
  finds "error unreadable - nowhere" -- CREDENTIALS_DIRECTORY=nowhere
  exits 66
}

@test "a source that the order leaves out does not lose a key without a word" {
  echo "A_TOKEN=$GOOD" >.env
  finds "warning left-out A_TOKEN .env:1:1" -- --order env
  finds -- --order env A_TOKEN="$GOOD2"
}

@test "backups and templates are no env files" {
  local name
  echo '[key A]' >samekey.ini
  for name in .env.bak .env~ .env.sample .env.template .env.dist .environment; do
    echo A=1 >"$name"
  done
  finds --
}

@test "a secrets folder in which everybody may replace files" {
  mkdir s
  printf %s "$GOOD" >s/A_TOKEN
  chmod 777 s
  finds "warning open-folder - s" -- --secrets s
  chmod 1777 s # as Kubernetes mounts it
  finds -- --secrets s
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
