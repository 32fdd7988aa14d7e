#!/usr/bin/env bats
# Goal: input that cannot be used is refused with its place, a hint and the right exit status, and
# nothing is started.

load helper

# refuses STATUS CODE ORIGIN [words of sk]: run starts nothing and check --json names it.
refuses() {
  local expected=$1 code=$2 origin=$3 given=()
  shift 3
  while [[ ${1:-} == [A-Za-z_]*=* ]]; do
    given+=("$1")
    shift
  done
  rm -f started
  sk "${given[@]}" run "$@" -- touch started
  exits "$expected" || return 1
  says "refused to start" "$code" "($origin)" "  fix  " || return 1
  [ ! -e started ] || complain "it was started" || return 1
  sk "${given[@]}" check --json "$@"
  exits "$expected" || return 1
  jq -e --arg code "$code" --arg origin "$origin" 'any(.findings[];
    .code == $code and .origin == $origin and .severity == "error" and (.hint | length) > 0)' \
    <<<"$output" >/dev/null || complain "no finding $code at $origin"
}

# as_other WORD...: samekey as a user whom modes bind; for root, in a copy that this user owns.
as_other() {
  local as=() folder=$PWD program=$SAMEKEY
  if [ "$(id -u)" -eq 0 ]; then
    rm -rf ${PLACE:+"$PLACE"}
    PLACE=$(mktemp -d /tmp/samekey-other.XXXXXX)
    folder=$PLACE/shop program=$PLACE/samekey
    cp -a . "$folder"
    cp "$SAMEKEY" "$program"
    as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chown -R 65534:65534 "$PLACE"
    chmod 755 "$PLACE" "$program"
  fi
  run "${as[@]}" env -i -C "$folder" HOME="${folder%/*}" "$program" "$@"
}

teardown() {
  local place
  for place in "$BATS_TEST_TMPDIR" ${PLACE:+"$PLACE"}; do chmod -R u+rwX "$place"; done
  rm -rf ${PLACE:+"$PLACE"}
}

# ---- folders

@test "a folder above that may be entered and not listed" {
  mkdir web
  printf '[key A_SECRET]\nrequired = yes\n' >samekey.ini
  echo "A_SECRET=$GOOD" >web/.env
  chmod 600 web/.env
  chmod 311 .
  as_other check --root web
  chmod 755 .
  exits 0
  prints "ready, 1 key"
}

@test "an app's folder that may be entered and not listed: the files are read all the same" {
  printf '[key A_SECRET]\nrequired = yes\n' >samekey.ini
  echo "A_SECRET=$GOOD" >.env
  chmod 600 .env
  chmod 311 .
  as_other check
  exits 0
  prints "ready, 1 key"
  as_other lint
  exits 66
  prints "cannot list the folder: Permission denied" "hint: samekey lint FILE"
  chmod 755 .
}

@test "samekey.ini counts above a folder that others may write, as another user's with sudo" {
  mkdir web
  printf '[key A_SECRET]\nrequired = yes\n' >samekey.ini
  chmod 777 web
  sk check --root web
  exits 1
  says "required, and no source gives it"
}

# ---- lines

@test "each kind of malformed line, with its column" {
  local line code column
  while IFS='|' read -r line code column; do
    printf 'GOOD=1\n%b\nNEXT=2\n' "$line" >.env
    refuses 65 "$code" ".env:2:$column"
  done <<'END'
some junk|malformed|6
KEY: value|colon-line|4
KEY|bare-key|1
<<<<<<< HEAD|merge-mark|1
=======|merge-mark|1
>>>>>>> feature/x=y|merge-mark|1
1KEY=x|bad-name|1
KÉY=x|bad-name|2
K="a"b|text-after-quote|6
K='a|unterminated|3
K=`id`|backtick|3
K=a\0b|nul|4
K=a\rb|lone-cr|4
K=a\xffb|bad-utf8|4
END
}

@test "an unfinished merge is called one, and other loaders read it as before" {
  printf '<<<<<<< HEAD\nA_TOKEN=%s\n=======\nA_TOKEN=%s\n>>>>>>> feature\n' "$GOOD" "$GOOD2" >.env
  sk check
  exits 65
  says "a mark of an unfinished merge" "finish the merge"
  says_not "rename the key" "$GOOD" "$GOOD2"
  sk parse --dialect next --json .env
  prints "$GOOD2"
}

@test "every bad line is named, not only the first" {
  printf 'A\nB: 1\nC=`x`\n' >.env
  finds "error bare-key - .env:1:1" "error colon-line - .env:2:2" "error backtick C .env:3:3" --
}

@test "the finding names the key, never the value" {
  printf 'K="%s"x\n' "$GOOD" >.env
  sk check
  says "key=K"
  says_not "$GOOD"
}

