// Who shows tokens: signed by every set that there ever was and by keys that never were given, at the
// verifier and at the pages behind nginx; tokens and pages of the apps; what a loader resolves.
// SPDX-License-Identifier: MIT
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'

import { samekey } from '../e2e/stand.mjs'
import { WINDOW, digest, sign } from './keys.mjs'

const MIXED = ['SIGNING_KEY', 'PAIR_A_SECRET', 'PAIR_B_SECRET']

// The number of the one set that these came from; a fault, and nothing, where it is not one.
function oneSet(world, ring, hashes, where) {
  const numbers = hashes.map(ring.numberOf)
  world.book.count('sets looked at')
  if (numbers.every((number) => number !== undefined && number === numbers[0])) return numbers[0]
  world.book.fault(`${where} holds a mixed set: ${numbers.join(', ')}`)
  return undefined
}

// Which token next: { number, key }, number -1 for keys that were never this app's.
function pick(die, world, ring) {
  const newest = Math.max(ring.confirmed, WINDOW)
  const kind = die.of({ newest: 4, window: 2, old: 3, other: 1, foreign: 2 })
  const older = (age) => Math.max(0, newest - age)
  if (kind === 'newest') return ring.written
  if (kind === 'window') return older(die.below(WINDOW + 1))
  if (kind === 'old') return older(WINDOW + 1 + die.below(12))
  return kind
}

function keyOf(die, world, ring, number) {
  if (Number.isInteger(number)) return ring.value(number)
  if (number === 'foreign') return randomBytes(32).toString('base64url')
  const others = Object.values(world.site.rings).filter((one) => one !== ring)
  const other = die.one(others)
  return other.value(other.written)
}

// Holds one answer against what it may be.
function judge(world, ring, number, floor, passed, where) {
  const age = number < 0 ? 'of a key that it never had' : `${ring.written - number} sets old`
  world.book.count(passed ? 'tokens let in' : 'tokens refused')
  if (passed && !ring.mayPass(number, floor)) world.book.fault(`${where} let in a token ${age}, confirmed ${ring.confirmed - floor} since`)
  if (!passed && ring.mustPass(number, floor)) world.book.fault(`${where} refused a token ${age}`)
}

export async function showToken(world, die) {
  const ring = world.site.rings[die.one(['web', 'api'])]
  const picked = pick(die, world, ring)
  const number = Number.isInteger(picked) ? picked : -1
  const floor = ring.confirmed
  const subject = `s${world.next()}`
  const token = sign(keyOf(die, world, ring, picked), { sub: subject })
  const byPage = ring.app === 'web' && die.happens(0.5)
  const answer = await (byPage ? world.ask.page(token) : world.ask.verify(ring.app, token))
  if (!answer) return
  const passed = answer.status === 200
  const where = byPage ? 'the page' : 'the verifier'
  judge(world, ring, number, floor, passed, where)
  if (!passed && !byPage && answer.body.code !== 'signature_invalid') world.book.fault(`the verifier refused with ${answer.status} ${answer.body.code}`)
  if (passed && (byPage ? answer.body.subject : answer.body.claims.sub) !== subject) world.book.fault(`${where} mistook one user for another`)
  if (passed && byPage) oneSet(world, ring, answer.body.keys, 'a page of web')
}

// A token as an app makes it is good, unless the app is behind by the window.
export async function signAndVerify(world, die) {
  const ring = world.site.rings[die.one(['web', 'api'])]
  const subject = `a${world.next()}`
  const made = await world.ask.signed(ring.app, subject)
  if (!made) return
  const number = oneSet(world, ring, made.body.keys, ring.app)
  if (number === undefined) return
  const floor = ring.confirmed
  const answer = await world.ask.verify(ring.app, made.body.token)
  if (!answer) return
  judge(world, ring, number, floor, answer.status === 200, 'the verifier, of an app,')
  if (answer.status === 200 && answer.body.claims.sub !== subject) world.book.fault('the verifier mistook one user for another')
}

const PLACES = { web: 'disk/web', api: 'api' }

// What `samekey` would start a process with, while the files change below it.
export function resolveNow(world, die) {
  const ring = world.site.rings[die.one(['web', 'api'])]
  const words = ['export', '--quiet', '--name', ring.app, '--for', 'json']
  const cwd = join(world.site.folder, PLACES[ring.app])
  const env = { PATH: process.env.PATH, XDG_STATE_HOME: world.site.folder }
  return new Promise((resolve) =>
    execFile(samekey, words, { cwd, env, timeout: 20_000 }, (error, stdout, stderr) => {
      world.book.count('sets resolved')
      if (error) world.book.fault(`samekey export of ${ring.app}: ${error.code}: ${stderr.slice(0, 300)}`)
      else {
        const values = JSON.parse(stdout)
        const number = oneSet(world, ring, MIXED.map((name) => digest(values[name] ?? '')), `what ${ring.app} resolves`)
        for (let age = 1; number !== undefined && age <= WINDOW; age++)
          if (values[`SIGNING_KEY_${age}`] !== ring.value(number - age)) world.book.fault(`what ${ring.app} resolves lacks its older keys`)
      }
      resolve()
    }),
  )
}

const LOOKS = ['/metrics', '/v1/secrets', '/v1/drift', '/readyz', '/']

export const look = (world, die) => world.ask.status(die.one(LOOKS))
