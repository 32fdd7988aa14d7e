#!/usr/bin/env bats
# Goal: samekey keygen prints a fresh secret that every dialect reads alike.

bats_require_minimum_version 1.5.0

setup() {
  samekey=${SAMEKEY:-$BATS_TEST_DIRNAME/../../build/samekey}
  cd "$BATS_TEST_TMPDIR" || exit 1
}

@test "43 characters of base64url, the first a letter or digit, never twice the same" {
  for _ in $(seq 100); do "$samekey" keygen; done >keys
  [ "$(sort -u keys | wc -l)" -eq 100 ]
  run ! grep -vxE '[A-Za-z0-9][A-Za-z0-9_-]{42}' keys
}

@test "--bytes sets how many are drawn, within 16 to 1024" {
  [ "$("$samekey" keygen --bytes 16 | tr -d '\n' | wc -c)" -eq 22 ]
  [ "$("$samekey" keygen --bytes=1024 | tr -d '\n' | wc -c)" -eq 1366 ]
  for wrong in 0 15 1025 x -1 ''; do
    run "$samekey" keygen --bytes "$wrong"
    [ "$status" -eq 2 ]
    [[ $output == samekey:* ]]
  done
}

@test "--json holds the key and what it is" {
  "$samekey" keygen --json >key.json
  jq -e '.v == 1 and .bytes == 32 and .encoding == "base64url" and (.value | length) == 43' key.json
}

@test "the key passes samekey's own check in an env file, bare and quoted" {
  umask 077
  key=$("$samekey" keygen)
  printf '[key A_SECRET]\nrequired = yes\nmin_length = 32\n\n[key B_SECRET]\nrequired = yes\nsame_as = A_SECRET\n' >samekey.ini
  printf "A_SECRET=%s\nB_SECRET='%s'\n" "$key" "$key" >.env
  run "$samekey" check --strict
  [ "$status" -eq 0 ]
  [[ $output != *"$key"* ]]
}

@test "a stdout that is full is an error, not half a key" {
  run bash -c '"$1" keygen >/dev/full' - "$samekey"
  [ "$status" -eq 75 ]
  [[ $output == *"could not be written"* ]]
}

@test "a word too many is a usage error" {
  run "$samekey" keygen 32
  [ "$status" -eq 2 ]
}
