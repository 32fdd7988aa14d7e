#!/usr/bin/env bats
# Goal: `export` writes what a loader reads back to exactly the resolved bytes, or says why it cannot.

load helper

# Values that every loader can hold in some way, beside easy ones that loaders stumble over.
hard_values() {
  cat >.env <<'END'
EMPTY_NOT=x
DOLLAR='pa$word ${HOME} $5'
HASH='a # b#c'
BACKSLASH='C:\temp\new'
QUOTES="it's \"so\""
EQUALS==a=b=
ACCENTS='né €'
URL=postgres://u:p%40w@db:5432/x?a=b&c=d
JSON='{"a": [1, "x\ny"]}'
END
}

# What each dialect reads in FILE, as one object.
reading() { "$SAMEKEY" parse --quiet --dialect "$1" --json "$2" | jq -cS .; }

@test "nothing to write, as in a wrong folder: written all the same, and said" {
  mkdir empty
  for form in docker json; do
    sk export --for "$form" --root empty out
    exits 0
    says "no key is resolved in $PWD/empty" "hint: begin in the folder of an app" || return 1
  done
  sk export --quiet --for docker --root empty
  [ -z "$stderr" ]
  echo A=1 >.env
  sk export --for docker
  says_not "no key"
}

@test "what every dialect is given it reads back" {
  hard_values
  sk export --quiet --for json
  exits 0
  wanted=$(jq -cS . <<<"$output")
  for dialect in $("$SAMEKEY" dialects --json | jq -r '.dialects[].name'); do
    sk export --quiet --for "$dialect" out.env
    exits 0
    [ "$(reading "$dialect" out.env)" = "$wanted" ] || complain "$dialect: $(reading "$dialect" out.env)"
  done
}

@test "a line break goes to whoever can hold one" {
  printf 'PEM="-----BEGIN X-----\\nabc\\n-----END X-----\\n"\n' >.env
  for dialect in dotenv next node python compose sh systemd portable; do
    sk export --quiet --for "$dialect" out.env
    exits 0
    [ "$(reading "$dialect" out.env)" = '{"PEM":"-----BEGIN X-----\nabc\n-----END X-----\n"}' ] || complain "$dialect"
  done
  rm out.env
  for dialect in docker podman kubectl literal; do
    sk export --for "$dialect" out.env
    exits 65
    says "PEM  $dialect cannot hold it: a line break has no spelling" .env:1:1
    says_not BEGIN abc
    [ ! -e out.env ] || complain "a file was written"
  done
}

@test "each key that does not fit is named, and nothing is printed" {
  printf 'A="x\\ny"\nB=fine\nC="y\\nx"\n' >.env
  sk export --for docker
  exits 65
  says "2 errors [cannot-hold]" "A  docker cannot hold it" "C  docker cannot hold it"
  [ -z "$output" ]
  sk export --for docker --json out.env
  exits 65
  [ "$(jq -r '[.findings[] | select(.code == "cannot-hold").key] | join(" ")' <<<"$output")" = "A C" ] || complain
}

@test "shells that are real take the values" {
  hard_values
  printf 'LINES_="a\\n\\n"\nTICK="\x60id\x60 $(id) it\x27s !"\n' >>.env
  "$SAMEKEY" export --quiet --for shell >out.sh
  for shell in sh bash; do
    env -i PATH="$PATH" "$shell" -c '. ./out.sh && env -0' >got
    for key in DOLLAR HASH BACKSLASH QUOTES EQUALS ACCENTS URL JSON LINES_ TICK; do
      grep -zx "$key=.*" got >"value" || grep -za "^$key=" got >value
      jq -Rrsj --arg key "$key" 'rtrimstr("\u0000")' value >bytes
      "$SAMEKEY" export --quiet --for json | jq -j --arg key "$key" '"\($key)=\(.[$key])"' | cmp - bytes ||
        complain "$shell: $key"
    done
  done
  [ "$(env -i PATH="$PATH" HOME="$HOME" sh -c 'eval "$("$0" export --quiet --for shell)"; printf %s "$QUOTES"' "$SAMEKEY")" \
    = "it's \"so\"" ]
}

