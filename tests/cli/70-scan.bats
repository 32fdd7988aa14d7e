#!/usr/bin/env bats
# Goal: `samekey scan` finds a value in every form and container, says what it means, and shows
# none.

load helper
load scan

# shows_no TEXT...: neither output holds it, nor its base64 or hex.
shows_no() {
  local text
  for text in "$@"; do
    for form in "$text" "$(printf %s "$text" | base64 -w0)" "$(printf %s "$text" | od -An -tx1 | tr -d ' \n')"; do
      ! grep -qF -- "$form" <<<"$output$stderr" || complain "it shows $form" || return 1
    done
  done
}

# mint KEY [HEADER]: an HS256 token.
mint() {
  python3 - "$1" <<'PY'
import base64, hashlib, hmac, json, sys
def b64(data): return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
text = b64(b'{"alg":"HS256","typ":"JWT"}') + "." + b64(b'{"sub":"cAnary-user"}')
print(text + "." + b64(hmac.new(sys.argv[1].encode(), text.encode(), hashlib.sha256).digest()))
PY
}

# ---- what is found

@test "a value in every form and container is found, and shown nowhere" {
  setup_shop
  "$BATS_TEST_DIRNAME/plant-values.py" dist "$VALUE" | sort >planted
  [ "$(wc -l <planted)" -gt 50 ]
  sk scan --json dist
  exits 1
  jq -r '.findings[] | select(.code == "frozen-value" and .severity == "error" and .key == "NEXTAUTH_SECRET") | .path' \
    <<<"$output" | sort -u >found
  diff planted found || complain "not all was found"
  shows_no "$VALUE"
  sk scan dist
  exits 1
  shows_no "$VALUE"
  prints 'dist/forms/raw.txt:1: error: NEXTAUTH_SECRET: holds the current value (.env:1:1) [frozen-value]' \
    'fix: let the code read it at start'
}

@test "a clean output is clean; the app's own env file is no finding" {
  setup_shop
  echo 'const s = process.env.NEXTAUTH_SECRET' >dist/app.js
  sk scan .
  exits 0
  prints "no finding" && prints_not "error" "warning"
}

@test "without a key: placeholders, tokens and files are found all the same" {
  mkdir -p dist
  echo 'A=1' >dist/.env
  printf -- '-----BEGIN PRIVATE KEY-----\nMII\n' >dist/tls.key
  echo 'let s=process.env.JWT_SECRET||"your-secret-key";' >dist/a.js
  sk scan --json dist
  exits 1
  counts '.code == "shipped-env-file" and .severity == "error"' 1
  counts '.code == "shipped-key-file" and .severity == "error"' 1
  counts '.code == "fallback-placeholder" and .severity == "warning"' 1
}

@test "an env file that was copied says whose values it holds, once" {
  setup_shop
  mkdir -p dist/standalone
  cp .env dist/standalone/.env
  sk scan --json dist
  exits 1
  counts 'true' 1
  counts '.code == "shipped-env-file" and (.text | contains("NEXTAUTH_SECRET"))' 1
  ln -f .env dist/standalone/.env # the same file, which is shipped all the same
  sk scan --json .
  exits 1
  counts 'true' 1
  counts '.code == "shipped-env-file" and .path == "dist/standalone/.env"' 1
}

@test "below node_modules a key file is a note; an example of an env file is nothing" {
  mkdir -p dist/node_modules/x
  printf -- '-----BEGIN RSA PRIVATE KEY-----\nMII\n' >dist/node_modules/x/test.pem
  echo A=1 >dist/.env.example
  sk scan --json dist
  exits 0
  counts '.severity == "note" and .code == "shipped-key-file"' 1
  counts 'true' 1
}

@test "a value that lost is an error of its own" {
  setup_shop
  echo "NEXTAUTH_SECRET=$GOOD2" >.env.production
  echo "x='$VALUE' + '$GOOD2'" >dist/a.js
  sk scan --json dist
  exits 1
  counts '.code == "frozen-value" and .origin == ".env.production:1:1"' 1
  counts '.code == "frozen-old" and .kind == "shadowed" and .severity == "error"' 1
  shows_no "$VALUE" "$GOOD2"
}

