#!/usr/bin/env bats
# Goal: `samekey drift` is the one list: whatever the verifier names in /v1/drift and /readyz is in
# it, beside what only the loader can see, and no value is.

load helper

# Keys that no other test has: what its processes hold would be in the list too.
shop() {
  cat >"$DIR/shop/samekey.ini" <<INI
[app]
group = shop
rotation = 5m

[key DRIFT_AUTH_SECRET]
required = yes
secret = yes
shared = yes

[key DRIFT_REFRESH_SECRET]
secret = yes
INI
  mkdir -p "$DIR/shop/.git" # where looking upwards ends
}

put() { printf 'DRIFT_AUTH_SECRET=%s\nDRIFT_REFRESH_SECRET=%s\n' "$2" "$3" >"$DIR/shop/$1"; }

# The list of an app's folder as JSON, in $DIR/list; its exit status is $1.
list() {
  local expected=$1 folder=$2 status=0
  shift 2
  (cd "$DIR/shop/$folder" && "$SAMEKEY" drift --name "$folder" --socket "$HANDOFF" --json "$@") \
    >"$DIR/list" 2>"$DIR/talk" || status=$?
  cat "$DIR/list" "$DIR/talk"
  [ "$status" -eq "$expected" ] || { echo "exit status $status"; return 1; }
  ! grep -F canary- "$DIR/list" "$DIR/talk"
}

# Every code and key of the verifier's answers is in the list.
names_everything() {
  { api /v1/drift | jq -r '(.drift[], .refused[].findings[], .tokens[]) | .code + " " + .key'
    api /readyz | jq -r '.reasons[] | select(.code | test("drift|rotation|build")) | .code + " " + .key'
  } | sort -u >"$DIR/theirs"
  jq -r '.drift[] | .code + " " + .key' "$DIR/list" | sort -u >"$DIR/ours"
  [ -s "$DIR/theirs" ]
  [ -z "$(comm -23 "$DIR/theirs" "$DIR/ours")" ] || {
    comm -23 "$DIR/theirs" "$DIR/ours"
    return 1
  }
}

@test "nothing disagrees: exit 0, and the verifier was asked" {
  shop
  put .env "$CANARY" "$CANARY2"
  start
  up web
  up ws
  list 0 web
  jq -e '.v == 1 and .drift == [] and ([.unasked[] | .witness] | index("the verifier") | not)' "$DIR/list"
}

@test "two apps with other values: both origins, pids and ages, by the verifier and as processes" {
  shop
  sed -i '/^shared/d' "$DIR/shop/samekey.ini"
  put web/.env "$CANARY" "$CANARY"
  put ws/.env "$CANARY2" "$CANARY2"
  start
  up web
  local web=$APP_PID
  up ws
  list 1 web
  names_everything
  jq -e --argjson web "$web" --argjson ws "$APP_PID" --arg shop "$DIR/shop" '
    .drift[] | select(.kind == "app" and .key == "DRIFT_AUTH_SECRET") | .witness == "samekeyd" and
    (.sides | map(.pid) | sort) == ([$web, $ws] | sort) and all(.sides[]; .age_s >= 0) and
    (.sides | map(.origin) | sort) == [$shop + "/web/.env:1:1", $shop + "/ws/.env:1:1"] and .fix != ""' "$DIR/list"
  jq -e --arg who "pid $APP_PID" '[.drift[] | select(.kind == "process" and .witness == $who) | .key] |
    sort == ["DRIFT_AUTH_SECRET", "DRIFT_REFRESH_SECRET"]' "$DIR/list"
}

@test "who was refused is in the list" {
  shop
  put web/.env "$CANARY" "$CANARY"
  put ws/.env "$CANARY2" "$CANARY"
  start
  up web
  refused ws
  list 1 web
  names_everything
  jq -e '.drift[0] | .severity == "error" and .kind == "refused" and .code == "drift-shared" and
    .sides[0].app == "ws"' "$DIR/list"
  mkdir "$DIR/blog"
  echo "BLOG_SECRET=$CANARY" >"$DIR/blog/.env"
  cd "$DIR/blog"
  "$SAMEKEY" drift --group blogs --socket "$HANDOFF" >"$DIR/drift" || true # asked from another group
  grep -qF 'drift-shared] DRIFT_AUTH_SECRET in group shop, by samekeyd' "$DIR/drift"
}

@test "a rotation, and a build with another value" {
  shop
  put .env "$CANARY" "$CANARY"
  start
  (cd "$DIR/shop/web" && SAMEKEY_SOCKET=$HANDOFF "$SAMEKEY" run --quiet --name web --phase build \
    --stamp "$DIR/stamp" -- true)
  up ws
  put .env "$CANARY2" "$CANARY"
  up web
  list 1 web --stamp "$DIR/stamp"
  names_everything
  jq -e '[.drift[] | [.code, .kind]] | (index([["rotation", "rotation"]]) and index([["build-drift", "build"]]))' "$DIR/list"
  jq -e '[.drift[] | select(.code == "build-drift") | .witness] | sort == [$stamp, "samekeyd"]' \
    --arg stamp "$DIR/stamp" "$DIR/list"
}

@test "status shows the verifier's records as drift does" {
  shop
  sed -i '/^shared/d' "$DIR/shop/samekey.ini"
  put web/.env "$CANARY" "$CANARY"
  put ws/.env "$CANARY2" "$CANARY"
  start
  up web
  up ws
  cd "$DIR/shop/web"
  "$SAMEKEY" status --socket "$HANDOFF" >"$DIR/status" || true
  "$SAMEKEY" drift --name web --socket "$HANDOFF" >"$DIR/drift" || true
  grep -A4 'drift-app\] DRIFT_AUTH_SECRET' "$DIR/status" | grep -q 'fix  '
  grep -A4 'drift-app\] DRIFT_AUTH_SECRET in group shop, by samekeyd' "$DIR/drift" | grep -q "$DIR/shop/ws/.env:1:1"
}
