#!/usr/bin/env bats
# Goal: `samekey offer` without a verifier says so and exits 69; errors of its own come first.

load helper

@test "no verifier: exit 69, the socket, what to do" {
  sk SAMEKEY_SOCKET="$PWD/none.sock" offer
  exits 69
  says "$PWD/none.sock" "no verifier listens here" "start samekeyd"
}

@test "an error of a rule: nothing is offered" {
  printf '[key A]\nrequired = yes\n' >samekey.ini
  sk offer --socket "$PWD/none.sock"
  exits 1
  says "code=missing"
}

@test "malformed input: 65" {
  echo junk >.env
  sk offer --socket "$PWD/none.sock"
  exits 65
}

@test "--withdraw without a verifier: 69" {
  sk offer --withdraw --socket "$PWD/none.sock"
  exits 69
  says "no verifier listens here"
}

@test "run goes on without a verifier, with one note" {
  sk run --socket "$PWD/none.sock" -- echo started
  exits 0
  prints started
  says "level=info" "code=no-verifier"
}

@test "the note names what the group shares and nobody compares" {
  printf '[key A_SECRET]\nshared = yes\n[key B_SECRET]\nshared = yes\n' >samekey.ini
  echo "A_SECRET=$GOOD" >.env
  sk run --socket "$PWD/none.sock" -- true
  exits 0
  says "level=info" "no verifier listens here; nobody compares A_SECRET and 1 more, which the group shares"
  printf '[key A_SECRET]\nshared = yes\n' >samekey.ini
  sk run --strict --socket "$PWD/none.sock" -- true
  exits 0
  says "no verifier listens here; nobody compares A_SECRET, which the group shares"
}

@test "run stops without a verifier that is required: 69" {
  sk run --socket "$PWD/none.sock" --verifier-required -- echo started
  exits 69
  prints_not started
  says "verifier-required" "none.sock"
}

@test "a socket whose folder others can write is not trusted" {
  mkdir open
  chmod 777 open
  sk run --verifier-required --socket "$PWD/open/s.sock" -- true
  exits 69
}

@test "something else at the socket's place is said" {
  echo >file
  sk offer --socket "$PWD/file"
  exits 69
  says "$PWD/file"
}
