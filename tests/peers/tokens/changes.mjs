// What may be changed in a good token: its header, its claims, their bytes, the signature, the token
// as a whole. A table each, by what is changed.
// SPDX-License-Identifier: MIT
import crypto from 'node:crypto'
import { hashOf, now, sign } from './keys.mjs'
import { anything, audience, date, escaped, quoted, text } from './values.mjs'

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

export const put = (members, name, value) => [...members.filter(([one]) => one !== name), [name, value]]

export const headerChanges = {
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

export const claimChanges = {
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
export const textChanges = {
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

export const signatureChanges = {
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
export const signings = {
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

export const tokenChanges = {
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