@test "a value that lost is found beside a current one, but not in it" {
  setup_shop
  printf 'DB_PASSWORD=oldZb1Tq8LmXw3R9nYc5HdPf9GsJ2aU77\n' >.env.local
  mv .env .env.old
  printf "NEXTAUTH_SECRET='%s'\nDB_PASSWORD=newZb1Tq8LmXw3R9nYc5\nURL=postgres://u:oldZb1Tq8LmXw3R9nYc5HdPf9GsJ2aU77@db/x\n" "$VALUE" >.env
  jq -n --arg value "$VALUE" '{a: $value, b: "oldZb1Tq8LmXw3R9nYc5HdPf9GsJ2aU77"}' >dist/beside.js
  echo 'postgres://u:oldZb1Tq8LmXw3R9nYc5HdPf9GsJ2aU77@db/x' >dist/within.js
  sk scan --json --dotenv .env --dotenv .env.local dist
  counts '.code == "frozen-old" and (.path | endswith("beside.js"))' 1
  counts '.code == "frozen-old" and (.path | endswith("within.js"))' 0
  counts '.code == "frozen-value" and .key == "URL"' 1
}

@test "what another loader reads is found, unless the current value stands there" {
  printf 'NEXTAUTH_SECRET="%s\\$tail"\n' "$GOOD" >.env
  # shellcheck disable=SC2016  # a dollar sign
  printf 'x="%s$tail"\n' "$GOOD" >dist.js
  printf 'x=%s\\$tail\n' "$GOOD" >other.js
  sk scan --json dist.js other.js
  exits 1
  counts '.code == "frozen-value" and .path == "dist.js"' 1
  counts '.path == "dist.js"' 1
  counts '.code == "frozen-old" and .kind == "reading" and .path == "other.js"' 1
}

@test "in a build cache a value is a warning" {
  setup_shop
  mkdir -p .next/cache/webpack
  echo "$VALUE" >.next/cache/webpack/0.pack
  sk scan .next
  exits 0
  prints "warning: NEXTAUTH_SECRET" "in a build cache"
  sk scan --strict .next
  exits 1
  sk scan --strict --quiet .next # what stands against it is no talk
  exits 1
  prints "warning: NEXTAUTH_SECRET"
}

@test "a file with several names counts under each: beside a cache, and as an env file" {
  setup_shop
  mkdir -p .next/cache .next/server
  echo "$VALUE" >.next/cache/a.js
  ln .next/cache/a.js .next/server/b.js
  echo A=1 >dist/a
  ln dist/a dist/b
  mkdir dist/c
  ln dist/a dist/c/.env
  sk scan .next dist
  exits 1
  prints ".next/cache/a.js:1: warning" ".next/server/b.js:1: error" "dist/c/.env: error: an env file"
}

@test "a fallback that a read guards is a warning, one that is all that is left an error" {
  mkdir -p dist .next/cache
  echo 'let d="your-secret-key",e=()=>process.env.NEXTAUTH_SECRET||d;' >dist/healthy.js
  cp dist/healthy.js dist/healthy.js.map
  cp dist/healthy.js .next/cache/healthy.js
  echo 'let d="your-secret-key",e=()=>d;sign(e())' >dist/folded.js
  sk scan --json dist .next
  exits 1
  counts '.code == "fallback-placeholder" and .severity == "warning" and .path == "dist/healthy.js" and .key == "NEXTAUTH_SECRET"' 1
  counts '.code == "fallback-placeholder" and .severity == "error" and .path == "dist/folded.js"' 1
  counts '.severity == "note"' 2
}

@test "a value under 8 bytes and a public example are not searched, which is said" {
  printf 'DB_PASSWORD=abc12\nNEXTAUTH_SECRET=your-secret-key\n' >.env
  mkdir dist
  echo 'abc12 your-secret-key' >dist/a.txt
  sk scan --json dist
  exits 0
  counts '.code == "value-not-searched" and .severity == "note" and .key == "DB_PASSWORD"' 1
  counts '.code == "value-not-searched" and .key == "NEXTAUTH_SECRET"' 1
}

@test "the value of an earlier build is found by its stamp" {
  echo "NEXTAUTH_SECRET=$GOOD2" >.env
  sk run --quiet --phase build --stamp build.stamp -- true
  exits 0
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  mkdir -p dist
  echo "x={\"s\":\"$GOOD2\"}" >dist/a.js
  sk scan --json dist
  exits 0
  sk scan --json --stamp build.stamp dist
  exits 1
  counts '.code == "frozen-old" and .key == "NEXTAUTH_SECRET" and (.origin | startswith("the build of "))' 1
  shows_no "$GOOD" "$GOOD2"
  sed -i 's/"app"/"App"/' build.stamp
  sk scan --stamp build.stamp dist
  exits 65
}

