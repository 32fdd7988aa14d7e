# What the black-box tests of the loader share: a scratch folder, a clean environment, and questions
# about what samekey said.
bats_require_minimum_version 1.5.0

# A value that no placeholder table knows and no estimate calls weak.
GOOD=k7Vw2mQx9RtLzB4nHcYfPd6sJgA8eUiT3oXyN5vW1qE
GOOD2=Zb1Tq8LmXw3RkV7nYc5HdPf9GsJ2aUe6iKoN4xWvB0yQ

setup() {
  umask 077
  unset "${!SAMEKEY_@}" NODE_ENV CREDENTIALS_DIRECTORY pm_id
  SAMEKEY=${SAMEKEY:?}
  export HOME=$BATS_TEST_TMPDIR/home
  mkdir -p "$HOME" "$BATS_TEST_TMPDIR/shop"
  cd "$BATS_TEST_TMPDIR/shop" || return 1
  mkdir .git # where looking upwards ends
}

# sk [NAME=VALUE]... WORD...: runs samekey with nothing in its environment but PATH, HOME and these.
# Sets $status, $output (stdout), $stderr.
sk() {
  local given=()
  while [[ ${1:-} == [A-Za-z_]*=* ]]; do
    given+=("$1")
    shift
  done
  run --separate-stderr env -i PATH="$PATH" HOME="$HOME" LC_ALL=C.UTF-8 \
    ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS" LSAN_OPTIONS="$LSAN_OPTIONS"} \
    ${UBSAN_OPTIONS:+UBSAN_OPTIONS="$UBSAN_OPTIONS"} "${given[@]}" "$SAMEKEY" "$@"
}

# Shows everything and fails.
complain() {
  printf '%s\n' "$@" "status: ${status:-}" "stdout: ${output:-}" "stderr: ${stderr:-}" |
    cut -c -600 | head -n 60
  return 1
}

# Polls until a command succeeds, for 40 s: samekey itself looks for 10 s, and machines may be busy.
until_true() {
  local deadline=$((SECONDS + 40))
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || complain "never came true: $*" "$(cat said 2>/dev/null)" || return 1
    read -rt 0.02 <> <(:) || true
  done
}

# Whether a process has ended, waited for or not.
is_over() { ! [ -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; }

exits() { [ "$status" -eq "$1" ] || complain "exit status is not $1"; }

# says TEXT...: stderr holds each of them.
says() {
  local text
  for text in "$@"; do
    [[ $stderr == *"$text"* ]] || complain "stderr does not say: $text" || return 1
  done
}

says_not() {
  local text
  for text in "$@"; do
    [[ $stderr != *"$text"* ]] || complain "stderr says: $text" || return 1
  done
}

# prints TEXT...: stdout holds each of them.
prints() {
  local text
  for text in "$@"; do
    [[ $output == *"$text"* ]] || complain "stdout does not print: $text" || return 1
  done
}

prints_not() {
  local text
  for text in "$@"; do
    [[ $output != *"$text"* ]] || complain "stdout prints: $text" || return 1
  done
}

# gives KEY VALUE [NAME=VALUE]... [OPTION...]: a child started by `run` holds exactly that value.
gives() {
  local key=$1 value=$2 given=()
  shift 2
  while [[ ${1:-} == [A-Za-z_]*=* ]]; do
    given+=("$1")
    shift
  done
  sk "${given[@]}" run --quiet "$@" -- printenv "$key"
  exits 0 && [ "$output" = "$value" ] || complain "$key is not '$value'"
}

# lacks KEY [as gives]: a child started by `run` does not hold it at all.
lacks() {
  local key=$1 given=()
  shift
  while [[ ${1:-} == [A-Za-z_]*=* ]]; do
    given+=("$1")
    shift
  done
  sk "${given[@]}" run --quiet "$@" -- env
  exits 0 && ! grep -q "^$key=" <<<"$output" || complain "$key is there"
}

# finds LINE... [-- word of sk]...: `check` has exactly these findings, "severity code key origin",
# `-` where there is none. What depends on the machine is left out.
finds() {
  local expected=() found
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    expected+=("$1")
    shift
  done
  shift || true
  local given=()
  while [[ ${1:-} == [A-Za-z_]*=* ]]; do
    given+=("$1")
    shift
  done
  sk "${given[@]}" check --json "$@"
  [ -n "$output" ] || complain "no JSON" # to jq that is good, and has no findings
  found=$(jq -r '.findings[] | select(.code | IN("not-locked", "fingerprint-key") | not) |
    [.severity, .code, (.key | if . == "" then "-" else . end),
     (.origin | if . == "" then "-" else . end)] | join(" ")' <<<"$output") || complain "no JSON"
  [ "$found" = "$(printf '%s\n' "${expected[@]}")" ] ||
    complain "expected:" "${expected[@]}" "found:" "$found"
}

# wins KEY SOURCE ORIGIN [words of sk]: what `explain --json` says of a key.
wins() {
  local key=$1 source=$2 origin=$3 given=()
  shift 3
  while [[ ${1:-} == [A-Za-z_]*=* ]]; do
    given+=("$1")
    shift
  done
  sk "${given[@]}" explain --json "$@"
  local got
  got=$(jq -r --arg key "$key" '.keys[] | select(.key == $key) | .source + " " + (.origin // "-")' <<<"$output")
  [ "$got" = "$source $origin" ] || complain "$key: expected '$source $origin', got '$got'"
}
