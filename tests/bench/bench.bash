# shellcheck shell=bash
# What each area of the bench begins with: surroundings of its own, a samekeyd to start, peers from npm.
# An area prints its rows on stdout. From the Makefile's environment: OUT, SAMEKEY, SAMEKEYD, CHECK_DEBIAN.
# Usage: . tests/bench/bench.bash [peers]
set -euo pipefail

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIN=$TOP/${OUT:?}/tests/bench
STATIC=$TOP/build/static/samekey
PEERS=$TOP/build/bench/peers
MODULES=$PEERS/node_modules
SHARED=${SAMEKEY:?}
VERIFIER=${SAMEKEYD:?}
DEBIAN=${CHECK_DEBIAN:-} # as tests/peers/unpack left it
cd "$TOP"

SCRATCH=$(mktemp -d /tmp/samekey-bench.XXXXXX)
DAEMON=
UNDER=() # what samekeyd is started under
leave() {
  local status=$? left
  mapfile -t left < <(jobs -p)
  end "${left[@]}"
  rm -rf "$SCRATCH"
  exit "$status"
}
trap leave EXIT
trap 'exit 130' INT TERM

# end PID...: ends what was started in the background.
end() {
  [ $# -gt 0 ] || return 0
  kill "$@" 2>/dev/null || true
  wait "$@" 2>/dev/null || true
}

# With npm as this machine has it set up.
install_peers() {
  ! cmp -s tests/bench/peers/package.json "$PEERS/installed" || return 0
  echo "tests/bench: npm install" >&2
  rm -rf "$PEERS"
  mkdir -p "$PEERS"
  cp tests/bench/peers/package.json "$PEERS/"
  (cd "$PEERS" && npm install --no-package-lock --ignore-scripts --no-audit --no-fund \
    --no-update-notifier --loglevel=error >&2)
  cp tests/bench/peers/package.json "$PEERS/installed"
}
[ "${1:-}" != peers ] || install_peers

# Nothing of the caller's own settings shall play a part.
for name in $(compgen -e); do
  case $name in PATH | ROUNDS) ;; *) declare +x "$name" ;; esac
done
umask 077
NODE=$(command -v node || echo /usr/bin/node)
PATH=$(dirname "$NODE"):/usr/local/bin:/usr/bin:/bin # each folder of it costs a start some time
export HOME=$SCRATCH/home LC_ALL=C.UTF-8 NODE_ENV=production
export XDG_RUNTIME_DIR=$SCRATCH/run XDG_STATE_HOME=$SCRATCH/state
mkdir -p "$HOME" "$XDG_RUNTIME_DIR" "$XDG_STATE_HOME" "$SCRATCH/app"
export SAMEKEY_SOCKET=$XDG_RUNTIME_DIR/samekey/handoff.sock # nobody listens there until start
API=$XDG_RUNTIME_DIR/samekey/api.sock

# row WHAT UNIT AGAINST BOUND DETAIL SAMPLE...: see tests/bench/row.c
row() { "$BIN/row" "$@"; }

# The rounds to take where so many are usual.
rounds() { echo "$((${ROUNDS:-$1} < $1 ? ROUNDS : $1))"; }

version() { node -p "require('$MODULES/$1/package.json').version"; }

# A secret as people make one.
new_secret() { head -c 32 /dev/urandom | base64 | tr -d '+/='; }

# An app with four env files, and the same for the peers that read other things.
make_app() {
  local file key number=0
  for file in .env .env.local .env.production .env.production.local; do
    for key in DATABASE_URL SESSION_SECRET "PORT_$((number += 1))" "FEATURE_$number" "API_TOKEN_$number"; do
      echo "$key=$key-of-$number-$(head -c 24 /dev/urandom | base64 | tr -d '+/=')"
    done >"$SCRATCH/app/$file"
    echo "dotenv $file" >>"$SCRATCH/app/.envrc"
  done
  mkdir "$SCRATCH/envdir"
  cat "$SCRATCH"/app/.env{,.local,.production,.production.local} | while IFS='=' read -r key value; do
    echo "$value" >"$SCRATCH/envdir/$key"
  done
}

# An env file of so many keys.
make_keys() {
  awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "SERVICE_%07d_SETTING=%08x-abcdefghijklmnopqrstuvwxyz\n", i, i }'
}

# Starts samekeyd, which ends with this shell; standard input is the rest of its settings.
start() {
  { printf '[listen]\nhandoff = %s\n[fingerprint]\nkey = %s\n' "$SAMEKEY_SOCKET" "$SCRATCH/key"; cat; } >"$SCRATCH/samekeyd.ini"
  [ -e "$SCRATCH/key" ] || head -c 32 /dev/urandom >"$SCRATCH/key"
  setpriv --pdeathsig TERM -- "${UNDER[@]}" "$VERIFIER" --ini "$SCRATCH/samekeyd.ini" >"$SCRATCH/log" 2>&1 &
  DAEMON=$!
  local deadline=$((SECONDS + 20))
  until "$SHARED" status >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || { cat "$SCRATCH/log" >&2; return 1; }
    sleep 0.02
  done
}

stop() {
  end "$DAEMON"
  DAEMON=
}

# Hands 100 bundles of 10 secrets over.
offer_apps() {
  local app key
  for app in $(seq 100); do
    if mkdir -p "$SCRATCH/apps" && mkdir "$SCRATCH/apps/$app" 2>/dev/null; then
      for key in $(seq 10); do
        echo "SERVICE_${key}_SECRET=$(new_secret)"
      done >"$SCRATCH/apps/$app/.env"
    fi
    "$SHARED" offer --quiet --root "$SCRATCH/apps/$app" --name "app-$app" --group "$app" >/dev/null
  done
  [ "$("$SHARED" status --json | jq ".secrets.apps | length")" -eq 100 ]
}