# ---- tokens

@test "a token that a secret of the app signed is an error, and is not shown" {
  local token other
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  mkdir -p dist
  token=$(mint "$GOOD") other=$(mint nobody-knows-this-key)
  printf '{"token":"%s"}\n' "$token" >dist/token.body
  printf '{"token":"%s"}\n' "$other" >dist/other.body
  printf '{"token":"%s"}\n' "$(mint your-secret-key)" >dist/example.body
  sk scan --json dist
  exits 1
  counts '.code == "frozen-token" and .severity == "error" and .path == "dist/token.body"' 1
  counts '.code == "frozen-token" and .severity == "note" and .path == "dist/other.body"' 1
  counts '.code == "frozen-token" and .severity == "warning" and .path == "dist/example.body"' 1
  shows_no "$token" "$other" "$GOOD" cAnary-user
  [[ $output != *"${token##*.}"* ]] || complain "it shows the signature"
  sk scan --no-tokens dist
  exits 0
  prints_not frozen-token
}

@test "of many tokens 64 are judged, one after the other; the others are said" {
  local i
  mkdir -p dist
  for i in $(seq 66); do mint "nobody-knows-key-$i" >"dist/$i.txt"; done
  sk scan --json dist
  exits 0
  counts '.code == "frozen-token" and (.text | contains("signed by none"))' 64
  counts '.code == "frozen-token" and (.text | contains("too many"))' 2
}

