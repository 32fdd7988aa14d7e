#!/usr/bin/env bats
# Goal: samekey doctor names what around the app feeds another value or leaks one, and shows
# none: how it is asked and told, env files, git, code and PM2.

load helper
load doctor

@test "--host that is no folder: exit 66, and nothing is said to be fine" {
  local host
  for host in /no/such/dir .env; do
    sk doctor --host "$host"
    exits 66
    says "cannot enter the folder" "hint: --host names"
    [ -z "$output" ] || complain "looked around"
  done
}

@test "a clean folder: a line each, exit 0" {
  app
  rm .env.old
  doctor
  exits 0
  prints "no dump of PM2, no ecosystem file here (folders below are not looked at)" "0 units looked at" "no compose or Kubernetes file here" \
    "no Dockerfile here" "0 errors, 0 warnings"
}

@test "the word that asks for one examination stands in its heading" {
  local word words
  sk doctor --host "$PWD" no-such-word
  words=${stderr#*one or more of }
  words=${words%%;*}
  sk doctor --host "$PWD"
  for word in ${words//,/ }; do
    grep -qi "^[^ ].*\b$word\b\|^$word" <<<"$output" || complain "no heading has $word"
  done
}

@test "--json holds every examination with what it looked at" {
  app
  rm .env.old
  doctor --json
  exits 0
  jq -n -e 'input | .v == 1 and .ok and ([.examinations[].name] == ["bundle", "pm2", "systemd", "deployments",
    "code", "files", "images", "git", "verifier", "machine"]) and (.examinations | all(has("looked_at") and has("findings")))' \
    <<<"$output"
}

# dump NAME VALUE [SCRIPT]: PM2's dump of one app, as PM2 7 writes it.
dump() {
  mkdir -p "$HOME/.pm2"
  jq -n --arg name "$1" --arg value "$2" --arg script "${3:-$PWD/server.js}" --arg folder "$PWD" \
    '[{name: $name, env: {NEXTAUTH_SECRET: $value, PORT: "4000"}, NEXTAUTH_SECRET: "x", pm_cwd: $folder,
       pm_exec_path: $script, exec_mode: "fork_mode"}]' >"$HOME/.pm2/dump.pm2"
}

@test "PM2's dump: stale, other, empty and quoted values are named, and who may read it" {
  app
  dump web "$OTHER"
  chmod 644 "$HOME/.pm2/dump.pm2"
  doctor
  exits 1
  finds feeds-other pm2-dump-open feeds-setting
  prints "PM2's app web" "/.pm2/dump.pm2"
  dump web ""
  doctor
  finds feeds-empty
  dump web "\"$GOOD\""
  doctor
  finds feeds-quoted
  dump web "your-secret-key"
  doctor
  finds feeds-placeholder
  printf '[sources]\nfiles = .env, .env.old\n' >samekey.ini
  dump web "$STALE"
  doctor
  finds feeds-stale
  prints "that of .env.old:1"
}

@test "PM2's dump: an app behind samekey is a warning, one of another folder nothing" {
  app
  dump web "$OTHER" /usr/bin/samekey
  chmod 600 "$HOME/.pm2/dump.pm2"
  doctor
  exits 0
  finds feeds-other clear-secret
  finds_not pm2-dump-open
  doctor --strict
  exits 1
  sed -i "s,$PWD,/srv/another,g; s,/usr/bin/samekey,/srv/a.js," "$HOME/.pm2/dump.pm2"
  doctor
  finds_not feeds-other
  prints "0 apps of this root, 1 of others"
}

@test "PM2's dump that is none, and one that cannot be read" {
  app
  mkdir -p "$HOME/.pm2"
  echo '{"a":' >"$HOME/.pm2/dump.pm2"
  doctor
  exits 0
  finds could-not-look
  rm "$HOME/.pm2/dump.pm2"
  mkdir "$HOME/.pm2/dump.pm2"
  doctor
  exits 0
  finds could-not-look
}

@test "ecosystem files: env_file, and secrets in clear text" {
  app
  cat >ecosystem.config.js <<-EOF
	module.exports = { apps: [{ name: 'web', script: 'server.js',
	  env_file: '.env.production',
	  // NEXTAUTH_SECRET: 'commented'
	  env: { "NEXTAUTH_SECRET": '$OTHER' } }] }
	EOF
  doctor
  exits 1
  finds pm2-env-file feeds-other clear-secret
  prints "ecosystem.config.js:2" "ecosystem.config.js:4"
  prints_not "ecosystem.config.js:3"
}

