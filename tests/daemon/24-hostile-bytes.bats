#!/usr/bin/env bats
# Goal: of every type of message each byte and each field may be wrong, cut off or beside another
# descriptor: it is refused with a reason, nothing is half taken, and others are answered all the while.
# SPDX-License-Identifier: MIT
load helper

# Says everything of a case; standard input holds all kinds of answers that may come, sorted.
hears() {
  start
  printf '%s\n' "TOKEN=$CANARY" >"$DIR/shop/web/.env"
  SAMEKEY_SOCKET=$HANDOFF "$SAMEKEY" offer --quiet --name web --root "$DIR/shop/web"
  python3 "$BATS_TEST_DIRNAME/hostile_bytes.py" "$HANDOFF" "$1" >"$DIR/said"
  diff - "$DIR/said"
  api /v1/secrets | jq -e '[.apps[] | select(.state != "dead") | [.app, (.keys | map(.key))]] == [["web", ["TOKEN"]]]'
}

@test "the head of every type, each field" {
  hears heads <<'END'
problem malformed
problem not-permitted
problem too-large
problem truncated
problem version
END
}

@test "every message and every body, cut at each byte" {
  hears shorter <<'END'
problem malformed
problem not-permitted
problem truncated
END
}

@test "every byte of questions, withdrawals, offers and a bundle, changed" {
  # a letter of a name is another name, and of a path another path
  hears bodies <<'END'
answer 404
answer 405
problem malformed
problem too-large
problem truncated
problem version
verdict accepted
END
}

@test "whatever else a descriptor may be" {
  hears descriptors <<'END'
fifo problem descriptor
listening problem descriptor
epoll problem descriptor
pidfd problem descriptor
eventfd problem descriptor
zero problem descriptor
memory problem descriptor
secret-memory problem descriptor
path-only problem descriptor
write-only problem descriptor
empty problem truncated
huge problem too-large
hugest problem too-large
read-only verdict accepted
moved verdict accepted
END
}

@test "who said one thing wrong is heard no further" {
  hears again <<'END'
problem, then closed
END
}