@test "without a samekeyd tokens are said not to be judged" {
  mkdir -p dist
  mint nobody-knows-this-key >dist/a.txt
  mkdir "$BATS_TEST_TMPDIR/bin"
  cp "$SAMEKEY" "${SAMEKEY%/*}/samekey-scan" "$BATS_TEST_TMPDIR/bin/"
  chmod 755 "$BATS_TEST_TMPDIR/bin" "$BATS_TEST_TMPDIR"/bin/*
  SAMEKEY=$BATS_TEST_TMPDIR/bin/samekey
  sk scan --json --socket "$BATS_TEST_TMPDIR/no.sock" dist
  exits 0
  counts '.code == "frozen-token" and .severity == "note" and (.text | contains("was not judged"))' 1
}

# ---- how it is told

@test "SARIF: a rule a kind, a result a finding, nothing of a value" {
  setup_shop
  printf '\nx="%s"\n' "$VALUE" | sed 's/"6s/\\"6s/' >'dist/a b.js'
  echo A=1 >dist/.env
  sk scan --format sarif dist
  exits 1
  jq -e '.version == "2.1.0" and (.runs | length) == 1 and
    (.runs[0] | .tool.driver.name == "samekey" and ([.tool.driver.rules[].id] | sort) == ["frozen-value", "shipped-env-file"] and
      (.results | length) == 2 and
      all(.results[]; .level == "error" and .message.text != "" and (.partialFingerprints["samekey/v1"] | length) == 32) and
      (.results[] | select(.ruleId == "frozen-value") | .locations[0].physicalLocation |
        .artifactLocation.uri == "dist/a%20b.js" and .region.startLine == 2))' <<<"$output" >/dev/null || complain "not the log"
  jq -e '.runs[0] | . as $run | all(.results[]; $run.tool.driver.rules[.ruleIndex].id == .ruleId)' <<<"$output" >/dev/null
  shows_no "$VALUE"
  sk scan --format sarif not-there
  exits 66
  jq -e '.runs[0].invocations[0].exitCode == 66' <<<"$output" >/dev/null
}

@test "a baseline is written into no device and no FIFO" {
  setup_shop
  mkfifo fifo
  sk scan --write-baseline fifo dist
  exits 77
  says "fifo: is there already, and no regular file"
  [ -p fifo ]
}

@test "a baseline accepts what is known by place, key and form; what is gone is said" {
  setup_shop
  echo "$VALUE" >dist/a.js
  echo A=1 >dist/.env
  sk scan --write-baseline known.json dist
  exits 0
  jq -e '.v == 1 and (.accepted | length) == 2' known.json >/dev/null
  run ! grep -qF "$VALUE" known.json
  sk scan --baseline known.json dist
  exits 0
  prints "accepted: NEXTAUTH_SECRET" "2 accepted"
  { echo; echo; echo "$VALUE"; } >dist/a.js # moved
  echo "$VALUE" >dist/b.js                   # new
  rm dist/.env                               # gone
  sk scan --json --baseline known.json dist
  exits 1
  counts '.accepted and .path == "dist/a.js" and .line == 3' 1
  counts '(.accepted | not) and .path == "dist/b.js"' 1
  jq -e '.stale | length == 1 and .[0].code == "shipped-env-file"' <<<"$output" >/dev/null || complain "nothing is stale"
  sk scan --baseline known.json dist
  prints "is in the baseline and was not found"
  sk scan --baseline known.json --write-baseline all.json dist # the next one, from the last
  exits 0
  prints "1 accepted"
  jq -e '.accepted | length == 2' all.json >/dev/null
}

@test "a baseline outlives the names that each build makes anew, and accepts no file more" {
  local before after
  setup_shop
  local -A names=(
    [static/chunks/main-app-9167ffb4b107a8d7.js]=static/chunks/main-app-00c27ab4b107a8aa.js
    [static/chunks/4bd1b696-c023c6e3521b1417.js]=static/chunks/4bd1b696-77aac6e3521b1000.js
    [static/J546Eq791NgtV6WxGhKYs/_buildManifest.js]=static/XDCi2MjUji0E__IyNj-hV/_buildManifest.js
    [static/chunks/3qfy96eoyh-ek.js]=static/chunks/0cz1d0mv5g_q7.js
    [static/chunks/turbopack-2u1d16houkiyo.js]=static/chunks/turbopack-0m3mby5pxg4oz.js
    ['server/chunks/[root-of-the-server]__0dm_kxgpszvv-._.js']='server/chunks/[root-of-the-server]__1h-iy2_j0tk74._.js'
    [server/chunks/_0a7_025s6ce-5._.js]=server/chunks/_1aqujzra9bc85._.js
    [assets/index-D_9x-Zk1.js]=assets/index-BqW4mm0p.js
    [_nuxt/entry.DfG12abc.css]=_nuxt/entry.Q1-_9xYz.css
  )
  for before in "${!names[@]}"; do install -D /dev/stdin "dist/$before" <<<"x='$VALUE'"; done
  sk scan --write-baseline known.json dist
  exits 0
  for before in "${!names[@]}"; do
    after=${names[$before]}
    mkdir -p "dist/${after%/*}"
    mv "dist/$before" "dist/$after"
  done
  sk scan --json --baseline known.json dist
  exits 0
  counts '.accepted' "${#names[@]}"
  jq -e '.stale == []' <<<"$output" >/dev/null || complain "something is stale"
  cp "dist/static/chunks/0cz1d0mv5g_q7.js" dist/static/chunks/39_j1bdzreq0m.js
  sk scan --json --baseline known.json dist
  exits 1
  counts '.accepted | not' 1
  sk scan --format sarif dist
  jq -e '[.runs[0].results[].partialFingerprints["samekey/v1"]] | length == 10 and length == (unique | length)' \
    <<<"$output" >/dev/null || complain "two results have one identity"
}

@test "a baseline that is none is refused" {
  setup_shop
  local text
  for text in '' '{' '[]' '{"v":2,"accepted":[]}' '{"v":1}' '{"v":1,"accepted":{}}' '{"v":1,"accepted":[1]}' \
    '{"v":1,"accepted":[{"code":"x","all":"y"}]}' '{"v":1,"accepted":[{"place":"x"}]}' '{"v":1,"accepted":[],"more":1}'; do
    printf %s "$text" >bad.json
    sk scan --baseline bad.json dist
    exits 65 && says "it is no baseline" || return 1
  done
  sk scan --baseline none.json dist
  exits 66
}

@test "--allow, --exclude and --quiet" {
  setup_shop
  mkdir -p dist/cache
  echo "$VALUE" >dist/cache/a.js
  sk scan --exclude cache dist
  exits 0
  prints "no finding"
  sk scan --allow frozen-value:NEXTAUTH_SECRET dist
  exits 0
  prints "accepted: NEXTAUTH_SECRET"
  sk scan --quiet dist
  exits 1
  [ "$(wc -l <<<"$output")" -eq 2 ] || complain "not only the finding"
}
