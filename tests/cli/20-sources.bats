#!/usr/bin/env bats
# Goal: the environment, credentials and secrets folders are read where the design says, and nowhere else.

load helper

# ---- the process environment and KEY_FILE

@test "env gives a key that a file names" {
  echo "PORT=1" >.env
  wins PORT env env PORT=2
  gives PORT 2 PORT=2
}

@test "env gives a key that the ini names" {
  echo '[key PORT]' >samekey.ini
  wins PORT env env PORT=2
}

@test "env gives nothing else, and it passes unchanged" {
  echo '[app]' >samekey.ini
  sk LANG=C OTHER='a b"c' run --quiet -- env
  exits 0
  prints 'OTHER=a b"c' LANG=C
  sk OTHER=x explain --json
  jq -e '.keys == []' <<<"$output"
}

@test "KEY_FILE names a file; its newline goes, with a note; the variable goes too" {
  echo '[key DB_PASSWORD]' >samekey.ini
  echo "$GOOD" >pw
  gives DB_PASSWORD "$GOOD" DB_PASSWORD_FILE=pw
  lacks DB_PASSWORD_FILE DB_PASSWORD_FILE=pw
  wins DB_PASSWORD env pw DB_PASSWORD_FILE=pw
  finds "note newline-stripped DB_PASSWORD pw" "note guessed-secret DB_PASSWORD pw" -- DB_PASSWORD_FILE=pw
}

@test "KEY_FILE of a key that nobody names is not read, and that is said" {
  echo "$GOOD" >pw
  lacks DB_PASSWORD DB_PASSWORD_FILE=pw
  finds "note unasked-file DB_PASSWORD env" -- DB_PASSWORD_FILE=pw PID_FILE=/run/x.pid
  sk AWS_WEB_IDENTITY_TOKEN_FILE=pw check --json
  [[ $output != *unasked-file* ]] || complain "a library's own file"
}

@test "KEY_FILE in an env file is passed on and not followed, and that is said where KEY is not given" {
  echo "$GOOD" >pw
  printf '%s\n' DB_PASSWORD_FILE=/run/secrets/shop_db PID_FILE=x.pid >.env
  gives DB_PASSWORD_FILE /run/secrets/shop_db
  lacks DB_PASSWORD
  finds "note unfollowed-file DB_PASSWORD .env:1:1" --
  echo '[key DB_PASSWORD]' >samekey.ini
  finds "note unfollowed-file DB_PASSWORD .env:1:1" --
  local ini
  for ini in '[key DB_PASSWORD]' '[app]'; do
    echo "$ini" >samekey.ini
    sk DB_PASSWORD="$GOOD" check --json
    [[ $output != *unfollowed-file* ]] || complain "its value is given, and $ini"
  done
}

@test "KEY_FILE alone gives a secret that the framework signs with" {
  echo '{"dependencies":{"next":"16"}}' >package.json
  echo "$GOOD" >pw
  gives NEXTAUTH_SECRET "$GOOD" NEXTAUTH_SECRET_FILE=pw
}

@test "exactly one newline goes" {
  printf '[key A]\nsecret = yes\n' >samekey.ini
  printf '%s\n\n' "$GOOD" >pw
  sk A_FILE=pw run --quiet -- sh -c 'printf "[%s]" "$A"'
  [ "$output" = "[$GOOD"$'\n'"]" ] || complain "not one"
}

@test "a byte order mark goes, as from an env file, with a warning" {
  mkdir s
  printf '\357\273\277%s\r\n' "$GOOD" >s/A_SECRET
  cp s/A_SECRET pw
  gives A_SECRET "$GOOD" --secrets s
  finds "warning bom A_SECRET s/A_SECRET" "note newline-stripped A_SECRET s/A_SECRET" -- \
    --secrets s
  printf '[key A_SECRET]\nsecret = yes\n' >samekey.ini
  gives A_SECRET "$GOOD" A_SECRET_FILE=pw
  sk A_SECRET="$(cat pw)" run --quiet -- sh -c 'printf %s "$A_SECRET"' # no file: its bytes stay
  [ "$output" = $'\357\273\277'"$GOOD" ] || complain "changed"
}

@test "KEY_FILE counts for secrets, for others only when file = yes" {
  printf '[key PORT]\n[key HOST]\nfile = yes\n[key A_SECRET]\nfile = no\n' >samekey.ini
  echo 80 >value
  sk PORT_FILE=value HOST_FILE=value A_SECRET_FILE=value explain --json
  jq -e '[.keys[] | .source] == ["none", "env", "none"]' <<<"$output"
}

