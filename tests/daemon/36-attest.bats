#!/usr/bin/env bats
# Goal: a process proves which value it really uses without sending it; what it says is named,
# kept as a witness, and no other process, user, key or time can say it for it.

load helper

py() { python3 "$BATS_TEST_DIRNAME/attest.py" "$@"; }

# say KEY=VALUE...: the answer of samekeyd to this app's word.
say() { py say "$API" web "$@"; }

# says EXPRESSION: of the last answer, which holds no value.
says() {
  grep -qF canary- <<<"$output" && return 1
  jq -e "$1" <<<"$output" >/dev/null || { echo "$1"; echo "$output"; return 1; }
}

# The shop of the seeds: one secret, a beaten value in .env.
shop() {
  printf 'NEXTAUTH_SECRET="%s"\nETLS_REFRESH=%s-refresh\n' "$CANARY" "$CANARY" >"$DIR/shop/web/.env.production"
  printf '# old\nNEXTAUTH_SECRET=%s\n' "$CANARY2" >"$DIR/shop/web/.env"
  start
  up web -- --loaders docker,compose
}

@test "what a process holds is named" {
  shop
  while read -r value state where; do
    run say "NEXTAUTH_SECRET=${value//@/$CANARY}"
    says ".keys.NEXTAUTH_SECRET | .state == \"$state\" and $where" || { echo "$value"; return 1; }
  done <<EOT
@ same .origin == "$DIR/shop/web/.env.production:1:1" and .fix == "" and .dialects == []
$CANARY2 shadowed .origin == "$DIR/shop/web/.env:2:1" and (.text | contains(".env.production:1:1 beats")) and (.fix | contains("phases = start"))
"@" reading (.dialects | index("docker") != null) and .spelling == null
'@' near-miss .spelling == "quotes-single" and (.text | contains("the single quotes around it"))
@\x0a near-miss .spelling == "newline"
@-refresh other-key (.text | contains("the value of ETLS_REFRESH"))
your-secret-key placeholder (.text | contains("your-secret-key")) and (.fix | contains("fallback"))
undefined placeholder (.text | contains("no value"))
\${NEXTAUTH_SECRET} placeholder (.text | contains("not resolved"))
nobody-has-this-0123456789 unknown .origin == null and (.fix | contains("build again"))
EOT
  run say NEXTAUTH_SECRET=
  says '.keys.NEXTAUTH_SECRET | .state == "empty" and (.fix | contains("samekey run"))'
}

# question KEY VALUE: the second question, with a nonce of its own.
nonce_of() { api /v1/attest --json "{\"app\":\"web\",\"key\":\"$1\"}" | jq -r ".nonces.$1"; }
prove() { printf '{"app":"%s","key":"%s","nonce":"%s","proof":"%s"}' "$1" "$2" "$3" "$(py proof "$1" "$2" "$3" "$4")"; }
code_of() { api /v1/attest --json "$1" | jq -r '.code // .keys[].state'; }

