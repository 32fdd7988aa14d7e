#!/usr/bin/env bats
# Goal: what the documents and samples name exists, and what exists is named.

load meta

# SECTION KEY -DEFAULT of every row of a settings table in the sources $@, `-` alone where there is none.
setting_rows() {
  sed -E '/^[[:space:]]*\{"/{N;s/\n[[:space:]]*/ /}' "$@" |
    sed -nE 's/^[[:space:]]*\{"([a-z]+)", "([a-z_]+)", SETTING_[A-Z]+, [A-Z_]*AT\([A-Za-z_.]+(\[[A-Z_]+\])?\), (NULL|[a-z_]+), ("([^"]*)"|NULL),.*/\1 \2 -\6/p'
}

# The same of a sample, from its lines `;key = default`, as SECTION KEY@N: of its Nth section.
sample_rows() {
  sed -nE 's/^;?\[([a-z]+).*/[ \1/p; s/^;?([a-z_]+) = (.*)/\1 \2/p' "$1" |
    awk '$1 == "[" { section = $2; at++; next } { key = $1; sub(/^[^ ]* /, ""); print section, key "@" at, "-" $0 }'
}

# Complains where a sample and its table differ; of a setting with a default, also in that.
sample_against_table() {
  local sample=$1
  shift
  setting_rows "$@" | sort >"$BATS_TEST_TMPDIR/table"
  sample_rows "$sample" | sort >"$BATS_TEST_TMPDIR/sample"
  [ -s "$BATS_TEST_TMPDIR/table" ] || echo "no row was found in $*"
  awk -v sample="$sample" '
    { place = $1 " " $2; name = place; sub(/@.*/, "", name); value = $0; sub(/^[^ ]* [^ ]* -/, "", value) }
    NR == FNR { fallback[name] = value; next }
    !(name in fallback) { print sample ": " name " is no setting"; next }
    place in seen { print sample ": " name " stands twice in a section" }
    { seen[place] = seen[name] = 1 }
    fallback[name] != "" && fallback[name] != value {
      print sample ": " name " = " value ", but the default is " fallback[name]
    }
    END { for (name in fallback) if (!(name in seen)) print sample ": lacks " name }' \
    "$BATS_TEST_TMPDIR/table" "$BATS_TEST_TMPDIR/sample"
}

# The verbs, by their files; the overview is what `samekey` alone prints.
commands() {
  find loader -maxdepth 1 -name 'cmd_*.c' | sed 's,.*/cmd_,,; s,\.c$,,' | grep -vx overview | sort
}

@test "conf/samekey.ini shows every setting with its default" {
  sample_against_table conf/samekey.ini loader/resolve/settings_rows.c | no_complaint
}

@test "conf/samekeyd.ini shows every setting with its default" {
  sample_against_table conf/samekeyd.ini verifier/setup/setup_rows.c | no_complaint
}

@test "every path that a document names exists" {
  for document in *.md docs/*.md docs/*/*.md; do
    grep -oE '`[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+/?`' "$document" | tr -d '`' | sort -u |
      while read -r path; do
        case $path in build/* | tests/run | *NAME*) continue ;; esac
        [ ! -d "${path%%/*}" ] || [ -e "$path" ] || echo "$document names $path"
      done
  done | no_complaint
}

@test "ARCHITECTURE.md names every room" {
  project_files | grep -E '^(lib|loader|verifier|conf|packaging|tests)/' | sed 's,/[^/]*$,,' | sort -u |
    while read -r folder; do
      case $folder in
        tests/* | conf/* | packaging/*) folder=${folder%%/*} ;;
      esac
      grep -qF "\`$folder\`" ARCHITECTURE.md || echo "ARCHITECTURE.md lacks $folder"
    done | sort -u | no_complaint
}

@test "ARCHITECTURE.md names no room that is not there" {
  sed -nE 's/^\| `([a-z\/]+)` \|.*/\1/p' ARCHITECTURE.md | while read -r folder; do
    [ -d "$folder" ] || echo "ARCHITECTURE.md names $folder"
  done | no_complaint
}

@test "every make command of a document is a target" {
  make help | sed -nE 's/^  ([a-z0-9-]+) .*/\1/p' >"$BATS_TEST_TMPDIR/targets"
  for document in *.md docs/*.md docs/*/*.md; do
    grep -ohE '(^ {4}|`|\$ )make [a-z0-9-]+' "$document" | sed 's/.*make //' | sort -u | while read -r target; do
      grep -qx -- "$target" "$BATS_TEST_TMPDIR/targets" || echo "$document names make $target"
    done
  done | no_complaint
}

