#!/usr/bin/env bats
# Goal: `samekey verify` brings a token to the verifier by any way that one has it, unseen, and says
# what came of it, with an exit code for each.

load tokens

accepted='{"active":true,"claims":{"sub":"alice","iss":"https://id.example","aud":["shop","admin"],"exp":2000000000},
"kid":"JWT_SECRET","alg":"HS256","key_state":"active","expires_in":899,"profile":"session"}'

@test "accepted: who, for whom, how long, by which key; exit 0" {
  answers 200 "$accepted"
  ask verify - <<<"$TOKEN"
  exits 0
  [ "$output" = 'accepted
  profile   session
  subject   alice
  issuer    https://id.example
  audience  shop, admin
  expires   in 14 min 59 s
  key       JWT_SECRET  active  HS256' ] || complain "not the report"
  [ -z "$stderr" ] || complain "it talks"
  grep -q '^POST /v1/verify ' "$ASKED"
  [ "$(asked .)" = "{\"token\":\"$TOKEN\"}" ]
}

@test "refused: what and why, and where to go on; exit 1" {
  answers 401 "$(problem 401 signature_invalid 'the signature is not valid' 'no key of session signed it')"
  ask verify - <<<"$TOKEN"
  exits 1
  prints 'refused  [signature_invalid] the signature is not valid' 'why   no key of session signed it' \
    'hint  samekey diagnose'
}

@test "the hint goes with the code; a word that is a file is none" {
  answers 401 "$(problem 401 expired 'the token has expired' 'exp was 2 hours ago')"
  ask verify - <<<"$TOKEN"
  exits 1
  prints 'hint  get a new token'
  prints_not 'samekey diagnose'
  answers 401 "$(problem 401 encoding_invalid 'a part is not base64url' '')"
  ask verify - <<<"$TOKEN"
  prints 'hint  copy the whole token'
  : >tok
  ask verify tok
  exits 2
  says "'tok' is a file, and no token" "hint: --token-file tok"
}

@test "a token by argument, file, pipe, standard input and -, with white space around it" {
  answers 200 "$accepted"
  printf ' \n%s\r\n\n' "$TOKEN" >token.txt
  local way
  for way in "--token-file token.txt" "--token-file=token.txt" "--token-file /dev/stdin" "--token-file -" "-" "" "-- -"; do
    : >"$ASKED"
    # shellcheck disable=SC2086  # words are meant to split
    ask verify $way <token.txt
    exits 0 && [ "$(asked .token)" = "$TOKEN" ] || complain "$way"
    says_not note
  done
  ask verify --token-file <(cat token.txt)
  [ "$(asked .token)" = "$TOKEN" ]
}

@test "a token as a word is taken, with a note, and is gone from the command line" {
  cat >"$DIR/slow.py" <<'PY'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(sys.argv[1])
s.listen(1)
peer, _ = s.accept()
pid = int.from_bytes(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], "little")
open(sys.argv[2], "wb").write(open(f"/proc/{pid}/cmdline", "rb").read())
PY
  python3 "$DIR/slow.py" "$SOCKET" "$DIR/cmdline" 3>&- &
  VERIFIER=$!
  until_true test -S "$SOCKET"
  ask verify "$TOKEN"
  exits 69
  says "note: a token on the command line can be seen by other users"
  wait "$VERIFIER"
  grep -q verify "$DIR/cmdline"
  ! grep -q "${TOKEN:0:20}" "$DIR/cmdline" || complain "it still stands there"
  answers 200 "$accepted"
  ask verify "$TOKEN"
  exits 0
  [ "$(asked .token)" = "$TOKEN" ]
}

@test "Bearer in front is left out, with a note" {
  answers 200 "$accepted"
  ask verify - <<<"bearer  $TOKEN"
  exits 0
  says "note: the word Bearer"
  [ "$(asked .token)" = "$TOKEN" ]
}

@test "profile and audience travel as they are" {
  answers 200 "$accepted"
  ask verify --profile 'se"ss\x' --audience $'shöp\n' - <<<"$TOKEN"
  exits 0
  [ "$(asked '[.profile, .aud]')" = '["se\"ss\\x","shöp\n"]' ] || complain "$(cat "$ASKED")"
}

@test "--json is the answer of the API, and the exit codes stay" {
  answers 200 "$accepted"
  ask verify --json - <<<"$TOKEN"
  exits 0
  [ "$(jq -c . <<<"$output")" = "$(jq -c . <<<"$accepted")" ] || complain "not the body"
  answers 401 "$(problem 401 expired 'the token is expired' '')"
  ask verify --json - <<<"$TOKEN"
  exits 1
  [ "$(jq -r .code <<<"$output")" = expired ] || complain "not the body"
}

@test "every other answer has its exit code and a hint" {
  local status code exit hint
  while read -r status code exit hint; do
    answers "$status" "$(problem "$status" "$code" 'a title' 'a detail')"
    ask verify - <<<"$TOKEN"
    exits "$exit" && says "a detail [$code]" "$hint" || return 1
    [ -z "$output" ] || complain "it prints" || return 1
  done <<'ROWS'
400 profile_required 2 hint: --profile NAME
404 profile_unknown 2 hint: [profile NAME] in samekeyd.ini
403 not_admitted 77 hint: samekeyd's own user and root may
503 key_unusable 78 hint: samekey status
404 no_such_path 69 hint: this samekeyd is older
413 too-large 65 a detail
429 too-many 75 hint: ask again
500 internal 69 hint: see the log of samekeyd
ROWS
}

