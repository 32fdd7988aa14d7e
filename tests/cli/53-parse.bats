#!/usr/bin/env bats
# Goal: `parse` prints what another loader would put into the environment, or says why it would not.

load helper

# parses DIALECT JSON [NAME=VALUE]...: `parse --json .env` prints exactly that object.
parses() {
  local dialect=$1 expected=$2
  shift 2
  sk "$@" parse --dialect "$dialect" --json --quiet .env
  exits 0 && [ "$(jq -cS . <<<"$output")" = "$(jq -cS . <<<"$expected")" ] || complain "$dialect: not $expected"
}

@test "every dialect is listed with the loader that it was measured against" {
  sk dialects
  exits 0
  for dialect in portable literal dotenv dotenv-expand dotenvx next vite node bun deno python ruby godotenv compose \
    docker podman kubectl dotenvy phpdotenv symfony direnv foreman sh systemd environment.d; do
    grep -qE "^$dialect  +[^ ]" <<<"$output" || complain "$dialect is not listed"
  done
  sk dialects --json
  [ "$(jq '.dialects | length' <<<"$output")" = 25 ] || complain "not 25 dialects"
  [ "$(jq '[.dialects[] | select(.loader == "" or .doc == "")] | length' <<<"$output")" = 0 ]
}

@test "the same bytes, read as their loaders read them" {
  printf 'A="x # y"\nB=pa#ss\nC=\x27a$A\x27\n' >.env
  parses docker '{"A": "\"x # y\"", "B": "pa#ss", "C": "\u0027a$A\u0027"}'
  parses dotenv '{"A": "x # y", "B": "pa", "C": "a$A"}'
  parses next '{"A": "x # y", "B": "pa", "C": "ax # y"}'
  parses systemd '{"A": "x # y", "B": "pa#ss", "C": "a$A"}'
  parses portable '{"A": "x # y", "B": "pa#ss", "C": "a$A"}'
}

# value DIALECT [NAME=VALUE...]: what K is behind two files.
value() {
  env -i "${@:2}" "$SAMEKEY" parse --quiet --json --dialect "$1" one two | jq -r .K
}

@test "whose value counts is as dialects --json says it" {
  echo K=1 >one
  local name keeper files
  while read -r name keeper files; do
    echo K=2 >two
    case $files in
      first) [ "$(value "$name")" = 1 ] || complain "$name: $files" ;;
      last | last-read-first) [ "$(value "$name")" = 2 ] || complain "$name: $files" ;;
      one)
        ! "$SAMEKEY" parse --quiet --dialect "$name" one two 2>/dev/null || complain "$name: $files"
        echo J=3 >two
        ;;
      *) complain "$name: $files" ;;
    esac
    case $keeper in
      file) [ "$(value "$name" K=0)" != 0 ] || complain "$name: $keeper" ;;
      environment) [ "$(value "$name" K=)" = '' ] || complain "$name: $keeper" ;;
      environment-not-empty)
        [ "$(value "$name" K=0)$(value "$name" K=)" = 01 ] || complain "$name: $keeper"
        ;;
      *) complain "$name: $keeper" ;;
    esac
  done < <("$SAMEKEY" dialects --json | jq -r '.dialects[] | "\(.name) \(.keeper) \(.files)"')
}

@test "the environment is what the loader would find there" {
  printf 'A=file\nB=$PE\n' >.env
  parses dotenv-expand '{"A": "given", "B": "pe"}' A=given PE=pe
  parses docker '{"A": "file", "B": "$PE"}' A=given PE=pe
}

@test "several files are read in the order in which they are given" {
  echo A=1 >one
  printf 'A=2\nB=3\n' >two
  sk parse --dialect dotenv --json one two
  [ "$(jq -cS . <<<"$output")" = '{"A":"1","B":"3"}' ] || complain "the first file does not count"
  sk parse --dialect node --json one two
  [ "$(jq -cS . <<<"$output")" = '{"A":"2","B":"3"}' ] || complain "the last file does not count"
}

@test "as text, what is printed reads back" {
  printf 'A=plain\nB="two words"\nC="it\x27s \\"x\\" \\\\ \\$A\\nend"\n' >.env
  sk parse --dialect portable .env
  exits 0
  printf '%s\n' "$output" >again
  parses portable "$("$SAMEKEY" parse --quiet --dialect portable --json again)"
}

@test "a value that is not UTF-8 is base64 in JSON" {
  printf 'A=\xff\xfe\n' >.env
  parses sh '{"A": {"base64": "//4="}}'
}

@test "what the loader refuses exits 65 and names the place" {
  printf 'A=1\nMY KEY=x\n' >.env
  sk parse --dialect docker .env
  exits 65
  says .env:2:1
  [ -z "$output" ]
  sk parse --dialect docker --json .env
  exits 65
  [ "$(jq -r '.error.exit, .error.where' <<<"$output" | xargs)" = "65 .env:2:1" ] || complain "no error in JSON"
}

@test "nothing is ever run" {
  printf 'A=$(touch ran)\n' >.env
  for dialect in sh ruby dotenvx; do
    sk parse --dialect "$dialect" .env
    exits 65
    says executes-code .env:1:
  done
  printf 'touch ran\nA=1\n' >.env
  parses sh '{"A": "1"}'
  [ ! -e ran ]
}

@test "bad input is a clear error" {
  sk parse .env
  exits 2
  says "as which loader" "samekey dialects"
  sk parse --dialect dokcer .env
  exits 2
  says "unknown dialect 'dokcer'" "did you mean docker?"
  sk parse --dialect docker
  exits 2
  says "no file was named"
  sk parse --dialect docker .env
  exits 66
  says .env
  mkdir folder
  sk parse --dialect docker folder
  exits 66
  says "is a directory"
  head -c 10485760 /dev/zero | tr '\0' x >.env
  for dialect in portable docker next sh; do
    sk parse --dialect "$dialect" .env
    exits 65
    says "1048576"
  done
}

@test "a binary file ends in an error or in what the loader makes of it, in every dialect" {
  head -c 20000 "$SAMEKEY" >.env
  for dialect in $("$SAMEKEY" dialects --json | jq -r '.dialects[].name'); do
    sk parse --dialect "$dialect" --json .env
    [ "$status" -eq 0 ] || [ "$status" -eq 65 ] || complain "$dialect"
  done
}

@test "references that lead to themselves, and such that grow without end, stop" {
  printf 'K=$K$K\n' >.env
  for dialect in $("$SAMEKEY" dialects --json | jq -r '.dialects[].name'); do
    sk parse --dialect "$dialect" .env
    [ "$status" -eq 0 ] || [ "$status" -eq 65 ] || complain "$dialect"
  done
  {
    echo A0=xxxxxxxxxxxxxxxx
    for i in {1..60}; do echo "A$i=\${A$((i - 1))}\${A$((i - 1))}"; done
  } >.env
  for dialect in $("$SAMEKEY" dialects --json | jq -r '.dialects[].name'); do
    sk parse --dialect "$dialect" --quiet --json .env
    [ "$status" -eq 0 ] || { [ "$status" -eq 65 ] && says too-large; } || complain "$dialect"
    [ ${#output} -lt 100000 ] || complain "$dialect"
  done
}

@test "help says what it is for" {
  sk parse --help
  exits 0
  prints "--dialect" "prints values" "executes-code"
}

@test "a terminal is not steered by a name either" {
  printf 'A=1\n\033]0;x=2\n' >.env
  run script -qec "'$SAMEKEY' parse --quiet --dialect podman .env" /dev/null
  [[ $output == *'\x1b]0;x=2'* && $output != *$'\033'* ]] || complain
}
