// Every set of keys that an app ever had, by number; where they are written; and what a verifier may
// make of a token that a set signed. Values go to files, and nowhere else.
// SPDX-License-Identifier: MIT
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const CANARY = 'Zq7canarySoak'
export const WINDOW = 3 // so many older sets still verify

const base64url = (value) => Buffer.from(value).toString('base64url')
const hmac = (text, key) => createHmac('sha256', key).update(text).digest()
export const digest = (value) => createHash('sha256').update(value).digest('hex').slice(0, 16)
const newValue = () => CANARY + randomBytes(32).toString('base64url')

// An HS256 token, as jose makes it.
export function sign(key, claims, seconds = 300) {
  const now = Math.floor(Date.now() / 1000)
  const text = `${base64url('{"alg":"HS256"}')}.${base64url(JSON.stringify({ iat: now, exp: now + seconds, ...claims }))}`
  return `${text}.${hmac(text, key).toString('base64url')}`
}

export function isSignedBy(token, key) {
  const cut = token.lastIndexOf('.')
  const theirs = Buffer.from(token.slice(cut + 1), 'base64url')
  const ours = hmac(token.slice(0, cut), key)
  return theirs.length === ours.length && timingSafeEqual(theirs, ours)
}

// ---- two ways to give secrets to an app

// One file with all, renamed over the one before.
export function plainFile(folder) {
  mkdirSync(folder, { recursive: true })
  return (values) => {
    const text = Object.entries(values).map(([name, value]) => `${name}=${value}\n`).join('')
    writeFileSync(join(folder, '.env.part'), text, { mode: 0o600 })
    renameSync(join(folder, '.env.part'), join(folder, '.env'))
  }
}

// A Kubernetes volume: a folder a set, a link to it that is renamed over, and the folder before goes.
export function volume(folder) {
  let turn = 0
  mkdirSync(folder, { recursive: true })
  return (values) => {
    const [fresh, link] = [`..set_${++turn}`, join(folder, '..data')]
    try {
      mkdirSync(join(folder, fresh), { mode: 0o700 })
      for (const [name, value] of Object.entries(values))
        writeFileSync(join(folder, fresh, name), value, { mode: 0o600 })
      rmSync(`${link}_tmp`, { force: true })
      symlinkSync(fresh, `${link}_tmp`)
    } catch (error) {
      rmSync(join(folder, fresh), { recursive: true, force: true })
      throw error
    }
    const before = turn > 1 ? readlinkSync(link, { throwIfNoEntry: false }) : undefined
    renameSync(`${link}_tmp`, link)
    if (!before) for (const name of Object.keys(values)) symlinkSync(`..data/${name}`, join(folder, name))
    else rmSync(join(folder, before), { recursive: true })
  }
}

// ---- the sets

// `named`: keys that have a past, NAME_1 to NAME_WINDOW; `paired`: values that belong together;
// `constant`: what stays. `put` writes { name: value }.
export function ring({ app, named, paired = [], constant = {}, put }) {
  const sets = []
  const made = new Map() // digest of a value: the number of its set
  const add = () => {
    const set = Object.fromEntries([...named, ...paired].map((name) => [name, newValue()]))
    for (const value of Object.values(set)) made.set(digest(value), sets.length)
    sets.push(set)
  }
  for (let i = 0; i <= WINDOW; i++) add()
  const whole = (number) => {
    const values = { ...constant, ...sets[number] }
    for (const name of named)
      for (let age = 1; age <= WINDOW; age++) values[`${name}_${age}`] = sets[number - age][name]
    return values
  }
  const self = {
    app,
    named,
    written: WINDOW, // the newest that may be in the file
    confirmed: -1, // the newest that the verifier is known to have
    numberOf: (hash) => made.get(hash),
    value: (number, name = named[0]) => sets[number][name],
    sign: (number, claims, seconds) => sign(sets[number][named[0]], claims, seconds),
    // which set's key signed it, newest first, of those that may be in use
    signerOf(token, name = named[0]) {
      for (let number = self.written; number >= 0; number--) if (isSignedBy(token, sets[number][name])) return number
      return -1
    },
    // the newest set again, to a fresh place
    lay: () => put(whole(self.written)),
    rotate() {
      add()
      const before = self.written
      self.written = sets.length - 1
      try {
        put(whole(self.written))
      } catch (error) {
        self.written = before
        for (const value of Object.values(sets.pop())) made.delete(digest(value))
        throw error
      }
      return self.written
    },
    confirm: (number) => (self.confirmed = Math.max(self.confirmed, number)),
    // What the answer to a token of set `number` may be: asked when `floor` was confirmed, answered now.
    mayPass: (number, floor) => number >= 0 && number >= floor - WINDOW && number <= self.written,
    mustPass: (number, floor) => number <= floor && number >= self.written - WINDOW,
  }
  return self
}
