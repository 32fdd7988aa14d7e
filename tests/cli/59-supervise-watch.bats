#!/usr/bin/env bats
# Goal: samekey run --supervise keeps what the command was given current: every way in which a
# source may change is seen, and no set is mixed.

# shellcheck disable=SC2030,SC2031 # each test has its own $samekey
load helper
load supervise

# said_times EVENT TIMES
said_times() { [ "$(count "$1")" -ge "$2" ]; }

@test "editors that write in place, rename over, or delete first are all seen" {
  local how values=("$GOOD" "$GOOD2") turn=0
  puts .env "A_SECRET=$GOOD"
  stays --on-change restart -- sh -c "$(show)"
  until_true last_is "$GOOD"
  for how in "in place" "by rename" "by sed" "deleted first" "through a link"; do
    turn=$((1 - turn))
    case $how in
    "in place") echo "A_SECRET=${values[turn]}" >.env ;;
    "by rename") puts .env "A_SECRET=${values[turn]}" ;;
    "by sed") sed -i "s/=.*/=${values[turn]}/" .env ;;
    "deleted first")
      rm .env
      puts .env "A_SECRET=${values[turn]}"
      ;;
    "through a link")
      puts real.env "A_SECRET=${values[turn]}"
      ln -s real.env link
      mv -T link .env
      ;;
    esac
    until_true last_is "${values[turn]}" || complain "not seen: $how"
  done
  turn=$((1 - turn)) # what the link leads to
  puts real.env "A_SECRET=${values[turn]}"
  until_true last_is "${values[turn]}"
  ends 143
}

@test "files that were not there, settings, and what KEY_FILE names are watched as well" {
  mkdir -p keys/deep
  puts .env "B=1"
  puts keys/deep/a "$GOOD"
  printf '[key A_SECRET]\nrequired = yes\n' >samekey.ini
  GIVEN="A_SECRET_FILE=keys/deep/a" stays --on-change restart -- sh -c "$(show)"
  until_true last_is "$GOOD"
  puts keys/deep/a "$GOOD2"
  until_true last_is "$GOOD2"
  mv keys away # named, so it is an error
  until_true event change_refused
  mkdir -p keys/deep
  puts keys/deep/a "$GOOD"
  until_true last_is "$GOOD"
  ends 143
  rm values
  stays --on-change restart -- sh -c "$(show)"
  wait "$samekey" && status=0 || status=$?
  samekey=
  exits 78 # required, and nowhere
  puts .env "A_SECRET=$GOOD"
  stays --on-change restart -- sh -c "$(show)"
  until_true last_is "$GOOD"
  puts .env.production.local "A_SECRET=$GOOD2"
  until_true last_is "$GOOD2"
  printf '[key A_SECRET]\nrequired = yes\n[sources]\nfiles = more.env\n' >samekey.part
  mv samekey.part samekey.ini
  until_true event change_refused # more.env is not there
  puts more.env "A_SECRET=$GOOD-3"
  until_true last_is "$GOOD-3"
  ends 143
}

@test "what KEY_FILE names is watched beside thousands of secrets" {
  local value
  mkdir many keys
  (cd many && for ((i = 10000; i < 14200; i++)); do echo v >"A$i"; done) # before A_SECRET
  puts keys/a "$GOOD"
  puts .env "A_SECRET="
  GIVEN="A_SECRET_FILE=keys/a" stays --on-change restart --secrets many -- sh -c "$(show)"
  for value in "$GOOD2" "$GOOD" "$GOOD2"; do # the first one may be seen while all is set up
    echo "$value" >keys/a
    until_true last_is "$value"
  done
  ends 143
}

@test "a secret that is gone from every source does not restart the command without it" {
  puts .env "A_SECRET=$GOOD" "PORT=1"
  stays --on-change restart -- sh -c "$(show)"
  until_true last_is "$GOOD"
  mv .env away
  until_true event change_refused
  grep -q 'code=missing key=A_SECRET .*no source gives it any more.* hint=' said
  mv away .env
  puts .env "A_SECRET=$GOOD2" # a setting may go
  until_true last_is "$GOOD2"
  [ "$(wc -l <values)" -eq 2 ]
  ends 143
}

@test "a change that gives the same set does nothing and says nothing" {
  puts .env "A_SECRET=$GOOD"
  stays --on-change restart -- sh -c "$(show)"
  until_true last_is "$GOOD"
  puts .env "# a word" "A_SECRET=$GOOD"
  puts .env.local "A_SECRET=$GOOD"
  puts notes "of no interest"
  puts .env.production "B=1" # is a change, and comes after the others
  until_true event changed
  [ "$(count changed)" -eq 1 ]
  grep -q 'event=changed .*keys=B ' said
  ends 143
}

@test "a burst of changes is one change" {
  puts .env "A_SECRET=$GOOD"
  stays --on-change restart -- sh -c "$(show)"
  until_true last_is "$GOOD"
  python3 - "$GOOD" <<'PY'
import os, sys
for i in range(1, 51):
    with open(".env.part", "w") as file:
        file.write(f"A_SECRET={sys.argv[1]}-{i}\n")
    os.rename(".env.part", ".env")
PY
  until_true last_is "$GOOD-50"
  [ "$(wc -l <values)" -le 3 ]
  ends 143
}

