#!/usr/bin/env bats
# Goal: issue, verify and diagnose agree with each other through the real samekeyd, private or
# running, and nothing that goes wrong between them looks like something else.

load tokens

setup_file() {
  unset SAMEKEY_SOCKET
}

# Writes samekeyd.ini beside samekey.ini; standard input is added.
profiles() {
  { printf '[profile session]\napp = web\nkey = JWT_SECRET\nissuer = https://id.example\naudience = shop\n'; cat; } >samekeyd.ini
}

# own COMMAND WORD...: with a private verifier, without its note.
own() {
  local command=$1
  shift
  ask "$command" --private-verifier "$@"
}

# Sets TOKEN to one that is minted with these options.
mint() {
  own issue "$@"
  exits 0 || return 1
  TOKEN=$output
  [[ $TOKEN == eyJ*.*.* ]] || complain "no token"
}

# daemon: a samekeyd that runs on $SOCKET with samekeyd.ini; DAEMON is its pid.
daemon() {
  { printf '[listen]\nhandoff = %s\n' "$SOCKET"; cat samekeyd.ini; } >"$DIR/daemon.ini"
  "$SAMEKEYD" --ini "$DIR/daemon.ini" 2>"$DIR/log" 3>&- &
  VERIFIER=$!
  until_true test -S "$DIR/api.sock"
}

@test "what is issued is accepted, by a private verifier without a word of its log" {
  profiles </dev/null
  mint --claim sub=alice --claim admin:=true --lifetime 5m
  [[ $stderr == "samekey: a private verifier, for development, answers with $DIR/shop/samekeyd.ini; mode production" ]] ||
    complain "it talks"
  own verify - <<<"$TOKEN"
  exits 0
  prints accepted 'profile   session' 'subject   alice' 'issuer    https://id.example' 'audience  shop' \
    'expires   in 4 min 5' 'key       JWT_SECRET  active  HS256'
  own verify --json - <<<"$TOKEN"
  [ "$(jq -rc '[.active, .claims.sub, .claims.admin, .key_state]' <<<"$output")" = '[true,"alice",true,"active"]' ]
}

