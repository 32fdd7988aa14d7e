#!/usr/bin/env bats
# Goal: `samekey lint` names each way in which the loaders in play read the same bytes differently,
# and nothing else; every headline has a line that shows it.

load helper

# lints LINE...: what `lint --json` finds, "code key line:column", `-` where there is no key.
lints() {
  local found
  found=$(jq -r '.findings[] | [.code, (.key | if . == "" then "-" else . end),
    "\(.line):\(.column)"] | join(" ")' <<<"$output") || complain "no JSON"
  [ "$found" = "$(printf '%s\n' "$@")" ] || complain "expected:" "$@" "found:" "$found"
}

# holds CODE: it is among them.
holds() {
  jq -e --arg code "$1" 'any(.findings[]; .code == $code)' <<<"$output" >/dev/null || complain "no $1"
}

# env_file TEXT: printf's escapes are read.
env_file() {
  printf '%b' "$1" >.env
}

# between LOADERS TEXT: lints a file of that text.
between() {
  local loaders=$1
  env_file "$2"
  sk lint --json --loaders "$loaders" .env
}

@test "a file that all read alike: exit 0 and one line" {
  env_file '# c\nA=1\nURL=postgres://h:5432/db?x=y\n'
  sk lint --loaders dotenv,docker,systemd .env
  exits 0
  [ "$output" = "1 file, 3 loaders: 0 errors, 0 warnings, 0 notes" ] || complain
  says "compares dotenv (--loaders), docker (--loaders), systemd (--loaders)"
}

@test "who reads what, grouped, and the portable spelling" {
  env_file 'A=1\nDATABASE_NAME="inventory-of-the-shop"\n'
  sk lint --loaders dotenv,next,docker,podman .env
  exits 1
  prints ".env:2:1: error: DATABASE_NAME: " "[quotes-kept-by-docker]" ": dotenv, next" \
    "    21 bytes" "    23 bytes" ": docker, podman" "hint: write the value without quotes" "1 error"
  prints_not inventory
}

@test "quotes-kept-by-docker" {
  between dotenv,docker 'K="val"\n'
  lints "quotes-kept-by-docker K 1:1"
  between dotenv,docker "K='val'\n"
  lints "quotes-kept-by-docker K 1:1"
  between docker,podman,kubectl 'K="val"\n'
  lints ""
}

@test "hash-truncates" {
  between dotenv,systemd 'K=pa#ss\n'
  lints "hash-truncates K 1:1"
  between dotenv,node 'K=pa#ss\n'
  lints ""
}

@test "dollar-expands, single-quote-still-expands" {
  between dotenv,next 'K=abc$def\n'
  lints "dollar-expands K 1:1"
  between dotenv,next "K='abc\$def'\n"
  lints "single-quote-still-expands K 1:1"
  between dotenv,node 'K=abc$def\n'
  lints ""
}

@test "cmd-executes: in shells, ruby and dotenvx, and nothing is run" {
  between sh,node 'K=$(touch ran)\n'
  holds cmd-executes
  between ruby,node 'K=$(touch ran)\n'
  holds cmd-executes
  between sh,node 'K=hello touch ran\nL=`touch ran`\ntouch ran\n'
  holds cmd-executes
  [ ! -e ran ] || complain "it ran"
}

@test "comment-kept" {
  between dotenv,docker 'K=val # note\n'
  lints "comment-kept K 1:1"
  between dotenv,systemd 'K="a b" # note\n'
  lints "comment-kept K 1:1"
}

@test "backslash-eaten" {
  between dotenv,systemd 'K=C:\\temp\\new\n'
  lints "backslash-eaten K 1:1"
  between dotenv,ruby 'K=C:\\temp\\new\n'
  lints "backslash-eaten K 1:1"
}

@test "newline-escape-differs" {
  between dotenv,ruby 'K="a\\nb"\n'
  holds newline-escape-differs
}

@test "json-escape-breaks-node" {
  between node,python 'K="{\\"a\\":1}"\n'
  lints "json-escape-breaks-node K 1:1"
}

@test "next-rewrites-real-env: a value of the environment, never shown" {
  env_file 'K=file\n'
  sk K='p$HOMELESS-w' lint --loaders next,dotenv .env
  exits 1
  prints "[next-rewrites-real-env]" "next" "dotenv"
  prints_not HOMELESS
  sk lint --loaders next,dotenv .env
  exits 0
}

@test "empty-swallows-next: at both lines" {
  between node,dotenv 'K=   \nB=2\n'
  lints "empty-swallows-next K 1:1" "empty-swallows-next B 2:1"
}

