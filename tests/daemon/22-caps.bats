#!/usr/bin/env bats
# Goal: a bundle at a cap is taken whole, one over it is refused whole, what ends gives its memory
# back, and however much is held, answers stay quick.

load helper

hostile() { python3 "$BATS_TEST_DIRNAME/hostile.py" "$HANDOFF" "$@"; }

@test "8 MiB are taken, one byte more is not" {
  start
  [ "$(hostile full)" = "verdict accepted" ]
  [ "$(hostile over-full)" = "problem too-large" ]
}

@test "10,000 keys are taken, one more is not" {
  start
  [ "$(hostile full-keys)" = "verdict accepted" ]
  [ "$(api /v1/secrets | jq '.apps[0].keys | length')" -eq 10000 ]
  [ "$(hostile over-keys)" = "problem too-large" ]
  [ "$(api /v1/secrets | jq '.apps | length')" -eq 1 ]
}

@test "100,000 keys live, in whatever bundles, and not one more" {
  start
  local taken="verdict accepted"
  [ "$(hostile piles)" = "$taken, problem busy, $taken, $taken" ]
  log_says 'event=problem door=handoff code=busy'
}

@test "a value of 64 KiB is taken, one byte more is not" {
  start
  [ "$(hostile full-value)" = "verdict accepted" ]
  [ "$(api /v1/secrets | jq '.apps[0].keys[0].length')" -eq 65536 ]
  [ "$(hostile bundle-long-value)" = "problem too-large" ]
}

@test "the loader's own bundle of 10,000 keys arrives" {
  start
  seq -f 'TOKEN_%g=not-a-secret-of-anybody' 10000 >"$DIR/shop/web/.env"
  SAMEKEY_SOCKET=$HANDOFF run -0 env -C "$DIR/shop/web" "$SAMEKEY" run --name web -- true
  [ "$(api /v1/secrets | jq '.apps[] | select(.app == "web") | .keys | length')" -eq 10000 ]
}

@test "a bundle that ends gives its memory back" {
  printf '[limits]\nmemory = 16M\n' >>"$INI"
  start
  gone() { api /v1/secrets | jq -e '[.apps[] | select(.state != "dead")] == []'; }
  for _ in 1 2 3 4; do
    [ "$(hostile full)" = "verdict accepted" ]
    until_true gone
  done
}

@test "a bundle that is refused leaves nothing" {
  printf '[limits]\nmemory = 16M\n[app full]\nuid = 4711\n' >>"$INI"
  start
  for _ in 1 2 3 4; do
    [ "$(hostile full)" = "verdict refused app-owner" ]
  done
}

@test "without memory for it an offer is refused, and the next one that fits is taken" {
  printf '[limits]\nmemory = 16M\n' >>"$INI"
  start
  # Two of them fit, or one and the talk; the third never does.
  [[ $(hostile full full full | tail -n 1) == "full problem busy" ]]
  [ "$(hostile good)" = "verdict accepted" ]
}

@test "thousands of keys of one app in many bundles: answers stay quick" {
  start
  coproc CROWD { hostile crowd; }
  read -r said <&"${CROWD[0]}"
  [ "$said" = held ]
  local target seconds=10
  case ${BUILD:-} in asan | tsan) seconds=60 ;; esac
  for target in /metrics /v1/secrets /v1/drift /readyz; do
    api "$target" -o "$DIR/answer" --max-time "$seconds"
  done
  eval "exec ${CROWD[1]}>&-"
  wait "$CROWD_PID"
}
