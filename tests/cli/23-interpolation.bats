#!/usr/bin/env bats
# Goal: references are filled in only when asked, only in env files, once, and never by guessing.

load helper

@test "off by default" {
  printf 'A=1\nB=${A}\n' >.env
  gives B '${A}'
}

@test "a name, in plain and double quotes, not in single quotes" {
  printf 'A=1\nP=<${A}>\nD="<${A}>"\nS='"'"'${A}'"'"'\n' >.env
  gives P "<1>" --interpolate
  gives D "<1>" --interpolate
  gives S '${A}' --interpolate
}

@test "by the ini" {
  printf '[sources]\ninterpolate = yes\n' >samekey.ini
  printf 'A=1\nB=${A}\n' >.env
  gives B 1
  gives B '${A}' --interpolate=no
}

@test "after all files are merged: the winner counts, whatever the order of lines and files" {
  printf 'URL=${BASE}/x\nBASE=low\n' >.env
  echo 'BASE=high' >.env.local
  gives URL high/x --interpolate
}

@test "a value of the environment, and one that no file names" {
  printf 'A=file\nB=${A}-${HOST}\n' >.env
  gives B env-h A=env HOST=h --interpolate
}

@test "values of the environment are never filled in" {
  printf 'A=1\nB=x\n' >.env
  gives B '${A}' B='${A}' --interpolate
}

@test "defaults, for what is missing and what is empty" {
  printf 'E=\nA=${NONE:-d}\nB=${E:-d}\nC=${NONE:-}\nD=${A:-x}\n' >.env
  gives A d --interpolate
  gives B d --interpolate
  gives D d --interpolate
  sk run --quiet --interpolate -- sh -c 'echo "[$C]"'
  [ "$output" = "[]" ]
}

@test "an escaped dollar is a dollar" {
  printf 'A=1\nB="\\${A}"\nC="x\\n${A}"\n' >.env
  gives B '${A}' --interpolate
  gives C $'x\n1' --interpolate
}

@test "references through references" {
  printf 'A=${B}\nB=${C}\nC=3\n' >.env
  gives A 3 --interpolate
}

@test "a dollar without braces stays, with the warning that it differs elsewhere" {
  printf 'A=1\nB=$A\n' >.env
  gives B '$A' --interpolate
}

@test "what cannot be filled in is an error with the place and the key" {
  local line
  while IFS='|' read -r line text; do
    printf '%s\n' "$line" >.env
    sk run --interpolate -- true
    exits 65
    says "[interpolation]" ".env:1:1" "$text"
  done <<'END'
A=${NONE}|NONE names no key that has a value
A=${NONE:?set it}|NONE has no value, and :? says that it must
A=${A}|A refers to itself in a circle
A=${X|is not closed
A=${}|none of ${NAME}
A=${X-y}|none of ${NAME}
A=${X:+y}|none of ${NAME}
A=${X:-${Y}}|
A=$$|
END
}

@test "a circle of three" {
  printf 'A=${B}\nB=${C}\nC=${A}\n' >.env
  sk check --interpolate
  exits 65
  says "in a circle"
}

@test "a chain that is too long is an error, no crash" {
  local i
  for i in {1..200}; do echo "K$i=\${K$((i + 1))}"; done >.env
  echo K201=x >>.env
  sk check --interpolate
  exits 65
}

@test "a value that grows over 64 KiB is an error" {
  local i
  printf 'K0=%01000d\n' 0 >.env
  for i in {1..7}; do echo "K$i=\${K$((i - 1))}\${K$((i - 1))}"; done >>.env
  sk check --interpolate
  exits 65
  says "grows over 64 KiB"
}

@test "values that together grow over 8 MiB are an error" {
  { printf 'B=%060000d\n' 0; for i in {1..2000}; do echo "K$i=\${B}"; done; } >.env
  sk check --interpolate
  exits 65
  says "together grow over 8 MiB"
  { printf 'B=%060000d\n' 0; for i in {1..139}; do echo "K$i=\${B}"; done; } >.env
  sk check --interpolate
  exits 65
  says too-large "the cap is 8388608"
}

@test "a reference in a file that lost anyway stops nothing" {
  echo 'A=${NONE}' >.env
  echo 'A=1' >.env.local
  gives A 1 --interpolate
}

@test "a circle through a value that lost anyway is none" {
  printf 'A=${B}\nB=${A}\nC=${D}\nD=${C}\n' >.env
  printf 'A=1\nD=2\n' >.env.local
  gives B 1 --interpolate
  gives C 2 --interpolate
  finds "warning dollar A .env:1:3" "warning dollar B .env:2:3" "warning dollar C .env:3:3" \
    "warning dollar D .env:4:3" -- --interpolate
}

@test "a secret that becomes empty is skipped" {
  printf '[key A_TOKEN]\n' >samekey.ini
  printf 'E=\nA_TOKEN=${E}\n' >.env
  sk check --interpolate
  exits 1
  says all-empty
}
