#!/usr/bin/env bats
# Goal: what is suspicious about a value is told, whatever the settings say of its key.

load helper

ini() { printf '%s\n' "$@" >samekey.ini; }

@test "a placeholder is an error in a declared secret, a warning elsewhere" {
  echo 'A_SECRET=your-secret-key' >.env
  finds "warning maybe-placeholder A_SECRET .env:1:1" --
  ini '[key A_SECRET]' 'secret = yes'
  finds "error placeholder A_SECRET .env:1:1" --
}

@test "undefined and null" {
  local text
  for text in undefined null '[object Object]'; do
    echo "A_SECRET=$text" >.env
    rm -f samekey.ini
    sk check
    exits 0
    says maybe-placeholder
    ini '[key A_SECRET]'
    sk check
    exits 1
    says undefined-text
  done
}

@test "a reference that nobody resolved is an error, and its kind is named" {
  local text
  for text in 'op://vault/item/field' 'encrypted:abcdefgh' 'ENC[AES256_GCM,data:x]' 'vault:secret/x#y' \
    'ref+vault://x' '${{ secrets.X }}' '<your secret>'; do
    printf "A_SECRET='%s'\n" "$text" >.env
    sk check
    exits 1
    says "code=unresolved" "key=A_SECRET"
  done
}

@test "a weak secret is a warning" {
  echo 'A_SECRET=Tr7xq' >.env
  finds "warning weak A_SECRET .env:1:1" --
}

@test "of a URL it is the password that is weak, and it is called so" {
  echo 'DATABASE_URL=postgres://shop:hunter2@db.internal.example:5432/shop' >.env
  sk check
  exits 0
  says 'code=weak key=DATABASE_URL' 'text="its password can be guessed"'
}

@test "an env file with secrets that everybody may read" {
  echo "A_SECRET=$GOOD" >.env
  chmod 644 .env
  finds "warning world-readable - .env" --
  echo PORT=1 >.env
  finds --
}

@test "a section with a misspelt name, where a key without a section is called nearly so" {
  ini '[key NEXTAUTH_SECERT]' 'shared = yes'
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  finds "warning misspelt-key NEXTAUTH_SECERT samekey.ini:1" --
  sk check
  says "is NEXTAUTH_SECRET meant?"
  ini '[key NEXTAUTH_SECRET]' 'required = yes'
  echo "NEXTAUTH_SECRTE=$GOOD" >.env
  sk run -- true
  exits 78
  says "NEXTAUTH_SECRET  required, and no source gives it; NEXTAUTH_SECRTE is there"
  ini '[key nextauth_secret]' 'required = yes'
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  sk run -- true
  exits 78
  says "nextauth_secret  required, and no source gives it; NEXTAUTH_SECRET is there"
  ini '[key NEXTAUTH_SECERT]' 'shared = yes'
  echo "NEXTAUTH_SECRET=$GOOD" >.env
  ini '[key NEXTAUTH_SECERT]' '[key NEXTAUTH_SECRET]' 'secret = yes'
  finds --
  printf 'DB_PORT=1\nSHARD_2=1\n' >.env
  ini '[key DB_HOST]' '[key SHARD_1]'
  finds --
}

@test "a file that KEY_FILE names and everybody may read, but none in a folder of secrets" {
  ini '[key A_TOKEN]' 'secret = yes'
  printf %s "$GOOD" >token
  finds -- A_TOKEN_FILE="$PWD/token"
  chmod 644 token
  finds "warning world-readable - $PWD/token" -- A_TOKEN_FILE="$PWD/token"
  sk A_TOKEN_FILE="$PWD/token" check
  says "chmod o-r $PWD/token"
  mkdir secrets
  mv token secrets/
  finds -- A_TOKEN_FILE="$PWD/secrets/token" --secrets "$PWD/secrets"
}

@test "an empty line at the end of a secret file is part of the value, and said" {
  ini '[key A_TOKEN]' 'secret = yes'
  printf '%s\n\n' "$GOOD" >token
  finds "note newline-stripped A_TOKEN token" "warning newline-left A_TOKEN token" -- A_TOKEN_FILE=token
  printf '%s\n' '-----BEGIN PRIVATE KEY-----' Zm9v '-----END PRIVATE KEY-----' '' >token
  sk A_TOKEN_FILE=token check
  says_not newline-left
}

