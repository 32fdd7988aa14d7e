#!/usr/bin/env bats
# Goal: what was handed over lies in guarded memory alone, also after tokens were judged, minted and
# diagnosed with it; looked at from outside.
# SPDX-License-Identifier: MIT
load helper

HMAC_SECRET=canary-Zq8LmXw3RkV7nYc5HdPf9GsJ2aUe6iKo
BYTES_HEX=9f1c44e07b2d58a63ce0175fb28d4a99c3f60e817d2b5ac4e19837f05d6c2ba1
SEED_HEX=4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb # RFC 8032, 7.1 test 2
SEED_JWK='{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","d":"TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs","x":"PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"}'

hex() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n'; }

is_diagnosed() { api /v1/diagnose -H 'Content-Type: application/json' -d "{\"token\":\"$1\"}" | jq -e .v; }

# Every way in which a key is used: judged, refused, minted, diagnosed.
use_keys() {
  local profile token
  for profile in text bytes ed session; do
    token=$(api /v1/issue -H 'Content-Type: application/json' -d "{\"profile\":\"$profile\",\"claims\":{\"sub\":\"a\"}}" | jq -er .access_token)
    for _ in 1 2 3; do
      api "/v1/verify?profile=$profile" -H 'Content-Type: application/jwt' -d "$token" | jq -e .active
    done
    api "/v1/verify?profile=$profile" -H 'Content-Type: application/jwt' -d "${token%????}AAAA" | jq -e .code
    until_true is_diagnosed "${token%????}AAAA"
  done
}

# memory WORD...: what a samekeyd that is started behind these words holds where.
memory() {
  [ "$(id -u)" -eq 0 ] || skip "only root looks into another process"
  case ${BUILD:-} in asan | tsan) skip "a sanitizer maps terabytes" ;; esac
  listen <<'INI'
[profile text]
app = web
key = TEXT_SECRET
[profile bytes]
app = web
key = BYTES_SECRET
encoding = hex
[profile ed]
app = web
key = ED_KEY
encoding = jwk
[profile session]
kind = authjs-v5
app = web
key = TEXT_SECRET
INI
  printf '%s\n' "TEXT_SECRET=$HMAC_SECRET" "BYTES_SECRET=$BYTES_HEX" "ED_KEY='$SEED_JWK'" >"$DIR/shop/web/.env"
  "$@" "$SAMEKEYD" --ini "$INI" 2>>"$LOG" 3>&- &
  DAEMON=$!
  until_true api /healthz
  SAMEKEY_SOCKET=$HANDOFF "$SAMEKEY" offer --quiet --name web --root "$DIR/shop/web"
  api /readyz | jq -e .ready
  use_keys
  run python3 "$BATS_TEST_DIRNAME/memory.py" "$DAEMON" "text=$(hex "$HMAC_SECRET")" "hex=$(hex "$BYTES_HEX")" \
    "bytes=$BYTES_HEX" "jwk=$(hex TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs)" "seed=$SEED_HEX" \
    "name=$(hex TEXT_SECRET)"
  echo "$output"
  [ "$status" -eq 0 ]
  grep -qE '^name .* elsewhere=[1-9]' <<<"$output" # the heap was looked at
  [ "$(grep -c 'elsewhere=0$' <<<"$output")" -eq 5 ]
}

@test "locked memory holds each secret, and nothing else holds one" {
  memory setpriv --bounding-set=-ipc_lock
  log_says memory=locked
  for name in text hex jwk seed; do
    grep -qE "^$name guarded=[1-9]" <<<"$output"
  done
  grep -q '^bytes guarded=0 ' <<<"$output" # an HMAC key is kept as hash states
}

@test "with memfd_secret nobody can read a secret, not even root" {
  memory
  log_says memory=hidden || skip "this kernel has no memfd_secret"
  [ "$(grep -c ' guarded=0 ' <<<"$output")" -eq 6 ]
}
