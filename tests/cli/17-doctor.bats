#!/usr/bin/env bats
# Goal: samekey doctor names what around the app feeds another value or leaks one, and shows none.

load helper

# Values that a finding must not show.
STALE=canaryStale9RtLzB4nHcYfPd6sJgA8eUiT3oXyN5
OTHER=canaryOtherZb1Tq8LmXw3RkV7nYc5HdPf9GsJ2aU

setup_file() { export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1; }

app() {
  printf 'NEXTAUTH_SECRET=%s\nPORT=3000\n' "$GOOD" >.env
  printf 'NEXTAUTH_SECRET=%s\n' "$STALE" >.env.old
  chmod 600 .env .env.old
}

# doctor [OPTION]...: runs it on a machine without units but those of $HOST.
doctor() {
  HOST=$BATS_TEST_TMPDIR/host
  mkdir -p "$HOST"
  sk doctor --host "$HOST" "$@"
  [[ $output$stderr != *canary* && $output$stderr != *"$GOOD"* ]] || complain "a value is shown"
}

# unit NAME: a unit from stdin.
unit() {
  HOST=$BATS_TEST_TMPDIR/host
  mkdir -p "$HOST/etc/systemd/system/$(dirname "$1")"
  cat >"$HOST/etc/systemd/system/$1"
}

# finds CODE...: each is among the findings.
finds() {
  local code
  for code in "$@"; do
    prints "[$code]" || return 1
  done
}

finds_not() {
  local code
  for code in "$@"; do
    prints_not "[$code]" || return 1
  done
}

