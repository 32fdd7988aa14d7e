#!/usr/bin/env bats
# Goal: the same as 10-commands.bats for the commands that look around: at what was built, what runs, and the machine.
# SPDX-License-Identifier: MIT

load helper

@test "scan, drift" { commands scan drift; }
@test "ps, doctor" { commands ps doctor; }
