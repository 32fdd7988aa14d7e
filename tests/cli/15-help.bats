#!/usr/bin/env bats
# Goal: help is complete, grouped by moment, and goes to stdout.

load helper

@test "help lists every command below its moment" {
  sk help
  exits 0
  prints "before start" start running check explain run offer status keygen help
  [ -z "$stderr" ]
}

@test "--help and -h are the same" {
  sk help
  local whole=$output
  sk --help
  [ "$output" = "$whole" ]
  sk -h
  [ "$output" = "$whole" ]
}

@test "help COMMAND and COMMAND --help are the same, for each" {
  local command text
  for command in run check explain offer status keygen help; do
    sk help "$command"
    exits 0
    prints "samekey $command"
    text=$output
    sk "$command" --help
    exits 0
    [ "$output" = "$text" ] || complain "$command"
  done
}

@test "help fits a terminal of 80 columns" {
  local command
  sk help --json
  for command in $(jq -r '.commands[].name' <<<"$output"); do
    sk help "$command"
    ! grep -nE '^.{81}' <<<"$output" || complain "$command"
  done
}

@test "every option has a line in help" {
  sk help run
  prints --mode --order --dialect --socket --dotenv --ini --root --allow --strict --quiet --phase \
    --max-file --verifier-required --fingerprint-key
}

@test "help CODE says why and what to do" {
  sk help conflict
  exits 0
  prints "conflict  (warning)" "  why  " "  fix  "
}

@test "help codes lists every code once" {
  sk help codes
  exits 0
  [ "$(wc -l <<<"$output")" -gt 100 ] || complain "few codes"
  [ -z "$(awk '{ print $1 }' <<<"$output" | sort | uniq -d)" ] || complain "a code stands twice"
}

@test "help findings lists every code once, and help explains each" {
  sk help findings
  exits 0
  local codes code
  codes=$(awk '{ print $1 }' <<<"$output")
  [ -z "$(sort <<<"$codes" | uniq -d)" ] || complain "a code stands twice"
  for code in $codes; do
    sk help "$code"
    exits 0
    prints "$code  ("
  done
}

@test "an error that --allow lets pass says so, malformed input does not" {
  sk help missing
  prints "--allow missing[:KEY]"
  sk help malformed
  prints_not --allow
}

@test "an unknown word: exit 2 and the nearest one" {
  sk help conflit
  exits 2
  says "'conflit' is neither a command nor a code" "did you mean 'conflict'?"
  sk help chekc
  exits 2
  says "did you mean 'check'?"
  sk run --allow conflit -- true
  exits 2
  says "--allow: no finding has the code 'conflit'" "did you mean 'conflict'?"
}

@test "an unknown command: exit 2 and the nearest one" {
  sk chekc
  exits 2
  says "unknown command 'chekc'" "did you mean 'samekey check'?"
}

@test "a command by another tool's name for it: what it is called here" {
  local word command
  while read -r word command; do
    sk "$word"
    exits 2 && says "unknown command '$word'" "did you mean 'samekey $command'?" || return 1
  done <<'ROWS'
version --version
start run
list explain
env export
diff drift
ROWS
}