# complaints CHECK PATTERN: what documents.py has against the documents whose names fit.
complaints() { project_files | grep -E "$2" | tests/meta/documents.py "$1"; }

@test "every command of a document is played, or a row says why not" {
  complaints commands '\.md$' | no_complaint
}

@test "every row of tests/unplayed.txt has a line of its page, a reason, and a test that is there" {
  complaints rows . | no_complaint
}

@test "what a document says of a command of samekey, its help says too" {
  complaints help '\.md$' | no_complaint
}

@test "every link of a document leads to a file, and to a heading in it" {
  complaints links '\.md$' | no_complaint
}

@test "docs/README.md leads to every page" {
  find docs -mindepth 2 -name '*.md' | sort | while read -r page; do
    grep -qF "(${page#docs/})" docs/README.md || echo "docs/README.md lacks ${page#docs/}"
  done | no_complaint
}

@test "docs/reference/metrics.md names every metric and its type, and no other" {
  tr '\n' ' ' <<<"$(cat verifier/door/api/*metrics.c)" |
    grep -oE '"(samekey|process)_[a-z_]+",\s+"(gauge|counter|histogram)"' |
    sed -E 's/"([a-z_]+)",\s+"([a-z]+)"/\1 \2/' | sort >"$BATS_TEST_TMPDIR/rows"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/rows")" -gt 40 ]
  sed -nE 's/^\| `([a-z_]+)` \| ([a-z]+).*/\1 \2/p' docs/reference/metrics.md | sort |
    diff "$BATS_TEST_TMPDIR/rows" -
}

@test "docs/reference/events.md names every event of the logs, and no other" {
  complaints events '^(lib|loader|verifier)/.*\.c$' | no_complaint
}

@test "every phony target that a person would call is in make help" {
  make help | sed -nE 's/^  ([a-z0-9-]+) .*/\1/p' >"$BATS_TEST_TMPDIR/targets"
  for target in all check check-analysis check-bare clean demo bench fuzz format help install static uninstall; do
    grep -qx -- "$target" "$BATS_TEST_TMPDIR/targets" || echo "make help lacks $target"
  done | no_complaint
}

@test "every finding of the enum has one row, and every row a title, a reason and a fix" {
  sed -nE 's/^\t(FINDING_[A-Z0-9_]+),.*/\1/p' lib/value/finding.h | sort >"$BATS_TEST_TMPDIR/enum"
  sed -nE 's/^\t\[(FINDING_[A-Z0-9_]+)( - FIRST)?\] = \{"[a-z0-9-]+", DIAG_[A-Z]+,$/\1/p' lib/value/finding*.c |
    sort >"$BATS_TEST_TMPDIR/rows"
  diff "$BATS_TEST_TMPDIR/enum" "$BATS_TEST_TMPDIR/rows"
  awk '/^\t\[FINDING_/ { name = $1; texts = 0; next } name && /^\t\t"[^"].*"/ { texts++ }
    name && /\},$/ { if (texts != 3) print name " has " texts " texts"; name = "" }' lib/value/finding*.c | no_complaint
}

@test "every finding is made somewhere" {
  sed -nE 's/^\t(FINDING_[A-Z0-9_]+),.*/\1/p' lib/value/finding.h | while read -r finding; do
    product_sources | grep -v '^lib/value/finding[a-z_]*.c$' | xargs grep -qw "$finding" || echo "nobody makes $finding"
  done | no_complaint
}

@test "samekey help explains every finding" {
  "$SAMEKEY" help >/dev/null
  sed -nE 's/^\t\[FINDING_[A-Z0-9_]+( - FIRST)?\] = \{"([a-z0-9-]+)", .*/\2/p' lib/value/finding*.c | while read -r code; do
    "$SAMEKEY" help "$code" </dev/null | grep -qF "$code" || echo "samekey help $code"
  done | no_complaint
}