@test "empty-swallows-next: the hint at the second line is about the first" {
  between node,dotenv 'K=   \nB=2\n'
  jq -e '.findings[1].hint | contains("line above")' <<<"$output" || complain
}

@test "comment-swallows-next" {
  between systemd,dotenv '# note \\\nKEY=valabc\nB=2\n'
  lints "comment-swallows-next KEY 2:1"
  between systemd,dotenv '# note \\\n\nKEY=valabc\nB=2\n'
  lints ""
}

@test "a name that stands in no line of its own, as it is written, is compared too" {
  between dotenv,docker 'KEY="abc\nSECRET=pa#ss-long-enough-value-0123456789\nB="x"\n'
  exits 1
  jq -e 'any(.findings[]; .key == "SECRET" and .line == 2)' <<<"$output" || complain
  lints "hash-truncates SECRET 2:1" "quotes-kept-by-docker B 3:1"
  between deno,podman 'KEY=1\nexport KEY=2\n'
  holds export-rejected
}

@test "why a loader refuses a line is said of that loader alone" {
  between docker,kubectl,dotenv 'export K=v\n'
  jq -e '[.findings[0].readings[] | select(.outcome == "refused") | .loaders] | length == 2' <<<"$output" || complain
}

@test "export-rejected" {
  between dotenv,systemd 'export K=v\n'
  lints "export-rejected K 1:8"
  between docker,dotenv 'export K=v\nB=2\n'
  lints "export-rejected K 1:8"
}

@test "colon-dropped" {
  between dotenv,node 'K: v\nB=2\n'
  lints "colon-dropped K 1:1"
}

@test "bom-key" {
  between dotenv,node '\xef\xbb\xbfK=v\nB=2\n'
  lints "bom-key K 1:1"
}

@test "cr-kept" {
  between dotenv,sh 'K=v\r\nB=2\r\n'
  holds cr-kept
}

@test "unterminated: told once, though it swallows the rest" {
  between dotenv,systemd 'K="abc\nB=2\nC=3\n'
  lints "unterminated K 1:1"
}

@test "duplicate-first-wins: unless both lines say the same" {
  between dotenv,deno 'K=1\nK=2\n'
  lints "duplicate-first-wins K 2:1"
  between dotenv,deno 'K=1\nK=1\n'
  lints ""
  between dotenv,kubectl 'K=1\nK=1\n'
  lints "duplicate-first-wins K 2:1"
}

@test "file-vs-env-winner: only for a key that the environment holds" {
  env_file 'K=file\n'
  sk K=given lint --json --loaders dotenv,docker .env
  exits 0
  lints "file-vs-env-winner K 1:1"
  sk K=file lint --json --loaders dotenv,docker .env
  lints ""
  sk lint --json --loaders dotenv,docker .env
  lints ""
}

@test "cascade-order-differs: .env.local or .env.production" {
  echo A=base >.env
  printf 'A=local\nB=1\n' >.env.local
  printf 'A=production\nB=1\n' >.env.production
  sk lint --json --loaders next,vite .env .env.local .env.production
  exits 1
  lints "cascade-order-differs A 1:1"
  jq -e '.findings[0].file == ".env.local" and (.findings[0].text | contains(".env.production"))' <<<"$output"
  sk lint --json --loaders symfony,ruby .env .env.local .env.production
  jq -e '.findings[0].text == ".env.local wins for ruby, .env.production for symfony"' <<<"$output" || complain
  sk lint --json --loaders next,bun .env .env.local .env.production
  lints ""
  echo A=both >.env.production.local
  sk lint --json --loaders next,vite .env .env.local .env.production .env.production.local
  lints ""
}

@test "cascade-order-differs: modes and folders are kept apart" {
  mkdir other
  echo A=1 >.env.local
  echo A=2 >other/.env.production
  echo A=3 >.env.example
  sk lint --json --loaders next,vite .env.local other/.env.production .env.example
  lints ""
}

@test "cross-file-ref-empty" {
  echo BASE=http://x >.env
  echo 'URL=${BASE}/api' >.env.local
  sk lint --json --loaders next,vite .env .env.local
  holds cross-file-ref-empty
  sk lint --json --loaders next,vite .env.local
  lints ""
}

@test "multi-line-unsupported" {
  between dotenv,docker 'K="l1\nl2"\nB=2\n'
  holds multi-line-unsupported
  between dotenv,python 'K="l1\nl2"\nB=2\n'
  lints ""
}

@test "line-over-64k" {
  {
    echo A=1
    printf 'K=%070000d\n' 1
    echo B=2
  } >.env
  sk lint --json --loaders dotenv,docker .env
  lints "line-over-64k K 2:1"
  sk lint --json --loaders dotenv,kubectl .env
  lints "line-over-64k K 2:1"
}