@test "--host that is no folder: exit 66, and nothing is said to be fine" {
  local host
  for host in /no/such/dir .env ''; do
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

@test "a unit's Environment= is overruled by its EnvironmentFile=, and that by UnsetEnvironment=" {
  app
  unit web.service <<-EOF
	[Service]
	WorkingDirectory=$PWD
	ExecStart=/usr/bin/node server.js
	Environment=A=b "NEXTAUTH_SECRET=$OTHER" \\
	    NODE_ENV=test
	EOF
  doctor
  exits 1
  finds feeds-other clear-secret stored-flag
  prints "web.service:4"
  mkdir "$HOST/etc/shop"
  printf 'NEXTAUTH_SECRET="%s"\n' "$GOOD" >"$HOST/etc/shop/env"
  unit web.service.d/10-env.conf <<<$'[Service]\nEnvironmentFile=-/etc/shop/e*\nEnvironmentFile=-/etc/none'
  doctor
  finds_not feeds-other
  printf 'NEXTAUTH_SECRET=\n' >"$HOST/etc/shop/env"
  doctor
  finds feeds-empty
  prints "/etc/shop/env:1"
  unit web.service.d/20-env.conf <<<$'[Service]\nUnsetEnvironment=NEXTAUTH_SECRET'
  doctor
  finds_not feeds-empty feeds-other
}

@test "a unit's pattern that would walk through the machine is not followed, nor one without end" {
  app
  unit web.service <<-EOF
	[Service]
	WorkingDirectory=$PWD
	EnvironmentFile=/*/*/*/e*
	EnvironmentFile=/many/e*
	EOF
  mkdir -p "$HOST/a/b/c" "$HOST/many"
  echo "NEXTAUTH_SECRET=$OTHER" >"$HOST/a/b/c/env"
  printf "$HOST/many/e%03d\n" {1..100} | xargs touch
  echo "NEXTAUTH_SECRET=$OTHER" >"$HOST/many/e100"
  doctor
  finds could-not-look
  prints "a pattern of folders" "wants 100 env files: the first 64 were read"
  finds_not feeds-other
}

@test "a unit behind samekey gives warnings, a masked one and one of another app none" {
  app
  unit web.service <<-EOF
	[Service]
	ExecStart=/usr/bin/samekey run -- node $PWD/server.js
	Environment=NEXTAUTH_SECRET=$OTHER
	EOF
  doctor
  exits 0
  finds feeds-other
  unit other.service <<<$'[Service]\nExecStart=/bin/x\nEnvironment=PORT=1'
  doctor
  prints "2 units looked at, 1 run or feed this app"
  ln -sf /dev/null "$HOST/etc/systemd/system/web.service"
  doctor
  finds_not feeds-other
}

@test "a unit's env file that everybody may read, and credentials" {
  app
  HOST=$BATS_TEST_TMPDIR/host
  mkdir -p "$HOST/etc"
  printf 'NEXTAUTH_SECRET=%s\n' "$GOOD" >"$HOST/etc/env"
  chmod 644 "$HOST/etc/env"
  printf '%s\n' "$OTHER" >"$HOST/etc/credential"
  unit web.service <<-EOF
	[Service]
	WorkingDirectory=$PWD
	EnvironmentFile=/etc/env
	LoadCredential=NEXTAUTH_SECRET:/etc/credential
	EOF
  doctor
  finds world-readable feeds-other
  prints "/etc/credential"
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

@test "images: COPY of everything, ENV and ARG of a secret" {
  app
  printf 'FROM node\nCOPY . .\nENV A=1 \\\n  NEXTAUTH_SECRET=%s\nARG NEXTAUTH_SECRET\nCOPY --from=a . .\nENV PORT=1\n' \
    "$OTHER" >Dockerfile
  doctor
  exits 1
  finds baked-secret image-copy
  prints "Dockerfile:2" "Dockerfile:4" "Dockerfile:5"
  prints_not "Dockerfile:6" "Dockerfile:7"
  printf '# c\n**/.env*\n' >.dockerignore
  doctor
  finds_not image-copy
  echo '!.env' >>.dockerignore
  doctor
  finds image-copy
}

@test "images: a Dockerfile that cannot be read is none that is fine" {
  app
  head -c 20M /dev/zero >Dockerfile
  doctor
  finds could-not-look
  prints "File too large" "Dockerfile"
  prints_not "no Dockerfile here"
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

@test "compose: what another file takes in is looked at, in circles too, or named" {
  app
  mkdir parts
  cat >compose.yaml <<-EOF
	include: [parts/ws.yml, "https://example.org/x.yml", parts/none.yml]
	services:
	  web:
	    extends: {file: parts/base.yml, service: web}
	EOF
  printf 'include: [../compose.yaml]\nservices:\n  ws:\n    env_file: ws.env\n' >parts/ws.yml
  printf 'NEXTAUTH_SECRET="%s"\n' "$OTHER" >parts/ws.env
  printf 'services:\n  web:\n    environment: {NEXTAUTH_SECRET: ""}\n' >parts/base.yml
  doctor
  finds feeds-empty feeds-other could-not-look
  prints "parts/base.yml:3" "parts/ws.env:1" "takes in https://example.org/x.yml" "parts/none.yml"
  prints_not "parts/../compose.yaml"
}

@test "Kubernetes: what a container takes by name is followed over files, or named" {
  app
  mkdir k8s
  cat >k8s/app.yaml <<-EOF
	apiVersion: apps/v1
	kind: Deployment
	metadata: {name: shop}
	spec:
	  template:
	    spec:
	      containers:
	      - name: app
	        env:
	        - name: NEXTAUTH_SECRET
	          valueFrom: {secretKeyRef: {name: web, key: auth}}
	        envFrom: [{secretRef: {name: sealed}}]
	EOF
  printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: web}\ndata:\n  auth: %s\n' \
    "$(printf %s "$OTHER" | base64 -w0)" >k8s/a-secret.yaml
  doctor
  finds feeds-other could-not-look
  prints "k8s/a-secret.yaml:5" "container app of Deployment shop" "Secret sealed, which no file here holds"
}

@test "compose: blanks, env files, build arguments, flags and secrets" {
  app
  rm .env.old
  cat >compose.yaml <<-EOF
	services:
	  web:
	    environment: &env
	      NEXTAUTH_SECRET: ""
	      PORT: 4000
	      __NEXT_PROCESSED_ENV: "true"
	    env_file: [.env, {path: web.env, required: false}, none.env]
	    build:
	      args: [NEXTAUTH_SECRET]
	  ws:
	    environment: ["NEXTAUTH_SECRET=\${NEXTAUTH_SECRET}", NODE_ENV=test]
	secrets: {nextauth_secret: {file: ./key}}
	EOF
  printf '%s\n' "$OTHER" >key
  printf 'NEXTAUTH_SECRET="%s"\n' "$OTHER" >web.env
  doctor
  exits 1
  finds baked-secret feeds-empty feeds-other feeds-setting stored-flag could-not-look
  prints "compose.yaml:4" "compose.yaml:6" "compose.yaml:9" "compose.yaml:11" "web.env:1" "none.env" \
    "  key"
  prints_not "where  .env:1"
  printf 'services:\n  web:\n    environment: {NEXTAUTH_SECRET: %s}\n' "$GOOD" >compose.yaml
  doctor
  exits 0
  finds clear-secret
  finds_not feeds-other
}

@test "Kubernetes: a line end in a Secret, a ConfigMap, and what is no YAML" {
  app
  rm .env.old
  mkdir k8s
  printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: shop}\ndata:\n  NEXTAUTH_SECRET: %s\n' \
    "$(echo "$GOOD" | base64 -w0)" >k8s/secret.yaml
  printf 'apiVersion: v1\nkind: ConfigMap\ndata: {NEXTAUTH_SECRET: %s}\n' "$OTHER" >k8s/config.yaml
  printf '{{ if x }}\nkind: Secret\n' >k8s/template.yaml
  printf 'name: values\n' >k8s/values.yaml
  doctor
  exits 1
  finds feeds-quoted config-map-secret feeds-other could-not-look
  prints "echo without -n" "k8s/secret.yaml:5" "k8s/config.yaml:3" "a template"
  prints_not "k8s/values.yaml"
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

@test "a unit of another project has a secret of the same name: no finding, unless it is shared or comes from here" {
  app
  unit other.service <<-EOF
	[Service]
	WorkingDirectory=/srv/elsewhere
	Environment=NEXTAUTH_SECRET=$OTHER
	EOF
  doctor
  exits 0
  finds_not feeds-other clear-secret
  prints "other.service has secrets of the same names, and is another app's, in /srv/elsewhere" "0 run or feed this app"
  unit other.service <<-EOF
	[Service]
	WorkingDirectory=/srv/elsewhere
	Environment=NEXTAUTH_SECRET=$STALE
	EOF
  doctor --dotenv .env --dotenv .env.old
  exits 1
  finds feeds-stale clear-secret
  unit other.service <<<$'[Service]\nWorkingDirectory=~\nEnvironment=NEXTAUTH_SECRET='"$OTHER"
  doctor
  finds feeds-other
  unit other.service <<<$'[Service]\nWorkingDirectory=/srv/ws\nEnvironment=NEXTAUTH_SECRET='"$OTHER"
  printf '[key NEXTAUTH_SECRET]\nsecret = yes\nshared = yes\n' >samekey.ini
  doctor
  finds feeds-other
}

@test "the bundle's own line, read otherwise by compose: not to be deleted, but to be written alike" {
  app
  printf 'NEXTAUTH_SECRET="pJ8#kd93$Lx%s"\n' "$GOOD" >.env
  printf 'services:\n  web:\n    env_file: .env\n' >compose.yaml
  doctor
  finds feeds-other
  prints "where  .env:1" "fix    the line is read otherwise there: samekey lint"
  prints_not "delete the value there"
}