@test "an empty KEY does not beat the file that KEY_FILE names" {
  printf '[key DB_HOST]\nfile = yes\n' >samekey.ini
  echo db.example >value
  gives DB_HOST db.example DB_HOST= DB_HOST_FILE=value
  wins DB_HOST env value DB_HOST= DB_HOST_FILE=value
}

@test "an empty KEY_FILE is none" {
  printf '[key A_SECRET]\nsecret = yes\n' >samekey.ini
  echo "A_SECRET=$GOOD" >.env
  gives A_SECRET "$GOOD" A_SECRET_FILE=
}

@test "what the environment alone has, and no samekey.ini names, is passed on beside its KEY_FILE" {
  gives B_SECRET "$GOOD" B_SECRET="$GOOD" B_SECRET_FILE=/nowhere/x
}

@test "an inherited name that is none of a key is not judged" {
  : >.env
  finds -- 'npm-config.secret=changeme'
  finds "warning maybe-placeholder NPM_CONFIG_SECRET env" -- NPM_CONFIG_SECRET=changeme
}

@test "KEY_FILE that is not there: 66, the key and the path" {
  printf '[key A_SECRET]\nrequired = yes\n' >samekey.ini
  sk A_SECRET_FILE=/nowhere/x run -- true
  exits 66
  says A_SECRET /nowhere/x "No such file"
}

# ---- credentials

@test "credentials of systemd" {
  mkdir creds
  printf %s "$GOOD" >creds/A_TOKEN
  printf x >creds/samekey.fingerprint
  printf x >creds/no-name
  wins A_TOKEN credentials creds/A_TOKEN CREDENTIALS_DIRECTORY=creds
  jq -e '.keys | length == 1' <<<"$output"
  gives A_TOKEN "$GOOD" CREDENTIALS_DIRECTORY=creds
}

@test "credentials keep their case" {
  mkdir creds
  printf %s "$GOOD" >creds/a_token
  wins a_token credentials creds/a_token CREDENTIALS_DIRECTORY=creds
}

@test "an empty CREDENTIALS_DIRECTORY, as compose and env files make one, is none" {
  echo "A_TOKEN=$GOOD" >.env
  finds -- CREDENTIALS_DIRECTORY=
  wins A_TOKEN dotenv .env:1:1 CREDENTIALS_DIRECTORY=
}

@test "credentials that cannot be read are an error" {
  finds "error unreadable - nowhere" -- CREDENTIALS_DIRECTORY=nowhere
  exits 66
}

# ---- secrets folders

@test "a secrets folder, upper and lower case" {
  mkdir s
  printf %s "$GOOD" >s/A_TOKEN
  printf %s "$GOOD2" >s/db_password
  wins A_TOKEN secrets s/A_TOKEN --secrets s
  wins DB_PASSWORD secrets s/db_password --secrets s
}

@test "a folder that the ini names lies beside the ini, one that is typed in the current folder" {
  printf '[sources]\nsecrets = s\n' >samekey.ini
  mkdir s web web/t
  printf %s "$GOOD" >s/A_TOKEN
  printf %s "$GOOD" >web/t/B_TOKEN
  wins A_TOKEN secrets ../s/A_TOKEN --root web
  wins B_TOKEN secrets web/t/B_TOKEN --root web --secrets web/t
  cd web
  wins A_TOKEN secrets ../s/A_TOKEN
  wins B_TOKEN secrets t/B_TOKEN --secrets t
}

@test "a folder that is named and not there: say so" {
  sk check --secrets none
  exits 66
  says "cannot read the folder: No such file or directory" "correct the path"
}

@test "a lower-case key that the ini names stays lower case" {
  printf '[sources]\nsecrets = s\n[key db_password]\n' >samekey.ini
  mkdir s
  printf %s "$GOOD" >s/db_password
  wins db_password secrets s/db_password
}

@test "both cases of one name: the first counts, and it is said" {
  mkdir s
  printf %s "$GOOD" >s/A_TOKEN
  printf %s "$GOOD2" >s/a_token
  finds "warning duplicate A_TOKEN s/a_token" -- --secrets s
}

@test "folders inside are skipped, and so are hidden files" {
  mkdir -p s/folder s/kubernetes.io
  printf x >s/.hidden
  finds -- --secrets s
}

@test "a file whose name is no key is skipped, with a note" {
  mkdir s
  printf x >s/tls.crt
  finds "note skipped-file - s/tls.crt" -- --secrets s
}

