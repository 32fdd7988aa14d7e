# shellcheck shell=bash
# Commands below which samekey stays, and what is seen of them.

load staying

# stays WORD...: samekey run.
stays() { stays_with "${SAMEKEY:?}" run --quiet "$@"; }

child_of() { grep -o '^[0-9]*' "/proc/$1/task/$1/children" 2>/dev/null; }
has_child() { [ -n "$(child_of "${samekey:?}")" ]; }
