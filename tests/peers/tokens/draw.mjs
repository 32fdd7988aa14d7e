// Draws tokens: good ones, and those with something changed in the header, the claims, the texts,
// the signature, or the token as a whole.
// SPDX-License-Identifier: MIT
import {
  claimChanges,
  headerChanges,
  put,
  signatureChanges,
  signings,
  textChanges,
  tokenChanges,
} from './changes.mjs'
import { b64, now, sign } from './keys.mjs'
import { AROUND, quoted, write } from './values.mjs'

function headerOf(random, key) {
  const alg = key.alg === 'EdDSA' ? random.one(['EdDSA', 'Ed25519']) : key.alg
  const members = [['alg', quoted(alg)]]
  if (random.once(2)) members.push(['typ', random.one(['"JWT"', '"JWT"', '"at+jwt"'])])
  if (key.kid) members.push(['kid', quoted(key.kid)])
  return members
}

// Those of a token that the profile accepts.
function claimsOf(random, profile) {
  const members = [['sub', '"u-1842"']]
  const at = now()
  if (profile.issuer) members.push(['iss', quoted(profile.issuer)])
  if (profile.audience)
    members.push([
      'aud',
      random.once(2) ? quoted(random.one(profile.audience)) : `["x",${quoted(random.one(profile.audience))}]`,
    ])
  if (profile.require?.includes('exp') || random.once(2))
    members.push(['exp', String(at + AROUND + 60 + random.below(1e6))])
  if (profile.maxAge || random.once(2))
    members.push(['iat', String(at - random.below(profile.maxAge ? profile.maxAge - 60 : 1e6))])
  if (random.once(4)) members.push(['nbf', String(at - AROUND - random.below(1e6))])
  if (profile.require?.includes('role')) members.push(['role', random.one(['"admin"', '7', 'false', '[]'])])
  if (random.once(4)) members.push(['name', quoted(random.one(['Zoë', '東京 🔑', 'a\\b"c', 'plain']))])
  return members
}

const change = (random, changes, how, ...words) => {
  const name = random.one(Object.keys(changes))
  how.push(name)
  return changes[name](random, ...words)
}

// One token for one of the profiles: { profile, token, how }.
export function draw(random, profiles, keys) {
  const profile = random.one(profiles)
  const key = random.one(profile.keys)
  const how = []
  const few = random.below(8) // which changes this token gets: half of all get none or one
  let header = headerOf(random, key)
  let claims = claimsOf(random, profile)
  if (profile.typ) header = put(header, 'typ', quoted(profile.typ))
  if (few === 1 || few === 7) header = change(random, headerChanges, how, header)
  if (few === 2 || few === 3 || few === 7) claims = change(random, claimChanges, how, claims, profile)
  let first = Buffer.from(write(random, header))
  let second = Buffer.from(write(random, claims))
  if (few === 4 && random.once(2)) first = change(random, textChanges, how, first)
  else if (few === 4) second = change(random, textChanges, how, second)
  const input = `${b64(first)}.${b64(second)}`
  let signature =
    few === 5 && random.once(2) ? change(random, signings, how, key, input, keys) : sign(key.alg, key.sign, input)
  if (few === 5 && !how.length) signature = change(random, signatureChanges, how, signature, key)
  const parts = [b64(first), b64(second), b64(signature)]
  const token = few === 6 ? change(random, tokenChanges, how, parts) : parts.join('.')
  return { profile, token, how }
}

// Another token that differs from a drawn one as a whole, in what was not signed anew.
export function twinOf(random, { profile, token, how }) {
  const parts = token.split('.')
  const own = [...how]
  const changes = parts.length >= 3 ? tokenChanges : { 'one bit of it': tokenChanges['one bit of it'] }
  return { profile, token: change(random, changes, own, parts), how: own }
}
