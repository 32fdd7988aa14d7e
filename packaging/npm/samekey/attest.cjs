// Proves to samekeyd which values this process really uses: a nonce for each, and a MAC by the value.
// SPDX-License-Identifier: MIT
'use strict'

const { createHash, createHmac } = require('node:crypto')

const { post, SamekeyError } = require('./question.cjs')

const ATTEST_KEYS = 64 // of one question
const ATTEST_LABEL = 'samekey attest v1\0'
const DIGITS_32 = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/ // base64url of 32 bytes
const APP_MAX = 255 // bytes of an app's name

// What is said instead of an answer that would be frozen.
const PRERENDERED = {
  state: 'prerendered',
  origin: null,
  dialects: [],
  spelling: null,
  text: 'this was said by `next build`: the route that asks is prerendered, and no running server said it',
  fix: "export const dynamic = 'force-dynamic' in the route, then build again",
}

function be32(text) {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

// Proves a value; whatever the nonce is, it is no token's signature, since the key is a hash.
function proofOf(app, key, nonce, value) {
  const k = createHash('sha256').update(ATTEST_LABEL).update(value).digest()
  const proof = createHmac('sha256', k).update(nonce).update(be32(app)).update(be32(key)).digest('base64url')
  k.fill(0)
  return proof
}

// The values as bytes or text; what is missing is empty.
function valuesOf(values) {
  return Object.entries(values).map(([key, value]) => {
    if (value !== undefined && value !== null && typeof value !== 'string' && !(value instanceof Uint8Array))
      throw new TypeError(`samekey: ${key} is neither a text nor bytes`)
    return [key, value ?? '']
  })
}

// An object of an answer that has these members and no other.
function exactly(client, object, keys) {
  const found = object && typeof object === 'object' ? Object.keys(object) : []
  if (found.length === keys.length && keys.every((key) => found.includes(key))) return object
  throw new SamekeyError('protocol', `${client.socket} answered for other keys`, { socket: client.socket })
}

function nonceOf(client, text) {
  if (typeof text !== 'string' || !DIGITS_32.test(text))
    throw new SamekeyError('protocol', `${client.socket} gave a nonce that is not 32 bytes, and nothing was proved to it`, {
      socket: client.socket,
    })
  return Buffer.from(text, 'base64url')
}

const isTextOrNull = (value) => value === null || typeof value === 'string'

// What is said of one value: nothing that a program could take for it is made up here.
function attestationOf(client, answer, at) {
  const { state, origin = null, dialects = [], spelling = null, text = '', fix = '' } = answer ?? {}
  const good =
    [state, text, fix].every((value) => typeof value === 'string') &&
    [origin, spelling].every(isTextOrNull) &&
    Array.isArray(dialects) &&
    dialects.every((dialect) => typeof dialect === 'string')
  if (good) return { state, origin, dialects, spelling, text, fix, at }
  throw new SamekeyError('protocol', `${client.socket} did not say what the values are`, { socket: client.socket })
}

// Attests at most ATTEST_KEYS values.
async function attestSome(client, app, values) {
  const keys = values.map(([key]) => key)
  const given = await post(client, '/v1/attest', { app, keys })
  const nonces = exactly(client, given.nonces, keys)
  if (typeof given.app !== 'string' || given.app.length > APP_MAX || (app !== undefined && given.app !== app))
    throw new SamekeyError('protocol', `${client.socket} answered for another app`, { socket: client.socket })
  const attestations = values.map(([key, value]) => ({
    key,
    nonce: nonces[key],
    proof: proofOf(given.app, key, nonceOf(client, nonces[key]), value),
  }))
  const judged = await post(client, '/v1/attest', { app: given.app, attestations })
  const at = Date.now()
  exactly(client, judged.keys, keys)
  return keys.map((key) => [key, attestationOf(client, judged.keys[key], at)])
}

// What this process uses for each key, as an object.
async function attestAll(client, app, values) {
  const all = valuesOf(values)
  const answers = []
  // by a name that no bundler replaces: while Next builds, an answer would be frozen
  if (process.env['NEXT_' + 'PHASE'] === 'phase-production-build')
    return Object.fromEntries(all.map(([key]) => [key, { ...PRERENDERED, at: Date.now() }]))
  for (let i = 0; i < all.length; i += ATTEST_KEYS)
    answers.push(...(await attestSome(client, app, all.slice(i, i + ATTEST_KEYS))))
  return Object.fromEntries(answers)
}

module.exports = { attestAll }
