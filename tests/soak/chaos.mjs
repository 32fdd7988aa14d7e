// What goes wrong: keys are rotated, programs are killed, the disk fills and empties. Each of them says
// what it disturbs, and waits until it is mended.
// SPDX-License-Identifier: MIT
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import { PASSWORD, ask } from '../e2e/sessions.mjs'
import { pause, until } from '../e2e/stand.mjs'
import { childrenOf } from './service.mjs'
import { COMES_BACK_MS } from './ledger.mjs'

// ---- rotation

// A loader that starts its app anew leaves up to 30 s between two starts.
const TAKEN_MS = { web: 60_000, api: COMES_BACK_MS, auth: COMES_BACK_MS }
const PROFILES = { web: 'web', api: 'api', auth: 'access' }
const KINDS = { web: 'plain file, started anew', api: '..data swap, told by signal', auth: 'plain file, offered' }

// Waits until a token of the set passes at the verifier, and the app itself says that it has the set.
async function taken(world, ring, number) {
  const { paths, ports } = world.site
  const headers = { 'content-type': 'application/jwt' }
  const began = Date.now()
  try {
    await until('the verifier has it', async () => {
      if (ring.confirmed >= number) return true
      const body = ring.sign(number, { sub: 'rotator', userId: 'user-7', role: 'clerk' })
      return (await ask(paths.api, 'POST', `/v1/verify?profile=${PROFILES[ring.app]}`, { headers, body })).status === 200
    }, TAKEN_MS[ring.app])
    ring.confirm(number)
    if (ports[ring.app])
      await until('the app has it', async () => ring.numberOf((await ask(ports[ring.app], 'GET', '/')).body.keys[0]) >= number, TAKEN_MS[ring.app])
    world.book.longest(`until ${ring.app} has a new set`, Date.now() - began)
  } catch (error) {
    world.book.fault(`a new set of ${ring.app} is not taken: ${error.message}`)
  }
}

export async function rotate(world, die, ring) {
  let number
  try {
    number = ring.rotate()
    if (die.happens(0.15)) {
      await pause(die.between(0, 300)) // one that is overtaken
      number = ring.rotate()
      world.book.count('rotations that overtook one')
    }
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error
    world.book.count('rotations put off by a full disk')
    if (number === undefined) return pause(200)
  }
  world.book.tell(`${ring.app} is to hold set ${number}`)
  world.book.disturb(ring.app)
  await taken(world, ring, number)
  world.book.calm(ring.app)
  world.book.count(`rotations, ${KINDS[ring.app]}`)
  return undefined
}

// ---- the programs

const good = (status) => (answer) => answer.status === status
const isUp = {
  samekeyd: async ({ site }) => {
    for (const ring of Object.values(site.rings)) {
      const body = ring.sign(ring.confirmed, { sub: 'killer', userId: 'user-7', role: 'clerk' })
      const headers = { 'content-type': 'application/jwt' }
      const { status } = await ask(site.paths.api, 'POST', `/v1/verify?profile=${PROFILES[ring.app]}`, { headers, body })
      if (status !== 200) return false
    }
    return good(401)(await ask(site.paths.session, 'GET', '/auth/session'))
  },
  web: ({ site }) => ask(site.ports.web, 'GET', '/').then(good(200)),
  api: ({ site }) => ask(site.ports.api, 'GET', '/').then(good(200)),
  auth: ({ site }) => site.running.auth.runs(),
  redis: (world) => isUp.upstream(world),
  disk: (world) => isUp.upstream(world),
  upstream: ({ site }) =>
    ask(site.paths.session, 'POST', '/auth/login', { json: { email: 'user-7@shop.example', password: PASSWORD } }).then(good(200)),
}

// Waits until what was disturbed is as before, and says how long that took since `began`. `isNew`: there is
// another process in the place of one that was killed.
async function mended(world, kind, began, isNew = () => true) {
  try {
    await until(`${kind} is back`, () => isNew() && isUp[kind](world), COMES_BACK_MS)
    world.book.longest(`${kind} back`, Date.now() - began)
  } catch (error) {
    if (!world.book.isDisturbed(['samekeyd', 'disk', 'redis'].filter((other) => other !== kind))) world.book.fault(error.message)
  }
  world.book.calm(kind)
}

const below = (service) => service.below()[0]
// of samekeyd's helper one after the other: what keeps the two others, what works, what waits to keep them
let kept = 0
const oneOf = (family) => family[kept++ % family.length]
const helper = (service) => oneOf([below(service), ...childrenOf(below(service))])
// By what is killed: { of: what is disturbed by it, pid, in: the program that goes on without it }.
const VICTIMS = {
  samekeyd: ({ running }) => ({ of: 'samekeyd', pid: running.samekeyd.pid() }),
  'loader of web': ({ running }) => ({ of: 'web', pid: running.web.pid() }),
  'loader of api': ({ running }) => ({ of: 'api', pid: running.api.pid() }),
  'loader of the session keys': ({ running }) => ({ of: 'auth', pid: running.auth.pid() }),
  'app web': ({ running }) => ({ of: 'web', pid: below(running.web) }),
  'app api': ({ running }) => ({ of: 'api', pid: below(running.api) }),
  'samekeyd-upstream': ({ running }) => ({ of: 'upstream', pid: helper(running.samekeyd), in: 'samekeyd' }),
  store: ({ running }) => ({ of: 'redis', pid: running.redis?.pid() }),
}
const WEIGHTS = { samekeyd: 4, 'loader of web': 2, 'loader of api': 2, 'loader of the session keys': 2, 'app web': 1, 'app api': 1, 'samekeyd-upstream': 1, store: 3 }

// Kills one; gives a promise of its being back, or nothing when there was none to kill.
export function kill(world, die) {
  const name = die.of(WEIGHTS)
  const { of, pid, in: within } = VICTIMS[name](world.site)
  const service = world.site.running[within ?? of]
  if (!pid || !service.runs()) return undefined
  world.book.disturb(of)
  const before = service.pid()
  if (service.kill(pid, !within)) world.book.count(`kills, ${name}`)
  return mended(world, of, Date.now(), within ? undefined : () => service.pid() !== before)
}

// ---- the disk

const FILLER = 'disk/filler'

export async function fill(world, die) {
  const path = join(world.site.folder, FILLER)
  world.book.disturb('disk')
  world.full = true
  const file = openSync(path, 'w', 0o600)
  for (let size = 65536; size >= 1; )
    try {
      writeSync(file, Buffer.alloc(size))
    } catch (error) {
      if (error.code !== 'ENOSPC') throw error
      size = size > 1 ? Math.max(1, size >> 4) : 0
    }
  closeSync(file)
  await pause(die.between(300, 2500))
  rmSync(path)
  const began = Date.now()
  world.book.count('times the disk was full')
  await mended(world, 'disk', began)
  world.full = false
}