@test "not admitted to the socket at all: exit 77, with the verifier's own words" {
  answers problem not-admitted
  ask verify - <<<"$TOKEN"
  exits 77
  says "it says why [not-admitted]" "hint: it says what to do"
  answers problem busy
  ask verify - <<<"$TOKEN"
  exits 69
}

@test "no verifier: exit 69, the socket and what to do; with --json as JSON too" {
  ask verify - <<<"$TOKEN"
  exits 69
  says "$SOCKET: no verifier listens here" "hint: start samekeyd, name its socket with --socket, or let --private-verifier"
  [ -z "$output" ] || complain "it prints"
  ask verify --json - <<<"$TOKEN"
  [ "$(jq -rc '[.v, .error.exit]' <<<"$output")" = '[1,69]' ] || complain "no JSON"
}

@test "an answer that is no JSON is none" {
  local body
  for body in '' '[]' '{' 'null'; do
    answers 200 "$body"
    ask verify - <<<"$TOKEN"
    [ "$status" -ne 0 ] || complain "accepted: $body" || return 1
    says "is no JSON"
  done
}

@test "misuse: two ways at once, nothing, too many words, an unknown option, a verifier's ini alone" {
  ask verify --token-file x "$TOKEN"
  exits 2
  says "which of them" hint:
  ask verify - </dev/null
  exits 2
  says "the token is empty"
  ask verify - <<<$' \n\t\r\n'
  exits 2
  ask verify - <<<'Bearer '
  [ "$status" -ne 0 ] || complain "accepted"
  ask verify one two
  exits 2
  ask verify --profil x - <<<"$TOKEN"
  exits 2
  says "did you mean '--profile'?"
  ask verify --verifier-ini x.ini - <<<"$TOKEN"
  exits 2
  says "hint: add --private-verifier"
  if command -v script >/dev/null; then
    run script -qec "env SAMEKEY_SOCKET=$SOCKET $SAMEKEY verify; echo exit \$?" /dev/null </dev/null
    [[ $output == *"no token was given"*"exit 2"* ]] || complain "on a terminal"
  fi
  [ ! -s "$ASKED" ] || complain "it asked"
}

@test "what cannot be read, is too long or no text is not sent" {
  answers 200 "$accepted"
  : >"$ASKED"
  ask verify --token-file none.txt
  exits 66
  says "none.txt"
  ask verify --token-file .
  exits 66
  head -c 16385 /dev/zero | tr '\0' a >long.txt
  ask verify --token-file long.txt
  exits 65
  says "the token has 16385 bytes, over 16384"
  head -c 100000 /dev/zero | tr '\0' a >long.txt
  ask verify --token-file long.txt
  exits 65
  says "long.txt: over"
  printf 'abc\xff\xfe' >bad.txt
  ask verify --token-file bad.txt
  exits 65
  says "the token is no text"
  [ ! -s "$ASKED" ] || complain "it asked"
  { head -c 16384 /dev/zero | tr '\0' a; echo; } >long.txt
  ask verify --token-file long.txt
  exits 0
  [ "$(asked '.token | length')" = 16384 ]
}

@test "any text is sent as it is, as JSON" {
  answers 401 "$(problem 401 malformed 'no token' '')"
  printf 'a"b\\c\n\x01\x00d\xc3\xa4' >odd.txt
  ask verify --token-file odd.txt
  exits 1
  [ "$(asked .token)" = "$(printf '"a\\"b\\\\c\\n\\u0001\\u0000d\xc3\xa4"' | jq -rc .)" ]
}

@test "what an answer holds cannot steer a terminal" {
  answers 200 '{"active":true,"claims":{"sub":"al\u001b[31mice\nkey  forged"},"kid":"k\u0007","alg":"HS256","key_state":"active"}'
  ask verify - <<<"$TOKEN"
  exits 0
  prints 'al\x1b[31mice\x0akey  forged' 'expires   never'
}

@test "claims that few readers can hold are no reason to refuse a good token" {
  local claims
  for claims in '{"id":18446744073709551615,"sub":"alice"}' '{"sub":"alice","far":-1E+400}' \
    '{"a\u0000":["\\","\u0000","1e999\\u0000",0.5e1],"sub":"alice"}'; do
    answers 200 "{\"active\":true,\"claims\":$claims,\"kid\":\"k\",\"alg\":\"HS256\",\"key_state\":\"active\",\"expires_in\":899}"
    ask verify - <<<"$TOKEN"
    exits 0
    prints 'subject   alice' 'expires   in 14 min 59 s'
    ask verify --json - <<<"$TOKEN"
    exits 0
    [[ $output == *"\"claims\":$claims,"* ]] || complain "not as it came"
  done
}

@test "the token shows in nothing that is said, whatever goes wrong" {
  local option
  : >said
  for option in "" "--json" "--profile $TOKEN" "--private-verifier" "--private-verifier --verifier-ini none"; do
    # shellcheck disable=SC2086  # words are meant to split
    ask verify $option - <<<"$TOKEN"
    [[ $option == *"$TOKEN"* ]] || printf '%s\n%s\n' "$output" "$stderr" >>said
    # shellcheck disable=SC2086
    ask verify $option "$TOKEN"
    [[ $option == *"$TOKEN"* ]] || printf '%s\n%s\n' "$output" "$stderr" >>said
  done
  ask verify "$TOKEN" "$TOKEN"
  printf '%s\n%s\n' "$output" "$stderr" >>said
  ask verify "--$TOKEN"
  printf '%s\n%s\n' "$output" "$stderr" >>said
  ! grep -q "${TOKEN:0:30}" said || complain "shown" "$(grep "${TOKEN:0:30}" said)"
  ! grep -q "$GOOD" said || complain "a value is shown"
}
