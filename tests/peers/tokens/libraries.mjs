// Every library's tokens at samekeyd and samekeyd's at every library, by every algorithm that each
// has, with the key written in every way. And the libraries among each other: for the same bytes of
// a key, what jsonwebtoken signs jose verifies, and back.
// SPDX-License-Identifier: MIT
import { makeGuessable, makeKeys, now, profileOf, secretsOf } from './keys.mjs'
import { stack, Tally, withStand } from './stand.mjs'

const { require } = stack('tokens')
const { SignJWT, jwtVerify } = await stack('tokens').import('jose/dist/webapi/index.js')
const jsonwebtoken = require('jsonwebtoken')
const { createSigner, createVerifier } = require('fast-jwt')

const pem = (key, type) => (Buffer.isBuffer(key) ? key : key.export({ type, format: 'pem' }))

// How each library signs and verifies, and what it calls or does not have.
const libraries = {
  jose: {
    has: () => true,
    sign: (alg, key, claims) => new SignJWT(claims).setProtectedHeader({ alg }).sign(key),
    verify: async (alg, key, token) => (await jwtVerify(token, key, { algorithms: [alg] })).payload,
  },
  'jose, alg Ed25519': {
    has: (alg) => alg === 'EdDSA',
    sign: (_, key, claims) => new SignJWT(claims).setProtectedHeader({ alg: 'Ed25519', typ: 'JWT' }).sign(key),
  },
  jsonwebtoken: {
    has: (alg) => alg !== 'EdDSA',
    sign: (alg, key, claims) => jsonwebtoken.sign(claims, key, { algorithm: alg }),
    verify: (alg, key, token) => jsonwebtoken.verify(token, key, { algorithms: [alg] }),
  },
  'fast-jwt': {
    has: () => true,
    sign: (alg, key, claims) => createSigner({ key: pem(key, 'pkcs8'), algorithm: alg })(claims),
    verify: (alg, key, token) => createVerifier({ key: pem(key, 'spki'), algorithms: [alg], cache: false })(token),
  },
}

const claimSets = () => [
  { sub: 'u-1842', exp: now() + 3600 },
  { sub: 'Zoë 東京 🔑', iat: now() - 5, exp: now() + 3600, nbf: now() - 5, aud: ['a', 'b'], jti: '"\\\n' },
  { user: { roles: ['admin', 'ops'], n: 1.5e3, none: null }, text: 'x'.repeat(4000), exp: now() + 3600 },
]

const alike = (got, given) =>
  Object.entries(given).every(([name, value]) => JSON.stringify(got?.[name]) === JSON.stringify(value))

async function verdict(verify) {
  try {
    return await verify()
  } catch (error) {
    return { refused: error.code ?? error.message }
  }
}

// What a library signs, at samekeyd and at the libraries.
async function signedByLibrary(stand, tally, key, [name, library], claims) {
  const signed = await library.sign(key.alg, key.sign, claims)
  const judged = await stand.client.verify(signed, { profile: key.name })
  tally.check(
    judged.ok && alike(judged.claims, claims) && judged.alg === key.alg,
    () => `${key.name}: samekeyd refuses what ${name} signed: ${judged.code}: ${judged.detail}`,
  )
  for (const [other, { has, verify }] of Object.entries(libraries)) {
    if (!verify || !has(key.alg) || name.includes('Ed25519')) continue
    const got = await verdict(() => verify(key.alg, key.verify, signed))
    tally.check(alike(got, claims), () => `${key.name}: ${other} refuses what ${name} signed: ${got.refused}`)
  }
}

// What samekeyd mints, at the libraries.
async function minted(stand, tally, key) {
  const claims = { sub: 'u-1842', name: 'Zoë 東京', roles: ['a', { b: 1 }] }
  const { token } = await stand.client.issue(claims, { profile: key.name })
  for (const [name, { has, verify }] of Object.entries(libraries)) {
    if (!verify || !has(key.alg)) continue
    const got = await verdict(() => verify(key.alg, key.verify, token))
    tally.check(
      alike(got, claims) && got.exp > now(),
      () => `${key.name}: ${name} refuses what samekeyd minted: ${got.refused}`,
    )
  }
  const again = await stand.client.verify(token, { profile: key.name })
  tally.check(again.ok, () => `${key.name}: samekeyd refuses its own: ${again.code}`)
}

// A key pair's public half alone verifies, and mints nothing.
async function mintsNothing(stand, tally, key) {
  const got = await verdict(() => stand.client.issue({ sub: '1' }, { profile: key.name }))
  tally.check(got.refused === 'unusable', () => `${key.name}: a public key minted: ${JSON.stringify(got)}`)
}

// A key that everybody guesses verifies nothing: that is not the token's fault.
async function verifiesNothing(stand, tally, key, { sign, verify }) {
  const signed = await sign(key.alg, key.sign, { sub: '1' })
  await verify(key.alg, key.verify, signed)
  const got = await verdict(() => stand.client.verify(signed, { profile: key.name }))
  tally.check(got.refused === 'unusable', () => `${key.name}: ${JSON.stringify(got)}`)
}

const keys = makeKeys()
const guessable = makeGuessable()
const tally = new Tally()
await withStand(
  [...keys, guessable].map((key) => profileOf(key)),
  async (stand) => {
    stand.offer('web', { secrets: secretsOf([...keys, guessable]) })
    const { reasons } = await stand.client.health()
    tally.check(
      reasons.length === 1 && reasons[0].text.includes(guessable.name),
      () => `not ready: ${JSON.stringify(reasons)}`,
    )
    await verifiesNothing(stand, tally, guessable, libraries.jose)
    for (const key of keys) {
      for (const library of Object.entries(libraries).filter(([, { has }]) => has(key.alg)))
        for (const claims of claimSets()) await signedByLibrary(stand, tally, key, library, claims)
      await (key.isPublic ? mintsNothing : minted)(stand, tally, key)
    }
  },
)
tally.end('judgements')