@test "pm2-stale: where PM2 is in use, a note" {
  echo A=1 >.env
  sk lint --json --loaders dotenv,node .env
  lints ""
  echo 'module.exports = {}' >ecosystem.config.js
  sk lint --json --loaders dotenv,node .env
  exits 0
  lints "pm2-stale - 0:0"
}

@test "next-public-frozen: where Next.js is in play, a note" {
  echo NEXT_PUBLIC_URL=x >.env
  sk lint --json --strict --loaders next,dotenv .env
  exits 0
  lints "next-public-frozen NEXT_PUBLIC_URL 1:1"
  sk lint --json --loaders dotenv,node .env
  lints ""
}

@test "every line of a file is judged, also behind one that a loader refuses" {
  between docker,dotenv 'export A=1\nB="q"\nexport C=1\nD=x # y\nE=1\n'
  lints "export-rejected A 1:8" "quotes-kept-by-docker B 2:1" "export-rejected C 3:8" "comment-kept D 4:1"
}

@test "the causes that are no headline" {
  between dotenv,environment.d 'K=\n'
  lints "empty-dropped K 1:1"
  between dotenv,docker 'K=v  \n'
  lints "blanks-kept K 1:1"
  between dotenv,foreman '  K=v\n'
  lints "blanks-kept K 1:3"
  between dotenv,symfony 'K=a b\n'
  lints "unquoted-space K 1:1"
  between dotenv,sh 'K=a;b\n'
  holds shell-bytes
  between dotenv,symfony "K=a'b'c\n"
  lints "inner-quote K 1:1"
  between dotenv,kubectl 'a.b: 1\n'
  holds colon-dropped
  between dotenv,sh 'a.b=1\n'
  holds odd-name
  between dotenv,node 'K="a" b\n'
  lints "text-after-quote K 1:1"
  between dotenv,node 'K\nL=1\n'
  lints "ignored-line - 1:1"
}

@test "a cause is named only where loaders in play show it" {
  between next,docker 'B=5\nK=a$B;c\n'
  lints "dollar-expands K 2:1"
  between next,docker "B=5\nK=it's\$B\n"
  lints "dollar-expands K 2:1"
  between next,portable 'K=a b $c\n'
  lints "dollar-expands K 1:1"
  between dotenv,docker 'K=a#b;c\n'
  lints "hash-truncates K 1:1"
  between sh,dotenv 'K: val\nL=1\n'
  lints "colon-dropped K 1:1"
  between sh,dotenv '\xef\xbb\xbfK=val\nL=1\n'
  lints "bom-key K 1:1"
  between sh,dotenv 'word\nL=1\n'
  lints "bare-key - 1:1"
}

@test "a bare line that unsets a key is told at its own place" {
  local loader
  for loader in python phpdotenv; do
    between dotenv,$loader 'KEY=1\nB=2\nKEY\n'
    lints "bare-key KEY 3:1"
  done
}

@test "what an earlier line takes is told there, and a line with its own trouble at its own place" {
  between dotenv,sh "K=it's\nB=2\nC=3\n"
  jq -e '[.findings[].line] | unique == [1]' <<<"$output" || complain
  between dotenv,systemd 'K="abc\nexport B=2\nC=3\n'
  lints "unterminated K 1:1"
}

@test "the marks of an unfinished merge are said to be these" {
  between dotenv,docker,sh '<<<<<<< HEAD\nA=1\n=======\nA=2\n>>>>>>> x\n'
  holds merge-mark
  jq -e '[.findings[] | select(.code == "merge-mark").line] == [1, 3, 5]' <<<"$output" || complain
  jq -e 'all(.findings[]; .code != "malformed" and .code != "bad-name")' <<<"$output" || complain
}

@test "what one loader alone refuses or drops is a finding too" {
  between systemd 'A=1\nthis is not a pair\n'
  holds malformed
  sk lint --json --loaders kubectl .env
  exits 1
}

@test "one loader is compared with samekey's own reading" {
  between docker 'K="v"\n'
  lints "quotes-kept-by-docker K 1:1"
  jq -e '[.loaders[].name] == ["docker", "portable"]' <<<"$output"
}

@test "one loader that is the meant one is compared with what the file says" {
  env_file 'K=a#b\n'
  sk lint --json --loaders dotenv --dialect dotenv .env
  exits 1
  jq -e '[.loaders[].name] == ["dotenv", "portable"]' <<<"$output"
  sk lint --loaders portable .env
  exits 0
  says "nothing to compare"
}

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
