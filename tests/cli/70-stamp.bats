#!/usr/bin/env bats
# Goal: a build leaves a stamp of what it was given, a start is compared with it, and whatever was
# baked into what was built is found and named; no value is ever shown.

load helper

ini() { printf '%s\n' "$@" >samekey.ini; }

build() { sk run --phase build "$@"; }

stamped() { jq -e "$@" build.stamp >/dev/null || complain "the stamp is not: $*" "$(cat build.stamp)"; }

# Nothing that was said, printed or stamped holds a value.
no_value() {
  printf '%s\n' "$output" "$stderr" >said
  [ ! -e build.stamp ] || cat build.stamp >>said
  ! grep -qF -e "$GOOD" -e "$GOOD2" said || complain "a value was shown"
}

@test "a stamp is left when the build has ended well, and says who was given what" {
  printf 'A_TOKEN=%s\nNEXT_PUBLIC_URL=http://shop\nB_TOKEN=short\n' "$GOOD" >.env
  build --stamp build.stamp -- sh -c 'test ! -e build.stamp'
  exits 0
  no_value
  stamped '.v == 1 and .app and .group == "default" and .mode == "production" and .mac and .key_id'
  stamped --arg root "$PWD" '.root == $root and (now - .built_at | . >= -1 and . < 60)'
  stamped '[.keys[] | .key] == ["A_TOKEN", "B_TOKEN", "NEXT_PUBLIC_URL"]'
  stamped '.keys[0] == {"key": "A_TOKEN", "fingerprint": .keys[0].fingerprint, "length": 43,
    "origin": ".env:1:1", "sentinel": false, "secret": true}'
  stamped '.keys[1].fingerprint == "weak" and (.keys[1] | has("length") | not)'
  stamped '.frozen == []'
  [ "$(stat -c %a build.stamp)" = 600 ] # the umask of these tests
}

@test "everybody may read a stamp where the umask lets them" {
  echo "A_TOKEN=$GOOD" >.env
  umask 022
  build --quiet --stamp build.stamp -- true
  exits 0
  [ "$(stat -c %a build.stamp)" = 644 ]
}

@test "a build that fails leaves no stamp, and its own status counts" {
  echo "A_TOKEN=$GOOD" >.env
  build --quiet --stamp build.stamp -- true
  [ -e build.stamp ]
  build --quiet --stamp build.stamp -- sh -c 'exit 7'
  exits 7
  [ ! -e build.stamp ] || complain "the old stamp is still there"
}

@test "a stamp does not overwrite anything else" {
  echo "A_TOKEN=$GOOD" >.env
  echo '{"name":"shop"}' >package.json
  build --quiet --stamp package.json -- touch built
  exits 78
  says "package.json: is there, and is no stamp"
  [ ! -e built ] && [ "$(cat package.json)" = '{"name":"shop"}' ]
  build --quiet --stamp none/build.stamp -- touch built
  exits 66
  [ ! -e built ]
}

@test "without a lasting fingerprint key there can be no stamp" {
  echo "A_TOKEN=$GOOD" >.env
  touch no-folder
  HOME=$PWD/no-folder build --quiet --stamp build.stamp -- touch built
  exits 78
  says "no stamp can be made" "[fingerprint]" 'XDG_STATE_HOME'
  [ ! -e built ]
}

@test "a start with the same values says nothing of the build" {
  echo "A_TOKEN=$GOOD" >.env
  build --quiet --stamp build.stamp -- true
  sk run --stamp build.stamp -- printenv A_TOKEN
  exits 0
  says_not build-drift "the build of"
}

@test "a rotation since the build is a warning, and nothing with build_drift = ignore" {
  echo "A_TOKEN=$GOOD" >.env
  build --quiet --stamp build.stamp -- true
  echo "A_TOKEN=$GOOD2" >.env
  sk run --stamp build.stamp -- true
  exits 0
  says "level=warning event=finding code=build-drift key=A_TOKEN" "the build of 20" "was given another value (.env:1:1) than .env:1:1 gives now"
  sk drift --quiet --stamp build.stamp # a warning alone is a disagreement too
  exits 1
  [[ $output == *"warning [build-drift] A_TOKEN"* && $output$stderr != *"not asked"* ]] || complain "not the list alone"
  no_value
  ini '[key A_TOKEN]' 'build_drift = ignore'
  sk run --stamp build.stamp -- true
  exits 0
  says_not build-drift
}