@test "no shell finds a reference in what only one shell takes for text" {
  printf '%s\n' "A=\"it's \$~\"" "B=\"it's \$+x\"" "C=\"it's \$=\"" >.env
  for form in shell sh; do
    "$SAMEKEY" export --quiet --for "$form" >out.sh
    grep -c '"it.s \\\$[~+=]x*"$' out.sh | grep -qx 3 || complain "$form: $(cat out.sh)"
  done
  "$SAMEKEY" export --quiet --for dotenv | grep -qF "it's \$~" || complain "only shells need it"
}

@test "a file is this user's alone, written whole, over an older one" {
  echo "A=$GOOD" >.env
  echo older >out.env
  chmod 644 out.env
  ln out.env other-name
  sk export --for docker out.env
  exits 0
  says "wrote out.env for docker, 1 key"
  says_not "$GOOD"
  [ "$(stat -c %a out.env)" = 600 ]
  [ "$(tail -n 1 out.env)" = "A=$GOOD" ]
  [ "$(cat other-name)" = older ]
  [ "$(find . -name '*.tmp')" = "" ]
  sk export --for docker --json out.env
  [ "$(jq -c . <<<"$output")" = '{"v":1,"for":"docker","file":"out.env","keys":1}' ] || complain
}

@test "an unsafe file or folder is refused" {
  echo "A=$GOOD" >.env
  mkdir open
  chmod 777 open
  sk export --for docker open/out.env
  exits 77
  says open/out.env "everybody may write to its folder"
  chmod 1777 open
  sk export --for docker open/out.env
  exits 0
  ln -s elsewhere link.env
  sk export --for docker link.env
  exits 77
  says "no regular file"
  [ ! -e elsewhere ]
  sk export --for docker .env
  exits 77
  says "the values come from this file"
  [ "$(cat .env)" = "A=$GOOD" ]
  sk export --for docker nowhere/out.env
  exits 66
  sk export --for docker open/
  exits 66
}

@test "an existing file of somebody else is refused" {
  echo "A=$GOOD" >.env
  echo theirs >theirs.env
  if [ "$(id -u)" = 0 ]; then
    chown 65534 theirs.env
    sk export --for docker theirs.env
  else
    sk export --for docker /etc/passwd
  fi
  exits 77
  says "another user owns it"
}

@test "what a loader cannot hold can be kept from one reader only, as the hint has it" {
  printf 'A=x\nCA="one\ntwo"\n' >.env
  sk export --for docker web.env
  exits 65
  says "CA  docker cannot hold it" 'inject = no under [key CA]' 'apps = NAME' '--name NAME'
  printf '[key CA]\napps = web-docker\ninject = no\n' >samekey.ini
  sk export --for docker --name web-docker web.env
  exits 0
  [ "$(grep -v '^#' web.env)" = A=x ] || complain
  sk export --quiet --for json
  [ "$(jq -c keys <<<"$output")" = '["A","CA"]' ] || complain
}

@test "what run does not give to a child is not written" {
  printf 'A=%s\nKEPT=%s\nBUILT=x\n' "$GOOD" "$GOOD2" >.env
  printf '[key KEPT]\ninject = no\n[key BUILT]\nphases = build\n' >samekey.ini
  sk PATH=/nonsense export --quiet --for json
  exits 0
  [ "$(jq -c keys <<<"$output")" = '["A"]' ] || complain
  sk export --quiet --phase build --for json
  [ "$(jq -c keys <<<"$output")" = '["A","BUILT"]' ] || complain
}

@test "what run would refuse is refused, with the same exit code" {
  echo A=x >.env
  printf '[key B]\nrequired = yes\n' >samekey.ini
  sk export --for docker out.env
  exits 78
  says "refused to export" "[missing]" "samekey export --allow missing:B --for docker out.env"
  [ ! -e out.env ]
  sk export --quiet --allow missing:B --for docker out.env
  exits 0
  echo 'A="x' >.env
  sk export --for docker
  exits 65
  says unterminated
}

