#!/usr/bin/env bats
# Goal: a verifier whose answer cannot be read is one that was not asked, never one that agrees.

load tokens

unasked() {
  jq -e '.unasked[] | select(.witness == "the verifier")' <<<"$output" >/dev/null
}

@test "no list, or a record that is none: the verifier was not asked" {
  local body
  for body in '{}' '{"drift":{}}' '{"drift":[1,null]}' \
    '{"drift":[{"kind":"app","severity":"fatal","code":"","key":"","group":"","sides":[],"fix":""}]}'; do
    answers 200 "$body"
    ask drift --json
    exits 0
    unasked || complain "asked: $body"
  done
  ask drift
  prints "no drift among those that were asked"
  answers 200 '{"drift":[]}'
  ask drift --json
  exits 0
  ! unasked || complain "not asked"
}

@test "what a verifier says moves no terminal" {
  answers 200 '{"drift":[],"refused":[{"app":"a\u001b[2J","findings":[{"severity":"error","text":"\u202e\u001b]0;x\u0007"}]}]}'
  ask drift
  exits 1
  [[ $output$stderr != *[$'\e\a'$'\u202e']* ]] || complain "raw"
  prints '\xe2\x80\xae'
}

@test "people are told the first hundred records and how many are left, programs all" {
  answers 200 "$(jq -cn '{drift: [range(120) | {kind: "app", severity: (if . < 110 then "error" else "note" end),
    code: "drift-shared", key: "K\(.)", group: "shop", sides: [], fix: "give both the same value"}]}')"
  ask drift
  exits 1
  [ "$(grep -c 'drift-shared' <<<"$output")" = 100 ]
  prints "  and 20 more; --json has all"
  ask drift --quiet
  exits 1
  prints "  and 10 more"
  ask drift --json
  [ "$(jq '.drift | length' <<<"$output")" = 120 ]
}
