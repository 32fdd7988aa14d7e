#!/usr/bin/env bats
# Goal: what `samekey lint` compares, in which forms it tells it, and what it refuses to read.

load helper

# ---- which loaders

@test "loaders: [app] loaders, with samekey itself" {
  printf '[app]\nloaders = dotenv, docker\n' >samekey.ini
  echo A=1 >.env
  sk lint --json .env
  exits 0
  jq -e '.loaders == [{"name":"dotenv","why":"samekey.ini"}, {"name":"docker","why":"samekey.ini"},
    {"name":"portable","why":"samekey itself"}]' <<<"$output"
}

@test "loaders: those in use, by what lies here and above" {
  mkdir web
  cat >package.json <<'END'
{ "scripts": { "up": "docker run --env-file .env shop" },
  "dependencies": {
    "next": "16.0.0" } }
END
  printf '[Service]\nEnvironmentFile=/srv/shop/.env\n' >web/shop.service
  echo 'services: {}' >compose.yaml
  echo A=1 >web/.env
  sk lint --json web/.env
  jq -e '[.loaders[] | "\(.name) \(.why)"] | sort == ["compose web/../compose.yaml", "docker web/../package.json:1",
    "next web/../package.json:3", "systemd web/shop.service:2"]' <<<"$output" || complain
  sk lint web/.env
  says "systemd (web/shop.service:2)"
}

@test "loaders: files further down that name an env file" {
  mkdir -p deploy/units deploy/a/b/c node_modules/x own
  printf '[Service]\nEnvironmentFile=/srv/shop/.env\n' >deploy/units/api.service
  printf 'docker run \\\n  x\ndocker run --env-file .env shop\n' >deploy/run.sh
  echo '{ "dependencies": { "next": "16.0.0" } }' >deploy/package.json
  echo 'podman run --env-file .env x' | tee node_modules/x/run.sh own/run.sh deploy/a/b/c/run.sh >/dev/null
  echo A=1 | tee .env own/.env >/dev/null
  ln -s .. deploy/loop
  sk lint --json .env
  jq -e '[.loaders[] | "\(.name) \(.why)"] == ["docker deploy/run.sh:3", "systemd deploy/units/api.service:2"]' \
    <<<"$output" || complain
}

@test "loaders: files of several folders meet the loaders of all, which is said" {
  mkdir web worker
  echo '{ "dependencies": { "next": "16.0.0" } }' >web/package.json
  echo python-dotenv >worker/requirements.txt
  echo A=1 | tee web/.env worker/.env >/dev/null
  sk lint web/.env worker/.env
  says "next (web/package.json:1)" "loaders of all their folders" "one call a folder"
  sk lint --loaders next,python web/.env worker/.env
  [[ $stderr != *"one call"* ]] || complain
  sk lint web/.env
  [[ $stderr != *"one call"* && $stderr != *python* ]] || complain
}

@test "loaders: all when nothing says which, and errors are warnings" {
  echo 'K="v"' >.env
  sk lint .env
  exits 0
  prints "warning: K" "0 errors"
  says "compares all" "nothing here says which are in use"
  sk lint --strict --quiet .env
  exits 1
  prints "warning: K"
}

@test "loaders: a misspelt one" {
  echo A=1 >.env
  sk lint --loaders dotenv,dokcer .env
  exits 2
  says "unknown loader 'dokcer'" "did you mean" docker
  printf '[app]\nloaders = nxt\n' >samekey.ini
  sk lint .env
  exits 78
  says "unknown loader 'nxt'" "samekey.ini:2"
  sk check
  exits 78
}

@test "nothing that is searched is run or followed" {
  mkfifo Makefile
  ln -s /etc/passwd package.json
  echo A=1 >.env
  sk lint .env
  exits 0
  says "compares all"
}

# ---- forms

