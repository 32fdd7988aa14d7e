#!/usr/bin/env bats
# Goal: the same as 10-commands.bats for the commands that read and write env files of every dialect.
# SPDX-License-Identifier: MIT

load helper

@test "dialects, parse, help" { commands dialects parse help; }
@test "lint, export" { commands lint export; }
