// Goal: what tests/daemon/56-sessions-killed.bats holds samekeyd to some forty times, two hundred times.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { samekey, samekeyd } from './stand.mjs'

const KILLS = 200
const bats = fileURLToPath(new URL('../daemon/56-sessions-killed.bats', import.meta.url))

test(`${KILLS} times killed while it refreshes: no logout is lost, nobody gets two successors or is locked out`, () =>
  promisify(execFile)('bats', [bats], {
    env: { ...process.env, SAMEKEY: samekey, SAMEKEYD: samekeyd, KILLS: String(KILLS) },
  }).catch(({ stdout, stderr }) => assert.fail(stdout + stderr)))
