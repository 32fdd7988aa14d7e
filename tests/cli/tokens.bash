# What the tests of the token commands share: a shop with a secret, and verifiers to ask.

load helper

setup() {
  umask 077
  unset "${!SAMEKEY_@}" NODE_ENV CREDENTIALS_DIRECTORY NOTIFY_SOCKET pm_id
  SAMEKEY=${SAMEKEY:?} SAMEKEYD=${SAMEKEYD:?}
  DIR=$(mktemp -d "${TMPDIR:-/tmp}/skt.XXXXXX") # a socket's path is short
  export HOME=$DIR/home
  mkdir -p "$HOME" "$DIR/shop/.git"
  cd "$DIR/shop" || return 1
  printf '[app]\nname = web\n[key JWT_SECRET]\nsecret = yes\n' >samekey.ini
  printf 'JWT_SECRET=%s\n' "$GOOD" >.env
  SOCKET=$DIR/v.sock ASKED=$DIR/asked VERIFIER=''
  : >"$ASKED"
  TOKEN=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjQW5hcnkifQ.c2lnbmF0dXJlLW9mLWEtdG9rZW4tdGhhdC1pcy1ub25l
}

teardown() {
  silence
  rm -rf "$DIR"
}

# answers STATUS BODY: a verifier that answers so to all that comes. `answers problem CODE` too.
answers() {
  silence
  coproc FAKE { exec "$BATS_TEST_DIRNAME/fake-verifier.py" "$SOCKET" "$ASKED" "$@" 2>"$DIR/fake.log" 3>&-; }
  VERIFIER=$FAKE_PID
  FAKE_END=${FAKE[1]}
  until_true test -S "$SOCKET"
}

# Ends the verifier.
silence() {
  [ -n "$VERIFIER" ] || return 0
  kill "$VERIFIER" 2>/dev/null || true
  wait "$VERIFIER" 2>/dev/null || true
  VERIFIER=''
  rm -f "$SOCKET"
}

# ask COMMAND WORD...: over our socket, with nothing on standard input unless it is redirected.
ask() {
  local command=$1
  shift
  sk SAMEKEY_SOCKET="$SOCKET" "$command" "$@"
}

# The last question's body, through a jq filter.
asked() { tail -n 1 "$ASKED" | sed 's/^[^ ]* [^ ]* //' | jq -rc "$@"; }

# a problem of the API: STATUS CODE TITLE DETAIL
problem() {
  printf '{"type":"urn:samekey:error:%s","title":"%s","status":%s,"code":"%s","detail":"%s","stage":"signature"}' \
    "$2" "$3" "$1" "$2" "$4"
}

# token_by KEY [CLAIMS]: a token that KEY signed by HS256.
token_by() {
  python3 - "$1" "${2:-"{}"}" <<'PY'
import base64, hashlib, hmac, sys

def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

text = b64(b'{"alg":"HS256"}') + "." + b64(sys.argv[2].encode())
print(text + "." + b64(hmac.new(sys.argv[1].encode(), text.encode(), hashlib.sha256).digest()))
PY
}
