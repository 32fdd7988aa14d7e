#!/usr/bin/env bats
# Goal: on-call can start all the same, and that leaves a trace; strict means strict; a run inside a
# run knows its own.

load helper

missing() { printf '[key A]\nrequired = yes\n[key B]\nrequired = yes\n' >samekey.ini; }

@test "--allow CODE lets every key of that finding pass" {
  missing
  sk check --allow missing
  exits 0
  sk check
  exits 1
}

@test "the way to start all the same allows every error at once, and it works" {
  missing
  sk run --quiet -- true
  exits 78
  says "now  samekey run --allow missing:A --allow missing:B --quiet -- true"
  [ "$(grep -c '  now  ' <<<"$stderr")" -eq 1 ] || complain "not one way"
  sk run --allow missing:A --allow missing:B --quiet -- true
  exits 0
}

@test "with one error that nothing lets pass, no way round is offered" {
  missing
  echo 'KEY' >.env
  sk run --quiet -- true
  exits 65
  says "[bare-key, missing]"
  says_not "  now  "
}

@test "--allow CODE:KEY lets one key pass" {
  missing
  sk check --json --allow missing:A
  exits 1
  jq -e '[.findings[] | select(.code == "missing") | [.key, .severity, .allowed]] ==
    [["A", "warning", true], ["B", "error", false]]' <<<"$output"
}

@test "--allow may repeat" {
  missing
  sk check --allow missing:A --allow missing:B
  exits 0
}

@test "SAMEKEY_ALLOW holds several, with commas or spaces" {
  missing
  sk SAMEKEY_ALLOW=missing:A,missing:B check
  exits 0
  sk SAMEKEY_ALLOW="missing:A missing:B" check
  exits 0
  sk SAMEKEY_ALLOW=" " check
  exits 1
}

@test "SAMEKEY_ALLOW is as good as --allow for what doctor, scan, lint and ps find by themselves" {
  printf 'A_SECRET=%s\n' "$GOOD" >.env
  echo "ENV A_SECRET=$GOOD2" >Dockerfile
  mkdir dist
  echo "let a = '$GOOD'" >dist/a.js
  echo 'B=x#y' >b.env
  sk doctor images
  exits 1
  sk SAMEKEY_ALLOW=baked-secret:A_SECRET doctor images
  exits 0
  sk scan dist
  exits 1
  sk SAMEKEY_ALLOW=frozen-value scan dist
  exits 0
  sk lint --strict b.env
  exits 1
  sk SAMEKEY_ALLOW=hash-truncates lint --strict b.env
  exits 0
  sk SAMEKEY_ALLOW=mising lint b.env
  exits 78
  env -i PATH="$PATH" A_SECRET="$GOOD2" sleep 60 3>&- &
  sk ps
  exits 1
  sk SAMEKEY_ALLOW=process-other:A_SECRET ps
  kill "$!"
  exits 0
}

@test "a code that does not exist is refused: it would protect nobody's night" {
  sk check --allow mising
  exits 2
  says "no finding has the code 'mising'" "did you mean 'missing'?"
  sk run --allow nonsense -- true
  exits 2
  says "no finding has the code 'nonsense'" "samekey help findings"
  sk SAMEKEY_ALLOW=mising check
  exits 78
  says SAMEKEY_ALLOW
}

@test "whose name it is decides the verifier: that cannot be allowed, and no help says so" {
  sk run --allow app-owner -- true
  exits 2
  says "--allow: nothing lets 'app-owner' pass" "[app NAME] in samekeyd.ini"
  sk SAMEKEY_ALLOW=app-owner:web run -- true
  exits 78
  says "SAMEKEY_ALLOW: nothing lets 'app-owner' pass"
  sk help app-owner
  [[ $output != *--allow* ]] || complain "a way that does not work"
}

@test "what samekeyd says of profiles and tokens cannot be allowed either" {
  local code
  for code in profile-unusable expired; do
    sk run --allow "$code" -- true
    exits 2
    says "--allow: nothing lets '$code' pass"
    sk help "$code"
    [[ $output != *--allow* ]] || complain "a way that does not work"
  done
}

@test "what was allowed is logged even when quiet" {
  missing
  sk run --quiet --allow missing -- true
  exits 0
  says "event=allowed code=missing key=A" "event=allowed code=missing key=B"
}

@test "malformed input can be passed over for one start too" {
  printf 'junk line\nA=1\n' >.env
  gives A 1 --allow malformed
}

@test "--strict: warnings refuse, notes do not, allowed ones do not" {
  echo 'A=x#y' >.env
  sk run --strict -- true
  exits 78
  says "1 error [bare-hash]" A .env:1:4
  sk run --strict --allow bare-hash -- true
  exits 0
}

@test "what stands behind the colon is a key's name: no start without it, and none that skips the verifier" {
  echo 'A=x#y' >.env
  local key
  for key in "" "$(printf 'a%.0s' {1..300})" $'a\tb' $'\xff'; do
    sk run --allow "weak:$key" -- touch started
    exits 2
    says "no key's name stands behind 'weak:'"
    says "hint: weak:KEY allows it for one key, weak for every key"
    sk lint --allow "weak:$key"
    exits 2
    sk SAMEKEY_ALLOW="weak:$key" run -- touch started
    exits 78
    says "no key's name stands behind 'weak:'"
  done
  [ ! -e started ]
}

# ---- run inside run

@test "values that an outer run gave are no conflict inside" {
  echo "A_TOKEN=$GOOD" >.env
  printf '[key A_TOKEN]\nsecret = yes\nconflict = fail\n' >samekey.ini
  mkdir in
  echo "A_TOKEN=$GOOD2" >in/.env
  cp samekey.ini in
  mkdir in/.git
  sk run --quiet -- "$SAMEKEY" run --quiet --root in -- printenv A_TOKEN
  exits 0
  [ "$output" = "$GOOD" ]
}

@test "a value that changed on the way is a conflict" {
  echo "A_TOKEN=$GOOD" >.env
  printf '[key A_TOKEN]\nsecret = yes\nconflict = fail\n' >samekey.ini
  sk run --quiet -- env A_TOKEN="$GOOD2" "$SAMEKEY" run --quiet -- true
  exits 78
}

@test "the mark holds no value and nobody's text makes one" {
  echo "A_TOKEN=$GOOD" >.env
  sk run --quiet -- printenv SAMEKEY_RUN
  [[ $output =~ ^1:[0-9a-f]{12}:[0-9a-f]{8}$ ]] || complain "another form"
  local mark
  for mark in "" x 1: 1:xxxxxxxxxxxx: "1:000000000000:00000000" "1:$(printf 'a%.0s' {1..5000})"; do
    sk SAMEKEY_RUN="$mark" run --quiet -- true
    exits 0
  done
}

@test "run in an app that runs itself again resolves the same" {
  echo "A_TOKEN=$GOOD" >.env
  sk run --quiet -- "$SAMEKEY" run -- printenv A_TOKEN
  exits 0
  [ "$output" = "$GOOD" ]
  says_not conflict
}