@test "a changed, foreign or stale token is refused, and says why" {
  profiles </dev/null
  mint --claim sub=alice
  local signature=${TOKEN##*.}
  own verify - <<<"${TOKEN%.*}.$(tr A-Za-z B-ZAb-za <<<"${signature:0:9}")${signature:9}"
  exits 1
  prints 'refused  [signature_invalid]' 'samekey diagnose'
  own verify --audience admin - <<<"$TOKEN"
  exits 1
  prints '[aud_mismatch]'
  own verify - <<<"${TOKEN%.*}"
  exits 1
  prints '[malformed]'
  own verify - <<<'"'"$TOKEN"'"'
  exits 1
  printf 'JWT_SECRET=%s\n' "$GOOD2" >.env
  own verify - <<<"$TOKEN"
  exits 1
  prints '[signature_invalid]'
}

@test "no profile, several profiles, an unknown one: exit 2 and how to name one" {
  own verify - <<<"$TOKEN"
  exits 2
  says "no profile: --verifier-ini names some" "hint: [profile NAME] in samekeyd.ini"
  own issue
  exits 2
  printf '[profile other]\napp = web\nkey = JWT_SECRET\n' | profiles
  own verify - <<<"$TOKEN"
  exits 2
  says "[profile_required]" "hint: --profile NAME"
  own verify --profile nonesuch - <<<"$TOKEN"
  exits 2
  says "[profile_unknown]"
  own issue --profile other
  exits 0
}

@test "a profile without a key that can be used: exit 78, nothing is accepted or minted" {
  profiles </dev/null
  sed -i 's/JWT_SECRET/NOT_THERE/' samekeyd.ini
  own verify - <<<"$TOKEN"
  exits 78
  says "[key_unusable]"
  own issue
  exits 78
  [ -z "$output" ] || complain "it prints"
}

@test "claims that are not the caller's to set, and a life that is too long" {
  profiles </dev/null
  local option
  for option in "--claim iss=x" "--claim exp:=1" "--claim aud=other" "--lifetime 100d"; do
    # shellcheck disable=SC2086  # words are meant to split
    own issue $option
    exits 2 || complain "$option" || return 1
    [ -z "$output" ] || complain "it prints" || return 1
  done
}

# minted_with SECRET: sets TOKEN to one that somebody made who had another secret.
minted_with() {
  printf %s "$1" | base64 -w 0 >"$DIR/key"
  printf '[profile session]\nkey_file = %s\nencoding = base64\nissuer = https://id.example\naudience = shop\n' "$DIR/key" >"$DIR/maker.ini"
  own issue --verifier-ini "$DIR/maker.ini" --claim sub=alice
  exits 0 && TOKEN=$output
}

@test "without a verifier diagnose finds out by itself who signed, and how the secret was spelt there" {
  profiles </dev/null
  local before after text
  while IFS='|' read -r before after text; do
    minted_with "$before$GOOD$after"
    ask diagnose - <<<"$TOKEN"
    exits 1
    prints "signed with JWT_SECRET of app web ($DIR/shop/.env:1:1), but $text" '  fix   ' \
      'refused by profile session  [signature_invalid]' || return 1
  done <<'ROWS'
"|"|the double quotes around it are part of the key
'|'|the single quotes around it are part of the key
JWT_SECRET=||the name and the `=` before it are part of the key
| |a space at its end is part of the key
ROWS
  minted_with "$GOOD2"
  ask diagnose - <<<"$TOKEN"
  exits 1
  prints "error [unknown-key]"
  says "a private verifier"
  mint
  ask diagnose - <<<"$TOKEN"
  exits 0
  prints "signed with JWT_SECRET of app web ($DIR/shop/.env:1:1)" "accepted by profile session"
}

@test "diagnose knows how other loaders read the line, and needs no profile for it" {
  profiles </dev/null
  printf 'JWT_SECRET="%s" # of ours\n' "$GOOD" >.env
  minted_with "\"$GOOD\" # of ours"
  rm samekeyd.ini
  ask diagnose --json - <<<"$TOKEN"
  exits 1
  [ "$(jq -rc '.verdict, .signed_by.what, .signed_by.key, (.signed_by.dialects | index("docker") != null)' <<<"$output")" = \
    $'none\nreading\nJWT_SECRET\ntrue' ] || complain "not named"
  ask diagnose - <<<"$TOKEN"
  exits 1
  prints "docker" "judged by no profile"
}

@test "diagnose looks also where a rule would refuse the start" {
  profiles </dev/null
  mint
  printf '[app]\nname = web\n[key JWT_SECRET]\nmin_length = 100\n[key OTHER]\nrequired = yes\n' >samekey.ini
  sk run -q -- true
  exits 78
  ask diagnose - <<<"$TOKEN"
  exits 0
}

@test "a running verifier is asked where there is one, and holds the app's key" {
  profiles </dev/null
  daemon
  ask issue
  exits 78
  ask offer
  exits 0
  ask issue --claim sub=bob
  exits 0
  TOKEN=$output
  ask verify - <<<"$TOKEN"
  exits 0
  prints "subject   bob"
  [ -z "$stderr" ] || complain "it talks"
  # the daemon's own log has none of it
  ! grep -qF "${TOKEN:0:40}" "$DIR/log" || complain "the token is in the log"
  ! grep -qF "$GOOD" "$DIR/log" || complain "the key is in the log"
}

@test "a user without the verb: exit 77, and which verb it takes" {
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  printf '[admit other]\nuid = 1234\nverbs = offer\n' | profiles
  chmod 755 "$DIR" "$DIR/shop" "$HOME" # so that the other user can enter
  chmod 644 samekey.ini
  cp "$SAMEKEY" "$DIR/samekey" # the tree may lie where that user cannot enter
  chmod 755 "$DIR/samekey"
  daemon
  local command
  for command in verify issue diagnose; do
    run --separate-stderr setpriv --reuid 1234 --regid 1234 --clear-groups env -i PATH="$PATH" HOME=/nonexistent \
      SAMEKEY_SOCKET="$SOCKET" "$DIR/samekey" "$command" --root / < <([ "$command" = issue ] || echo "$TOKEN")
    exits 77 && says "hint:" "[admit]" || return 1
  done
}

@test "an app asks its own verifier over HTTP about what the command line minted" {
  profiles </dev/null
  mint --claim sub=alice
  ask run -q --private-verifier -- sh -c 'curl -sS --unix-socket "$SAMEKEY_API_SOCKET" http://localhost/v1/verify \
    -H "Content-Type: application/jwt" --data-binary "$1"' sh "$TOKEN"
  exits 0
  [ "$(jq -rc '[.active, .claims.sub]' <<<"$output")" = '[true,"alice"]' ] || complain "not accepted"
}

@test "neither token nor key shows in what is said" {
  profiles </dev/null
  mint --claim sub=alice
  : >said
  local option
  for option in "" "--json" "--audience x" "--profile x" "--verifier-ini none.ini"; do
    # shellcheck disable=SC2086  # words are meant to split
    own verify $option "${TOKEN}x"
    printf '%s\n%s\n' "$output" "$stderr" >>said
    # shellcheck disable=SC2086
    [[ $option == --audience* ]] || own diagnose $option - <<<"${TOKEN}x"
    printf '%s\n%s\n' "$output" "$stderr" >>said
  done
  ! grep -qF "${TOKEN:0:40}" said || complain "the token shows"
  ! grep -qF "${TOKEN##*.}" said || complain "the signature shows"
  ! grep -qF "$GOOD" said || complain "the key shows"
}
