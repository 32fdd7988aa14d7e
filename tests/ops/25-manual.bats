#!/usr/bin/env bats
# Goal: the man pages say what the programs do and are clean for man and lintian, and bash, zsh and fish
# complete samekey's command line from its own tables. tests/daemon/40-pages.bats plays the examples.

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_DIRNAME/../.." || return 1
  SHELLS=$PWD/build/ops/debian-shells
  LIBRARIES=$(echo "$SHELLS"/usr/lib/*-linux-gnu)
  unset "${!SAMEKEY_@}"
  SAMEKEY=${SAMEKEY:?}
}

pages() { printf '%s\n' build/man/*.[1-8] packaging/man/*.7; }

no_complaint() {
  local said
  said=$(cat)
  [ -z "$said" ] || { printf '%s\n' "$said" | head -n 40; return 1; }
}

# The text of a page, unwrapped, for who looks for words.
text_of() { MANWIDTH=10000 man -l "$1" 2>/dev/null | col -b; }

@test "man reads every page without a warning" {
  for page in $(pages); do
    LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null
  done | no_complaint
}

@test "every page has the sections that a reader looks for, and a name that whatis finds" {
  for page in $(pages); do
    text=$(text_of "$page")
    for section in NAME DESCRIPTION "SEE ALSO"; do
      grep -qx "$section" <<<"$text" || echo "$page lacks $section"
    done
    lexgrog "$page" >/dev/null || echo "$page: lexgrog finds no name"
  done | no_complaint
}

@test "every page that another one names is there" {
  pages | sed 's,.*/,,' >"$BATS_TEST_TMPDIR/there"
  for page in $(pages); do
    text_of "$page" | grep -oE 'samekey[a-z.-]*\([1-8]\)' | sort -u | tr '(' . | tr -d ')' | while read -r named; do
      grep -qx "$named" "$BATS_TEST_TMPDIR/there" || echo "$page names $named"
    done
  done | no_complaint
}

# The options that a help text lists, and those that a part of a page does.
listed() { { grep -oE '^ +--[a-z-]+' || true; } | tr -d ' ' | sort -u; }

@test "samekey(1) has the options of every command's help, and none other" {
  text_of build/man/samekey.1 >"$BATS_TEST_TMPDIR/page"
  sed -n '/^COMMON OPTIONS/,/^EXIT STATUS/p' "$BATS_TEST_TMPDIR/page" >"$BATS_TEST_TMPDIR/shared"
  for command in $("$SAMEKEY" help --json | jq -r '.commands[].name'); do
    "$SAMEKEY" help "$command" | sed -n '/^options$/,$p' | grep '^  --' | listed >"$BATS_TEST_TMPDIR/help"
    sed -n "/^   samekey $command\$/,/^   samekey \|^[A-Z]/p" "$BATS_TEST_TMPDIR/page" | sed '1d;$d' >"$BATS_TEST_TMPDIR/part"
    grep -q . "$BATS_TEST_TMPDIR/part" || echo "$command is not there"
    {
      listed <"$BATS_TEST_TMPDIR/part"
      grep -oE '(Common options|Settings as options): [^.]*\.' "$BATS_TEST_TMPDIR/part" | grep -oE -- '--[a-z-]+'
      ! grep -q 'All settings of samekey.ini are options too' "$BATS_TEST_TMPDIR/part" ||
        sed -n '/^SETTINGS AS OPTIONS/,/^EXIT/p' "$BATS_TEST_TMPDIR/shared" | listed
    } | sort -u >"$BATS_TEST_TMPDIR/said"
    diff "$BATS_TEST_TMPDIR/help" "$BATS_TEST_TMPDIR/said" | sed -n "s/^[<>]/$command: &/p"
  done | no_complaint
}

@test "samekeyd(8) has the options of its help" {
  diff <("$SAMEKEYD" --help | sed '/^Signals/,$d' | listed) \
    <(text_of build/man/samekeyd.8 | sed -n '/^OPTIONS/,/^SIGNALS/p' | listed)
}

@test "the pages of the files have every setting, below its section" {
  settings() { awk '/^\[/ { section = $1 } /^ +[a-z_]+ = / { print section, $1 }' | tr -d ']' | sort; }
  diff <("$SAMEKEY" help samekey.ini | settings) \
    <(text_of build/man/samekey.ini.5 | sed -n '/^\[/,/^EXAMPLES/p' | settings)
  diff <("$SAMEKEYD" --help | settings) \
    <(text_of build/man/samekeyd.ini.5 | sed -n '/^\[/,/^EXAMPLES/p' | settings)
}

@test "samekey-findings(7) has every finding and every code" {
  text_of build/man/samekey-findings.7 >"$BATS_TEST_TMPDIR/page"
  for code in $("$SAMEKEY" help findings --json | jq -r '.findings[].code') $("$SAMEKEY" help codes --json | jq -r '.problems[].code'); do
    grep -qE "^ +$code \(" "$BATS_TEST_TMPDIR/page" || echo "$code is not there"
  done | no_complaint
}

@test "samekey(1) has every exit code of the programs" {
  text_of build/man/samekey.1 | sed -n '/^EXIT STATUS/,/^ENVIRONMENT/p' >"$BATS_TEST_TMPDIR/codes"
  sed -nE 's/^\tEXIT_[A-Z_]+ = ([0-9]+),.*/\1/p' lib/base/exit.h | while read -r code; do
    grep -qw "$code" "$BATS_TEST_TMPDIR/codes" || echo "$code"
  done | no_complaint
}

