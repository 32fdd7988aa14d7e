// Keys that no verifier may use, each with a token that its bytes sign if they can, and the good
// ones beside them: sizes, exponents, points, uses, types and texts.
// SPDX-License-Identifier: MIT
import crypto from 'node:crypto'
import { b64, json, pairOf, token } from './keys.mjs'

const CLAIMS = { sub: 'u-1842' }
const jwkOf = (key, more) => JSON.stringify({ ...key.export({ format: 'jwk' }), ...more })
const unsigned = (alg) => `${json({ alg })}.${json(CLAIMS)}.AAAA`
const hex = (text) => Buffer.from(text, 'hex')

// { what, alg, encoding, value, token, isGood, settings } without a name.
function symmetric() {
  const bytes = crypto.randomBytes(32)
  const good = token('HS256', bytes, { alg: 'HS256' }, CLAIMS)
  const oct = (more) => JSON.stringify({ kty: 'oct', k: b64(bytes), ...more })
  const of = (what, value, { encoding = 'jwk', alg = 'HS256', ...rest } = {}) => ({
    what: `a secret: ${what}`,
    alg,
    encoding,
    value,
    token: good,
    ...rest,
  })
  const text = (what, value, rest) =>
    of(what, value, { encoding: 'text', token: token('HS256', value, { alg: 'HS256' }, CLAIMS), ...rest })
  const pair = pairOf('RS256')
  const pem = pair.publicKey.export({ type: 'spki', format: 'pem' })
  return [
    of('a good JWK', oct(), { isGood: true }),
    of('alg that fits', oct({ alg: 'HS256', use: 'sig', key_ops: ['verify'] }), { isGood: true }),
    of('alg of another', oct({ alg: 'HS512' })),
    of('alg of RSA', oct({ alg: 'RS256' })),
    of('alg none', oct({ alg: 'none' })),
    of('use enc', oct({ use: 'enc' })),
    of('key_ops without verify', oct({ key_ops: ['encrypt'] })),
    of('key_ops empty', oct({ key_ops: [] })),
    of('key_ops twice the same', oct({ key_ops: ['verify', 'verify'] })),
    of('padded', JSON.stringify({ kty: 'oct', k: bytes.toString('base64') })),
    of('k empty', JSON.stringify({ kty: 'oct', k: '' })),
    of('no k', JSON.stringify({ kty: 'oct' })),
    of('kty twice', `{"kty":"oct","kty":"RSA","k":"${b64(bytes)}"}`),
    of('no kty', JSON.stringify({ k: b64(bytes) })),
    of('too short', JSON.stringify({ kty: 'oct', k: b64(bytes.subarray(1)) })),
    of('a list', `[${oct()}]`),
    of(
      'a kid twice in a set',
      JSON.stringify({
        keys: [JSON.parse(oct({ kid: 'a' })), { kty: 'oct', k: b64(crypto.randomBytes(32)), kid: 'a' }],
      }),
    ),
    of('base64 that is none', `${bytes.toString('base64')}!`, { encoding: 'base64' }),
    of('hex that is none', `${bytes.toString('hex')}0`, { encoding: 'hex' }),
    of('base64url with padding inside', `${b64(bytes).slice(0, 8)}=${b64(bytes).slice(8)}`, { encoding: 'base64url' }),
    text('a public PEM as its text', pem),
    text('a private PEM as its text', pair.privateKey.export({ type: 'pkcs8', format: 'pem' })),
    text('a PEM with something before it', `x ${pem}`),
    text('a JWK as its text', jwkOf(pair.publicKey)),
    text('31 bytes', b64(bytes).slice(0, 31)),
    text('the fallback of a tutorial', 'your-secret-key', { settings: { allow_short_key: 'yes' } }),
    text('undefined', 'undefined', { settings: { allow_short_key: 'yes' } }),
    text('one letter, often', 'a'.repeat(40)),
    text('a reference that nobody resolved', '${NEXTAUTH_SECRET_OF_THE_APP_THERE}'),
  ]
}

const small = () => crypto.generateKeyPairSync('rsa', { modulusLength: 1024 })

function rsa() {
  const pair = pairOf('RS256')
  const good = token('RS256', pair.privateKey, { alg: 'RS256' }, CLAIMS)
  const { n } = pair.publicKey.export({ format: 'jwk' })
  const of = (what, value, { encoding = 'jwk', alg = 'RS256', ...rest } = {}) => ({
    what: `RSA: ${what}`,
    alg,
    encoding,
    value,
    token: good,
    ...rest,
  })
  const pub = (more) => jwkOf(pair.publicKey, more)
  const weak = small()
  const even = Buffer.from(n, 'base64url')
  even[even.length - 1] &= 0xfe
  return [
    of('a good JWK', pub(), { isGood: true }),
    of('what fits', pub({ use: 'sig', alg: 'RS256', key_ops: ['verify'] }), { isGood: true }),
    of('1024 bits', jwkOf(weak.publicKey), { token: token('RS256', weak.privateKey, { alg: 'RS256' }, CLAIMS) }),
    of('1024 bits as PEM', weak.publicKey.export({ type: 'spki', format: 'pem' }), {
      encoding: 'pem',
      token: token('RS256', weak.privateKey, { alg: 'RS256' }, CLAIMS),
    }),
    of('e = 1', pub({ e: 'AQ' })),
    of('e = 0', pub({ e: 'AA' })),
    of('e = 2', pub({ e: 'Ag' })),
    of('e even', pub({ e: b64(hex('010002')) })),
    of('e of 5 bytes', pub({ e: b64(hex('0100000001')) })),
    of('no e', pub({ e: undefined })),
    of('n even', pub({ n: b64(even) })),
    of('n empty', pub({ n: '' })),
    of('alg PS256', pub({ alg: 'PS256' })),
    of('alg HS256', pub({ alg: 'HS256' })),
    of('use enc', pub({ use: 'enc' })),
    of('key_ops encrypt', pub({ key_ops: ['encrypt'] })),
    of('as a secret', n, { encoding: 'pem' }),
    of('an elliptic key', jwkOf(pairOf('ES256').publicKey)),
    of('an elliptic key as PEM', pairOf('ES256').publicKey.export({ type: 'spki', format: 'pem' }), {
      encoding: 'pem',
    }),
    of(
      'an encrypted PEM',
      pair.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
      { encoding: 'pem' },
    ),
    of(
      'two PEMs',
      pair.publicKey.export({ type: 'spki', format: 'pem' }) + weak.publicKey.export({ type: 'spki', format: 'pem' }),
      { encoding: 'pem' },
    ),
  ]
}