@test "a Secret has a DNS name, quoted keys and base64" {
  printf 'NO=1\nBIN="a\\nb"\n' >.env
  sk export --quiet --for kubernetes-secret --name 'Shop/Web_1'
  exits 0
  prints 'kind: Secret' 'name: "shop-web-1"' '"NO": "MQ=="' '"BIN": "YQpi"'
  printf 'a~b=1\n' >.env
  printf '[sources]\ndialect = literal\n' >samekey.ini
  sk export --quiet --for kubernetes-secret
  [ "$status" -ne 0 ]
}

@test "github-env keeps every byte between its delimiters" {
  printf 'A="x\\n\\ny\\n"\nB=plain\nE=\n' >.env
  "$SAMEKEY" export --quiet --for github-env >out
  while IFS= read -r line; do
    name=${line%%<<*} delimiter=${line#*<<} value=
    while IFS= read -r line && [ "$line" != "$delimiter" ]; do value+=$line$'\n'; done
    printf '%s=%s|' "$name" "${value%$'\n'}"
  done <out >got
  [ "$(cat got)" = $'A=x\n\ny\n|B=plain|E=|' ] || complain "$(cat got)"
  printf 'NODE_OPTIONS=x\nGITHUB_X=y\n' >.env
  sk export --for github-env
  exits 65
  says "NODE_OPTIONS  github-env cannot hold it" "GITHUB_X  github-env cannot hold it"
}

@test "an unknown form, or none, is said with what was probably meant" {
  sk export --for dokcer
  exits 2
  says "unknown form 'dokcer'" docker
  sk export --for kubernetes-secrets
  exits 2
  says "did you mean 'kubernetes-secret'?"
  local word
  for word in github:github-env k8s:kubernetes-secret kubernetes:kubernetes-secret docker-compose:compose; do
    sk export --for "${word%:*}"
    exits 2
    says "did you mean '${word#*:}'?" json shell 'samekey dialects'
  done
  sk export
  exits 2
  says --for
  sk export --for json --json
  exits 2
  says "name a FILE"
}

@test "help export explains every form that is no dialect" {
  local forms
  sk export --for nope
  forms=$(sed -n 's/.*forms: \(.*\), or one of samekey dialects$/\1/p' <<<"$stderr")
  [[ $forms == *process*github-env* ]] || complain "no forms"
  sk help export
  [ "$(sed -nE 's/^  ([a-z][a-z-]*)  +.*/\1/p' <<<"$output" | paste -sd, | sed 's/,/, /g')" = "$forms" ] ||
    complain "other forms than $forms"
}

@test "--for process: what run would change, the mark of run and a framework's flag among it" {
  printf 'A_TOKEN=%s\nPORT=3000\n' "$GOOD" >.env
  chmod 600 .env
  printf '[key HIDDEN_TOKEN]\ninject = no\n' >samekey.ini
  printf '[key HIDDEN_TOKEN]\ninject = no\n[key A_TOKEN]\nfrom = dotenv\n' >samekey.ini
  sk A_TOKEN=inherited HIDDEN_TOKEN="$GOOD2" PORT=1 export --for process -- node server.js
  exits 0
  jq -n -e --arg good "$GOOD" 'input | .set.A_TOKEN == $good and (.set.SAMEKEY_RUN | startswith("1:"))
    and .unset == ["HIDDEN_TOKEN"] and (.set | has("HIDDEN_TOKEN") | not)' <<<"$output"
  sk export --for process -- next start
  jq -n -e 'input | .set.__NEXT_PROCESSED_ENV == "true"' <<<"$output"
}

@test "--for process refuses a start, and names no command that nobody typed and that prints values" {
  printf '[key B]\nrequired = yes\n[key C]\nrequired = yes\n' >samekey.ini
  sk export --for process -- node server.js
  exits 78
  says "refused to start" "now  SAMEKEY_ALLOW=missing:B,missing:C in the environment of the start"
  says_not "samekey export"
  sk SAMEKEY_ALLOW=missing:B,missing:C export --for process -- node server.js
  exits 0
}

@test "--for process of nothing is still JSON" {
  sk export --for process -- node server.js
  exits 0
  jq -n -e 'input | (.set | keys) == ["SAMEKEY_RUN"] and .unset == []' <<<"$output"
}
