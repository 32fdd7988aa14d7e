# shellcheck shell=bash
# A samekeyd with profiles, and what it says of them.

# Values that must never be seen; the helper looks for `canary-` in the log.
GOOD=$CANARY GOOD2=$CANARY2

put() { printf '%s=%s\n' "$2" "$3" >>"$DIR/shop/$1/.env"; }

session() {
  cat >>"$INI" <<INI
[profile session]
app = web
key = AUTH_SECRET
previous = AUTH_SECRET_PREVIOUS
INI
}

# The reasons of profiles, as lines `APP KEY TEXT`.
reasons() { api "/readyz${1:-}" | jq -r '.reasons[] | select(.code == "profile-unusable") | "\(.app) \(.key) \(.text)"'; }

is_ready() { [ "$(status_of api /readyz)" -eq 200 ]; }

# The last line about a profile.
last_line() { grep "event=profile name=$1 " "$LOG" | tail -n 1; }
last_says() { last_line "$1" | grep -qF -e "$2" || { grep event=profile "$LOG"; return 1; }; }

reload() {
  local before
  before=$(grep -c event=reloaded "$LOG" || true)
  kill -HUP "$DAEMON"
  reloaded() { [ "$(grep -c event=reloaded "$LOG")" -gt "$before" ]; }
  until_true reloaded
}

# status_text: what samekey status prints about the shop, whatever it exits with.
status_text() { (cd "$DIR/shop/web" && SAMEKEY_SOCKET=$HANDOFF "$SAMEKEY" status "$@") || [ $? -eq 1 ]; }
prints() { grep -qF -e "$1" <<<"$2" || { printf '%s\n' "no $1 in" "$2"; return 1; }; }
lacks() { if grep -F -e "$1" <<<"$2"; then return 1; fi; }
