#!/usr/bin/env bats
# Goal: the commands of docs/how-to/witnesses.md run as they stand there, and find what it says.

load helper

PAGE=$BATS_TEST_DIRNAME/../../docs/how-to/witnesses.md

@test "each witness on the page says what the page says of it" {
  mkdir -p "$DIR/bin" "$DIR/page"
  ln -s "$SAMEKEY" "$DIR/bin/samekey"
  start
  export SAMEKEY_SOCKET=$HANDOFF PATH=$DIR/bin:$PATH
  # a reader types slower than a process begins
  # shellcheck disable=SC2016  # for the script
  awk '$0 == "```sh" { on = 1; next } /^```$/ { on = 0 } on' "$PAGE" |
    sed 's#^samekey ps #until grep -qx sleep "/proc/$!/comm"; do :; done; &#' >"$DIR/commands"
  cd "$DIR/page"
  run bash -u "$DIR/commands"
  for said in not-reached "python3" "exit status 78" \
    "holds the stand-in that the build was given" "base64" \
    "dist/page.body:1: error" "app.tgz!gzip!dist/page.body" \
    "NEXTAUTH_SECRET  other" \
    "samekeyd is installed" "no compose or Kubernetes file here" \
    "error [frozen-value]"; do
    grep -qF -- "$said" <<<"$output" || { echo "does not say: $said"; echo "$output"; return 1; }
  done
  # no value of the page's own secrets
  while IFS= read -r value; do ! grep -qF -- "$value" <<<"$output"; done < <(cut -d = -f 2 .env)
}