@test "a proof is for one nonce, key and app, once" {
  shop
  run -0 api /v1/attest --json '{"app":"web","keys":["NEXTAUTH_SECRET","ETLS_REFRESH"]}'
  says '.v == 1 and .expires_in == 60 and (.nonces | keys) == ["ETLS_REFRESH", "NEXTAUTH_SECRET"] and (.nonces[] | length) == 43'
  nonce=$(nonce_of NEXTAUTH_SECRET)
  # forged: the nonce of another key, a nonce of nobody
  [ "$(code_of "$(prove web ETLS_REFRESH "$nonce" "$CANARY-refresh")")" = nonce_unknown ]
  [ "$(code_of "$(prove web NEXTAUTH_SECRET "$(printf A%.0s {1..43})" "$CANARY")")" = nonce_unknown ]
  # none of these has used it up; a wrong proof does
  question=$(prove web NEXTAUTH_SECRET "$nonce" "$CANARY")
  [ "$(code_of "$question")" = same ]
  [ "$(code_of "$question")" = nonce_used ]
  nonce=$(nonce_of NEXTAUTH_SECRET)
  [ "$(code_of "$(prove web NEXTAUTH_SECRET "$nonce" wrong-0123456789)")" = unknown ]
  [ "$(code_of "$(prove web NEXTAUTH_SECRET "$nonce" "$CANARY")")" = nonce_used ]
  # a proof that was made for another app or key proves nothing
  nonce=$(nonce_of NEXTAUTH_SECRET)
  other=$(py proof web ETLS_REFRESH "$nonce" "$CANARY")
  [ "$(code_of "{\"app\":\"web\",\"key\":\"NEXTAUTH_SECRET\",\"nonce\":\"$nonce\",\"proof\":\"$other\"}")" = unknown ]
  # no nonce outlives samekeyd
  nonce=$(nonce_of NEXTAUTH_SECRET)
  stop
  start
  down_and_up
  [ "$(code_of "$(prove web NEXTAUTH_SECRET "$nonce" "$CANARY")")" = nonce_unknown ]
}

down_and_up() {
  kill "$APP_PID"
  up web
}

@test "the nonce of another app, and an app that nobody started" {
  shop
  printf 'NEXTAUTH_SECRET="%s"\n' "$CANARY" >"$DIR/shop/ws/.env"
  up ws
  nonce=$(nonce_of NEXTAUTH_SECRET)
  [ "$(code_of "$(prove ws NEXTAUTH_SECRET "$nonce" "$CANARY")")" = nonce_unknown ]
  # who names no app has one
  run api /v1/attest --json '{"key":"NEXTAUTH_SECRET"}'
  says '.status == 400 and .code == "app_required" and (.detail | contains("web, ws"))'
  down "$APP_PID"
  run api /v1/attest --json '{"key":"NEXTAUTH_SECRET"}'
  says '.app == "web" and (.nonces | length) == 1'
  run api /v1/attest --json "$(prove web NEXTAUTH_SECRET "$(jq -r .nonces.NEXTAUTH_SECRET <<<"$output")" "$CANARY" | jq -c 'del(.app)')"
  says '.status == 400 and .code == "app_required"'
  run api /v1/attest --json '{"app":"ws","key":"NEXTAUTH_SECRET"}'
  says '.status == 403 and .code == "no_live_bundle"'
  run api /v1/attest --json '{"app":"web","key":"NO_SUCH_KEY"}'
  says '.status == 404 and .code == "no_such_key" and (.detail | contains("NO_SUCH_KEY"))'
}

@test "questions that are none" {
  shop
  digits=$(printf A%.0s {1..43})
  while read -r body; do
    run api /v1/attest --json "$body"
    says '.status == 400 and .code == "body_invalid"' || { echo "$body"; return 1; }
  done <<EOT
{}
[]
nothing
{"app":"web"}
{"app":"web","key":7}
{"app":"web","keys":[]}
{"app":"web","keys":"NEXTAUTH_SECRET"}
{"app":"web","keys":["NEXTAUTH_SECRET","NEXTAUTH_SECRET"]}
{"app":"web","key":"NEXTAUTH_SECRET","keys":["NEXTAUTH_SECRET"]}
{"app":"web","key":"NEXTAUTH_SECRET","value":"x"}
{"app":"web","key":"NEXTAUTH_SECRET","nonce":"$digits"}
{"app":"web","key":"NEXTAUTH_SECRET","nonce":"$digits","proof":"${digits}A"}
{"app":"web","key":"NEXTAUTH_SECRET","nonce":"$digits=","proof":"$digits"}
{"app":"web","key":"NEXTAUTH_SECRET","nonce":"$digits","proof":"${digits%A}B"}
{"app":"web","nonce":"$digits","proof":"$digits"}
{"app":"web","attestations":[]}
{"app":"web","attestations":["NEXTAUTH_SECRET"]}
{"app":"web","attestations":[{"key":"NEXTAUTH_SECRET","nonce":"$digits","proof":"$digits","more":1}]}
{"app":"","key":"NEXTAUTH_SECRET"}
{"app":7,"key":"NEXTAUTH_SECRET"}
{"app":"a\u0000b","key":"NEXTAUTH_SECRET"}
{"app":"web","key":"A=B"}
EOT
  jq -n '{app: "web", keys: [range(65) | "KEY\(.)"]}' >"$DIR/many"
  run api /v1/attest --json "@$DIR/many"
  says '.status == 400 and (.detail | contains("64"))'
  head -c 70000 /dev/zero | tr '\0' ' ' >"$DIR/long"
  comes_to 413 api /v1/attest --json "@$DIR/long"
  [ "$(status_of api /v1/attest --data '{}' -H 'content-type: text/plain')" = 415 ]
  [ "$(status_of api /v1/attest)" = 405 ]
}

# A process that attests: a line to it is a word, a line from it the answer.
speaker() {
  coproc SPEAKER { exec python3 "$BATS_TEST_DIRNAME/attest.py" hold "$API" web 2>&1 3>&-; }
  APPS="$APPS $SPEAKER_PID"
}
word() {
  echo "$1" >&"${SPEAKER[1]}"
  read -r output <&"${SPEAKER[0]}"
}
metric() { api /metrics | grep -qxF "$1"; }
quiet() { api /v1/drift | jq -e '.drift == []'; }
drifts() { api /v1/drift | jq -e '.drift | length == 1 and .[0].kind == "attestation"'; }

@test "a word that differs is drift until the same process says otherwise" {
  listen <<'INI'
[drift]
fail = attested
INI
  shop
  ready=$(api /readyz)
  speaker
  word "NEXTAUTH_SECRET=$CANARY"
  says '.keys.NEXTAUTH_SECRET.state == "same"'
  [ "$(api /readyz)" = "$ready" ]
  quiet
  word "NEXTAUTH_SECRET=$CANARY2"
  says '.keys.NEXTAUTH_SECRET.state == "shadowed"'
  run api /v1/drift
  says '.drift[0] | .kind == "attestation" and .severity == "error" and .code == "attested" and .key == "NEXTAUTH_SECRET"'
  says '.drift[0].sides | length == 2 and .[0].origin == "'"$DIR"'/shop/web/.env.production:1:1" and .[0].pid == '"$APP_PID"
  says '.drift[0].sides[1] | .origin == "'"$DIR"'/shop/web/.env:2:1" and .pid == '"$SPEAKER_PID"
  says '.drift[0] | (.text | contains("beats")) and (.fix | contains("phases = start"))'
  run api /readyz
  says '.ready == false and .reasons[0].code == "attested" and .reasons[0].app == "web" and .reasons[0].key == "NEXTAUTH_SECRET"'
  says '.reasons[0].text | contains("pid '"$SPEAKER_PID"' of web uses the value of")'
  metric 'samekey_attestations_total{app="web",key="NEXTAUTH_SECRET",state="shadowed"} 1'
  metric 'samekey_attested{app="web",key="NEXTAUTH_SECRET",state="shadowed"} 1'
  metric 'samekey_drift{code="attested"} 1'
  log_says "level=warning event=attested app=web key=NEXTAUTH_SECRET state=shadowed pid=$SPEAKER_PID"
  run "$SAMEKEY" status --socket "$HANDOFF"
  [[ $output == *"error [attested] NEXTAUTH_SECRET in group"* ]]
  [[ $output == *"the process uses the value of $DIR/shop/web/.env:2:1, which $DIR/shop/web/.env.production:1:1 beats"* ]]
  [[ $output == *"pid $SPEAKER_PID"* ]]
  [[ $output != *canary-* ]]
  run -1 --separate-stderr "$SAMEKEY" drift --socket "$HANDOFF" --root "$DIR/shop/web" --json
  says '[.drift[] | select(.kind == "attestation") | .sides[1].pid] == ['"$SPEAKER_PID"']'
  word "NEXTAUTH_SECRET=$CANARY"
  quiet
  [ "$(api /readyz)" = "$ready" ]
  metric 'samekey_attested{app="web",key="NEXTAUTH_SECRET",state="same"} 1'
  log_says "level=info event=attested app=web key=NEXTAUTH_SECRET state=same"
}

@test "only a rule turns readiness, and the end of the process or of its bundle ends the drift" {
  shop
  ready=$(api /readyz)
  speaker
  word "NEXTAUTH_SECRET=$CANARY2"
  drifts
  [ "$(api /readyz)" = "$ready" ]
  kill "$SPEAKER_PID"
  until_true quiet
  speaker
  word NEXTAUTH_SECRET=your-secret-key
  drifts
  down "$APP_PID"
  quiet
}

@test "guesses and nonces are limited" {
  shop
  for i in {1..10}; do
    run say "NEXTAUTH_SECRET=guess-0123456789-$i"
    says '.keys.NEXTAUTH_SECRET.state == "unknown"'
  done
  run say "NEXTAUTH_SECRET=$CANARY"
  says '.status == 429 and .code == "attests_too_often" and (.detail | contains("NEXTAUTH_SECRET"))'
  run say "ETLS_REFRESH=$CANARY-refresh"
  says '.keys.ETLS_REFRESH.state == "same"'
  # the nonces of those who never prove
  urls=()
  for _ in {1..300}; do urls+=(http://localhost/v1/attest); done
  run curl -sSi --max-time 20 --unix-socket "$API" --json '{"app":"web","key":"ETLS_REFRESH"}' "${urls[@]}"
  grep -q '^HTTP/1.1 200' <<<"$output"
  grep -q '^HTTP/1.1 429' <<<"$output"
  grep -qE '^Retry-After: [0-9]+' <<<"$output"
}

@test "over TCP never" {
  echo token-0123456789-0123456789-0123456789 >"$DIR/token"
  with_tcp <<<"token_file = $DIR/token"
  shop
  run tcp /v1/attest --json '{"app":"web","key":"NEXTAUTH_SECRET"}' -H "X-Samekey-Token: $(cat "$DIR/token")"
  says '.status == 403 and .code == "not_over_tcp"'
}

@test "another user, with and without the verb" {
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  listen <<'INI'
[admit apps]
uid = 4711
verbs = offer, attest
[admit others]
uid = 4712
verbs = attest
[admit rest]
uid = 4713
verbs = status
INI
  shop
  chmod 755 "$DIR" "$DIR/run" "$DIR/run/samekey"
  as() { setpriv --reuid "$1" --regid "$1" --clear-groups curl -sS --max-time 10 --unix-socket "$API" --json "$2" http://localhost/v1/attest; }
  run as 4713 '{"app":"web","key":"NEXTAUTH_SECRET"}'
  says '.status == 403 and .code == "not_admitted" and (.detail | contains("attest"))'
  for uid in 4711 4712; do
    run as "$uid" '{"app":"web","key":"NEXTAUTH_SECRET"}'
    says '.status == 403 and .code == "no_live_bundle" and (.detail | contains("'$uid'"))'
  done
}
