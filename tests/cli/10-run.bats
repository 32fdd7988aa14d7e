#!/usr/bin/env bats
# Goal: `samekey run` starts the app with exactly the resolved values, or refuses and says why.

load helper

@test "the child gets the value of an env file" {
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  gives NEXTAUTH_SECRET "$GOOD"
}

@test "who won is said for each key, without the value" {
  echo "NEXTAUTH_SECRET=$GOOD" >.env.production
  echo "NEXTAUTH_SECRET=$GOOD2" >.env
  sk run -- true
  exits 0
  says "event=resolving" "mode=production" "why=default" "ini=none"
  [[ $stderr =~ event=resolved\ key=NEXTAUTH_SECRET\ source=dotenv\ origin=.env.production:1:1\ length=43\ fingerprint=[0-9a-f]{12}\ shadowed=\".env:1:1\ differs\" ]] ||
    complain "no such line"
  says_not "$GOOD" "$GOOD2"
}

@test "stdout belongs to the child alone" {
  echo "PORT=3000" >.env
  sk run -- echo only this
  exits 0
  [ "$output" = "only this" ]
}

@test "--quiet says nothing when all is well" {
  echo "PORT=3000" >.env
  sk run --quiet -- true
  exits 0
  [ -z "$stderr" ] || complain "it spoke"
}

@test "without a command it is a usage error with an example" {
  sk run
  exits 2
  says "run needs a command" "samekey run -- node server.js"
  sk run --
  exits 2
}

@test "words before -- are a usage error" {
  sk run node server.js
  exits 2
  says "unexpected word 'node'"
}

@test "an unknown option names the nearest one" {
  sk run --moed production -- true
  exits 2
  says "unknown option '--moed'" "did you mean '--mode'?"
}

@test "an option as other programs call it" {
  local line
  while read -r line; do
    # shellcheck disable=SC2086  # command, option
    sk ${line%:*}
    exits 2
    says "did you mean '--${line#*:}'?" || return 1
  done <<'END'
run --env-file=.env:dotenv
run --app=web:name
check --env=production:mode
ps --port=3000:listen
check --port=3000:root
END
}

@test "an option without its argument is a usage error" {
  sk run --mode -- true
  exits 2
  says "option '--mode' needs MODE" "hint: --mode: "
  sk run --reach --name web -- true # the value was forgotten
  exits 2
  says "option '--reach' needs off|warn|fail, and '--name' is an option" "hint: --reach: looks"
  sk run --reach=--name -- true
  exits 2
  says "--reach: must be one of: off, warn, fail"
  sk ps --listen web
  exits 2
  says "samekey: --listen: must be a whole number" "1 to 65535"
}

@test "a folder that was deleted below the shell is named as such, one that never was is not" {
  sk run --root gone -- true
  exits 66
  says "samekey: gone: cannot enter the folder: No such file or directory"
  says_not "deleted"
  mkdir gone
  cd gone
  rmdir ../gone
  sk run -- true
  exits 66
  says "samekey: .: cannot enter the folder: No such file or directory" "hint: it was deleted or replaced"
}

@test "an empty word where a variable of a script is not set: the option or the command is named" {
  local words
  for words in "check --ini" "check --root" "check --dotenv" "run --stamp" "scan --baseline" \
    "doctor --host" "verify --token-file" "verify --profile" "revoke --subject"; do
    # shellcheck disable=SC2086
    sk $words ''
    exits 2 && says "option '${words#* }' needs " || complain "$words" || return 1
  done
  sk check --ini= --dotenv x
  exits 2
  says "option '--ini' needs FILE"
  sk run -- '' word
  exits 2
  says "the command behind '--' is an empty word" "hint: "
  for words in lint install scan explain verify diagnose revoke help "parse --dialect node"; do
    # shellcheck disable=SC2086
    sk $words ''
    exits 2 && says "one of the words is empty" "hint: a variable that holds it may not be set: samekey ${words%% *}" ||
      complain "$words" || return 1
  done
}

@test "a missing required key refuses: exit 78, the key, the place of the rule, the way round" {
  printf '[key NEXTAUTH_SECRET]\nrequired = yes\n' >samekey.ini
  sk run -- touch started
  exits 78
  says "refused to start" "1 error [missing]" NEXTAUTH_SECRET "samekey.ini:1" "  fix  " \
    "samekey run --allow missing:NEXTAUTH_SECRET -- touch started"
  [ ! -e started ]
}

@test "a refusal never exits 1" {
  printf '[key A]\nrequired = yes\n' >samekey.ini
  sk run -- true
  exits 78
  sk run --strict -- true
  exits 78
}

@test "a conflict that fails shows both sides and both ways out" {
  printf '[key NEXTAUTH_SECRET]\nconflict = fail\n' >samekey.ini
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  sk NEXTAUTH_SECRET="$GOOD2" run -- node server.js
  exits 78
  says "1 error [conflict]" "two sources disagree" "wins   env" "loses  .env:1:1" \
    "fix  from = dotenv under [key NEXTAUTH_SECRET] in samekey.ini" \
    "now  samekey run --allow conflict:NEXTAUTH_SECRET -- node server.js"
  says_not "$GOOD" "$GOOD2"
}

@test "the way out of a conflict names a source that can give the key" {
  printf '[key PORT]\nconflict = fail\ndefault = 80\nempty = skip\n' >samekey.ini
  echo PORT=3000 >.env
  sk PORT=443 run --order env -- true
  exits 78
  says "fix  from = env under [key PORT]"
  mkdir given
  : >given/PORT
  sk PORT=443 CREDENTIALS_DIRECTORY=given run -- true
  exits 78
  says "fix  from = dotenv under [key PORT]"
}

@test "the way to start all the same keeps the options that were given" {
  printf '[key NEXTAUTH_SECRET]\nconflict = fail\n' >samekey.ini
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  sk NEXTAUTH_SECRET="$GOOD2" run --quiet --name web --mode=test --allow weak -- node 'my server.js'
  exits 78
  says "now  samekey run --allow conflict:NEXTAUTH_SECRET --quiet --name web --mode=test \
--allow weak -- node 'my server.js'"
}

@test "the way to start all the same can be pasted into a shell" {
  printf '[key A]\nrequired = yes\n' >samekey.ini
  sk run -- node "it's" 'a&b' '' 'x;y' plain.js
  exits 78
  says "now  samekey run --allow missing:A -- node 'it'\\''s' 'a&b' '' 'x;y' plain.js"
}

@test "malformed input refuses with 65 and offers no way round" {
  echo 'KEY' >.env
  sk run -- true
  exits 65
  says "[bare-key]" ".env:1:1"
  says_not "--allow"
}

@test "a command that is not there: 127" {
  sk run -- ./no-such-command
  exits 127
  says "./no-such-command: cannot run it: No such file or directory"
}

# What was typed as it would be without samekey, and how it must be typed: WORDS | HINT.
@test "a command that is typed in the wrong place, or as one word, is told how to stand" {
  local words hint
  while IFS='|' read -r words hint; do
    eval "sk $words"
    [ "$status" -ne 0 ]
    says "hint: $hint"
  done <<'END'
run true 1|the command stands behind '--': samekey run [OPTION]... -- COMMAND
check true|the command stands behind '--': samekey check
-- true|options stand behind a command, as in samekey run --quiet -- COMMAND
--quiet run -- true|options stand behind a command, as in samekey run --quiet -- COMMAND
run -- 'true 1'|a command and its arguments are words of their own
run -- no-such-command|no folder of the PATH that it is started with holds it
END
  printf '#!/no/such/interpreter\n' >script
  chmod 700 script
  sk run -- ./script
  exits 127
  says "hint: it is there; what its first line names, or its loader, is not"
}

@test "a command that cannot be run: 126" {
  echo x >script
  chmod 600 script
  sk run -- ./script
  exits 126
  says "./script: cannot run it: Permission denied"
  sk run -- ./
  exits 126
}

@test "the child's exit status is run's own" {
  for code in 0 1 2 3 65 78 255; do
    sk run -- sh -c "exit $code"
    exits "$code"
  done
}

@test "--allow lets one error pass, and that is said even when quiet" {
  printf '[key A]\nrequired = yes\n' >samekey.ini
  sk run --quiet --allow missing:A -- echo started
  exits 0
  prints started
  says "event=allowed" "code=missing" "key=A"
}

@test "names the app by folder and program, or by --name" {
  sk run -- true
  says "app=shop/true"
  sk run --name web -- true
  says "app=web"
  sk check -- node ./dist/ws-server.js
  prints "shop/ws-server: "
}

@test "what is loaded or taken away in front of the program does not name the app" {
  while read -r name command; do
    # shellcheck disable=SC2086 # a command has several words
    sk check -- $command
    [[ $output == "shop/$name: "* ]] || complain "$command is not $name"
  done <<'END'
server node -r dotenv/config server.js
worker node -r dotenv/config worker.js
server node --require ./first.js --import tsx server.js
server node --env-file .env --conditions production --watch server.js
server env -u OLD_TOKEN -C dist node server.js
app python3 -u -W ignore -X dev app.py
server nice -n 5 node server.js
server nohup node server.js
server tini -- node server.js
server tsx watch server.ts
ws yarn workspace ws start
web pnpm --filter web -r start
start sh -o errexit start.sh
worker ruby -r ./first -I lib worker.rb
END
}

@test "arguments that look like options of samekey reach the child" {
  sk run -- echo --quiet --mode -- x
  exits 0
  [ "$output" = "--quiet --mode -- x" ]
}

@test "a key that only the verifier gets reaches no child, not even by inheritance" {
  printf '[key A_SECRET]\ninject = no\n' >samekey.ini
  echo "A_SECRET=$GOOD" >.env
  lacks A_SECRET
  lacks A_SECRET A_SECRET=inherited
}
