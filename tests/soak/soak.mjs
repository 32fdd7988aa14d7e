// The soak: the site of site.mjs in use, while chaos.mjs does its part, for SOAK_SECONDS, a round for each of
// SOAK_STORES. In a round first a storm, in which programs are killed; then a calm, in which only keys are
// rotated and the disk fills, and memory and descriptors must stay as they are; then a last kill, after
// which all that was ended must still be ended. Prints what happened; exits 1 when something did that
// must not.
// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { pause, until } from '../e2e/stand.mjs'
import { asking } from './asking.mjs'
import { look, resolveNow, showToken, signAndVerify } from './bearers.mjs'
import { fill, kill, rotate } from './chaos.mjs'
import { dice } from './dice.mjs'
import { gauge, ledger } from './ledger.mjs'
import { haunt, step } from './people.mjs'
import { summary } from './summary.mjs'
import { site } from './site.mjs'

const number = (name, fallback) => {
  const value = Number(process.env[name] || fallback)
  if (!Number.isFinite(value) || value <= 0) throw new Error(`${name} is no number above 0`)
  return value
}
const SECONDS = number('SOAK_SECONDS', 1200)
const ROTATIONS = number('SOAK_ROTATIONS', Math.min(1000, SECONDS * 4))
const SEED = process.env.SOAK_SEED || String(Date.now())
const SHORT = SECONDS < 120
const STORM = 0.6 // of a round
const DISK = '16m'

// A small disk of our own, where we may have one.
function mount(folder) {
  mkdirSync(folder)
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK},mode=0700`, 'soak', folder]).status === 0
}

// Goes on with one thing, again and again, until the time is over.
async function goOn(world, name, rest, act) {
  const die = dice(SEED, `${world.round} ${name}`)
  let kept
  while (world.goesOn()) {
    kept = await act(die, kept)
    await pause(die.between(...rest))
  }
}

function everybody(world) {
  const { rings } = world.site
  const many = (count, name, rest, act) => Array.from({ length: count }, (_, i) => goOn(world, `${name} ${i}`, rest, act))
  const gap = (1000 * SECONDS * 2) / ROTATIONS
  const storm = (act) => (die) => (world.storms() ? act(die) : undefined)
  return [
    ...many(2, 'bearer', [5, 45], (die) => showToken(world, die)),
    ...many(1, 'signer', [20, 100], (die) => signAndVerify(world, die)),
    ...many(1, 'resolver', [100, 300], (die) => resolveNow(world, die)),
    ...many(1, 'operator', [200, 600], (die) => look(world, die)),
    ...many(8, 'person', [50, 250], (die, me) => step(world, die, me)),
    ...many(1, 'ghost', [20, 100], (die) => haunt(world, die)),
    ...['api', 'auth'].flatMap((app) => many(1, `rotation of ${app}`, [gap * 0.2, gap], (die) => rotate(world, die, rings[app]))),
    ...many(1, 'rotation of web', [500, 4000], (die) => rotate(world, die, rings.web)),
    ...many(1, 'killer', [SHORT ? 600 : 800, SHORT ? 1800 : 3000], storm((die) => void world.waits.push(kill(world, die)))),
    ...(world.disk ? many(1, 'filler', [SHORT ? 2000 : 6000, SHORT ? 5000 : 15000], (die) => fill(world, die)) : []),
  ]
}

// The programs of ours that live through the calm.
function ours({ running }) {
  const programs = Object.fromEntries(['samekeyd', 'web', 'api', 'auth'].map((name) => [running[name].name, running[name].pid()]))
  const [helper] = running.samekeyd.below()
  return { ...programs, ...(helper ? { 'samekeyd-upstream': helper } : {}) }
}

// After a last kill, each session that was ended is tried once more.
async function lastTry(world) {
  const die = dice(SEED, 'last')
  world.book.disturb('samekeyd')
  world.site.running.samekeyd.kill()
  world.book.calm('samekeyd')
  await until('samekeyd is back', async () => (await world.ask.check({}))?.status === 401, 20_000)
  for (const one of world.ended) await haunt(world, die, one, 'refresh')
}

async function play(world, seconds) {
  const began = Date.now()
  const end = began + 1000 * seconds
  const calm = began + 1000 * seconds * STORM
  world.goesOn = () => Date.now() < end
  world.storms = () => Date.now() < calm
  for (const ring of Object.values(world.site.rings)) ring.confirm(ring.written)
  const acting = Promise.all(everybody(world))
  const measured = pause(calm - Date.now())
    .then(() => Promise.all(world.waits))
    .then(() => gauge(world.book, ours(world.site)))
  await Promise.all([acting, measured])
  world.measures.push(...(await measured)().map((row) => ({ round: world.round, ...row })))
  await lastTry(world)
}

const book = ledger()
const measures = []
const rounds = (process.env.SOAK_STORES || (SHORT ? 'sqlite' : 'sqlite,redis')).split(',')
let disk = true
const began = Date.now()
if (process.env.SOAK_LOGS) mkdirSync(process.env.SOAK_LOGS, { recursive: true })
process.stderr.write(`soak: ${SECONDS} s, SOAK_SEED=${SEED}\n`)
for (const store of rounds) {
  const folder = mkdtempSync(join(tmpdir(), 'soak.'))
  disk = mount(join(folder, 'disk')) && disk
  const world = { book, disk, measures, round: store, ended: [], waits: [], full: false }
  let subjects = 0
  world.next = () => ++subjects
  try {
    await site(book, folder, store, () => world.full, async (here) => {
      world.site = here
      world.ask = asking(book, here)
      await play(world, SECONDS / rounds.length)
    })
  } catch (error) {
    book.fault(error.stack)
  } finally {
    if (disk) spawnSync('umount', ['-l', join(folder, 'disk')])
    rmSync(folder, { recursive: true, force: true })
  }
}
const ok = summary({ book, measures, seconds: Math.round((Date.now() - began) / 1000), seed: SEED, disk, rounds })
process.exit(ok ? 0 : 1)
