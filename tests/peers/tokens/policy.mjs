// The second opinion about a token: npm's jose, and the stricter rules that we hold to beyond it,
// each with its reason and its number in the checklist. What both allow is to be accepted, and
// nothing else.
// SPDX-License-Identifier: MIT
import crypto from 'node:crypto'
import { stack } from './stand.mjs'

const { jwtVerify } = await stack('tokens').import('jose/dist/webapi/index.js')

const TOKEN_MAX = 16384
const DEPTH_MAX = 32
const MEMBERS_MAX = 512
const ITEMS_MAX = 1024
const NUMBER_MAX = 32
const DATE_MAX = 253402300799 // the end of the year 9999
const FUTURE_S = 60
const TRIED_MAX = 4

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const LEXEME = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs

// Names twice, limits and lone surrogates in what JSON.parse takes.
function faultOfJson(text) {
  const open = []
  let members = 0
  let last
  for (const [lexeme] of text.matchAll(LEXEME)) {
    const top = open.at(-1)
    if (lexeme === '{' || lexeme === '[') {
      if (last !== ':' && top && !top.names) top.items++
      open.push(lexeme === '{' ? { names: new Set() } : { items: 0 })
      if (open.length > DEPTH_MAX) return 'too deep'
    } else if (lexeme === '}' || lexeme === ']') {
      open.pop()
    } else if (!',:'.includes(lexeme)) {
      const isName = top?.names && last !== ':'
      const value = lexeme[0] === '"' ? JSON.parse(lexeme) : undefined
      if (value !== undefined && !value.isWellFormed()) return 'half a surrogate pair'
      if (value === undefined && lexeme.length > NUMBER_MAX) return 'a number that is too long'
      if (isName && top.names.has(value)) return 'a name twice'
      if (isName) top.names.add(value)
      if (isName && ++members > MEMBERS_MAX) return 'too many members'
      if (top && !top.names) top.items++
    }
    if (open.some(({ items }) => items > ITEMS_MAX)) return 'too many items'
    last = lexeme
  }
  return undefined
}

// A part as { value } or { fault }.
function readPart(part) {
  const bytes = Buffer.from(part, 'base64url')
  let text
  try {
    text = utf8.decode(bytes)
  } catch {
    return { fault: '5: not UTF-8' }
  }
  try {
    const value = JSON.parse(text)
    if (typeof value !== 'object' || !value || Array.isArray(value)) return { fault: '4: no object' }
    const fault = faultOfJson(text)
    return fault ? { fault: `4, 6, 7: ${fault}` } : { value }
  } catch {
    return { fault: '4, 5: not JSON, or a byte order mark' }
  }
}

function faultOfForm(token) {
  if (Buffer.byteLength(token) > TOKEN_MAX) return '7: over 16 KiB'
  const parts = token.split('.')
  if (parts.length !== 3) return '1, 3: not three parts'
  if (parts.some((part) => Buffer.from(part, 'base64url').toString('base64url') !== part))
    return '2: not base64url, padded, or with spare bits'
  return undefined
}