@test "--json and --format json are one" {
  echo "API_TOKEN=\"$GOOD\"" >.env
  sk lint --json --loaders dotenv,docker .env
  local first=$output
  sk lint --format json --loaders dotenv,docker .env
  [ "$output" = "$first" ] || complain "they differ"
  jq -e '.v == 1 and .ok == false and .files == [".env"] and .fixed == 0 and .reference == "portable"' <<<"$output"
  jq -e '.findings[0] | .severity == "error" and .origin == ".env:1:1" and (.hint | length > 0) and
    .readings[0].loaders == ["dotenv"] and .readings[0].outcome == "value" and .readings[0].length == 43 and
    (.readings[0].fingerprint | length) == 12' <<<"$output"
}

@test "--format sarif: what code scanning takes" {
  printf 'A="x"\nB=a#b\nC="y"\n' >'env file'
  sk lint --format sarif --loaders dotenv,docker 'env file'
  exits 1
  jq -e '.version == "2.1.0" and (."$schema" | test("sarif-2.1.0"))' <<<"$output"
  jq -e '.runs[0].tool.driver | .name == "samekey" and
    (.rules | all(.id and .shortDescription.text and .fullDescription.text and .help.text and
      (.defaultConfiguration.level | IN("none", "note", "warning", "error"))))' <<<"$output"
  jq -e '.runs[0] as $run | $run.results | length == 3 and all(.message.text and
    $run.tool.driver.rules[.ruleIndex].id == .ruleId and
    (.locations[0].physicalLocation | .artifactLocation.uri == "env%20file" and
      .region.startLine >= 1 and .region.startColumn >= 1))' <<<"$output"
  jq -e '[.runs[0].tool.driver.rules[].id] == ["quotes-kept-by-docker", "hash-truncates"]' <<<"$output"
}

@test "--allow: a finding that is no reason to fail" {
  printf 'A="x"\nB="y"\n' >.env
  sk lint --loaders dotenv,docker --allow quotes-kept-by-docker:A .env
  exits 1
  prints "allowed: A" "error: B"
  sk lint --loaders dotenv,docker --allow quotes-kept-by-docker .env
  exits 0
  prints "0 errors" "2 allowed"
  sk lint --allow quotes-kept .env
  exits 2
}

@test "weak secrets show neither length nor fingerprint" {
  echo 'DB_PASSWORD="letmein"' >.env
  sk lint --loaders dotenv,docker .env
  prints "a weak value: dotenv" "a weak value (another one): docker"
  prints_not letmein "7 bytes" "9 bytes"
  sk lint --json --loaders dotenv,docker .env
  jq -e '.findings[0].readings | all(.length == null and .fingerprint == "weak")' <<<"$output"
}

