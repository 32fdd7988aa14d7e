#!/usr/bin/env bats
# Goal: `samekey lint` names each way in which the loaders in play read the same bytes
# differently, at its place, and how to write it so that all agree.

load helper

# lints LINE...: what `lint --json` finds, "code key line:column", `-` where there is no key.
lints() {
  local found
  found=$(jq -r '.findings[] | [.code, (.key | if . == "" then "-" else . end),
    "\(.line):\(.column)"] | join(" ")' <<<"$output") || complain "no JSON"
  [ "$found" = "$(printf '%s\n' "$@")" ] || complain "expected:" "$@" "found:" "$found"
}

# holds CODE: it is among them.
holds() {
  jq -e --arg code "$1" 'any(.findings[]; .code == $code)' <<<"$output" >/dev/null || complain "no $1"
}

# env_file TEXT: printf's escapes are read.
env_file() {
  printf '%b' "$1" >.env
}

# between LOADERS TEXT: lints a file of that text.
between() {
  local loaders=$1
  env_file "$2"
  sk lint --json --loaders "$loaders" .env
}

@test "a file that all read alike: exit 0 and one line" {
  env_file '# c\nA=1\nURL=postgres://h:5432/db?x=y\n'
  sk lint --loaders dotenv,docker,systemd .env
  exits 0
  [ "$output" = "1 file, 3 loaders: 0 errors, 0 warnings, 0 notes" ] || complain
  says "compares dotenv (--loaders), docker (--loaders), systemd (--loaders)"
}

@test "who reads what, grouped, and the portable spelling" {
  env_file 'A=1\nDATABASE_NAME="inventory-of-the-shop"\n'
  sk lint --loaders dotenv,next,docker,podman .env
  exits 1
  prints ".env:2:1: error: DATABASE_NAME: " "[quotes-kept-by-docker]" ": dotenv, next" \
    "    21 bytes" "    23 bytes" ": docker, podman" "hint: write the value without quotes" "1 error"
  prints_not inventory
}

@test "quotes-kept-by-docker" {
  between dotenv,docker 'K="val"\n'
  lints "quotes-kept-by-docker K 1:1"
  between dotenv,docker "K='val'\n"
  lints "quotes-kept-by-docker K 1:1"
  between docker,podman,kubectl 'K="val"\n'
  lints ""
}

@test "hash-truncates" {
  between dotenv,systemd 'K=pa#ss\n'
  lints "hash-truncates K 1:1"
  between dotenv,node 'K=pa#ss\n'
  lints ""
}

@test "dollar-expands, single-quote-still-expands" {
  between dotenv,next 'K=abc$def\n'
  lints "dollar-expands K 1:1"
  between dotenv,next "K='abc\$def'\n"
  lints "single-quote-still-expands K 1:1"
  between dotenv,node 'K=abc$def\n'
  lints ""
}

@test "cmd-executes: in shells, ruby and dotenvx, and nothing is run" {
  between sh,node 'K=$(touch ran)\n'
  holds cmd-executes
  between ruby,node 'K=$(touch ran)\n'
  holds cmd-executes
  between sh,node 'K=hello touch ran\nL=`touch ran`\ntouch ran\n'
  holds cmd-executes
  [ ! -e ran ] || complain "it ran"
}

@test "comment-kept" {
  between dotenv,docker 'K=val # note\n'
  lints "comment-kept K 1:1"
  between dotenv,systemd 'K="a b" # note\n'
  lints "comment-kept K 1:1"
}

@test "backslash-eaten" {
  between dotenv,systemd 'K=C:\\temp\\new\n'
  lints "backslash-eaten K 1:1"
  between dotenv,ruby 'K=C:\\temp\\new\n'
  lints "backslash-eaten K 1:1"
}

@test "newline-escape-differs" {
  between dotenv,ruby 'K="a\\nb"\n'
  holds newline-escape-differs
}

@test "json-escape-breaks-node" {
  between node,python 'K="{\\"a\\":1}"\n'
  lints "json-escape-breaks-node K 1:1"
}

@test "next-rewrites-real-env: a value of the environment, never shown" {
  env_file 'K=file\n'
  sk K='p$HOMELESS-w' lint --loaders next,dotenv .env
  exits 1
  prints "[next-rewrites-real-env]" "next" "dotenv"
  prints_not HOMELESS
  sk lint --loaders next,dotenv .env
  exits 0
}

@test "empty-swallows-next: at both lines" {
  between node,dotenv 'K=   \nB=2\n'
  lints "empty-swallows-next K 1:1" "empty-swallows-next B 2:1"
}