@test "several folders: the first one ranks higher" {
  mkdir a b
  printf %s "$GOOD" >a/A_TOKEN
  printf %s "$GOOD2" >b/A_TOKEN
  wins A_TOKEN secrets b/A_TOKEN --secrets b --secrets a
  jq -e '.keys[0].shadowed[0].origin == "a/A_TOKEN"' <<<"$output"
}

@test "a named folder that is not there: 66, and why" {
  sk check --secrets nowhere
  exits 66
  says "origin=nowhere" "No such file"
}

@test "a Kubernetes volume is read through ..data, each set whole" {
  mkdir -p s/..1 s/..2
  printf %s "$GOOD" >s/..1/A_TOKEN
  printf %s "$GOOD2" >s/..2/A_TOKEN
  ln -s ..1 s/..data
  ln -s ..data/A_TOKEN s/A_TOKEN
  gives A_TOKEN "$GOOD" --secrets s
  ln -sfn ..2 s/..data
  gives A_TOKEN "$GOOD2" --secrets s
}

@test "a Kubernetes volume that is swapped all the time never gives a mixed set" {
  local i set
  mkdir -p s/..1 s/..2
  for i in {1..40}; do
    printf 1 >"s/..1/K$i"
    printf 2 >"s/..2/K$i"
  done
  ln -s ..1 s/..data
  (while [ ! -e stop ]; do ln -s ..2 s/new && mv -T s/new s/..data; ln -s ..1 s/new && mv -T s/new s/..data; done) 3>&- &
  for i in {1..30}; do
    sk run --quiet --secrets s -- env
    set=$(grep -o '^K[0-9]*=.' <<<"$output" | cut -d = -f 2 | sort -u | tr -d '\n')
    [ "$set" = 1 ] || [ "$set" = 2 ] || { touch stop; complain "mixed or nothing: '$set'"; }
  done
  touch stop
  wait
}

@test "a Kubernetes volume whose set goes while it is read is read whole, from the next one" {
  command -v python3 >/dev/null || skip "no python3"
  run env -i PATH="$PATH" HOME="$HOME" SAMEKEY="$SAMEKEY" python3 -c '
import ctypes, os, select, subprocess
FILES, IN_OPEN, libc = 500, 0x20, ctypes.CDLL(None)
def write(n):
    os.makedirs(f"s/..{n}")
    for i in range(FILES):
        with open(f"s/..{n}/K{i}", "w") as file: file.write(str(n))
write(0)
os.symlink("..0", "s/..data")
for n in range(3): # the kubelet puts the next set in place, and deletes the one before
    write(n + 1)
    seen = libc.inotify_init1(0)
    libc.inotify_add_watch(seen, f"s/..{n}/K0".encode(), IN_OPEN)
    reader = subprocess.Popen([os.environ["SAMEKEY"], "run", "--quiet", "--secrets", "s", "--", "env"],
        stdout=subprocess.PIPE, text=True)
    assert select.select([seen], [], [], 20)[0], "the first file was not read"
    os.symlink(f"..{n + 1}", "s/new")
    os.rename("s/new", "s/..data")
    for i in reversed(range(FILES)): os.unlink(f"s/..{n}/K{i}")
    os.rmdir(f"s/..{n}")
    os.close(seen)
    lines = reader.communicate()[0].splitlines()
    values = [line.split("=")[1] for line in lines if line.startswith("K")]
    print(reader.returncode, len(values), len(set(values)))
'
  [ "$output" = "$(yes "0 500 1" | head -n 3)" ] || complain "no whole set"
}

@test "a secrets folder in which everybody may replace files" {
  mkdir s
  printf %s "$GOOD" >s/A_TOKEN
  chmod 777 s
  finds "warning open-folder - s" -- --secrets s
  chmod 1777 s # as Kubernetes mounts it
  finds -- --secrets s
}

@test "a line of an env file where the value alone belongs: the name is part of the secret, and told" {
  printf '[key A_TOKEN]\nsecret = yes\n' >samekey.ini
  mkdir given
  printf 'A_TOKEN=%s\n' "$GOOD" | tee token >given/A_TOKEN
  finds "note newline-stripped A_TOKEN token" "warning name-left A_TOKEN token" -- A_TOKEN_FILE=token
  finds "note newline-stripped A_TOKEN given/A_TOKEN" "warning name-left A_TOKEN given/A_TOKEN" -- --secrets given
  finds "warning name-left A_TOKEN env" -- A_TOKEN="A_TOKEN=$GOOD"
  sk A_TOKEN="A_TOKEN=$GOOD" check
  says "the value begins with A_TOKEN="
  says_not "$GOOD"
  finds -- A_TOKEN="$GOOD=A_TOKEN="
}
