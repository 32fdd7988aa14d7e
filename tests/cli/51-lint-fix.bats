#!/usr/bin/env bats
# Goal: `samekey lint --fix` gives every loader in play the value that was meant, changes nothing
# else, and changes nothing at all where it cannot.

load helper

# fixes LOADERS BEFORE AFTER [OPTION...]: printf's escapes are read.
fixes() {
  local loaders=$1 before=$2 after=$3
  shift 3
  printf '%b' "$before" >.env
  printf '%b' "$after" >expected
  sk lint --fix --loaders "$loaders" "$@" .env
  exits 0
  cmp .env expected || complain "it became:" "$(cat -A .env)"
  sk lint --strict --quiet --loaders "$loaders" .env
  exits 0
}

# keeps LOADERS BEFORE WORD...: it is refused, with these words, and the file is as it was.
keeps() {
  local loaders=$1 before=$2
  shift 2
  printf '%b' "$before" >.env
  printf '%b' "$before" >expected
  sk lint --fix --loaders "$loaders" .env
  exits 1
  prints "[no-spelling]" "$@"
  cmp .env expected || complain "it became:" "$(cat -A .env)"
}

@test "a line that differs is spelt anew, all else stays" {
  fixes dotenv,docker '# top\n\nA="x"\nB=same   #same\n  # in\nC=1\n# end' '# top\n\nA=x\n#same\nB=same\n  # in\nC=1\n# end'
  fixes dotenv,systemd 'A=pa#ss\nB=2\n' "A='pa#ss'\nB=2\n"
  fixes node,python 'A="{\\"a\\":1}"\n' "A='{\"a\":1}'\n"
}

@test "nothing to do: the file is not touched" {
  echo 'A=1' >.env
  touch -d 2001-01-01 .env
  sk lint --fix --loaders dotenv,docker .env
  exits 0
  prints_not rewritten
  [ "$(stat -c %Y .env)" -lt 1000000000 ] || complain "it was written"
}

@test "how many were rewritten is said" {
  printf 'A="1"\nB="2"\nC=3\n' >.env
  sk lint --fix --loaders dotenv,docker .env
  prints "2 assignments rewritten, 0 errors"
  printf 'A="1"\n' >.env
  sk lint --fix --json --loaders dotenv,docker .env
  jq -e '.fixed == 1 and .ok and .findings == []' <<<"$output"
}

@test "export, colon with a dialect, spaces, a byte order mark" {
  fixes dotenv,systemd 'export A=1\n' 'A=1\n'
  fixes dotenv,node 'A: 1\n' 'A=1\n' --dialect dotenv
  fixes dotenv,docker 'A = 1\n' 'A=1\n'
  fixes dotenv,node '\xef\xbb\xbfA=1\nB=2\n' 'A=1\nB=2\n'
  fixes dotenv,docker '\xef\xbb\xbfA=1\nB="2"\n' '\xef\xbb\xbfA=1\nB=2\n'
}

@test "comments stay: behind the value where no loader minds, else above it" {
  fixes dotenv,node 'A=b#c # why\n' 'A=b#c # why\n'
  fixes dotenv,python 'A=b#c # why\n' "A='b#c' # why\n"
  fixes dotenv,docker 'A="b" # why\n' '# why\nA=b\n'
}

@test "line ends stay, unless they are what differs" {
  fixes dotenv,python 'A=b#c\r\nB=1\r\n' "A='b#c'\r\nB=1\r\n"
  fixes dotenv,sh 'A=1\r\nB=2\r\n' 'A=1\nB=2\n'
  fixes dotenv,systemd 'A=b#c' "A='b#c'"
}

@test "of two lines for one key the one that counts stays" {
  fixes dotenv,deno 'A=1\nB=2\nA=3\n' 'B=2\nA=3\n'
  fixes dotenv,kubectl 'A=1 # old\nA=3\n' '# old\nA=3\n'
  fixes dotenv,node 'A=1\nA=3\n' 'A=1\nA=3\n'
}

@test "the value is samekey's reading, or that of the dialect" {
  fixes dotenv,systemd 'A=pa#ss\n' "A=pa\n" --dialect dotenv
  printf '[sources]\ndialect = dotenv\n' >samekey.ini
  fixes dotenv,systemd 'A="pa#ss" # why\n' "# why\nA='pa#ss'\n"
}

