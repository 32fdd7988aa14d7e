// Forged, damaged and good tokens by the hundred at a real samekeyd: each is wanted in or out, at
// the stage where a strict verifier stops. And keys that no verifier may use.
// SPDX-License-Identifier: MIT
import { tokensAround } from './around.mjs'
import { profilesOf } from './aroundprofiles.mjs'
import { badKeys } from './badkeys.mjs'
import { forgeriesFor } from './forgeries.mjs'
import { makeKeys, makeWeakExponent, profileOf, secretsOf } from './keys.mjs'
import { recorded } from './recorded.mjs'
import { PROFILES_MAX, Tally, withStand } from './stand.mjs'

const HEADER_MAX = 8000 // bytes of a token that is sent in a header

async function byVerify(stand, { profile, token, cookie, want }) {
  const { status, text } = await stand.ask('POST', '/v1/verify', JSON.stringify({ token, profile, cookie }))
  const answer = JSON.parse(text)
  const stopped = status === 401 && answer.active !== true && !('claims' in answer)
  const isGood =
    want === ''
      ? status === 200 && answer.active === true
      : stopped && (!want.stage || answer.stage === want.stage) && (!want.code || answer.code === want.code)
  return isGood ? '' : text
}

// RFC 7662: of a token that is not good, nothing but that.
async function byIntrospection(stand, { profile, token, want }) {
  const target = `/v1/introspect?profile=${encodeURIComponent(profile)}`
  const type = 'application/x-www-form-urlencoded'
  const { status, text } = await stand.ask('POST', target, `token=${encodeURIComponent(token)}`, type)
  const isGood = want === '' ? JSON.parse(text).active === true : text.trim() === '{"active":false}'
  return status === 200 && isGood ? '' : text
}

async function byForwardAuth(stand, { profile, token, want }) {
  if (!/^[!-~]+$/.test(token) || token.length > HEADER_MAX) return ''
  const { status } = await stand.ask('GET', `/v1/auth/${profile}`, undefined, undefined, {
    authorization: `Bearer ${token}`,
  })
  return status === (want === '' ? 204 : 401) ? '' : String(status)
}

async function judge(stand, tally, one) {
  for (const ask of [byVerify, byIntrospection, byForwardAuth]) {
    const wrong = await ask(stand, one)
    const wanted = one.want === '' ? 'in' : `out: ${JSON.stringify(one.want)}`
    tally.check(!wrong, () => `${one.id} (${ask.name}): ${wrong.trim()}, wanted ${wanted}`)
  }
  tally.count(one.want === '' ? 'tokens wanted in' : 'tokens wanted out')
}

const tally = new Tally()

async function forged() {
  const keys = makeKeys().filter(({ name }) => /-(pem|hex)$/.test(name))
  keys.push(makeWeakExponent())
  await withStand(
    keys.map((key) => profileOf(key)),
    async (stand) => {
      stand.offer('web', { secrets: secretsOf(keys) })
      for (const key of keys) for (const one of forgeriesFor(key)) await judge(stand, tally, one)
    },
  )
}

async function around() {
  const { sections, secrets, keys } = profilesOf()
  await withStand(sections, async (stand) => {
    stand.offer('web', { secrets })
    for (const one of tokensAround(keys)) await judge(stand, tally, one)
  })
}

async function sessions() {
  const { sections, secrets, tokens } = recorded()
  await withStand(sections, async (stand) => {
    stand.offer('web', { secrets })
    for (const one of tokens) await judge(stand, tally, one)
  })
}

// A profile with such a key verifies nothing: 503, which is not the token's fault.
async function unusable(keys) {
  await withStand(
    keys.map((key) => profileOf(key, key.settings)),
    async (stand) => {
      stand.offer('web', { secrets: secretsOf(keys) })
      for (const { name, what, token, isGood } of keys) {
        const { status, text } = await stand.ask('POST', '/v1/verify', JSON.stringify({ token, profile: name }))
        tally.check(status === (isGood ? 200 : 503), () => `${what}: ${status} ${text.trim()}`)
        tally.count(isGood ? 'keys wanted in' : 'keys wanted out')
      }
    },
  )
}

for (const part of [forged, around, sessions]) await part()
const keys = badKeys()
while (keys.length) await unusable(keys.splice(0, PROFILES_MAX))
tally.end('judgements')