@test "build_drift = fail refuses the start" {
  ini '[key A_TOKEN]' 'build_drift = fail'
  echo "A_TOKEN=$GOOD" >.env
  build --quiet --stamp build.stamp -- true
  sk run --stamp build.stamp -- touch started
  exits 0
  rm started
  echo "A_TOKEN=$GOOD2" >.env
  sk run --stamp build.stamp -- touch started
  exits 78
  says build-drift-fail "--allow build-drift-fail:A_TOKEN"
  [ ! -e started ]
  sk run --quiet --stamp build.stamp --allow build-drift-fail:A_TOKEN -- true
  exits 0
}

@test "keys of one side only" {
  printf 'A_TOKEN=%s\nB_TOKEN=%s\n' "$GOOD" "$GOOD" >.env
  build --quiet --stamp build.stamp -- true
  printf 'B_TOKEN=%s\nC_TOKEN=%s\n' "$GOOD" "$GOOD" >.env
  sk run --stamp build.stamp -- true
  exits 0
  says "level=warning event=finding code=only-at-build key=A_TOKEN" \
    "level=info event=finding code=not-at-build key=C_TOKEN"
  says_not "code=only-at-build key=B_TOKEN" "code=not-at-build key=B_TOKEN"
}

@test "a key with a stand-in at build is compared with nothing" {
  ini '[key A_TOKEN]' 'phases = start'
  echo "A_TOKEN=$GOOD" >.env
  mkdir dist
  build --quiet --scan dist --stamp build.stamp -- true
  stamped '.keys[0].sentinel'
  sk run --stamp build.stamp -- true
  exits 0
  says_not build-drift frozen
}

@test "a stamp that cannot be used refuses the start, and says why" {
  echo "A_TOKEN=$GOOD" >.env
  build --quiet --stamp build.stamp -- true
  sed 's/"production"/"development"/' build.stamp >changed.stamp
  sk run --stamp changed.stamp -- true
  exits 65
  says "[stamp]" "was changed after the build"
  head -c 100 build.stamp >cut.stamp
  sk run --stamp cut.stamp -- true
  exits 65
  says "cut off"
  sk run --stamp none.stamp -- true
  exits 66
  mkdir folder
  sk run --stamp folder -- true
  exits 66
  truncate -s 9M large.stamp
  sk run --stamp large.stamp -- true
  exits 65
  says "larger than"
  says_not max_file
  printf '{"v":1}\0' >nul.stamp
  sk run --stamp nul.stamp -- true
  exits 65
  head -c 32 /dev/urandom >other.key
  sk run --stamp build.stamp --fingerprint-key other.key -- true
  exits 78
  says "[stamp-key]" "cannot compare" "or --fingerprint-key FILE" \
    "now  samekey run --allow stamp-key --stamp build.stamp --fingerprint-key other.key -- true"
}

@test "drift --stamp: the list, worst first, and as JSON" {
  ini '[key B_TOKEN]' 'build_drift = fail'
  printf 'A_TOKEN=%s\nB_TOKEN=%s\n' "$GOOD" "$GOOD" >.env
  build --quiet --stamp build.stamp -- true
  sk drift --stamp build.stamp
  exits 0
  prints "no drift"
  says "not asked: the verifier"
  sk drift --quiet --stamp build.stamp
  exits 0
  [ -z "$output$stderr" ] || complain "not quiet"
  printf 'A_TOKEN=%s\nB_TOKEN=%s\n' "$GOOD2" "$GOOD2" >.env
  sk drift --stamp build.stamp
  exits 1
  no_value
  [[ $output == *"error [build-drift-fail] B_TOKEN"*"warning [build-drift] A_TOKEN"* ]] || complain "order"
  prints "by build.stamp" "written" "resolved" ".env:2:1" "fix  "
  sk drift --json --stamp build.stamp
  exits 1
  no_value
  jq -e '.v == 1 and [.drift[] | [.severity, .code, .key, .witness]] == [
    ["error", "build-drift-fail", "B_TOKEN", "build.stamp"],
    ["warning", "build-drift", "A_TOKEN", "build.stamp"]] and
    (.drift[0].sides | map(.phase) == ["build", "start"] and .[0].fingerprint != .[1].fingerprint and
      (map(.age_s) | all(. >= 0)) and map(.origin) == [".env:2:1", ".env:2:1"]) and
    .drift[0].fix != "" and .unasked[0].witness == "the verifier"' <<<"$output" ||
    complain "other JSON"
}

