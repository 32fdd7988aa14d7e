// Goal: the short form of `make soak`: a whole site in use, while its programs are killed, its keys are
// rotated and its disk fills, does nothing wrong, and is soon as before.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const SECONDS = 35
const soak = fileURLToPath(new URL('../soak/run', import.meta.url))
const HAPPENED = ['requests', 'rotations', 'kills', 'logins', 'refreshes', 'ended sessions tried']

let said = ''
const sum = (name) => Number(said.match(new RegExp(`^  ${name} +(\\d+)`, 'm'))?.[1])

test('kills and rotations: no wrong key, no mixed set, no lost revocation, nothing that grows', () => {
  const env = { ...process.env, SOAK_SECONDS: String(SECONDS), SOAK_SEED: '', SOAK_ROTATIONS: '', SOAK_STORES: '', RECORD: '' }
  const { status, stdout, stderr } = spawnSync(soak, { env, encoding: 'utf8', maxBuffer: 1 << 24 })
  said = stdout
  assert.equal(status, 0, stdout + stderr)
  for (const name of HAPPENED) assert.ok(sum(name) > 0, `${name}:\n${stdout}`)
})

test('the disk fills and empties', (t) => {
  if (/so none was filled/.test(said)) return t.skip('only root mounts a file system')
  return assert.ok(sum('times the disk was full') > 0, said)
})