@test "UTF-16 is one error" {
  printf '\xff\xfeA\0=\0001\0\n\0' >.env
  finds "error not-text - .env:1:1" --
  prints "iconv -f UTF-16"
  printf 'A_KEY=one\nB_KEY=two\n' | iconv -t UTF-16LE >.env
  finds "error not-text - .env:1:2" --
  finds "error not-text - .env:1:2" -- --dialect literal
}

@test "a file that is no text is one error, as whomever it is read" {
  local dialect
  { printf 'A_TOKEN=%s\nB=' "$GOOD" && head -c 20000 "$SAMEKEY"; } >.env
  echo "C_TOKEN=$GOOD2" >.env.local
  for dialect in portable literal next systemd python; do
    finds "error not-text - .env:2:10" -- --dialect "$dialect"
    exits 65
    [[ $output$stderr != *"$GOOD"* ]] || complain "a value is shown"
  done
  sk lint
  exits 65
  says "no env file"
}

# ---- files

@test "a socket in a folder that may not be entered is a matter of rights" {
  mkdir -m 700 closed
  [ "$(id -u)" -eq 0 ] || chmod 000 closed
  as_other status --socket "$PWD/closed/handoff.sock"
  exits 77
  [[ $output == *"this user may not connect"*"name this user under [admit NAME] in samekeyd.ini"*"the folders above the socket must let it in"* ]] || complain "no word"
}

@test "over the cap" {
  head -c 1100000 /dev/zero | tr '\0' '#' >.env
  refuses 65 too-large .env
  says "1100000 bytes, the cap is 1048576" || { sk check && says "1100000 bytes"; }
  sk check --max_file 2M
  exits 0
}

@test "a directory" {
  mkdir .env
  refuses 77 unsafe-file .env
}

@test "a FIFO, without waiting for a writer" {
  mkfifo .env
  run timeout 10 "$SAMEKEY" check
  [ "$status" -eq 77 ]
  refuses 77 unsafe-file .env
}

@test "a link that leads out of the root" {
  echo A=1 >../outside
  ln -s ../outside .env
  refuses 77 unsafe-file .env
  rm .env
  ln -s "$(realpath ../outside)" .env
  refuses 77 unsafe-file .env
}

@test "a link to another env file inside the root is fine, by relative and absolute path" {
  mkdir conf
  echo A=1 >conf/base.env
  ln -s conf/base.env .env
  gives A 1
  ln -sf "$PWD/conf/base.env" .env
  gives A 1
}

@test "a link from a folder of the repository to its root is inside the ini's root" {
  mkdir web
  echo '[app]' >samekey.ini
  echo A=1 >base
  ln -s ../base web/.env
  cd web
  gives A 1
}

@test "a link to nothing" {
  ln -s nowhere .env
  refuses 66 unreadable .env
  sk check
  says "link"
}

@test "a link to itself" {
  ln -s .env .env
  sk check
  [ "$status" -eq 66 ] || [ "$status" -eq 77 ] || complain "neither 66 nor 77"
}

@test "unreadable" {
  echo A=1 >.env
  chmod 000 .env
  as_other check
  [ "$status" -eq 66 ] || complain "not 66"
  [[ $output == *"code=unreadable"*".env"*"Permission denied"* ]] || complain "not said: $output"
}

@test "a folder that cannot be entered" {
  mkdir closed
  chmod 000 closed
  as_other check --root closed
  [ "$status" -eq 66 ] || complain "not 66"
}

@test "world-writable" {
  echo A=1 >.env
  chmod 602 .env
  refuses 77 unsafe-file .env
  sk check
  says "everybody may write" "chmod o-w .env"
}

@test "writable by the owner's own group" {
  echo A=1 >.env
  chmod 660 .env
  sk check
  exits 0
}

@test "writable by a group of others" {
  [ "$(id -u)" -eq 0 ] || skip "needs root to give the file to another group"
  echo A=1 >.env
  chmod 660 .env
  chgrp 12345 .env
  refuses 77 unsafe-file .env
  sk check
  says "group 12345 may write" "chmod g-w .env"
}

@test "a file that a setting or an option names and that is not there" {
  refuses 66 unreadable nowhere.env --dotenv nowhere.env
}

@test "a secret file with a NUL, or over 64 KiB" {
  mkdir s
  printf 'a\0b' >s/A_TOKEN
  refuses 65 nul s/A_TOKEN --secrets s
  head -c 66000 /dev/zero | tr '\0' x >s/A_TOKEN
  refuses 65 too-large s/A_TOKEN --secrets s
}

@test "a secret that is a link to nothing, a FIFO, open to all" {
  mkdir s
  ln -s nowhere s/A_TOKEN
  refuses 66 unreadable s/A_TOKEN --secrets s
  rm s/A_TOKEN
  mkfifo s/A_TOKEN
  refuses 77 unsafe-file s/A_TOKEN --secrets s
  rm s/A_TOKEN
  echo x >s/A_TOKEN
  chmod 666 s/A_TOKEN
  refuses 77 unsafe-file s/A_TOKEN --secrets s
}

# ---- keys