@test "what a rewritten line was for whom is told" {
  printf 'A=1\nNAME="inventory-of-the-shop"\n' >.env
  sk lint --fix --loaders dotenv,docker .env
  exits 0
  prints ".env:2:1: rewritten: NAME: 21 bytes" "everybody, from now on" "    21 bytes" \
    ": dotenv, as before" "    23 bytes" ": docker, until now"
  prints_not inventory
  printf 'NAME="inventory-of-the-shop"\nB=1\nB=2\n' >.env
  sk lint --fix --json --loaders dotenv,docker,deno .env
  jq -e '.fixed == 3 and (.rewritten | length == 3)' <<<"$output"
  jq -e '.rewritten[0] | .key == "NAME" and .origin == ".env:1:1" and .now.length == 21 and
    .now.loaders == ["dotenv", "docker", "deno"] and .changes == ["docker"] and
    ([.before[].length] | sort == [21, 23])' <<<"$output"
  jq -e '.rewritten[1] | .line == 2 and .now == null and .before == []' <<<"$output"
  printf 'DB_PASSWORD="letmein"\n' >.env
  sk lint --fix --loaders dotenv,docker .env
  prints "rewritten: DB_PASSWORD: a weak value"
  prints_not letmein "7 bytes" "9 bytes"
  printf 'A="1"\n' >.env
  sk lint --fix --json --loaders dotenv,docker .env ./.env
  jq -e '.fixed == 1 and (.rewritten | length == 1)' <<<"$output"
}

@test "a value that the meant dialect cuts is not cut in the file, unless it was named for the call" {
  printf '[app]\nloaders = next, sh\n[sources]\ndialect = next\n' >samekey.ini
  printf 'A="x y" # n\nJWT_SECRET=q7#Lw2V\nHASH=$2b$10$abcdef\n' >.env
  cp .env expected
  sk lint --fix .env
  exits 1
  prints "JWT_SECRET: next drops or replaces a part" "HASH: next" "hint: --dialect portable"
  prints_not "rewritten:" Lw2V abcdef
  cmp .env expected || complain
  sed -i /HASH/d .env
  sk lint --fix --dialect next .env
  exits 0
  prints "rewritten: JWT_SECRET" ": sh, until now"
  grep -q '^JWT_SECRET=q7$' .env || complain "$(cat .env)"
}

@test "a value never becomes empty" {
  printf 'A=#Lw2V\n' >.env
  sk lint --fix --dialect dotenv --loaders dotenv,docker .env
  exits 1
  prints "A: dotenv reads nothing where a value stands" "--dialect literal"
  [ "$(cat .env)" = 'A=#Lw2V' ] || complain
}

@test "a reference that a loader resolves is not made text" {
  printf 'ORIGIN=http://h\nAPI=${ORIGIN}/api\n' >.env
  cp .env expected
  sk lint --fix --loaders next,sh .env
  sk lint --fix --loaders next,docker .env
  exits 1
  prints "API: next resolves its reference to a key of this file" "--dialect next" "--dialect portable"
  cmp .env expected || complain
  sk lint --fix --loaders next,docker --dialect next .env
  exits 0
  grep -q '^API=http://h/api$' .env || complain "$(cat .env)"
  echo 'ORIGIN=http://h' >.env
  echo 'API=${ORIGIN}/api' >.env.local
  sk lint --fix --loaders next,docker --dialect next .env .env.local
  exits 1
  prints "API: next resolves its reference to a key of another file" "by hand"
  grep -q 'ORIGIN' .env.local || complain
  fixes sh,dotenv "ORIGIN=1\nA='\${ORIGIN}#'   #x\n" "ORIGIN=1\nA='\${ORIGIN}#'   #x\n"
  fixes node,docker "ORIGIN=1\nA='\${ORIGIN}'\n" 'ORIGIN=1\nA=${ORIGIN}\n'
}

@test "a refusal names the line of the file, though lines have moved" {
  printf 'A=x # c\n# note \\\nKEY=val\n' >.env
  sk lint --fix --loaders systemd,dotenv .env
  exits 1
  prints_not ".env:4"
  printf 'A=x # c\nKEY=1\nKEY\n' >.env
  sk lint --fix --loaders python,podman,dotenv .env
  exits 1
  prints ".env:2:1"
}

