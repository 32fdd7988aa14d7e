#!/usr/bin/env bats
# Goal: .pre-commit-hooks.yaml does what it says, as pre-commit reads it.

load helper

HOOKS=$BATS_TEST_DIRNAME/../../.pre-commit-hooks.yaml

# field ID NAME: a plain field of a hook.
field() {
  awk -v id="$1" -v name="$2" '
    $1 == "-" { mine = $3 == id }
    mine { line = $0; sub(/^[- ] /, "", line); if (index(line, name ": ") == 1) {
      sub(/^[a-z_]+: /, "", line); gsub(/^\047|\047$/, "", line); print line } }' "$HOOKS"
}

# commit_hook ID: what pre-commit does with it for what is staged. Sets $status, $output.
commit_hook() {
  local files exclude staged
  files=$(field "$1" files)
  exclude=$(field "$1" exclude)
  mapfile -t staged < <(git diff --cached --name-only --diff-filter=ACMRTUXB | grep -P -- "$files" |
    grep -vP -- "${exclude:-^$}")
  status=0 output=
  [ "${#staged[@]}" -gt 0 ] || return 0
  case $(field "$1" language) in
    fail)
      status=1
      output=$(field "$1" entry; printf '%s\n' "${staged[@]}")
      ;;
    system)
      local entry
      read -ra entry <<<"$(field "$1" entry)"
      [ "${entry[0]}" = samekey ] || complain "the entry is ${entry[*]}"
      sk "${entry[@]:1}" "${@:2}" "${staged[@]}"
      ;;
    *) complain "no language" ;;
  esac
}

stage() {
  rmdir .git 2>/dev/null || true
  git init -q .
  local file
  for file in "$@"; do
    mkdir -p "$(dirname "$file")"
    [ -e "$file" ] || echo A=1 >"$file"
    git add -f "$file"
  done
}

@test "every hook has what pre-commit asks for" {
  local id
  for id in samekey-lint samekey-no-env-files; do
    [ -n "$(field "$id" id)$(field "$id" name)" ] && [ -n "$(field "$id" entry)" ] &&
      [ -n "$(field "$id" language)" ] && [ -n "$(field "$id" files)" ] || complain "$id"
  done
}

@test "samekey-no-env-files: env files are refused by name" {
  local file
  for file in .env .env.local .env.production web/.env web/.env.production.local .env.keys; do
    stage "$file"
    commit_hook samekey-no-env-files
    [ "$status" -eq 1 ] && [[ $output == *"$file"* ]] || complain "$file passes"
    rm -rf .git
  done
}

@test "samekey-no-env-files: examples and other files pass" {
  stage .env.example .env.sample .env.template web/.env.dist .env.production.example .env.vault .environment \
    env.ts src/dotenv.js .envrc my.env.js
  commit_hook samekey-no-env-files
  [ "$status" -eq 0 ] || complain
}

@test "samekey-lint: runs lint on the env files that are staged" {
  echo 'K="v"' >.env.example
  echo 'K="v"' >other.txt
  stage .env.example other.txt
  commit_hook samekey-lint --loaders dotenv,docker
  exits 1
  prints ".env.example:1:1: error: K" "1 file,"
  echo K=v >.env.example
  git add .env.example
  commit_hook samekey-lint --loaders dotenv,docker
  exits 0
}

@test "samekey-lint: nothing of it is staged, nothing is run" {
  stage other.txt
  echo 'K="v"' >.env
  commit_hook samekey-lint
  [ "$status" -eq 0 ] && [ -z "$output" ] || complain
}