@test "KEY and KEY_FILE both set" {
  echo '[key A_TOKEN]' >samekey.ini
  echo "$GOOD" >file
  rm -f started
  sk A_TOKEN="$GOOD2" A_TOKEN_FILE=file run -- touch started
  exits 78
  says both-given "A_TOKEN and A_TOKEN_FILE are both set"
  [ ! -e started ]
  gives A_TOKEN "$GOOD2" A_TOKEN="$GOOD2" A_TOKEN_FILE=file --allow both-given
}

@test "an env file may not change what programs run" {
  local name
  for name in LD_PRELOAD LD_LIBRARY_PATH PATH BASH_ENV ENV PYTHONSTARTUP SAMEKEY_ALLOW \
    GCONV_PATH GLIBC_TUNABLES PERL5DB PS4 SHELLOPTS BASHOPTS IFS ZDOTDIR; do
    echo "$name=x" >.env
    refuses 65 forbidden-name .env:1:1
    prints "[key $name]"
  done
}

@test "nor bring a shell a function, by a dialect that takes any name" {
  local dialect
  printf 'BASH_FUNC_true%%%%=() { echo ran; }\n' >.env
  for dialect in node vite deno python docker podman; do
    refuses 65 forbidden-name .env:1:1 --dialect "$dialect"
  done
}

@test "names that only look like those are keys, and so are options that teams keep in an env file" {
  printf 'PATHS=a\npath=c\nNODE_OPTIONS=--max-old-space-size=512\nPYTHONPATH=src\n' >.env
  gives path c
  gives NODE_OPTIONS --max-old-space-size=512
  gives PYTHONPATH src
}

@test "a [key] section allows it" {
  printf '[key PATH]\n[key LD_LIBRARY_PATH]\n' >samekey.ini
  printf 'LD_LIBRARY_PATH=/x\n' >.env
  gives LD_LIBRARY_PATH /x
}

@test "a section for another app does not allow it" {
  printf '[key LD_PRELOAD]\napps = other\n' >samekey.ini
  echo LD_PRELOAD=x >.env
  refuses 65 forbidden-name .env:1:1
}

@test "a secrets folder may not change what programs run either" {
  mkdir s
  echo x >s/LD_PRELOAD
  refuses 65 forbidden-name s/LD_PRELOAD --secrets s
}

@test "an odd name in an env file is a warning, and the child gets it" {
  echo 'a.b=1' >.env
  finds "warning odd-name a.b .env:1:1" --
  sk run --quiet -- env
  prints a.b=1
}

# ---- caps

@test "a name over 255 bytes" {
  printf 'K%s=1\n' "$(printf 'x%.0s' {1..255})" >.env
  refuses 65 too-large .env:1:1
}

@test "a value over 64 KiB, from a file, from env" {
  { printf K=; head -c 65537 /dev/zero | tr '\0' x; echo; } >.env
  refuses 65 too-large .env:1:1
  sk check
  says "65537 bytes, the cap is 65536"
  echo K=x >.env
  refuses 65 too-large env K="$(head -c 65537 /dev/zero | tr '\0' x)"
  { printf K=; head -c 65536 /dev/zero | tr '\0' x; echo; } >.env
  sk check
  exits 0
}

@test "a hundred thousand keys: refused with the number, soon" {
  local i
  seq -f 'VAR%.0f=value' 100000 >.env
  sk check --max-file 4M
  exits 65
  says "100000" "10000"
  sk run --max-file 4M -- touch started
  exits 65
  [ ! -e started ]
  sk explain VAR100000 --max-file 4M # what is too much to hand over can still be explained
  exits 65
  prints ".env:100000:1"
}

@test "ten thousand keys are fine" {
  seq -f 'VAR%.0f=value' 10000 >.env
  sk check
  exits 0
  prints "10000 keys"
}

@test "a bundle over 8 MiB: refused with the number" {
  local i value
  value=$(head -c 60000 /dev/zero | tr '\0' x)
  for i in {1..150}; do echo "K$i=$value"; done >.env
  sk run --max-file 16M -- touch started
  exits 65
  says "8388608"
  [ ! -e started ]
}

@test "an environment over the kernel's limit: 65 with the numbers, nothing started" {
  local i value
  value=$(head -c 60000 /dev/zero | tr '\0' x)
  for i in {1..100}; do echo "K$i=$value"; done >.env
  sk run --quiet --max-file 16M -- touch started
  exits 65
  says "over the kernel's limit" "hint: " "inject = no"
  [[ $stderr =~ [0-9]{7}\ bytes\ in\ 1[0-9]{2}\ strings ]] || complain "no numbers"
  [ ! -e started ]
}

@test "too many files in a secrets folder" {
  mkdir s
  (cd s && seq -f 'K%.0f' 10001 | xargs touch)
  refuses 65 too-large s --secrets s
}

@test "a link that leads back to itself leads nowhere" {
  ln -s .env .env
  finds "error unreadable - .env" --
  exits 66
  sk check
  says "is a link that leads nowhere"
}