@test "samekey help explains every code of the API" {
  cat verifier/door/*.c verifier/door/api/*.c verifier/door/session/*.c | tr '\n\t' '  ' >"$BATS_TEST_TMPDIR/door"
  {
    grep -oE '(route_problem|refuse)\([^;]*;|refusal\)\{[^;]*;' "$BATS_TEST_TMPDIR/door" | grep -oE '"[a-z]+(_[a-z]+)+"'
    grep -oE '([45][0-9][0-9],|ret_code =) *"[a-z_]+"' "$BATS_TEST_TMPDIR/door" | grep -oE '"[a-z_]+"'
  } | tr -d '"' | sort -u >"$BATS_TEST_TMPDIR/codes"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/codes")" -gt 20 ]
  while read -r code; do
    "$SAMEKEY" help "$code" </dev/null >/dev/null || echo "samekey help $code"
  done <"$BATS_TEST_TMPDIR/codes" | no_complaint
}

@test "samekey-dialects(7) tells what parse says today" {
  packaging/man/make-dialects >"$BATS_TEST_TMPDIR/made"
  diff packaging/man/samekey-dialects.7 "$BATS_TEST_TMPDIR/made"
  for dialect in $("$SAMEKEY" dialects --json | jq -r '.dialects[].name'); do
    grep -qxF ".It Cm ${dialect//-/\\-}" packaging/man/samekey-dialects.7 || echo "the page lacks $dialect"
  done | no_complaint
}

@test "every command is in samekey help, and explains itself" {
  "$SAMEKEY" help >"$BATS_TEST_TMPDIR/help"
  for command in $(commands); do
    grep -qE "^  $command " "$BATS_TEST_TMPDIR/help" || echo "samekey help lacks $command"
    "$SAMEKEY" help "$command" </dev/null | grep -qF "samekey $command" || echo "samekey help $command"
  done | no_complaint
}

@test "every option is in the help of a command that takes it" {
  for command in $("$SAMEKEY" help | sed -nE 's/^  ([a-z]+) .*/\1/p'); do
    "$SAMEKEY" help "$command" </dev/null
  done >"$BATS_TEST_TMPDIR/help"
  sed -nE 's/^[[:space:]]*\{"[a-z]+", "([a-z_-]+)", SETTING_.*/\1/p' loader/cli/options_rows.c | while read -r option; do
    grep -qE -- "^  --$option([ []|$)" "$BATS_TEST_TMPDIR/help" || echo "no help names --$option"
  done | no_complaint
}

@test "every setting of a run is an option in its help" {
  "$SAMEKEY" help run >"$BATS_TEST_TMPDIR/help"
  setting_rows loader/resolve/settings_rows.c | while read -r section key _; do
    [ "$section" != key ] || continue
    grep -qE -- "^  --($section-)?(${key}|${key//_/-})([ []|$)" "$BATS_TEST_TMPDIR/help" || echo "samekey run lacks --$key"
  done | no_complaint
}

@test "README.md names every command" {
  [ -s README.md ]
  for command in $(commands); do
    grep -qE "samekey $command\b" README.md || echo "README.md lacks samekey $command"
  done | no_complaint
}

# A sample with every setting in force; paths that this machine lacks are left out.
in_force() {
  sed -E 's/^;([a-z_]+ = )/\1/; /^key = /d; /^files = /d' "$1" |
    sed "s,^token_file = .*,token_file = $BATS_TEST_TMPDIR/token,"
}

@test "conf/samekeyd.ini is accepted as it is" {
  "$SAMEKEYD" --check --ini conf/samekeyd.ini
}

@test "conf/examples/seed is accepted" {
  "$SAMEKEYD" --check --ini conf/examples/seed/samekeyd.ini
  cp conf/examples/seed/samekey.ini "$BATS_TEST_TMPDIR"
  cd "$BATS_TEST_TMPDIR"
  umask 077
  printf 'ETLS_ACCESS=%s\nETLS_REFRESH=%s\nEXTERNAL_API_URL=https://api.example\n' \
    "$("$SAMEKEY" keygen)" "$("$SAMEKEY" keygen)" >.env
  "$SAMEKEY" check --strict
}

@test "conf/samekeyd.ini is accepted with every setting in force" {
  (umask 077 && echo 0123456789abcdef0123456789abcdef >"$BATS_TEST_TMPDIR/token")
  sed -E 's/^;(\[|[a-z_]+ = )/\1/; s,^key = /.*,,' conf/samekeyd.ini |
    sed -E "/^url = https:/d; s,^(token_file|key_file|password_file) = .*,\1 = $BATS_TEST_TMPDIR/token," >"$BATS_TEST_TMPDIR/samekeyd.ini"
  "$SAMEKEYD" --check --ini "$BATS_TEST_TMPDIR/samekeyd.ini"
}

@test "conf/samekey.ini is accepted with every setting in force" {
  cd "$BATS_TEST_TMPDIR"
  in_force "$BATS_TEST_DIRNAME/../../conf/samekey.ini" | sed '/^default = /d; /^values = /d' >samekey.ini
  run "$SAMEKEY" check --json
  jq -e '[.findings[] | select(.code == "settings")] == []' <<<"$output"
}