@test "no value is shown, whatever is wrong with the lines" {
  local line form
  while IFS= read -r line; do
    printf '%b\n' "$line" >.env
    for form in text json sarif; do
      sk API_TOKEN='cAnaryGiven$x' lint --format "$form" .env
      [[ $output$stderr != *cAnary* ]] || complain "shown: $line"
      [ "$status" -lt 2 ] || complain "$line"
    done
    sk lint --fix --loaders dotenv,docker .env
    [[ $output$stderr != *cAnary* ]] || complain "shown by --fix: $line"
  done <<'END'
API_TOKEN: cAnaryK7Vw2mQx9RtLzB4nHcYf
API_TOKEN cAnaryK7Vw2mQx9RtLzB4nHcYf
cAnaryK7Vw2mQx9RtLzB4nHcYf
API_TOKEN="cAnaryK7Vw2mQx9RtLzB4nHcYf
API_TOKEN='cAnary'x"cAnary
API_TOKEN=`cAnary`
API_TOKEN=$(cAnary)
API_TOKEN=${X:?cAnary}
API_TOKEN=${cAnary
API_TOKEN=cAnary\xff
API_TOKEN="\n\ncAnary\xff"
API_TOKEN=-----BEGIN KEY-----\ncAnaryMIIEvQIBADANBg\ncAnaryQx9RtLzB4nHcYf==\n-----END KEY-----
cAnaryMIIEv+/Qx9RtLzB4nHcYfK7Vw2mQx9==
=cAnary
END
}

# ---- bad input

@test "unreadable 66, unsafe 77, too large or no text 65, settings 78" {
  sk lint nowhere
  exits 66
  echo A=1 >.env
  chmod 666 .env
  sk lint .env
  exits 77
  chmod 600 .env
  printf 'A=1\0\n' >.env
  sk lint .env
  exits 65
  says "NUL"
  head -c 10485760 /dev/zero | tr '\0' x >.env
  sk lint .env
  exits 65
  echo '[ap]' >samekey.ini
  sk lint .env
  exits 78
  rm samekey.ini .env
  sk lint
  exits 66
  says "no env file"
}

@test "a folder is told from a file" {
  mkdir envs
  sk lint envs
  exits 2
  says "envs: is a folder" "samekey lint --root DIR"
  mkfifo pipe
  sk lint pipe
  exits 66
}

@test "what cannot be linted is told in the form that was asked for" {
  echo A=1 >.env
  sk lint --json nowhere
  exits 66
  jq -e '.v == 1 and .error.exit == 66 and .error.where == "nowhere"' <<<"$output"
  echo '[ap]' >samekey.ini
  sk lint --format json .env
  exits 78
  jq -e '.error | .exit == 78 and .where == "samekey.ini:1" and (.hint | contains("[app]"))' <<<"$output"
  sk lint --format sarif .env
  exits 78
  jq -e '.runs[0] | .results == [] and (.invocations[0] | .executionSuccessful == false and
    (.toolExecutionNotifications[0] | .level == "error" and (.message.text | contains("samekey.ini:1"))))' <<<"$output"
  sk lint --format sarif --loaders nxt .env
  exits 2
  jq -e '.runs[0].invocations[0].exitCode == 2' <<<"$output"
}

@test "why there is no spelling: who stands against whom" {
  echo 'A="1#a b"' >.env
  sk lint --loaders dotenv,node,docker .env
  prints "docker keeps the quotes needed by dotenv"
}

@test "without FILE: the env files of the folder" {
  echo A=1 >.env
  echo A=2 >.env.local
  echo A=3 >.env.example
  echo A=4 >.env.production
  sk lint --json
  jq -e '.files == [".env", ".env.local", ".env.production"]' <<<"$output"
}

@test "references that grow without end stop" {
  {
    echo A=0123456789
    for i in {1..60}; do echo "A=\$A\$A\$A\$A"; done
    echo 'K=$K$K'
  } >.env
  sk lint .env
  [ "$status" -lt 2 ] || complain
}

@test "a megabyte with all loaders" {
  for i in {1..20000}; do echo "KEY_$i=\"0123456789abcdef$i\" # note"; done | head -c 1000000 >.env
  local began=$EPOCHREALTIME
  sk lint --quiet .env
  exits 0
  awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { exit !(b - a < 20) }' || complain "it took too long"
}

@test "findings that are only counted are counted for programs too" {
  local i
  for ((i = 0; i < 1200; i++)); do echo "K$i=a#b"; done >.env
  sk lint --json --loaders dotenv,docker .env
  exits 1
  jq -e '(.findings | length) == 1000 and .omitted == 200' <<<"$output" >/dev/null || complain "not counted"
  sk lint --loaders dotenv,docker .env
  prints "200 more findings not shown"
}

@test "a file that may say which loaders are in use and was not read is named" {
  echo 'A="x y"' >.env
  mkdir away
  echo '{"dependencies":{"dotenv":"1"}}' >away/package.json
  ln -s away/package.json package.json
  touch compose.yaml
  sk lint
  says "compares compose (compose.yaml)" "package.json may say which loaders are in use, and was not read"
  sk lint --loaders dotenv,docker
  says_not "was not read"
}
