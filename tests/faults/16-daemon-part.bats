#!/usr/bin/env bats
# Goal: the part of 12-daemon.bats that shows most in little time: what a stranger can send, a session's check, which
# reaches the store and mints, the handoff, and what is written from all there is.
# SPDX-License-Identifier: MIT

load helper

@test "a bad token, a check, an offer and the metrics, about one call of each kind" {
  FAULTS=1 questions "bad token" check offer metrics
}
@test "its start, about one call of each kind" { FAULTS=1 questions --start; }