const isThere = (value) => value !== undefined && value !== null
const mediaType = (text) => text.toLowerCase().replace(/^application\//, '')

function faultOfHeader(header) {
  if (Object.hasOwn(header, 'crit')) return '18: crit'
  if (Object.hasOwn(header, 'b64') && header.b64 !== true) return '18: b64'
  for (const name of ['alg', 'kid', 'typ', 'cty'])
    if (Object.hasOwn(header, name) && typeof header[name] !== 'string') return `16, 24: ${name} is no string`
  if (Object.hasOwn(header, 'cty') && mediaType(header.cty) === 'jwt') return '24: nested'
  return undefined
}

const isControl = (text) => [...text].some((c) => c < ' ' || (c >= '\x7f' && c <= '\x9f'))

function faultOfForwarded(claims, { forward = [] }) {
  for (const name of forward.filter((one) => Object.hasOwn(claims, one) && claims[one] !== null)) {
    if (typeof claims[name] === 'object') return `26: ${name} is no text`
    if (typeof claims[name] === 'string' && isControl(claims[name])) return `26: ${name} with control characters`
  }
  return undefined
}

function faultOfClaims(claims, profile, now) {
  const given = (name) => (Object.hasOwn(claims, name) ? claims[name] : undefined)
  for (const name of ['exp', 'nbf', 'iat'])
    if (given(name) !== undefined && !(Math.abs(given(name)) <= DATE_MAX)) return `22: ${name} beyond the year 9999`
  if (given('iat') > now + FUTURE_S) return '22: iat in the future'
  for (const name of ['iss', 'sub', 'jti'])
    if (given(name) !== undefined && typeof given(name) !== 'string') return `7519 4.1: ${name} is no string`
  const aud = given('aud')
  if (aud !== undefined && ![aud].flat().every((one) => typeof one === 'string'))
    return '23: aud is neither text nor texts'
  if ((profile.require ?? []).some((name) => !isThere(given(name)))) return '23: a claim is missing or null'
  const { maxAge, leeway = 0 } = profile
  if (maxAge && !(now < given('iat') + maxAge + leeway)) return '21: too old'
  return faultOfForwarded(claims, profile)
}

// RFC 7638, of a key pair.
export function thumbprint(publicKey) {
  const { kty, crv, e, n, x, y } = publicKey.export({ format: 'jwk' })
  const members = Object.entries({ crv, e, kty, n, x, y }).filter(([, value]) => value !== undefined)
  return crypto
    .createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members)))
    .digest('base64url')
}

const idOf = (key) => key.kid ?? (key.verify.asymmetricKeyType ? thumbprint(key.verify) : undefined)
const verifies = ({ state = 'active' }) => state === 'active' || state === 'retiring'
const names = (key) => (key.alg === 'EdDSA' ? ['EdDSA', 'Ed25519'] : [key.alg])

// The keys that a token may be tried with (9, 16): one key, one algorithm; a kid that was given to a
// key names that key alone; another one is a hint among the keys that were given none.
function candidates(header, { keys }) {
  const { alg, kid } = header
  const good = keys.filter(verifies)
  const named = kid === undefined ? [] : good.filter((key) => idOf(key) === kid)
  if (kid !== undefined && !named.length && keys.some((key) => idOf(key) === kid)) return []
  const given = named.filter((key) => key.kid !== undefined)
  const among = given.length ? given : kid === undefined ? good : good.filter((key) => key.kid === undefined)
  return among.filter((key) => names(key).includes(alg)).slice(0, TRIED_MAX)
}

async function asJose(token, key, profile) {
  const { issuer, audience, typ, require: requiredClaims, leeway: clockTolerance } = profile
  try {
    const options = { issuer, audience, typ, requiredClaims, clockTolerance }
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
    await jwtVerify(token, key.verify, { algorithms: names(key), ...given })
    return undefined
  } catch (error) {
    return `jose: ${error.code ?? error.message}`
  }
}

// What is to become of a token: { claims } or { fault }, the rule that it breaks.
export async function judge(token, profile, now = Date.now() / 1000) {
  const form = faultOfForm(token)
  if (form) return { fault: form }
  const [headerPart, payloadPart] = token.split('.')
  const header = readPart(headerPart)
  const fault = header.fault ?? faultOfHeader(header.value)
  if (fault) return { fault }
  const keys = candidates(header.value, profile)
  let said = '9, 16: no key of that alg and kid'
  for (const key of keys) {
    said = await asJose(token, key, profile)
    if (!said) break
  }
  if (said) return { fault: said }
  const claims = readPart(payloadPart)
  const wrong = claims.fault ?? faultOfClaims(claims.value, profile, now)
  return wrong ? { fault: wrong } : { claims: claims.value }
}