function curves() {
  const pair = pairOf('ES256')
  const good = token('ES256', pair.privateKey, { alg: 'ES256' }, CLAIMS)
  const { x, y } = pair.publicKey.export({ format: 'jwk' })
  const of = (what, value, { encoding = 'jwk', alg = 'ES256', ...rest } = {}) => ({
    what: `EC: ${what}`,
    alg,
    encoding,
    value,
    token: good,
    ...rest,
  })
  const pub = (more) => jwkOf(pair.publicKey, more)
  const foreign = crypto.generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey
  const off = Buffer.from(y, 'base64url')
  off[31] ^= 1
  return [
    of('a good JWK', pub(), { isGood: true }),
    of('key_ops that fits', pub({ key_ops: ['verify', 'sign'] }), { isGood: true }),
    of('a point off its curve', pub({ y: b64(off) })),
    of('x and y swapped', pub({ x: y, y: x })),
    of('zero', pub({ x: b64(Buffer.alloc(32)), y: b64(Buffer.alloc(32)) })),
    of('x with a byte more', pub({ x: b64(Buffer.concat([Buffer.of(0), Buffer.from(x, 'base64url')])) })),
    of('no y', pub({ y: undefined })),
    of('crv of another curve', pub({ crv: 'P-384' })),
    of('crv unknown', pub({ crv: 'P-257' })),
    of('crv in another case', pub({ crv: 'p-256' })),
    of('a key of P-384', jwkOf(pairOf('ES384').publicKey)),
    of('a key of P-384 as PEM', pairOf('ES384').publicKey.export({ type: 'spki', format: 'pem' }), { encoding: 'pem' }),
    of('secp256k1', jwkOf(foreign)),
    of('secp256k1 as PEM', foreign.export({ type: 'spki', format: 'pem' }), { encoding: 'pem' }),
    of('alg ES384', pub({ alg: 'ES384' })),
    of('alg ECDH-ES', pub({ alg: 'ECDH-ES' })),
    of('use enc', pub({ use: 'enc' })),
    of('key_ops deriveKey', pub({ key_ops: ['deriveKey'] })),
    of('kty RSA', pub({ kty: 'RSA' })),
    of('kty OKP', pub({ kty: 'OKP' })),
    of('a private part that is not its own', pub({ d: pairOf('ES256').privateKey.export({ format: 'jwk' }).d })),
  ]
}

// Points of small order on the curve of Ed25519, some not canonical: with one of them as the key,
// a signature can be made for any message.
const SMALL = {
  identity: `01${'00'.repeat(31)}`,
  'order 2': `ec${'ff'.repeat(30)}7f`,
  'order 4': '00'.repeat(32),
  'order 8': '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'order 8, the other': 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'identity, not canonical': `ee${'ff'.repeat(30)}7f`,
  'identity, with a sign': `01${'00'.repeat(30)}80`,
}

function edwards() {
  const pair = pairOf('EdDSA')
  const good = token('EdDSA', pair.privateKey, { alg: 'EdDSA' }, CLAIMS)
  const of = (what, value, rest = {}) => ({
    what: `OKP: ${what}`,
    alg: 'EdDSA',
    encoding: 'jwk',
    value,
    token: good,
    ...rest,
  })
  const pub = (more) => jwkOf(pair.publicKey, more)
  const forged = `${json({ alg: 'EdDSA' })}.${json(CLAIMS)}.${b64(Buffer.concat([hex(SMALL.identity), Buffer.alloc(32)]))}`
  return [
    of('a good JWK', pub(), { isGood: true }),
    of('alg Ed25519', pub({ alg: 'Ed25519' }), { isGood: true }),
    ...Object.entries(SMALL).map(([what, point]) =>
      of(`a key of small order: ${what}`, pub({ x: b64(hex(point)) }), { token: forged }),
    ),
    of('no point', pub({ x: b64(hex(`02${'00'.repeat(31)}`)) })),
    of('x cut', pub({ x: b64(Buffer.alloc(31, 7)) })),
    of('X25519', jwkOf(crypto.generateKeyPairSync('x25519').publicKey)),
    of('Ed448', jwkOf(crypto.generateKeyPairSync('ed448').publicKey)),
    of('crv Ed448', pub({ crv: 'Ed448' })),
    of('kty EC', pub({ kty: 'EC' })),
    of('alg ES256', pub({ alg: 'ES256' })),
    of('a private part that is not its own', pub({ d: pairOf('EdDSA').privateKey.export({ format: 'jwk' }).d })),
  ]
}

export function badKeys() {
  const all = [...symmetric(), ...rsa(), ...curves(), ...edwards()]
  return all.map((key, i) => ({ ...key, name: `bad-${i}`, token: key.token ?? unsigned(key.alg) }))
}
