#!/usr/bin/env bats
# Goal: whatever call fails, comes short or tells another time in a command of samekey: it ends as the
# design says, tells why, shows no value, leaves no half file, and leaves samekeyd well.
# SPDX-License-Identifier: MIT

load helper

@test "every command of samekey is tried" {
  diff <(python3 "$BATS_TEST_DIRNAME/commands.py" "$LIBRARY" --list | grep . | sort) \
    <("$SAMEKEY" help | sed -nE 's/^  ([a-z]+) .*/\1/p' | sort)
}

@test "samekey alone, check, explain" { commands "" check explain; }
@test "init, keygen, install" { commands init keygen install; }
@test "run, offer" { commands run offer; }
