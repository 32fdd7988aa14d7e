#!/usr/bin/env bats
# Goal: samekey init writes a samekey.ini that fits the tree, overwrites nothing and shows no value.

bats_require_minimum_version 1.5.0

setup() {
  samekey=${SAMEKEY:-$BATS_TEST_DIRNAME/../../build/samekey}
  cd "$BATS_TEST_TMPDIR" || exit 1
  mkdir -p shop/app/api/login shop/ws shop/node_modules/x
  cd shop || exit 1
  umask 077
  echo '{"name": "@acme/shop", "dependencies": {"next": "15.1.0"}}' >package.json
  echo '{"name": "ws"}' >ws/package.json
  cat >app/api/login/route.ts <<'END'
const secret = process.env.NEXTAUTH_SECRET || 'canary-fallback-4711'
const { ETLS_ACCESS, ETLS_REFRESH } = process.env
export const url = process.env.NEXT_PUBLIC_URL
END
  printf 'const s = process.env["NEXTAUTH_SECRET"]\nconst port = process.env.WS_PORT\n' >ws/server.js
  echo 'process.env.NOT_OURS_SECRET' >node_modules/x/index.js
  printf 'NEXTAUTH_SECRET=canaryZk39dkXkeo2lslx0mQ8s\nDATABASE_URL=postgres://u:canarypw@db/x\n' >.env
}

@test "the file proposes the rules that the code suggests, with places" {
  run "$samekey" init
  [ "$status" -eq 0 ]
  [[ $output == *"wrote"*"samekey.ini"* ]]
  [[ $output == *"samekey check"* ]]
  grep -A 3 -xF '[key NEXTAUTH_SECRET]' samekey.ini >section
  grep -qxF 'required = yes' section
  grep -qxF 'shared = yes' section
  grep -qF '; read by  app/api/login/route.ts:1, ws/server.js:1' samekey.ini
  grep -qxF 'differs_from = ETLS_REFRESH' samekey.ini
  grep -qxF 'group = shop' samekey.ini
  grep -qF 'needs the same name here' samekey.ini
  [[ $output == *"  group  shop: another app that holds a shared secret needs the same"* ]]
  grep -qF 'NEXT_PUBLIC_URL' samekey.ini
  run ! grep -F '[key NEXT_PUBLIC_URL]' samekey.ini
  run ! grep -F 'NOT_OURS_SECRET' samekey.ini
}

@test "a literal that stands in for a secret is a warning with its place" {
  run "$samekey" init
  [[ $output == *"warning [fallback] NEXTAUTH_SECRET (app/api/login/route.ts:1)"* ]]
  rm samekey.ini
  run "$samekey" init --strict
  [ "$status" -eq 1 ]
}

@test "a service whose only file is another than that of the other service is compared too" {
  mkdir -p services/api services/job services/web
  echo 'A_TOKEN=canary-one' >services/api/.env
  echo 'A_TOKEN=canary-two' >services/job/.env.local
  printf 'B_TOKEN=canary-one\n' | tee services/api/.env.production >services/web/.env
  echo 'B_TOKEN=canary-two' >services/job/.env.development # another mode: who knows
  echo 'B_TOKEN=canary-two' >services/web/.env.local       # a layer of web's own
  run "$samekey" init --print
  [[ $output == *"warning [files-differ] A_TOKEN (services/job/.env.local): services/api/.env holds another value"* ]]
  [ "$(grep -c files-differ <<<"$output")" -eq 1 ]
  [[ $output == *"shared = no under its [key]"* ]]
}

@test "env files of two services that hold different values of one secret are named" {
  mkdir -p services/api services/job
  printf 'NEXTAUTH_SECRET="canaryZk39dkXkeo2lslx0mQ8s"\nETLS_ACCESS=canary-one\nOLD_TOKEN=canary-old\n' >services/api/.env
  printf 'NEXTAUTH_SECRET=canary-x\nNEXTAUTH_SECRET=canaryZk39dkXkeo2lslx0mQ8s\nETLS_ACCESS=canary-two\nETLS_REFRESH=\n' >services/job/.env
  printf 'NEXTAUTH_SECRET=canary-mine\nETLS_REFRESH=canary-mine\n' >.env.local
  printf 'OLD_TOKEN=canary-other\n' >>.env
  run "$samekey" init
  [ "$status" -eq 0 ]
  [[ $output == *"warning [files-differ] ETLS_ACCESS (services/job/.env): services/api/.env holds another value"* ]]
  [[ $output == *"warning [files-differ] OLD_TOKEN (services/api/.env): .env holds another value"* ]]
  [[ $output == *"hint: give both the same value"* ]]
  [ "$(grep -c files-differ <<<"$output")" -eq 2 ]
  [[ $output != *canary* ]]
  grep -qxF '; held by  .env, .env.local, services/api/.env, services/job/.env' samekey.ini
  grep -qxF '; warning  services/api/.env and services/job/.env hold different values' samekey.ini
  [ "$(grep -c 'hold different values' samekey.ini)" -eq 1 ]
  run ! grep canary samekey.ini
  run "$samekey" init --print --json
  [[ $output == *files-differ* && $output != *canary* ]]
}

@test "no value and no literal appears anywhere" {
  "$samekey" init >out 2>&1
  "$samekey" init --print --json >>out 2>&1
  run ! grep -r canary out samekey.ini
}

@test "samekey's other commands read the file" {
  "$samekey" init --quiet
  "$samekey" check --json >../check.json || [ $? -eq 1 ]
  jq -e '.ini == "samekey.ini" and all(.findings[]; .code != "settings")' ../check.json
}

@test "an existing file is left as it is: exit 78" {
  echo '; mine' >samekey.ini
  run "$samekey" init
  [ "$status" -eq 78 ]
  [[ $output == *"samekey.ini: is there already"* ]]
  [ "$(cat samekey.ini)" = '; mine' ]
  rm samekey.ini
  ln -s nowhere samekey.ini
  run "$samekey" init
  [ "$status" -eq 78 ]
  [ ! -e nowhere ]
}

@test "--print writes the same to stdout and no file" {
  "$samekey" init --print >printed 2>/dev/null
  [ ! -e samekey.ini ]
  rm printed
  "$samekey" init --print 2>/dev/null >../printed
  "$samekey" init --quiet
  diff ../printed samekey.ini
}

@test "--json tells the keys, their places and the findings" {
  "$samekey" init --json >../out.json
  [ -f samekey.ini ]
  jq -e '.v == 1 and .written and (.path | endswith("/samekey.ini"))' ../out.json
  jq -e '.keys | map(.key) == ["ETLS_ACCESS", "ETLS_REFRESH", "NEXTAUTH_SECRET"]' ../out.json
  jq -e '.keys[2].read == ["app/api/login/route.ts:1", "ws/server.js:1"]' ../out.json
  jq -e '.findings[0].code == "fallback"' ../out.json
}

@test "--root names another folder; one that is not there is an error" {
  cd ..
  "$samekey" init --root shop --quiet
  [ -f shop/samekey.ini ]
  run "$samekey" init --root nowhere
  [ "$status" -eq 66 ]
  [[ $output == *"nowhere"* ]]
}

@test "a folder that cannot be written, even by root, is an error" {
  run "$samekey" init --root /proc/self/fdinfo
  [ "$status" -ne 0 ]
  [[ $output == *"/samekey.ini"* ]]
}

@test "an empty folder gives a valid file" {
  mkdir ../empty
  cd ../empty
  run "$samekey" init
  [ "$status" -eq 0 ]
  run "$samekey" check
  [ "$status" -eq 0 ]
}
