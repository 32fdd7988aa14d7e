#!/usr/bin/env bats
# Goal: whatever call fails, comes short or tells another time in samekeyd while it is asked: what it answers is
# true, it goes on, it answers the next as usual, and shows no value.
# SPDX-License-Identifier: MIT

load helper

@test "health, readiness, metrics, the page" { questions health ready metrics page; }
@test "what is held, what disagrees, an offer" { questions held drift offer; }
@test "good and bad tokens, introspection, a new token" { questions "good token" "bad token" "introspect bad" issue; }
@test "login, check, refresh, logout, revocation" { questions login check "stranger's check" refresh logout revoke; }
@test "the same with sessions in Redis" {
  [ -x "${CHECK_DEBIAN:-}/usr/bin/redis-server" ] || skip "no redis-server"
  questions --redis login check "stranger's check" refresh logout revoke
}
@test "its start" { questions --start; }
@test "its start without a database" { questions --first-start; }
@test "a login while the helper that passes it on has faults, and its start" {
  questions --in samekeyd-upstream login
  questions --in samekeyd-upstream --start
}