@test "drift and run: a stamp that cannot be used has one exit status, and a fix that fits" {
  local path
  echo "A_TOKEN=$GOOD" >.env
  mkdir folder
  mkfifo fifo
  ln -s loop loop
  for path in none folder fifo loop /dev/null /dev/zero folder/; do
    sk drift --json --stamp "$path"
    exits 66
    says "--stamp names the file that the build left" "run --phase build --stamp FILE -- COMMAND"
    says_not "out of the sources"
    sk run --quiet --stamp "$path" -- touch started
    exits 66
    [ ! -e started ]
  done
  truncate -s 1T sparse
  echo '{}' >empty
  printf '[%.0s' {1..5000} >deep
  echo '{"v":2,"key_id":"000000000000"}' >newer
  for path in sparse empty deep newer; do
    sk drift --stamp "$path"
    exits 65
    says "hint: "
    sk run --quiet --stamp "$path" -- touch started
    exits 65
  done
}

@test "a stamp has a name, which is asked for before the build" {
  echo "A_TOKEN=$GOOD" >.env
  build --quiet --stamp folder/ -- touch built
  exits 78
  says "is no name of a file"
  [ ! -e built ]
  build --quiet --stamp '' -- touch built
  exits 2
  says "option '--stamp' needs FILE"
  [ ! -e built ]
}

@test "a link in the place of a stamp is replaced, and nothing behind it is touched" {
  echo "A_TOKEN=$GOOD" >.env
  build --quiet --stamp build.stamp -- true
  cp build.stamp kept.stamp
  ln -s kept.stamp link.stamp
  sk run --stamp link.stamp -- true
  exits 0
  build --quiet --stamp link.stamp -- true
  exits 0
  [ ! -L link.stamp ]
  cmp build.stamp kept.stamp
}

# What is built here holds the value in one file as it is and in another as base64.
bake() {
  build "$@" --scan dist --stamp build.stamp -- sh -c 'mkdir -p dist/js
    printf "let key = \"%s\";" "$A_TOKEN" >dist/js/a.js
    printf %s "$A_TOKEN" | base64 -w0 >dist/page.txt'
}

scans() { [ -x "$(dirname "$SAMEKEY")/samekey-scan" ] || skip "samekey-scan is not built"; }

@test "what was baked in is named with file, form and offset: a warning, and an error once it rotates" {
  scans
  echo "A_TOKEN=$GOOD" >.env
  bake
  exits 0
  says "level=warning event=finding code=frozen-value key=A_TOKEN origin=dist/" "and so at 1 more place"
  no_value
  stamped '[.frozen[] | [.key, .path, .form, .offset]] | sort ==
    [["A_TOKEN", "dist/js/a.js", "raw", 11], ["A_TOKEN", "dist/page.txt", "base64", 0]]'
  sk run --stamp build.stamp -- true
  exits 0
  says_not frozen
  echo "A_TOKEN=$GOOD2" >.env
  sk run --stamp build.stamp -- touch started
  exits 78
  [ ! -e started ]
  says frozen-value "wrote the value that it was given into dist/" ".env:1:1"
  no_value
  rm .env
  sk run --stamp build.stamp -- true
  exits 78
  says "a start gets none"
}

@test "build_drift = fail: a value that was baked in refuses the build" {
  scans
  ini '[key A_TOKEN]' 'build_drift = fail'
  echo "A_TOKEN=$GOOD" >.env
  bake --quiet
  exits 78
  says "level=error event=finding code=frozen-value" "what it built is refused: 1 error"
  bake --quiet --allow frozen-value:A_TOKEN
  exits 0
}

@test "a stand-in that was baked in is an error for the build and for every start" {
  scans
  ini '[key A_TOKEN]' 'phases = start'
  echo "A_TOKEN=$GOOD" >.env
  bake
  exits 78
  says "code=frozen-value key=A_TOKEN" "holds the stand-in"
  ! grep -qrF "$GOOD" dist || complain "the value itself was baked in"
  stamped '.keys[0].sentinel and (.frozen | length == 2)'
  sk run --stamp build.stamp -- true
  exits 78
  says "wrote the stand-in into dist/"
  sk drift --stamp build.stamp
  exits 1
  prints "error [frozen-value] A_TOKEN" "sentinel" ".env:1:1"
}