@test "every variable that the programs read themselves stands in a page" {
  grep -rhoE '(getenv|resolution_variable)\(([a-z]+, )?"[A-Z_0-9]+"\)|"SAMEKEY_[A-Z]+"' --include='*.c' --include='*.h' lib loader verifier |
    grep -v 'getenv("$' | grep -oE '"[A-Z0-9_]+"' | tr -d '"' | sort -u | grep -vx 'SAMEKEY_' >"$BATS_TEST_TMPDIR/read"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/read")" -gt 8 ]
  cat build/man/samekey.1 build/man/samekeyd.8 | sed 's/\\&//g' >"$BATS_TEST_TMPDIR/pages"
  while read -r variable; do
    grep -qF "$variable" "$BATS_TEST_TMPDIR/pages" || echo "$variable"
  done <"$BATS_TEST_TMPDIR/read" | no_complaint
}

@test "made twice, a page is the same" {
  make -s man BUILD="${BUILD:-release}"
  cp -r build/man "$BATS_TEST_TMPDIR/first"
  touch packaging/man/make-page
  TZ=Asia/Tokyo make -s man BUILD="${BUILD:-release}"
  diff -r build/man "$BATS_TEST_TMPDIR/first"
}

# ---- completions

# What is offered behind each line: the words that must be there, and with ! one that must not.
cases() {
  cat <<'END'
samekey |run check explain help --version? !--phase
samekey ch|check !run
samekey run --ph|--phase !--listen
samekey keygen --|--bytes --json !--mode
samekey run --phase |build start
samekey run --reach f|fail
samekey lint --loaders do|docker dotenv
samekey export --for kub|kubectl kubernetes-secret
samekey export --for proc|process
samekey parse --dialect nex|next
samekey check --allow conf|conflict
samekey help sig|signature_invalid signature-form
samekey help ru|run
samekey help samekeyd|samekeyd.ini
samekey lint READ|README.md
samekey run --ini READ|README.md
samekey run --root packag|packaging
samekey run --quiet -- make|make
samekey run -- ls READ|README.md
END
}

# Reads the cases and asks `offered LINE` for each.
judge_cases() {
  local line words word got asked=0
  while IFS='|' read -r line words; do
    got=$(offered "$line" | sed 's,/$,,')
    asked=$((asked + 1))
    for word in $words; do
      case $word in
        *\?) ;;
        !*) ! grep -qxF -- "${word#!}" <<<"$got" || echo "'$line' offers ${word#!}" ;;
        *) grep -qxF -- "$word" <<<"$got" || echo "'$line' does not offer $word, but: $(head -n 5 <<<"$got" | tr '\n' ' ')" ;;
      esac
    done
  done < <(cases)
  [ "$asked" -ge 12 ] || echo "only $asked cases"
}

@test "bash completes commands, options, words, codes, files, and the command behind --" {
  offered() {
    LINE=$1 bash --norc -c '. build/completions/samekey
      read -ra COMP_WORDS <<<"$LINE"
      [[ $LINE != *" " ]] || COMP_WORDS+=("")
      COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
      _samekey samekey "${COMP_WORDS[COMP_CWORD]}" && printf "%s\n" "${COMPREPLY[@]}"
      printf "%s\n" "${COMPREPLY[@]}"'
  }
  judge_cases | no_complaint
}

@test "an interactive bash completes a line that is typed" {
  LINE='samekey check --allow confl' python3 - <<'END'
import os, pty, select, time
child, terminal = pty.fork()
if child == 0:
    os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], dict(os.environ, PS1="", TERM="dumb", INPUTRC="/dev/null", HISTFILE=""))
os.write(terminal, b". build/completions/samekey; echo read''y\n")
said, deadline = b"", time.monotonic() + 20
def wait_for(word):
    global said
    while word not in said and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            said += os.read(terminal, 4096)
    assert word in said, said
wait_for(b"ready\r")
os.write(terminal, os.environ["LINE"].encode() + b"\t")
wait_for(b"--allow conflict")
os.write(terminal, b"\x15exit\n")
END
}

@test "zsh reads its completion without a complaint, and completes the same" {
  export LD_LIBRARY_PATH=$LIBRARIES
  "$SHELLS/bin/zsh" -n build/completions/_samekey
  offered() { python3 tests/ops/zsh_completes.py "$SHELLS" "$PWD/build/completions" "$1"; }
  judge_cases | no_complaint
}

@test "fish reads its completion without a complaint, and completes the same" {
  export LD_LIBRARY_PATH=$LIBRARIES HOME=$BATS_TEST_TMPDIR
  "$SHELLS/usr/bin/fish" -n build/completions/samekey.fish
  offered() {
    LINE=$1 "$SHELLS/usr/bin/fish" --no-config -c "set -g fish_function_path $SHELLS/usr/share/fish/functions
      source build/completions/samekey.fish; complete -C \"\$LINE\"" | cut -f 1
  }
  judge_cases | no_complaint
}

@test "installing puts pages and completions where man and the shells look" {
  root=$BATS_TEST_TMPDIR/root
  make -s install DESTDIR="$root" PREFIX=/usr BUILD="${BUILD:-release}"
  for file in man/man1/samekey.1 man/man5/samekey.ini.5 man/man5/samekeyd.ini.5 man/man7/samekey-findings.7 \
    man/man7/samekey-dialects.7 man/man8/samekeyd.8 bash-completion/completions/samekey \
    zsh/vendor-completions/_samekey fish/vendor_completions.d/samekey.fish; do
    [ -s "$root/usr/share/$file" ] || echo "$file is not there"
  done | no_complaint
}