@test "a comment keeps its line end where its line goes" {
  printf 'KEY=1 # c1\r\nKEY=2\r\n' >.env
  sk lint --fix --loaders dotenvy,dotenv .env
  [ "$(head -n 1 .env)" = $'# c1\r' ] || complain "$(cat -A .env)"
}

@test "many lines" {
  for i in {1..300}; do printf 'K%d="v%d" # c%d\n' "$i" "$i" "$i"; done >.env
  for i in {1..300}; do printf '# c%d\nK%d=v%d\n' "$i" "$i" "$i"; done >expected
  sk lint --fix --loaders dotenv,docker .env
  exits 0
  cmp .env expected || complain
}

@test "mode and link stay" {
  echo 'A="1"' >real
  chmod 640 real
  ln -s real .env
  sk lint --fix --loaders dotenv,docker .env
  exits 0
  [ -L .env ] || complain "the link is gone"
  [ "$(stat -c %a real)" = 640 ] || complain "$(stat -c %a real)"
  [ "$(cat real)" = A=1 ] || complain
  [ "$(ls)" = real ] || complain "$(ls)"
}

@test "refused where there is no spelling, and then nothing is changed" {
  keeps dotenv,docker 'A="x"\nB="a\nb"\n' "B: no spelling" "docker"
  keeps next,dotenv 'A=a$b\nB="x"\n' "A: no spelling"
  keeps dotenv,node 'A: 1\n' "A: samekey itself does not read the line"
  keeps dotenv,sh 'A=1\nthis is no pair\n' "no assignment"
  keeps dotenv,environment.d 'A=\n' "A: no spelling"
}

@test "refused in one file: no other is changed either" {
  echo 'A="x"' >.env
  printf 'B="a\nb"\n' >.env.local
  sk lint --fix --loaders dotenv,docker .env .env.local
  exits 1
  prints ".env.local:1:1"
  [ "$(cat .env)" = 'A="x"' ] || complain
}

@test "what no spelling changes is still told, and fails" {
  echo 'A="1"' >.env.local
  echo A=2 >.env.production
  sk lint --fix --loaders next,vite,docker .env.local .env.production
  exits 1
  prints "cascade-order-differs" "1 assignment rewritten"
  [ "$(cat .env.local)" = A=1 ] || complain
}

@test "a file of somebody else is not replaced" {
  if [ "$(id -u)" -eq 0 ]; then
    echo 'A="1"' >.env
    chown 65534 .env
    sk lint --fix --loaders dotenv,docker .env
    exits 77
    says "another user owns it"
    [ "$(cat .env)" = 'A="1"' ] || complain
  else
    cd /etc
    sk lint --fix --loaders dotenv,docker /etc/os-release
    [ "$status" -ne 0 ] || complain
  fi
}

@test "every value that can be spelt comes out alike, whatever it was written as" {
  local line
  while IFS= read -r line; do
    printf '%b\n' "$line" >.env
    sk parse --json --dialect portable .env
    local meant=$output
    sk lint --fix --loaders dotenv,node,python,compose,systemd,sh .env
    [ "$status" -eq 0 ] || continue
    local loader
    for loader in dotenv node python compose systemd sh portable; do
      sk parse --json --dialect "$loader" .env
      [ "$output" = "$meant" ] || complain "$loader reads $line as"
    done
  done <<'END'
K=a b
K="a b" # x
K='a"b'
K="a'b"
K=a\\\\b
K="a\\\\nb"
K=pa#ss
K= x
K='a$b'
K="{\\\\"a\\\\":1}"
export K='x y'
K='#'
K=~/x
K=a;b&c|d(e)
K='`x`'
K=é
END
}

@test "a key that the meant loader finds inside of another one's value is not lost" {
  local text
  printf 'A="$BC_1==C_1=B\nB="\\n;\n' >.env # bun reads one value of two lines, ruby two keys
  text=$(cat .env)
  sk lint --fix --loaders ruby,bun --dialect ruby .env
  exits 1
  prints "a name that samekey finds in the line would be lost or changed [no-spelling]"
  [ "$(cat .env)" = "$text" ] || complain "the file was changed"
}