@test "--sentinels: what reads another source all the same is found, a clean build passes" {
  scans
  echo "A_TOKEN=$GOOD" >.env
  build --quiet --sentinels --scan dist -- sh -c 'mkdir dist; sed s/.*=// .env >dist/a.js'
  exits 78
  says "it read another source"
  no_value
  rm -r dist
  build --quiet --sentinels --scan dist -- sh -c 'mkdir dist; echo "process.env.A_TOKEN" >dist/a.js'
  exits 0
  build --sentinels --scan dist -- sh -c 'mkdir -p dist; cp .env dist/.env'
  exits 78
  says "code=shipped-env-file origin=dist/.env"
}

@test "what was built is found in the framework's folder, its cache is a warning" {
  scans
  echo "A_TOKEN=$GOOD" >.env
  echo '{"dependencies":{"next":"16.0.0"}}' >package.json
  mkdir -p .next/cache .next/server
  build -- sh -c 'exit 0' # nothing to watch: started in place
  exits 0
  says_not scanned
  build --stamp build.stamp -- sh -c 'mkdir -p .next/cache; echo "$A_TOKEN" >.next/cache/x'
  exits 0
  says "level=warning event=finding code=cached-value key=A_TOKEN origin=.next/cache/x"
  stamped '.frozen == []'
  build --stamp build.stamp -- sh -c 'echo "$A_TOKEN" >.next/server/x.body'
  says "code=frozen-value key=A_TOKEN origin=.next/server/x.body" "force-dynamic"
}

@test "nobody said what was built: a warning, with --sentinels an error" {
  echo "A_TOKEN=$GOOD" >.env
  build --stamp build.stamp -- true
  exits 0
  says "level=warning event=finding code=not-scanned"
  build --quiet --stamp build.stamp -- true
  exits 0
  says "level=warning event=finding code=not-scanned"
  build --quiet --sentinels -- true
  exits 78
  says "level=error event=finding code=not-scanned"
  build --quiet --scan nowhere -- true
  exits 78
  says "nowhere" "the build did not leave it"
}

@test "no samekey-scan: a warning, with --sentinels an error" {
  cp "$SAMEKEY" alone
  echo "A_TOKEN=$GOOD" >.env
  mkdir dist
  SAMEKEY=$PWD/alone build --stamp build.stamp --scan dist -- true
  exits 0
  says "level=warning event=finding code=not-scanned" samekey-scan
  SAMEKEY=$PWD/alone build --quiet --sentinels --scan dist -- true
  exits 78
  SAMEKEY=$PWD/alone sk drift --scan dist
  exits 69
}

@test "drift --scan: what stands in the output, with both origins" {
  scans
  printf 'A_TOKEN=%s\n' "$GOOD" >.env
  bake --quiet
  sk drift --scan dist --json
  exits 1
  no_value
  jq -e '[.drift[] | select(.kind == "frozen") | [.severity, .code, .key]] | unique ==
    [["error", "frozen-value", "A_TOKEN"]]' <<<"$output" || complain "other findings"
  jq -e '.drift[] | select(.witness | startswith("dist/js/a.js")) | .sides |
    map(.origin) == [".env:1:1", ".env:1:1"] and .[0].life == "written"' <<<"$output" || complain "sides"
  echo "A_TOKEN=$GOOD2" >.env
  sk drift --scan dist --stamp build.stamp
  exits 1
  prints "holds an older value (the build of 20" "frozen-old"
  sk drift --scan nowhere
  exits 66
}

@test "drift: a running process that holds another value" {
  echo "A_TOKEN=$GOOD" >.env
  env -i PATH="$PATH" A_TOKEN="$GOOD2" sleep 60 3>&- &
  local pid=$!
  sk drift --json
  kill "$pid"
  exits 1
  no_value
  jq -e --arg who "pid $pid" '.drift[] | select(.witness == $who) | .kind == "process" and
    .code == "process-other" and .key == "A_TOKEN" and .fix != "" and
    (.sides | map(.life) == ["live", "resolved"] and .[0].pid > 0)' <<<"$output" || complain "not named"
}

@test "--scan is for a build" {
  echo "A_TOKEN=$GOOD" >.env
  sk run --scan . -- true
  exits 2
  says "this is a start" "if COMMAND builds, say so: samekey run --phase build"
}