@test "--version" {
  sk --version
  exits 0
  [[ $output =~ ^samekey\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "control bytes of a typed word reach no terminal" {
  sk $'a\033[31mb'
  exits 2
  says 'a\x1b[31mb'
}

@test "help for programs: commands, one command, findings, one finding" {
  sk help --json
  [ "$(jq -r '.commands[] | select(.name == "run") | .moment' <<<"$output")" = start ]
  sk help run --json
  [ "$(jq -r '.options[] | select(.name == "phase") | .argument' <<<"$output")" = "build|start" ]
  sk help findings --json
  [ "$(jq -r '.findings | map(.code) | index("missing") != null' <<<"$output")" = true ]
  sk help missing --json
  [ "$(jq -r .finding.severity <<<"$output")" = error ]
  sk help nonsense --json
  exits 2
}

@test "help samekey.ini lists every setting" {
  sk help samekey.ini
  prints "[sources]" "order = SOURCE" "[key NAME]" "min_length = BYTES" "(default: 2s)"
}

@test "who asks a verifier is not shown the options for resolving" {
  local command
  for command in verify issue diagnose status; do
    sk help "$command"
    prints "--socket PATH" "--timeout DURATION" "--ini FILE" "--root DIR"
    prints_not --cascade --rotation --reach --dotenv\  --allow --phase --verifier-required
  done
  sk help verify
  prints "with --private-verifier also the options of samekey run" "--verifier-ini FILE"
  sk help run
  prints --cascade --reach --verifier-required
}

@test "help explain says whose fingerprints can be compared" {
  sk help explain
  prints "for one user" "key = FILE under [fingerprint]"
}

@test "help samekeyd.ini lists every setting, where samekeyd is beside samekey" {
  sk help samekeyd.ini
  exits 0
  prints "[profile NAME]" "key_file = FILE" "(default: 5s)"
  mkdir "$BATS_TEST_TMPDIR/bin"
  cp "$SAMEKEY" "$BATS_TEST_TMPDIR/bin/"
  SAMEKEY=$BATS_TEST_TMPDIR/bin/samekey
  sk help samekeyd.ini
  exits 69
  says "there is no samekeyd" "hint: samekeyd --help"
}

@test "a code of the API is explained, with what to do; a word may be both" {
  sk help expired
  exits 0
  prints "expired  (status 401)" "the token has expired" "fix  get a new token"
  sk help malformed
  prints "neither KEY=value" "no token of the kind"
  sk help signature_invalif
  says "did you mean 'signature_invalid'?"
  sk help codes
  prints "signature_invalid     the signature is not valid" "profile_required"
  sk help expired --json
  [ "$(jq -r '.finding.severity + " " + .problem.status' <<<"$output")" = "error 401" ]
  sk help codes --json
  [ "$(jq -r '.problems | map(.code) | index("aud_mismatch") != null' <<<"$output")" = true ]
}

@test "with --json a failure is JSON too" {
  sk explain NOPE --json
  exits 1
  [ "$(jq -r '.v, .error.exit' <<<"$output")" = $'1\n1' ]
  sk status --json --socket /nonexistent/sock
  exits 69
  [ "$(jq -r '.error.where' <<<"$output")" = /nonexistent/sock ]
  sk check --json --root ./nowhere
  exits 66
  [ "$(jq -r '.error.text' <<<"$output")" != null ]
  echo >samekey.ini
  sk init --json
  exits 78
  [ "$(jq -r '.error.exit' <<<"$output")" = 78 ]
}

@test "with --json a misused command line is JSON too" {
  local line text
  while IFS='|' read -r line text; do
    eval "sk $line"
    exits 2
    jq -e --arg text "$text" '.v == 1 and .error.exit == 2 and
      ([.error.where, .error.text] | map(select(. != "")) | join(" ")) == $text and
      (.error.hint != "") == ($text != "--listen a port is a number from 1 to 65535")' <<<"$output" ||
      complain "$line: not JSON"
  done <<'EOF'
help --json nope|'nope' is neither a command nor a code
keygen --json --bytes 1|--bytes a key has 16 to 1024 bytes
offer --json --watch|--watch goes with neither --withdraw nor --json
export --json|--for who is to read it?
export --json --for docker|--json stdout is where the values go
issue --json --lifetime 1500ms|--lifetime tokens live whole seconds, and at least one
ps --json --listen 0|--listen a port is a number from 1 to 65535
verify --json --verifier-ini x.ini -|--verifier-ini is for a private verifier
EOF
}

@test "every reason of /readyz is explained" {
  local code sources=("$BATS_TEST_DIRNAME"/../../verifier/door/api/{readiness,selfreadiness}.c)
  [ "$(cat "${sources[@]}" | grep -c 'code = "')" -gt 5 ]
  while read -r code; do
    sk help "$code"
    exits 0
    prints "fix  "
  done < <(grep -oh 'code = "[a-z-]*"' "${sources[@]}" | cut -d '"' -f 2)
}
