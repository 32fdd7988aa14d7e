#!/usr/bin/env bats
# Goal: an environment that PM2 replays does not beat the files, and PM2 is never given the values.

load helper

@test "what PM2 replays ranks last for keys that another source holds, with a finding" {
  echo "A_TOKEN=$GOOD" >.env
  wins A_TOKEN dotenv .env:1:1 A_TOKEN="$GOOD2" pm_id=0
  finds "warning captured A_TOKEN env" "warning conflict A_TOKEN .env:1:1" -- A_TOKEN="$GOOD2" pm_id=0
  gives A_TOKEN "$GOOD" A_TOKEN="$GOOD2" pm_id=0
}

@test "the same value: no finding" {
  echo "A_TOKEN=$GOOD" >.env
  finds -- A_TOKEN="$GOOD" pm_id=0
}

@test "a key that only the environment holds stays" {
  echo '[key A_TOKEN]' >samekey.ini
  gives A_TOKEN "$GOOD" A_TOKEN="$GOOD" pm_id=0
}

@test "it still beats a default" {
  printf '[key PORT]\ndefault = 1\n' >samekey.ini
  gives PORT 2 PORT=2 pm_id=0
}

@test "an order that leaves the environment out does so under PM2 too" {
  printf '[sources]\norder = dotenv\n[key A_TOKEN]\nrequired = yes\n' >samekey.ini
  sk A_TOKEN="$GOOD" pm_id=0 run -- touch started
  exits 78
  says missing left-out
  [ ! -e started ]
}

@test "captured = keep trusts it" {
  echo "A_TOKEN=$GOOD" >.env
  gives A_TOKEN "$GOOD2" A_TOKEN="$GOOD2" pm_id=0 --captured keep
}

@test "without pm_id the environment wins" {
  echo "A_TOKEN=$GOOD" >.env
  gives A_TOKEN "$GOOD2" A_TOKEN="$GOOD2"
}

@test "a conflict that fails says that PM2 keeps the value" {
  printf '[sources]\ncaptured = keep\n[key A_TOKEN]\nconflict = fail\n' >samekey.ini
  echo "A_TOKEN=$GOOD" >.env
  sk A_TOKEN="$GOOD2" pm_id=3 name=web run -- node x
  exits 78
  says "kept by PM2 (pm_id 3)" "pm2 delete web && pm2 start ecosystem.config.js" "changed"
}

@test "a conflict that fails never names the captured value as the fix" {
  printf '[key A_TOKEN]\nconflict = fail\n' >samekey.ini
  echo "A_TOKEN=$GOOD" >.env
  sk A_TOKEN="$GOOD2" pm_id=0 run -- node x
  exits 78
  says "fix  from = dotenv under [key A_TOKEN]" "or   pm2 delete 0 && pm2 start ecosystem.config.js"
  says_not "from = env"
}

@test "run in front of pm2 is an error" {
  local words
  for words in "pm2 start x" "pm2-runtime x" "npx pm2 start x" "/usr/bin/pm2 start x" "npx -y pm2 restart all"; do
    # shellcheck disable=SC2086  # words are meant to split
    sk run -- $words
    exits 78
    says "[pm2]" "ecosystem.config.js"
  done
}

@test "a script whose name holds pm2 is none" {
  sk check -- node pm2.config.js
  says_not "code=pm2"
}
