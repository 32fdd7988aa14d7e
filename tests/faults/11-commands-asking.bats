#!/usr/bin/env bats
# Goal: the same as 10-commands.bats for the commands that ask samekeyd.
# SPDX-License-Identifier: MIT

load helper

@test "status, verify, issue" { commands status verify issue; }
@test "diagnose, revoke" { commands diagnose revoke; }