@test "empty-swallows-next: the hint at the second line is about the first" {
  between node,dotenv 'K=   \nB=2\n'
  jq -e '.findings[1].hint | contains("line above")' <<<"$output" || complain
}

@test "comment-swallows-next" {
  between systemd,dotenv '# note \\\nKEY=valabc\nB=2\n'
  lints "comment-swallows-next KEY 2:1"
  between systemd,dotenv '# note \\\n\nKEY=valabc\nB=2\n'
  lints ""
}

@test "a name that stands in no line of its own, as it is written, is compared too" {
  between dotenv,docker 'KEY="abc\nSECRET=pa#ss-long-enough-value-0123456789\nB="x"\n'
  exits 1
  jq -e 'any(.findings[]; .key == "SECRET" and .line == 2)' <<<"$output" || complain
  lints "hash-truncates SECRET 2:1" "quotes-kept-by-docker B 3:1"
  between deno,podman 'KEY=1\nexport KEY=2\n'
  holds export-rejected
}

@test "why a loader refuses a line is said of that loader alone" {
  between docker,kubectl,dotenv 'export K=v\n'
  jq -e '[.findings[0].readings[] | select(.outcome == "refused") | .loaders] | length == 2' <<<"$output" || complain
}

@test "export-rejected" {
  between dotenv,systemd 'export K=v\n'
  lints "export-rejected K 1:8"
  between docker,dotenv 'export K=v\nB=2\n'
  lints "export-rejected K 1:8"
}

@test "colon-dropped" {
  between dotenv,node 'K: v\nB=2\n'
  lints "colon-dropped K 1:1"
}

@test "bom-key" {
  between dotenv,node '\xef\xbb\xbfK=v\nB=2\n'
  lints "bom-key K 1:1"
}

@test "cr-kept" {
  between dotenv,sh 'K=v\r\nB=2\r\n'
  holds cr-kept
}

@test "unterminated: told once, though it swallows the rest" {
  between dotenv,systemd 'K="abc\nB=2\nC=3\n'
  lints "unterminated K 1:1"
}

@test "duplicate-first-wins: unless both lines say the same" {
  between dotenv,deno 'K=1\nK=2\n'
  lints "duplicate-first-wins K 2:1"
  between dotenv,deno 'K=1\nK=1\n'
  lints ""
  between dotenv,kubectl 'K=1\nK=1\n'
  lints "duplicate-first-wins K 2:1"
}

@test "file-vs-env-winner: only for a key that the environment holds" {
  env_file 'K=file\n'
  sk K=given lint --json --loaders dotenv,docker .env
  exits 0
  lints "file-vs-env-winner K 1:1"
  sk K=file lint --json --loaders dotenv,docker .env
  lints ""
  sk lint --json --loaders dotenv,docker .env
  lints ""
}

@test "cascade-order-differs: .env.local or .env.production" {
  echo A=base >.env
  printf 'A=local\nB=1\n' >.env.local
  printf 'A=production\nB=1\n' >.env.production
  sk lint --json --loaders next,vite .env .env.local .env.production
  exits 1
  lints "cascade-order-differs A 1:1"
  jq -e '.findings[0].file == ".env.local" and (.findings[0].text | contains(".env.production"))' <<<"$output"
  sk lint --json --loaders symfony,ruby .env .env.local .env.production
  jq -e '.findings[0].text == ".env.local wins for ruby, .env.production for symfony"' <<<"$output" || complain
  sk lint --json --loaders next,bun .env .env.local .env.production
  lints ""
  echo A=both >.env.production.local
  sk lint --json --loaders next,vite .env .env.local .env.production .env.production.local
  lints ""
}

@test "cascade-order-differs: modes and folders are kept apart" {
  mkdir other
  echo A=1 >.env.local
  echo A=2 >other/.env.production
  echo A=3 >.env.example
  sk lint --json --loaders next,vite .env.local other/.env.production .env.example
  lints ""
}

@test "cross-file-ref-empty" {
  echo BASE=http://x >.env
  echo 'URL=${BASE}/api' >.env.local
  sk lint --json --loaders next,vite .env .env.local
  holds cross-file-ref-empty
  sk lint --json --loaders next,vite .env.local
  lints ""
}

@test "multi-line-unsupported" {
  between dotenv,docker 'K="l1\nl2"\nB=2\n'
  holds multi-line-unsupported
  between dotenv,python 'K="l1\nl2"\nB=2\n'
  lints ""
}

@test "line-over-64k" {
  {
    echo A=1
    printf 'K=%070000d\n' 1
    echo B=2
  } >.env
  sk lint --json --loaders dotenv,docker .env
  lints "line-over-64k K 2:1"
  sk lint --json --loaders dotenv,kubectl .env
  lints "line-over-64k K 2:1"
}