@test "code that lets the env file win: a warning, an error where the file holds another value" {
  app
  mkdir node_modules
  echo "require('dotenv').config({ override: true })" >server.js
  cp server.js node_modules/
  doctor
  exits 0
  finds env-override
  prints "server.js:1"
  prints_not "node_modules"
  sk NEXTAUTH_SECRET="$OTHER" doctor --host "$HOST"
  exits 1
  prints "one holds another value"
}

@test "env files: modes of those that are not read, and copies in what was built" {
  app
  mkdir -p web .next/standalone
  cp .env web/.env.production
  cp .env .next/standalone/.env
  chmod 644 web/.env.production
  doctor
  finds world-readable build-copy
  prints "web/.env.production" ".next/standalone/.env"
}

repository() {
  rmdir .git
  git init -q .
  git config user.email a@example.org
  git config user.name a
}

@test "git: tracked, not ignored, ignored, and once committed" {
  command -v git || skip "git is not installed"
  app
  repository
  cp .env .env.local
  doctor
  finds not-ignored
  printf '.env.local\n.env.old\n' >.gitignore
  echo "NEXTAUTH_SECRET=$OTHER" >.env.staging
  git add .env .env.staging && git commit -qm a
  git rm -q .env.staging && git commit -qm b
  doctor
  exits 1
  finds tracked-secret committed-secret
  prints ".env.local is ignored" ".env.staging"
  git rm -q --cached .env && git commit -qm c
  echo .env >>.gitignore
  doctor
  exits 0
  finds_not tracked-secret not-ignored
}

@test "git: a file that samekey.ini names is asked about, and what a link leads to" {
  command -v git || skip "git is not installed"
  app
  repository
  mkdir config "$BATS_TEST_TMPDIR/other"
  mv .env config/production
  mv .env.old "$BATS_TEST_TMPDIR/other/values"
  ln -s "$BATS_TEST_TMPDIR/other/values" .env.staging
  printf '[sources]\nfiles = config/production\n' >samekey.ini
  doctor git
  exits 0
  finds not-ignored
  prints "config/production" ".env.staging lies in no git repository"
  git -C "$BATS_TEST_TMPDIR/other" init -q .
  git -C "$BATS_TEST_TMPDIR/other" add values
  git add config && git commit -qm a
  doctor git
  exits 1
  finds tracked-secret
  prints "where  config/production" "git tracks the file that it leads to"
  git rm -q --cached config/production && git commit -qm b
  git -C "$BATS_TEST_TMPDIR/other" rm -q --cached values
  echo values >"$BATS_TEST_TMPDIR/other/.gitignore"
  echo config >.gitignore
  doctor git
  exits 0
  finds committed-secret
  prints "config/production is ignored" ".env.staging is ignored"
  finds_not tracked-secret not-ignored
}

@test "git: a repository without env files is looked at" {
  command -v git || skip "git is not installed"
  repository
  doctor git
  exits 0
  finds_not could-not-look
}

@test "git: nothing that a repository configures is run" {
  command -v git || skip "git is not installed"
  app
  repository
  printf '#!/bin/sh\ntouch %s/ran\n' "$BATS_TEST_TMPDIR" >hook
  chmod +x hook
  git add .env && git commit -qm a
  git config core.fsmonitor "$PWD/hook"
  git config core.pager "$PWD/hook"
  git config diff.external "$PWD/hook"
  git config log.showSignature true
  git config gpg.program "$PWD/hook"
  git config core.sshCommand "$PWD/hook"
  git config filter.x.clean "$PWD/hook"
  echo '* filter=x diff=x' >.gitattributes
  git config diff.x.textconv "$PWD/hook"
  doctor
  finds tracked-secret
  [ ! -e "$BATS_TEST_TMPDIR/ran" ]
}

@test "--allow lets a finding pass, --quiet says only what is wrong" {
  app
  echo "ENV NEXTAUTH_SECRET=$OTHER" >Dockerfile
  doctor --allow baked-secret:NEXTAUTH_SECRET
  exits 0
  prints "allowed"
  doctor --quiet
  exits 1
  prints_not "  ok " "  note "
  sk doctor --allow no-such-code
  exits 2
}

