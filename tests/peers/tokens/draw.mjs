// Draws tokens: good ones, and those with something changed in the header, the claims, the texts,
// the signature, or the token as a whole. Headers and claims are made as texts, so that everything
// that JSON allows, and what it does not, can be written.
// SPDX-License-Identifier: MIT
import crypto from 'node:crypto'
import { b64, hashOf, now, sign } from './keys.mjs'

const ALGORITHMS = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  'none',
  'None',
  'hs256',
  'HS256 ',
  'dir',
  '',
]
const AROUND = 5 // seconds from a boundary that no token comes nearer to, for clocks go on

const quoted = JSON.stringify

// A name or text with some characters as escapes.
function escaped(random, text) {
  const inside = [...JSON.stringify(text).slice(1, -1)]
  if (inside.includes('\\')) return JSON.stringify(text)
  const hex = (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
  return `"${inside.map((c) => (c.length === 1 && random.once(4) ? hex(c) : c)).join('')}"`
}

const space = (random) => (random.once(12) ? random.one([' ', '\n', '\t', ' \r\n ']) : '')

function write(random, members) {
  const pair = ([name, value]) =>
    `${space(random)}${random.once(16) ? escaped(random, name) : quoted(name)}${space(random)}:${space(random)}${value}`
  return `${space(random)}{${members.map(pair).join(',')}${space(random)}}${space(random)}`
}

// ---- values, as text

const nested = (depth) => '['.repeat(depth) + ']'.repeat(depth)
const many = (count) => `[${Array(count).fill(1).join()}]`
const wide = (count) => `{${Array.from({ length: count }, (_, i) => `"m${i}":0`).join()}}`

const anything = (random) =>
  random.one([
    'null',
    'true',
    'false',
    '0',
    '-0',
    '1',
    '1.5e3',
    '""',
    '"x"',
    '[]',
    '{}',
    '[null]',
    '{"a":1}',
    '"\\u0000"',
    '"é"',
    '"\\ud83d\\udd11"',
    '"\\ud800"',
    '"\\udc00x"',
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '[{"b":[{"c":1,"c":1}]}]',
    nested(20),
    nested(31),
    nested(32),
    nested(40),
    many(1024),
    many(1025),
    wide(400),
    wide(520),
    '1' + '0'.repeat(30),
    '1' + '0'.repeat(31),
    '1' + '0'.repeat(32),
    '0.' + '1'.repeat(40),
    '01',
    '+1',
    '.5',
    '1.',
    'NaN',
    '0x10',
    "'x'",
    'undefined',
  ])

const moment = (random, base) => {
  const away = AROUND + random.below(random.one([10, 100, 5000, 1e6, 1e9]))
  return base + (random.once(2) ? away : -away)
}

function date(random, base) {
  const at = moment(random, base)
  const formed = random.one([String(at), String(at), `${at}.0`, `${at}.25`, `${at / 10}e1`, `${at}e0`, `${at}E+0`])
  return random.once(3)
    ? random.one([
        `"${at}"`,
        'null',
        '-1',
        '1e400',
        '-1e400',
        '1e-400',
        `${at * 1000}`,
        '253402300799',
        '253402300800',
        '-253402300799',
        '-253402300801',
        '9223372036854775808',
        '4294967297',
        '2147483648',
        anything(random),
      ])
    : formed
}

const text = (random, good) =>
  random.one([
    quoted(good),
    escaped(random, good),
    quoted(`${good}\0`),
    quoted(`${good}\0evil`),
    quoted(`${good} `),
    quoted(good.toUpperCase()),
    quoted(`${good}/`),
    quoted(good.slice(0, -1)),
    '""',
    `[${quoted(good)}]`,
    anything(random),
  ])

const audience = (random, good) =>
  random.one([
    quoted(good),
    `[${quoted(good)}]`,
    `["other",${quoted(good)}]`,
    `[${quoted(good)},7]`,
    `[[${quoted(good)}]]`,
    `{"a":${quoted(good)}}`,
    `"x ${good}"`,
    '[]',
    text(random, good),
    anything(random),
  ])

// ---- header and claims

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

const put = (members, name, value) => [...members.filter(([one]) => one !== name), [name, value]]

const headerChanges = {
  'another alg': (random, it) => put(it, 'alg', quoted(random.one(ALGORITHMS))),
  'alg of another type': (random, it) => put(it, 'alg', anything(random)),
  'alg in escapes': (random, it) =>
    it.map(([name, value]) => (name === 'alg' ? [name, escaped(random, JSON.parse(value))] : [name, value])),
  'no alg': (_, it) => it.filter(([name]) => name !== 'alg'),
  'alg twice': (random, it) => [...it, ['alg', quoted(random.one(ALGORITHMS))]],
  'Alg too': (_, it) => [...it, ['Alg', '"none"']],
  crit: (random, it) => [
    ...it,
    ['crit', random.one(['[]', '["x"]', '["b64"]', '["alg"]', '["exp"]', 'null', 'false', '""', '{}'])],
    ['x', '1'],
  ],
  b64: (random, it) => [...it, ['b64', random.one(['true', 'false', 'null'])]],
  kid: (random, it) =>
    put(
      it,
      'kid',
      random.one([
        '"k1"',
        '"k2"',
        '"k3"',
        '"k4"',
        '"k5"',
        '"K1"',
        '"../../dev/null"',
        '"\' OR 1=1"',
        '""',
        quoted('x'.repeat(300)),
        anything(random),
      ]),
    ),
  'no kid': (_, it) => it.filter(([name]) => name !== 'kid'),
  typ: (random, it) =>
    put(
      it,
      'typ',
      random.one([
        '"at+jwt"',
        '"AT+JWT"',
        '"application/at+jwt"',
        '"Application/at+JWT"',
        '"text/at+jwt"',
        '"JWT"',
        '"at+jwt\\u0000"',
        '"at\\u002bjwt"',
        anything(random),
      ]),
    ),
  cty: (random, it) => put(it, 'cty', random.one(['"JWT"', '"jwt"', '"application/jwt"', '"json"', anything(random)])),
  'a key of its own': (_, it) => [
    ...it,
    ['jwk', '{"kty":"oct","k":"AAAA"}'],
    ['jku', '"http://127.0.0.1:1/"'],
    ['x5c', '["MIIB"]'],
  ],
  'an unknown member': (random, it) => [
    ...it,
    [random.one(['x', '', 'zip', 'enc', '__proto__', 'constructor', 'exp']), anything(random)],
  ],
}

const claimChanges = {
  exp: (random, it) => put(it, 'exp', date(random, now())),
  nbf: (random, it) => put(it, 'nbf', date(random, now())),
  iat: (random, it) => put(it, 'iat', date(random, random.one([now() - 3600, now() + 60, now()]))),
  'exp twice': (random, it) => [...it, ['exp', '1'], ['exp', '9999999999']],
  iss: (random, it, profile) => put(it, 'iss', text(random, profile.issuer ?? 'https://issuer.example')),
  aud: (random, it, profile) => put(it, 'aud', audience(random, profile.audience?.[0] ?? 'api')),
  sub: (random, it) => put(it, 'sub', text(random, 'u-1842')),
  jti: (random, it) => put(it, 'jti', text(random, 'id')),
  role: (random, it) => put(it, 'role', anything(random)),
  name: (random, it) =>
    put(
      it,
      'name',
      random.one(['"a\\r\\nX: 1"', '"\\u007f"', '"\\u009f"', '"\x7f"', '"\x85"', '"\\\\n"', '"é"', anything(random)]),
    ),
  'one claim less': (random, it) => it.filter((_, i) => i !== random.below(it.length)),
  'an unknown claim': (random, it) => [...it, [random.one(['x', '', '__proto__', 'toString']), anything(random)]],
  'a large claim': (random, it) => [...it, ['data', quoted('x'.repeat(random.below(14000)))]],
}

// What becomes of the bytes of a header or a payload.
const textChanges = {
  'a byte order mark': (_, bytes) => Buffer.concat([Buffer.from('\ufeff'), bytes]),
  'bytes behind': (random, bytes) =>
    Buffer.concat([bytes, random.one([Buffer.from('x'), Buffer.from('\0'), Buffer.from(' \n'), bytes])]),
  'a byte of another kind': (random, bytes) => {
    const copy = Buffer.from(bytes)
    if (copy.length)
      copy[random.below(copy.length)] = random.one([
        0xff,
        0xc0,
        0x80,
        0xed,
        0,
        0x0a,
        0x22,
        0x5c,
        0x7f,
        random.below(256),
      ])
    return copy
  },
  'bad UTF-8': (random, bytes) =>
    Buffer.concat([
      Buffer.from('{"u":"'),
      Buffer.from(random.one(['c0af', 'eda080', 'f4908080', 'e28082', 'c3', 'ff', 'f0808080']), 'hex'),
      Buffer.from('",'),
      bytes.subarray(bytes.indexOf('{') + 1),
    ]),
  'UTF-16': (_, bytes) => Buffer.from(bytes.toString(), 'utf16le'),
  'another value': (random) => Buffer.from(anything(random)),
  nothing: () => Buffer.alloc(0),
  'a part of it': (random, bytes) => bytes.subarray(0, random.below(bytes.length + 1)),
}

// ---- signatures

const CURVE_ORDER = {
  ES256: 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  ES384: 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  ES512:
    '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
}

const number = (bytes) => BigInt(`0x${bytes.toString('hex') || '0'}`)
const sized = (value, size) =>
  Buffer.from(
    value
      .toString(16)
      .padStart(2 * size, '0')
      .slice(-2 * size),
    'hex',
  )
export const orderOf = (alg) => BigInt(`0x${CURVE_ORDER[alg]}`)

const signatureChanges = {
  'one bit': (random, bytes) => {
    const copy = Buffer.from(bytes)
    if (copy.length) copy[random.below(copy.length)] ^= 1 << random.below(8)
    return copy
  },
  cut: (random, bytes) => bytes.subarray(0, random.below(bytes.length + 1)),
  longer: (random, bytes) => Buffer.concat([bytes, random.bytes(1 + random.below(3))]),
  'a zero in front': (_, bytes) => Buffer.concat([Buffer.of(0), bytes]),
  zeros: (_, bytes) => Buffer.alloc(bytes.length),
  random: (random, bytes) => random.bytes(bytes.length),
  none: () => Buffer.alloc(0),
  backwards: (_, bytes) => Buffer.from(bytes).reverse(),
  'r or s at an edge': (random, bytes, { alg }) => {
    if (!CURVE_ORDER[alg]) return bytes
    const n = orderOf(alg)
    const size = bytes.length / 2
    const edge = sized(
      random.one([0n, 1n, n, n - 1n, n + 1n, n + number(bytes.subarray(0, size)), 2n ** BigInt(8 * size) - 1n]),
      size,
    )
    return random.once(2) ? Buffer.concat([edge, bytes.subarray(size)]) : Buffer.concat([bytes.subarray(0, size), edge])
  },
  'the other s, as good as the first': (_, bytes, { alg }) => {
    if (!CURVE_ORDER[alg]) return bytes
    const size = bytes.length / 2
    return Buffer.concat([bytes.subarray(0, size), sized(orderOf(alg) - number(bytes.subarray(size)), size)])
  },
  'S + L': (_, bytes, { alg }) => {
    if (alg !== 'EdDSA') return bytes
    const order = 2n ** 252n + 27742317777372353535851937790883648493n
    const s = number(Buffer.from(bytes.subarray(32)).reverse()) + order
    return Buffer.concat([bytes.subarray(0, 32), sized(s, 32).reverse()])
  },
}

// Other ways of signing the same input.
const signings = {
  'by another key': (random, key, input, keys) => {
    const other = random.one(keys.filter((one) => one.alg === key.alg))
    return sign(other.alg, other.sign, input)
  },
  'by another algorithm': (random, key, input) => {
    const kin = {
      HS: ['HS256', 'HS384', 'HS512'],
      RS: ['RS256', 'RS384', 'PS256', 'PS512'],
      PS: ['PS256', 'PS384', 'RS256', 'RS512'],
    }
    const alg = random.one(kin[key.alg.slice(0, 2)] ?? [key.alg])
    return sign(alg, key.sign, input)
  },
  'by HMAC with the public key': (random, key, input) => {
    const secret = Buffer.isBuffer(key.verify)
      ? Buffer.alloc(0)
      : key.verify.export({ type: 'spki', format: random.one(['pem', 'der']) })
    return crypto.createHmac('sha256', secret).update(input).digest()
  },
  'as DER': (_, key, input) =>
    key.alg.startsWith('ES')
      ? crypto.sign(hashOf(key.alg), Buffer.from(input), key.sign)
      : sign(key.alg, key.sign, input),
  'with another salt': (random, key, input) =>
    sign(key.alg, key.sign, input, { salt: random.one([0, 20, 16, 32, 48, 64]) }),
}

// ---- the token as a whole

const tokenChanges = {
  padding: (random, it) =>
    it.map((part, i) => (i === random.below(3) ? part + '='.repeat(1 + random.below(2)) : part)).join('.'),
  'the other alphabet': (_, it) => it.map((part) => part.replaceAll('-', '+').replaceAll('_', '/')).join('.'),
  'spare bits': (random, it) => {
    const at = random.below(3)
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const bump = (part) => part.slice(0, -1) + alphabet[(alphabet.indexOf(part.at(-1)) + 1) % 64]
    return it.map((part, i) => (i === at && part ? bump(part) : part)).join('.')
  },
  'a character': (random, it) => {
    const token = it.join('.')
    const at = random.below(token.length)
    return (
      token.slice(0, at) +
      random.one(['A', 'a', '-', '_', '.', '', ' ', '\n', '=', '+', '/', '\0', 'é', '%2e', '"', '~']) +
      token.slice(at + random.below(2))
    )
  },
  'white space around': (random, it) =>
    random.one([' ', '\n', '\t', '\ufeff', 'Bearer ', '"']) + it.join('.') + random.one(['', ' ', '\n', '\r\n', '"']),
  'white space behind': (random, it) => it.join('.') + random.one([' ', '\n', '\r\n', '\0', '.', '..', '=']),
  'fewer parts': (random, it) => it.slice(0, random.below(3)).join('.'),
  'more parts': (random, it) => [...it, ...it].slice(0, 4 + random.below(3)).join('.'),
  'parts changed': (random, it) =>
    random
      .one([
        [it[1], it[0], it[2]],
        [it[0], it[2], it[1]],
        [it[0], '', it[2]],
        ['', it[1], it[2]],
        [it[0], it[1], ''],
      ])
      .join('.'),
  'one bit of it': (random, it) => {
    const bytes = Buffer.from(it.join('.'))
    bytes[random.below(bytes.length)] ^= 1 << random.below(7)
    return bytes.toString()
  },
  cut: (random, it) => it.join('.').slice(0, random.below(it.join('.').length)),
  'as JSON': (_, [header, payload, signature]) => JSON.stringify({ protected: header, payload, signature }),
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
