#!/usr/bin/env bats
# Goal: `samekey install` copies the program that runs, whole or not at all.
# SPDX-License-Identifier: MIT

load helper

@test "a file and a folder are places; what is there runs, is the same, and is replaced at once" {
  sk install "$PWD/copy"
  exits 0
  [ -z "$output$stderr" ]
  cmp "$SAMEKEY" copy
  [ "$(stat -c %a copy)" = 755 ]
  sk install .
  exits 0
  cmp "$SAMEKEY" samekey
  printf 'old' >copy
  ./samekey install copy
  cmp "$SAMEKEY" copy
  [ "$(find . -type f | wc -l)" -eq 2 ] # and no leaving of a half one
}

@test "no place, two places, a place that cannot be written: said, and nothing there" {
  sk install
  exits 2
  says "install needs a place" "hint: samekey install"
  sk install a b
  exits 2
  sk install none/samekey
  [ "$status" -ne 0 ]
  says "none"
  [ -z "$(ls)" ]
}

@test "what is no file stays what it is: a FIFO, also by a link" {
  mkfifo fifo
  ln -s fifo link
  local place
  for place in fifo link; do
    sk install "$place"
    exits 77
    says "$place: is there already, and no regular file"
  done
  [ -p fifo ]
  [ -L link ]
  ln -sf none link # which leads nowhere, and is replaced as a file would be
  sk install link
  exits 0
  cmp "$SAMEKEY" link
}