@test "what a link leads to is looked at, and links to folders are counted" {
  app
  mkdir -p away/sub away/folder dist
  printf 'services:\n  web:\n    environment:\n      NEXTAUTH_SECRET: %s\n' "$OTHER" >away/compose.yaml
  echo "ENV NEXTAUTH_SECRET=$OTHER" >away/docker
  echo "require('dotenv').config({ override: true })" >away/start
  install -m 644 .env away/values
  mv away "$BATS_TEST_TMPDIR/away"
  mkdir web
  ln -s "$BATS_TEST_TMPDIR/away/compose.yaml" compose.yaml
  ln -s "$BATS_TEST_TMPDIR/away/docker" Dockerfile
  ln -s "$BATS_TEST_TMPDIR/away/start" start.js
  ln -s "$BATS_TEST_TMPDIR/away/values" web/.env.production
  ln -s "$BATS_TEST_TMPDIR/away/values" dist/.env
  ln -s "$BATS_TEST_TMPDIR/away/folder" web/folder
  ln -s nowhere web/.env.local
  doctor deployments code files images
  exits 1
  finds feeds-other clear-secret baked-secret env-override world-readable build-copy
  prints "compose.yaml:4" "Dockerfile:1" "start.js:1" "web/.env.production" "dist/.env" \
    "1 link to folders, not followed"
  rm dist/.env
  rmdir dist
  ln -s "$BATS_TEST_TMPDIR/away" dist
  ln -s values "$BATS_TEST_TMPDIR/away/.env.local"
  doctor files
  prints "dist/.env.local"
}

@test "what is more than doctor looks at is said" {
  local i
  app
  mkdir k8s
  for ((i = 0; i < 1025; i++)); do : >"k8s/$i.yaml"; done
  doctor deployments
  finds could-not-look
  prints "more than 1024"
  for ((i = 0; i < 64; i++)); do : >".env.$i"; done
  doctor files
  prints "more than 64 env files"
  rm -r k8s
  for ((i = 0; i < 5; i++)); do printf 'include:\n  - inner%d.yaml\n' "$i" >"inner$((i - 1)).yaml"; done
  mv inner-1.yaml compose.yaml
  doctor deployments
  prints "more than 4 deep"
}

@test "files that cannot be read, loops and pipes end in words" {
  app
  mkdir k8s
  mkfifo ecosystem.config.js Dockerfile .env.fifo
  ln -s . loop
  ln -s loop/../k8s k8s/again
  truncate -s 1T big.js ecosystem.config.json
  doctor
  exits 0
  finds could-not-look
}

@test "the machine: a fingerprint key that everybody may read" {
  app
  head -c 32 /dev/urandom >key
  chmod 600 key
  doctor --fingerprint-key key
  exits 0
  finds_not open-key
  prints "the fingerprint key"
}

@test "help doctor and every finding of it are explained" {
  sk help doctor
  exits 0
  prints "samekey doctor --quiet"
  local code
  for code in feeds-stale pm2-dump-open env-override tracked-secret baked-secret config-map-secret; do
    sk help "$code"
    exits 0
  done
}

@test "flags in the environment of this start" {
  app
  sk NODE_TLS_REJECT_UNAUTHORIZED=0 NODE_OPTIONS="--env-file=x" doctor --host "$BATS_TEST_TMPDIR"
  finds stored-flag
  prints "every certificate" "NODE_OPTIONS"
  sk __NEXT_PROCESSED_ENV=true doctor --host "$BATS_TEST_TMPDIR"
  finds leaked-flag
}

@test "an area alone is looked at; several may be named, and a misspelt one is an error" {
  app
  doctor pm2 --json
  jq -n -e 'input | [.examinations[].name] == ["pm2"]' <<<"$output"
  doctor git bundle --json
  jq -n -e 'input | [.examinations[].name] == ["bundle", "git"]' <<<"$output"
  doctor bundle pm2 systemd deployments code files images git verifier machine --json
  [ "$status" -lt 2 ] || complain "all of them by name"
  jq -n -e 'input | .examinations | length == 10' <<<"$output"
  doctor pm2 pm2 pm2 pm2 pm2 pm2 pm2 pm2 pm2 pm2 pm2
  exits 2
  says "unexpected word 'pm2'"
  doctor pm3
  exits 2
  says "nothing called 'pm3'" "bundle, pm2, systemd, deployments, code, files, images, git, verifier, machine"
}

@test "a value in a log of PM2 or in the settings of its modules is found, and not shown" {
  app
  rm .env.old
  mkdir -p "$HOME/.pm2/logs/deep"
  doctor pm2
  exits 0
  { head -c 5000000 /dev/zero; echo "secret is $GOOD"; } >"$HOME/.pm2/logs/web-out.log"
  echo "$GOOD" >"$HOME/.pm2/logs/deep/web.log"
  doctor pm2
  finds clear-secret
  prints "logs/web-out.log" "a value of NEXTAUTH_SECRET"
  prints_not "deep/web.log"
  rm "$HOME/.pm2/logs/web-out.log"
  printf '{"mod": {"token": "%s"}}' "$GOOD" >"$HOME/.pm2/module_conf.json"
  doctor pm2
  finds clear-secret
  prints "module_conf.json"
  doctor pm2 --strict
  exits 1
}
