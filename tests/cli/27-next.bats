#!/usr/bin/env bats
# Goal: Next.js is recognised, gets the bytes that samekey resolved, and what it froze is compared.

load helper

next_app() { echo '{"dependencies": {"next": "15"}, "scripts": {"start": "next start -p 1", "build": "next build", "prod": "npm run start", "other": "node x"}}' >package.json; }
installed() { mkdir -p node_modules/next && echo "{\"version\": \"$1\"}" >node_modules/next/package.json; }
frozen() { mkdir -p .next && echo "{\"config\": {\"env\": $1}}" >.next/required-server-files.json; }

# implies MODE PHASE WORD...: what check resolves for a command.
implies() {
  local mode=$1 phase=$2
  shift 2
  sk check --json -- "$@"
  [ "$(jq -r '.mode + " " + .phase' <<<"$output")" = "$mode $phase" ] ||
    complain "$*: expected $mode $phase"
}

@test "the command says mode and phase" {
  next_app
  implies production build next build
  implies production start next start
  implies development start next dev
  implies development start next
  implies production build npx next build --turbo
  implies production build node_modules/.bin/next build
  implies production build node node_modules/.bin/next build
  implies production start npm start
  implies production start npm run start -- -p 3000
  implies production build npm run build
  implies production start npm run prod
  implies production build yarn build
  implies production build pnpm run build
  implies production start sh -c 'exec next start'
  implies production start env X=1 next start
}

@test "another command in a Next folder is a start in the mode that NODE_ENV says" {
  next_app
  implies production start node server.js
  implies production start npm run other
  sk NODE_ENV=development check --json -- node start-production.js
  [ "$(jq -r '.mode + " " + .phase' <<<"$output")" = "development start" ]
}

@test "NODE_ENV that says another mode: the command decides, and it is said" {
  next_app
  echo A=prod >.env.production
  echo A=test >.env.test
  finds "warning mode-differs - env" -- NODE_ENV=test -- next build
  sk NODE_ENV=test check -- next build
  says "NODE_ENV says test, next build means production"
  sk NODE_ENV=production check -- next build
  says_not mode-differs
}

@test "a given mode beats the command" {
  next_app
  sk check --json --mode staging -- next start
  [ "$(jq -r .mode <<<"$output")" = staging ]
}

@test "the reader of Next is switched off for the child, in any mode but development" {
  next_app
  gives __NEXT_PROCESSED_ENV true
  lacks __NEXT_PROCESSED_ENV NODE_ENV=development
  sk NODE_ENV=test run --quiet -- printenv __NEXT_PROCESSED_ENV
  [ "$output" = true ]
}

@test "outside a Next folder there is no flag, and a leaked one is removed" {
  lacks __NEXT_PROCESSED_ENV
  lacks __NEXT_PROCESSED_ENV __NEXT_PROCESSED_ENV=true
  finds "warning leaked-flag __NEXT_PROCESSED_ENV env" -- __NEXT_PROCESSED_ENV=true
}

@test "with the reader off, every key that Next would read is passed" {
  next_app
  echo A=1 >.env.production
  echo B=2 >only
  sk run --quiet --dotenv only -- env
  prints A=1 B=2
  sk run --quiet --mode staging -- env
  prints A=1
}

@test "a .next folder alone is enough, a folder without either is not" {
  mkdir .next
  gives __NEXT_PROCESSED_ENV true
}

@test "a version that was not tested is a note" {
  next_app
  installed 15.2.0
  finds --
  installed 12.1.0
  finds "note untested-framework - -" --
  sk check
  says "next 12.1.0 was not tested"
}

@test "a package.json that is no JSON is no Next folder" {
  echo '{' >package.json
  lacks __NEXT_PROCESSED_ENV
}

# ---- values with a dollar

@test "a dollar that Next would expand: an error with both lengths, until the settings say which" {
  next_app
  printf 'A_TOKEN=%s$HOME\n' "$GOOD" >.env
  sk check
  exits 1
  says next-dollar A_TOKEN .env:1:1 "samekey reads 48 bytes" "by itself would read" "dialect = portable" \
    "interpolate = yes"
  gives A_TOKEN "$GOOD\$HOME" --dialect portable
  gives A_TOKEN "$GOOD\$HOME" --interpolate=no
  rm package.json
  sk check
  exits 0
}

@test "a dollar before a name that nobody knows is literal, with a warning" {
  next_app
  printf 'A_TOKEN=%s$nobody\n' "$GOOD" >.env
  finds "warning dollar A_TOKEN .env:1:52" --
  gives A_TOKEN "$GOOD\$nobody"
}

@test "an escaped dollar: differs where samekey keeps the backslash, is the same where both decode" {
  next_app
  printf 'A_TOKEN=%s\\$x\n' "$GOOD" >.env
  sk check
  exits 1
  says next-dollar
  printf 'A_TOKEN="%s\\$x"\n' "$GOOD" >.env
  sk check
  exits 0
  gives A_TOKEN "$GOOD\$x"
}

@test "single quotes do not help with Next" {
  next_app
  printf "A=1\nB='x\$A'\n" >.env
  sk check
  exits 1
  says next-dollar "key=B"
}