@test "quotes that are part of a secret in an env file" {
  printf "A_TOKEN='\"%s\"'\nNAME='\"x\"'\n" "$GOOD" >.env
  finds "warning quotes-left A_TOKEN .env:1:1" --
  sk check
  says "a literal pair of quotes is part of the value"
  ini '[key A_TOKEN]' 'secret = yes' 'quotes = keep'
  finds --
}

@test "blanks around a secret, from any source, seen or not" {
  local blank
  ini '[key A_TOKEN]' 'secret = yes'
  for blank in ' ' $'\t' $'\n' $'\xc2\xa0' $'\xe2\x80\x8b' $'\xe3\x80\x80' $'\xef\xbb\xbf'; do
    finds "warning blanks-left A_TOKEN env" -- A_TOKEN="$blank$GOOD"
    sk A_TOKEN="$GOOD$blank" check
    says "code=blanks-left" "the value ends with a blank"
    printf "A_TOKEN='%s'\n" "$blank$GOOD$blank" >.env
    finds "warning blanks-left A_TOKEN .env:1:1" --
    sk check
    says "the value begins and ends with a blank"
    says_not "$GOOD"
    rm .env
  done
  printf ' %s\n' "$GOOD" >token
  finds "note newline-stripped A_TOKEN token" "warning blanks-left A_TOKEN token" -- A_TOKEN_FILE=token
  printf '%s \n\n' "$GOOD" >token # the empty line is told, once
  finds "note newline-stripped A_TOKEN token" "warning newline-left A_TOKEN token" -- A_TOKEN_FILE=token
}

@test "blanks inside a secret, around what is none, around JSON and PEM: nothing is said" {
  ini '[key A_TOKEN]' 'secret = yes' '[key A_JSON]' 'secret = yes' 'type = json' '[key NAME]' 'secret = no'
  finds -- A_TOKEN="${GOOD:0:9} é${GOOD:9}à" A_JSON=' {"private":"dQw4w9WgXcQ-Zk3vRq8L"} ' NAME=' x '
  finds -- A_TOKEN=$'-----BEGIN PRIVATE KEY-----\nZm9vZm9vZm9v\n-----END PRIVATE KEY-----\n'
}

@test "a secret that is no UTF-8, which programs decode to different keys" {
  ini '[key A_TOKEN]' 'secret = yes' '[key NAME]' 'secret = no'
  printf '%s\xff' "$GOOD" >token
  finds "warning not-utf8 A_TOKEN token" -- A_TOKEN_FILE=token NAME=$'\xff'
  sk A_TOKEN_FILE=token run --quiet -- sh -c 'printf %s "$A_TOKEN" | cmp - token' # the bytes all the same
  exits 0
}

@test "typographic quotes around a value, a secret's or not, from any source" {
  local open=$'\xe2\x80\x9c' close=$'\xe2\x80\x9d' single=$'\xe2\x80\x98' unsingle=$'\xe2\x80\x99'
  printf 'A_TOKEN=%s\nNAME=%s\nIN=%s\nHALF=%s\n' "$open$GOOD$close" "$single x y$unsingle" "a${open}b$close" "${open}a" >.env
  finds "warning curly-quotes A_TOKEN .env:1:1" "warning curly-quotes NAME .env:2:1" --
  sk check
  says "a pair of typographic quotes is part of the value"
  says_not "$GOOD"
  gives NAME "$single x y$unsingle"
  ini '[key A_TOKEN]' 'secret = yes' 'quotes = keep' '[key NAME]' 'quotes = keep'
  finds --
  ini '[key A_TOKEN]' 'secret = yes'
  rm .env
  finds "warning curly-quotes A_TOKEN env" -- A_TOKEN="$open$GOOD$close"
  printf '%s\n' "$open$GOOD$close" >token
  finds "warning curly-quotes A_TOKEN token" "note newline-stripped A_TOKEN token" -- A_TOKEN_FILE=token
}

@test "bytes that somebody replaced, in a secret or not, from any source" {
  local lost=�
  printf 'A_TOKEN=%s\nNAME=caf%s\nIN=café\n' "$GOOD$lost" "$lost" >.env
  finds "warning replaced-bytes A_TOKEN .env:1:1" "warning replaced-bytes NAME .env:2:1" --
  says_not "$GOOD"
  gives NAME "caf$lost"
  rm .env
  ini '[key A_TOKEN]' 'secret = yes'
  finds "warning replaced-bytes A_TOKEN env" -- A_TOKEN="$lost$GOOD"
  finds "warning not-utf8 A_TOKEN env" -- A_TOKEN="$GOOD"$'\xe9'
}
