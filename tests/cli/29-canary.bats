#!/usr/bin/env bats
# Goal: no value ever shows, whatever goes wrong and whichever command is asked.

load helper

# What is planted: each looks like nothing else. Weak ones too, and in every spelling.
CANARIES=(cAnaryStrongK7Vw2mQx9RtLzB4nHcYfPd6sJgA8 cAnaryWeak cAnaryEnvT8LmXw3RkV7nYc5HdPf9GsJ2aUe6
  cAnaryFileQ9zLmXw3RkV7nYc5HdPf9GsJ2aUe6iK cAnaryCredW4zLmXw3RkV7nYc5HdPf9GsJ2aUe cAnaryShadowE5zLmXw3RkV7nYc5Hd
  cAnaryPlain)

# Asks every command, in text and JSON, also on a terminal, and greps all that came out.
ask_all() {
  local given=() all
  while [[ ${1:-} == [A-Za-z_]*=* ]]; do
    given+=("$1")
    shift
  done
  : >said
  local command
  for command in "check" "check --json" "check --strict" "explain" "explain --json" "explain A_TOKEN" \
    "offer --socket /nowhere" "offer --json --socket /nowhere" "" "status --socket /nowhere" \
    "run --socket /nowhere" "run --strict --socket /nowhere" "run --quiet" "init --print"; do
    # shellcheck disable=SC2086  # words are meant to split
    sk "${given[@]}" $command "$@" ${command:+$([[ $command == run* ]] && echo -- true)}
    printf '%s\n%s\n' "$output" "$stderr" >>said
    [ "$status" -lt 128 ] || complain "$command crashed"
  done
  # stdout is where their values go; all the rest is not
  for command in docker next json github-env kubernetes-secret "docker --json out.env" "docker out.env"; do
    # shellcheck disable=SC2086  # words are meant to split
    sk "${given[@]}" export --for $command "$@"
    [[ $command == *out.env ]] && printf '%s\n' "$output" >>said
    printf '%s\n' "$stderr" >>said
    [ "$status" -lt 128 ] || complain "export $command crashed"
  done
  rm -f out.env
  if command -v script >/dev/null; then
    printf '%q ' env -i PATH="$PATH" HOME="$HOME" "${given[@]}" "$SAMEKEY" run "$@" -- true >on-terminal
    script -qec "sh on-terminal" /dev/null >>said </dev/null || true
  fi
  for all in "${CANARIES[@]}"; do
    ! grep -q "$all" said || complain "shown: $all" "$(grep -m 3 "$all" said)" || return 1
  done
  # and in no file that samekey wrote
  ! grep -rq cAnary "$HOME" || complain "kept below HOME"
}

plant() {
  mkdir -p s creds
  echo "A_TOKEN=${CANARIES[0]}" >.env
  echo "A_TOKEN=${CANARIES[5]}" >.env.local
  echo "B_TOKEN=${CANARIES[1]}" >>.env
  echo "PLAIN=${CANARIES[6]}" >>.env
  printf '%s\n' "${CANARIES[3]}" >s/A_TOKEN
  printf %s "${CANARIES[4]}" >creds/A_TOKEN
}

@test "a good set from every source" {
  plant
  ask_all A_TOKEN="${CANARIES[2]}" CREDENTIALS_DIRECTORY=creds --secrets s
}

@test "every rule broken" {
  plant
  cat >samekey.ini <<'END'
[key A_TOKEN]
type = port
min_length = 500
conflict = fail
same_as = B_TOKEN
from = secrets
[key B_TOKEN]
differs_from = C_TOKEN
type = json
[key C_TOKEN]
secret = yes
type = jwk
[key PLAIN]
type = enum
values = a, b
deny = c
END
  echo "C_TOKEN=${CANARIES[1]}" >>.env
  ask_all A_TOKEN="${CANARIES[2]}" CREDENTIALS_DIRECTORY=creds --secrets s
}

@test "every kind of malformed line" {
  local line
  local canary=${CANARIES[0]}
  while IFS= read -r line; do
    printf "%b\n" "${line//%s/$canary}" >.env
    ask_all
  done <<'END'
A_TOKEN: %s
A_TOKEN %s
%s
A_TOKEN="%s
A_TOKEN='%s
A_TOKEN="%s"x
A_TOKEN="x"%s
A_TOKEN=`%s`
A_TOKEN=%s\rx
A_TOKEN=%s\0x
A_TOKEN=%s\xff
A_TOKEN="\n\n%s\xff"
A_TOKEN="x" %s
=%s
END
}

@test "a private key that was pasted without quotes" {
  cat >.env <<END
A_PRIVATE_KEY=-----BEGIN PRIVATE KEY-----
${CANARIES[0]}MIIEvQIBADANBgkqhkiG9w0BAQEFAASC
MIIEv+/${CANARIES[2]}
${CANARIES[3]}==
${CANARIES[4]}=
-----END PRIVATE KEY-----
END
  ask_all
  sk run -- true
  exits 65
}

@test "references that cannot be filled in" {
  local line
  for line in 'A_TOKEN=${cAnaryPlain%}' 'A_TOKEN=${X:?cAnaryPlain}' 'A_TOKEN=${X:-cAnaryPlain${Y}}' \
    'A_TOKEN=cAnaryPlain${A_TOKEN}' 'A_TOKEN=${cAnaryPlain x'; do
    printf '%s\n' "$line" >.env
    ask_all --interpolate
  done
}

@test "quotes, line ends, empties" {
  echo '[key A_TOKEN]' >samekey.ini
  ask_all A_TOKEN="\"${CANARIES[2]}\""
  ask_all A_TOKEN="${CANARIES[2]}"$'\r'
  mkdir s
  printf '"%s"\r\n' "${CANARIES[3]}" >s/A_TOKEN
  ask_all A_TOKEN= --secrets s
}

@test "values in a samekey.ini that is wrong" {
  printf '[key A_TOKEN]\ndefault = cAnaryPlain\nsecret = yes\n' >samekey.ini
  ask_all
  printf '[key A_TOKEN]\ndeny = cAnaryPlain ;x\nmin_length = cAnaryPlain\nsecret = cAnaryPlain\n' >samekey.ini
  ask_all
}

@test "a frozen build and dollars" {
  plant
  mkdir .next
  echo "{\"config\": {\"env\": {\"A_TOKEN\": \"${CANARIES[4]}\"}}}" >.next/required-server-files.json
  echo 'D_TOKEN=cAnaryPlain$A_TOKEN' >>.env
  ask_all
}

@test "PM2's environment" {
  plant
  printf '[key A_TOKEN]\nconflict = fail\n' >samekey.ini
  ask_all A_TOKEN="${CANARIES[2]}" pm_id=1 name=web
}

@test "too large" {
  printf 'A_TOKEN=%s%065536d\n' "${CANARIES[0]}" 1 >.env
  ask_all
  printf 'A_TOKEN=%s\n' "${CANARIES[0]}" >.env
  ask_all --max-file 3
}

@test "names and files that look like values are cut short or escaped, never a terminal's command" {
  printf 'A\033[31m=1\n' >.env
  sk check
  [[ $stderr != *$'\033'* ]] || complain "an escape byte"
  mkdir $'s\033[31m'
  sk check --secrets $'s\033[31m/none'
  [[ $stderr != *$'\033'* ]] || complain "an escape byte"
}