@test "a reference into another file is told as Next reads it: each file by itself" {
  next_app
  echo 'ORIGIN=https://shop.example.org' >.env
  echo 'URL=${ORIGIN}/home' >.env.production
  sk check
  exits 1
  says next-dollar "key=URL" "samekey reads 14 bytes, next by itself would read 5"
}

# ---- what the build froze

@test "a value frozen in the build that differs is an error with the file" {
  next_app
  frozen "{\"NEXTAUTH_SECRET\": \"$GOOD2\"}"
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  sk run -- next start
  exits 78
  says "[frozen]" NEXTAUTH_SECRET .next/required-server-files.json .env:1:1 'the build of 20' UTC
  says_not "$GOOD" "$GOOD2"
}

@test "the same value frozen is fine" {
  next_app
  frozen "{\"NEXTAUTH_SECRET\": \"$GOOD\"}"
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  finds --
}

@test "a build does not look at what the last one froze" {
  next_app
  frozen "{\"NEXTAUTH_SECRET\": \"$GOOD2\"}"
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  finds -- -- next build
  finds -- -- next dev
}

@test "a placeholder frozen for a secret that no source knows" {
  next_app
  frozen '{"NEXTAUTH_SECRET": "your-secret-key"}'
  sk check
  exits 1
  says frozen NEXTAUTH_SECRET "known placeholder"
}

@test "a framework's own secret is declared: a placeholder there is an error without an ini" {
  next_app
  echo 'NEXTAUTH_SECRET=your-secret-key' >.env
  finds "error placeholder NEXTAUTH_SECRET .env:1:1" --
}

# ---- standalone

standalone() {
  next_app
  mkdir -p .next/standalone/.next
  echo 'process.env.__NEXT_PRIVATE_STANDALONE_CONFIG = 1' >.next/standalone/server.js
  echo '{"config": {"env": {}}}' >.next/standalone/.next/required-server-files.json
  echo "A=copy" >.next/standalone/.env
  echo "B=copy" >>.next/standalone/.env
}

@test "a framework's own secret that only the environment has is the app's all the same" {
  next_app
  sk NEXTAUTH_SECRET="\"$GOOD\"" run -- sh -c 'printf %s "$NEXTAUTH_SECRET" | wc -c'
  [ "$status" -eq 0 ]
  says "resolved key=NEXTAUTH_SECRET source=env"
  says "code=quotes-stripped"
  sk NEXTAUTH_SECRET= run -- next start
  [ "$status" -eq 78 ]
  says all-empty
}

@test "compiled code with a public placeholder for a secret that no source gives" {
  next_app
  mkdir -p .next/server/app
  echo 'let e=process.env.AUTH_SECRET||"your-secret-key";' >.next/server/app/route.js
  sk run -- next start
  [ "$status" -eq 78 ]
  says "[falls-back]"
  says ".next/server/app/route.js"
  finds "error falls-back AUTH_SECRET .next/server/app/route.js" -- -- next start
  sk check -- next build
  says_not falls-back
  sk check -- next dev
  says_not falls-back
  echo "AUTH_SECRET=$GOOD" >.env
  sk check -- next start
  says_not falls-back
}

@test "an answer that was rendered at build with a token of the public placeholder" {
  local token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0.2JhuqMzzFc4oQg2ew-nvhmFMrVsoW6Rpdc-TWLTr6_E
  next_app
  mkdir -p .next/server/app
  echo 'let e=process.env.AUTH_SECRET||"your-secret-key";' >.next/server/app/route.js
  echo "AUTH_SECRET=$GOOD" >.env
  sk check -- next start
  says_not "[frozen]"
  printf '{"token":"%s"}' "$token" >.next/server/app/token.body
  sk run -- next start
  exits 78
  says "[frozen]" "AUTH_SECRET  was rendered at build" ".next/server/app/token.body" "force-dynamic"
  sk check -- next build
  says_not "[frozen]"
  # a token that another key signed is none of this: an example, or one of the true key
  printf '{"token":"%s"}' "${token/sIn0/sIn1}" >.next/server/app/token.body
  sk check -- next start
  says_not "[frozen]"
}

@test "a standalone server is production, start" {
  standalone
  implies production start node .next/standalone/server.js
}

@test "the app's own env files rank above the copies of the build" {
  standalone
  echo A=app >.env
  sk explain --json -- node .next/standalone/server.js
  [ "$(jq -r '.keys[] | .key + " " + .origin' <<<"$output")" = "A .env:1:1
B .next/standalone/.env:2:1" ] || complain "other origins"
  cd .next/standalone
  sk explain --json -- node server.js
  [ "$(jq -r '.keys[] | select(.key == "A") | .origin' <<<"$output")" = ".env:1:1" ] ||
    complain "other origin"
  sk check -- node server.js
  says build-copy
}

@test "a build whose frozen settings cannot be read is told" {
  mkdir .next
  echo '{junk' >.next/required-server-files.json
  finds "warning unknown-build - .next/required-server-files.json" -- -- next start
}