@test "pm2-stale: where PM2 is in use, a note" {
  echo A=1 >.env
  sk lint --json --loaders dotenv,node .env
  lints ""
  echo 'module.exports = {}' >ecosystem.config.js
  sk lint --json --loaders dotenv,node .env
  exits 0
  lints "pm2-stale - 0:0"
}

@test "next-public-frozen: where Next.js is in play, a note" {
  echo NEXT_PUBLIC_URL=x >.env
  sk lint --json --strict --loaders next,dotenv .env
  exits 0
  lints "next-public-frozen NEXT_PUBLIC_URL 1:1"
  sk lint --json --loaders dotenv,node .env
  lints ""
}

@test "every line of a file is judged, also behind one that a loader refuses" {
  between docker,dotenv 'export A=1\nB="q"\nexport C=1\nD=x # y\nE=1\n'
  lints "export-rejected A 1:8" "quotes-kept-by-docker B 2:1" "export-rejected C 3:8" "comment-kept D 4:1"
}

@test "the causes that are no headline" {
  between dotenv,environment.d 'K=\n'
  lints "empty-dropped K 1:1"
  between dotenv,docker 'K=v  \n'
  lints "blanks-kept K 1:1"
  between dotenv,foreman '  K=v\n'
  lints "blanks-kept K 1:3"
  between dotenv,symfony 'K=a b\n'
  lints "unquoted-space K 1:1"
  between dotenv,sh 'K=a;b\n'
  holds shell-bytes
  between dotenv,symfony "K=a'b'c\n"
  lints "inner-quote K 1:1"
  between dotenv,kubectl 'a.b: 1\n'
  holds colon-dropped
  between dotenv,sh 'a.b=1\n'
  holds odd-name
  between dotenv,node 'K="a" b\n'
  lints "text-after-quote K 1:1"
  between dotenv,node 'K\nL=1\n'
  lints "ignored-line - 1:1"
}

@test "a cause is named only where loaders in play show it" {
  between next,docker 'B=5\nK=a$B;c\n'
  lints "dollar-expands K 2:1"
  between next,docker "B=5\nK=it's\$B\n"
  lints "dollar-expands K 2:1"
  between next,portable 'K=a b $c\n'
  lints "dollar-expands K 1:1"
  between dotenv,docker 'K=a#b;c\n'
  lints "hash-truncates K 1:1"
  between sh,dotenv 'K: val\nL=1\n'
  lints "colon-dropped K 1:1"
  between sh,dotenv '\xef\xbb\xbfK=val\nL=1\n'
  lints "bom-key K 1:1"
  between sh,dotenv 'word\nL=1\n'
  lints "bare-key - 1:1"
}

@test "a bare line that unsets a key is told at its own place" {
  local loader
  for loader in python phpdotenv; do
    between dotenv,$loader 'KEY=1\nB=2\nKEY\n'
    lints "bare-key KEY 3:1"
  done
}

@test "what an earlier line takes is told there, and a line with its own trouble at its own place" {
  between dotenv,sh "K=it's\nB=2\nC=3\n"
  jq -e '[.findings[].line] | unique == [1]' <<<"$output" || complain
  between dotenv,systemd 'K="abc\nexport B=2\nC=3\n'
  lints "unterminated K 1:1"
}

@test "the marks of an unfinished merge are said to be these" {
  between dotenv,docker,sh '<<<<<<< HEAD\nA=1\n=======\nA=2\n>>>>>>> x\n'
  holds merge-mark
  jq -e '[.findings[] | select(.code == "merge-mark").line] == [1, 3, 5]' <<<"$output" || complain
  jq -e 'all(.findings[]; .code != "malformed" and .code != "bad-name")' <<<"$output" || complain
}

@test "what one loader alone refuses or drops is a finding too" {
  between systemd 'A=1\nthis is not a pair\n'
  holds malformed
  sk lint --json --loaders kubectl .env
  exits 1
}

@test "one loader is compared with samekey's own reading" {
  between docker 'K="v"\n'
  lints "quotes-kept-by-docker K 1:1"
  jq -e '[.loaders[].name] == ["docker", "portable"]' <<<"$output"
}

@test "one loader that is the meant one is compared with what the file says" {
  env_file 'K=a#b\n'
  sk lint --json --loaders dotenv --dialect dotenv .env
  exits 1
  jq -e '[.loaders[].name] == ["dotenv", "portable"]' <<<"$output"
  sk lint --loaders portable .env
  exits 0
  says "nothing to compare"
}