@test "a torn file is refused once, and the next good state is taken" {
  puts .env "A_SECRET=$GOOD"
  stays --on-change restart -- sh -c "$(show)"
  until_true last_is "$GOOD"
  printf 'A_SECRET="%s' "${GOOD2:0:9}" >.env
  until_true event change_refused
  touch .env
  : >.env # another bad state: without A_SECRET it would be a good one
  printf 'A_SECRET="%s"\n' "$GOOD2" >.env
  until_true last_is "$GOOD2"
  [ "$(count change_refused)" -eq 1 ]
  ends 143
}

@test "who is quiet hears of a refusal and of its end, and of no other change" {
  puts .env "A_SECRET=$GOOD"
  stays --quiet --on-change restart -- sh -c "$(show)"
  until_true last_is "$GOOD"
  puts .env "A_SECRET=$GOOD2"
  until_true last_is "$GOOD2"
  [ ! -s said ]
  puts .env "A_SECRET='$GOOD"
  until_true event change_refused
  puts .env "A_SECRET=$GOOD2"
  until_true event change_mended
  puts .env "A_SECRET='$GOOD"
  until_true said_times change_refused 2
  puts .env "A_SECRET=$GOOD"
  until_true event 'changed '
  [ "$(count '')" -eq 4 ]
  ends 143
}

@test "a refused set that is mended to what is in use is said once, and starts nothing" {
  puts .env "A_SECRET=$GOOD"
  stays --on-change restart -- sh -c "$(show)"
  until_true last_is "$GOOD"
  puts .env "A_SECRET='$GOOD"
  until_true event change_refused
  puts .env "A_SECRET=$GOOD" "# mended"
  until_true event change_mended
  puts .env "A_SECRET=$GOOD" "# and once more, with nothing to mend"
  mv .env away
  until_true said_times change_refused 2
  mv away .env
  until_true said_times change_mended 2
  grep -q 'event=change_mended app=shop.* text=.*what is in use' said
  [ "$(count change_mended)" -eq 2 ]
  [ "$(count 'changed ')" -eq 0 ]
  [ "$(wc -l <values)" -eq 1 ]
  [ "$(grep -c "${GOOD:0:12}" said)" -eq 0 ]
  ends 143
}

@test "Kubernetes' set is never mixed, in 200 swaps" {
  local i old=none
  mkdir -p vol/..set0
  for i in A B C; do
    echo "$GOOD-0" >"vol/..set0/${i}_SECRET"
    ln -s "..data/${i}_SECRET" "vol/${i}_SECRET"
  done
  ln -s ..set0 vol/..data
  stays --on-change restart --secrets "$PWD/vol" --stop-timeout 2s -- sh -c \
    'echo "$A_SECRET $B_SECRET $C_SECRET" >>values; exec sleep 300'
  until_true test -s values
  for i in {1..200}; do
    mkdir "vol/..set$i"
    for key in A B C; do echo "$GOOD-$i" >"vol/..set$i/${key}_SECRET"; done
    ln -s "..set$i" vol/..data_tmp
    mv -T vol/..data_tmp vol/..data
    [ "$old" = none ] || rm -r "vol/$old"
    old=..set$i
  done
  until_true last_is "$GOOD-200 $GOOD-200 $GOOD-200"
  awk '$1 != $2 || $2 != $3 { exit 1 }' values
  ends 143
}

@test "files behind one link that leads elsewhere all the time are never mixed" {
  local i name
  puts .env B=1
  for i in {0..19}; do
    mkdir -p "sets/$i"
    for name in A B C D E F G H; do echo "${name}_SECRET=$GOOD-$i" >"sets/$i/$name.env"; done
  done
  ln -s sets/0 now
  printf '[sources]\nfiles = now/%s.env\n' "A.env, now/B.env, now/C.env, now/D.env, now/E.env, now/F.env, now/G.env, now/H" >samekey.ini
  stays --on-change restart --stop-timeout 2s -- sh -c \
    'echo "$A_SECRET $B_SECRET $E_SECRET $H_SECRET" >>values; exec sleep 300'
  until_true test -s values
  python3 -c '
import os, time
end = time.monotonic() + 6
turn = 0
while time.monotonic() < end:
    turn += 1
    os.symlink(f"sets/{turn % 19}", "new")
    os.rename("new", "now")
os.symlink("sets/19", "new")
os.rename("new", "now")'
  until_true last_is "$GOOD-19 $GOOD-19 $GOOD-19 $GOOD-19"
  awk '$1 != $2 || $2 != $3 || $3 != $4 { exit 1 }' values || complain "$(cat values)"
  ends 143
}

@test "a folder that is deleted and comes back is watched again" {
  mkdir vol
  echo "$GOOD" >vol/A_SECRET
  puts .env B=1
  stays --on-change restart --secrets "$PWD/vol" -- sh -c "$(show)"
  until_true last_is "$GOOD"
  mv vol gone
  until_true said_times change_refused 1
  mkdir new
  echo "$GOOD2" >new/A_SECRET
  mv new vol
  until_true last_is "$GOOD2"
  echo "$GOOD" >vol/A_SECRET
  until_true last_is "$GOOD"
  cd ..
  mv shop shop.old # the folder where all began
  cp -r shop.old shop
  cd shop
  rm -f values
  echo "$GOOD2" >vol/A_SECRET
  until_true last_is "$GOOD2"
  cd ../shop.old # for teardown and count
  ends 143
}
