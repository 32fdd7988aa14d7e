#!/usr/bin/env bats
# Goal: the same as 10-commands.bats for the programs that samekey starts, while it waits for them: the command ends
# as the design says, and takes no part of an answer for the whole.
# SPDX-License-Identifier: MIT

load helper

@test "samekey-scan" { commands --in samekey-scan; }
@test "samekey-scan without the memory for an archive, at every allocation but the libraries' at their start" {
  FAULTS=full FAULTS_KIND="memory ENOMEM once" commands --in samekey-scan "scan built"
}
@test "a private samekeyd" { commands --in samekeyd; }
