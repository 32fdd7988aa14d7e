# shellcheck shell=bash
# A built shop with secrets, and what a scan counts of it.

# A value whose bytes every escape writes differently.
VALUE='k7Vw2m/Qx9&RtL+zB4n<cYfP"6sJgA8eU=T3oX?N5vW1qE'

setup_shop() {
  printf "NEXTAUTH_SECRET='%s'\n" "$VALUE" >.env
  mkdir -p dist
}

# counts JQ-FILTER NUMBER: how many findings of the JSON fit.
counts() {
  local got
  got=$(jq "[.findings[] | select($1)] | length" <<<"$output") || complain "no JSON"
  [ "$got" -eq "$2" ] || complain "$got findings, not $2: $1"
}
