// Signatures that must not pass, and a few that must: what is known of attacks on the algorithms
// themselves, for a key of each. Made from the mathematics, with node:crypto.
// SPDX-License-Identifier: MIT
import crypto from 'node:crypto'
import { orderOf } from './changes.mjs'
import { b64, hashOf, json, pairOf, sign, token } from './keys.mjs'

const CLAIMS = { sub: 'u-1842', admin: true }
const SIGNATURE = { stage: 'signature', code: 'signature_invalid' }
const ALG = { stage: 'header', code: 'alg_not_allowed' }

const number = (bytes) => BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`)
const sized = (value, size) => Buffer.from(value.toString(16).padStart(2 * size, '0'), 'hex').subarray(-size)
const inputOf = (alg, header = {}) => `${json({ alg, typ: 'JWT', ...header })}.${json(CLAIMS)}`

// Yields [what, signature or { token }, wanted], wanted '' for a good one.
function* onAny(key) {
  const { alg } = key
  const input = inputOf(alg)
  const good = sign(alg, key.sign, input)
  const flip = (at) => good.map((byte, i) => (i === at ? byte ^ 1 : byte))
  yield ['a control', good, '']
  for (const at of [0, 1, good.length >> 1, good.length - 1]) yield [`byte ${at} changed`, flip(at)]
  for (const size of [1, 8, 16, good.length >> 1, good.length - 1])
    yield [`cut to ${size} bytes`, good.subarray(0, size)]
  yield ['no signature (CVE-2020-28042)', Buffer.alloc(0), { stage: 'form', code: 'malformed' }]
  yield ['a zero behind', Buffer.concat([good, Buffer.of(0)])]
  yield ['a zero in front', Buffer.concat([Buffer.of(0), good])]
  yield ['twice', Buffer.concat([good, good])]
  yield ['all zeros', Buffer.alloc(good.length)]
  yield ['all ones', Buffer.alloc(good.length, 0xff)]
  yield ['in hex', Buffer.from(good.toString('hex'))]
  yield ['in base64url twice', Buffer.from(b64(good))]
  yield ['of another token', sign(alg, key.sign, `${input}x`)]
  yield ['of the payload alone', sign(alg, key.sign, json(CLAIMS))]
  yield [
    'of the decoded parts',
    sign(alg, key.sign, `${JSON.stringify({ alg, typ: 'JWT' })}.${JSON.stringify(CLAIMS)}`),
  ]
  const [header] = input.split('.')
  yield ['claims changed afterwards', { token: `${header}.${json({ ...CLAIMS, sub: 'root' })}.${b64(good)}` }]
  yield ['header changed afterwards', { token: `${json({ typ: 'JWT', alg })}.${json(CLAIMS)}.${b64(good)}` }]
  yield ['kid added afterwards', { token: `${json({ alg, typ: 'JWT', kid: 'x' })}.${json(CLAIMS)}.${b64(good)}` }]
  for (const none of ['none', 'None', 'NONE', 'nOnE', 'none ', '']) {
    const bare = inputOf(none)
    yield [`alg ${JSON.stringify(none)} without a signature (CVE-2015-9235)`, { token: `${bare}.` }, { stage: 'form' }]
    yield [`alg ${JSON.stringify(none)} with the good one`, { token: `${bare}.${b64(good)}` }, ALG]
  }
  // Whatever its bytes are: a payload that is no claims is told after the signature, never before.
  for (const [what, bytes] of Object.entries({
    nothing: '',
    text: 'sample',
    'a list': '[]',
    'a number': '7',
    'a string': '"x"',
    bytes: Buffer.of(0xff, 0),
  }))
    yield [`over ${what}`, { token: token(alg, key.sign, { alg }, Buffer.from(bytes)) }, { stage: 'claims' }]
  for (const [what, bytes] of Object.entries({ nothing: '', text: 'sample', bytes: Buffer.of(0xff, 0) }))
    yield [`over ${what}, changed`, { token: `${json({ alg })}.${b64(bytes)}.${b64(flip(0))}` }, SIGNATURE]
}

// Its public half as a secret: every form in which somebody might have read it (CVE-2016-5431,
// CVE-2016-10555, CVE-2022-29217, CVE-2023-48223, CVE-2024-54150).
function* confused(key) {
  const pem = key.verify.export({ type: 'spki', format: 'pem' })
  const der = key.verify.export({ type: 'spki', format: 'der' })
  const jwk = key.verify.export({ format: 'jwk' })
  const forms = {
    pem,
    'pem without the last newline': pem.trim(),
    'pem with CRLF': pem.replaceAll('\n', '\r\n'),
    'pem in one line': pem.replaceAll('\n', ''),
    'pem body': pem.split('\n').slice(1, -2).join(''),
    der,
    jwk: JSON.stringify(jwk),
    'jwk sorted': JSON.stringify(jwk, Object.keys(jwk).sort()),
    'x or n': Buffer.from(jwk.x ?? jwk.n, 'base64url'),
    'an empty key': '',
  }
  if (key.alg.startsWith('RS')) forms['pkcs1 pem'] = key.verify.export({ type: 'pkcs1', format: 'pem' })
  for (const [what, secret] of Object.entries(forms))
    for (const alg of ['HS256', 'HS384', 'HS512'])
      yield [`${alg} with its ${what} as the secret`, { token: token(alg, secret, { alg }, CLAIMS) }, ALG]
  for (const alg of ['HS256', 'HS512'])
    yield [
      `its own alg over ${alg} with the pem`,
      crypto.createHmac(hashOf(alg), pem).update(inputOf(key.alg)).digest(),
    ]
}

function* onHmac(key) {
  const input = inputOf(key.alg)
  const { secret } = key
  const mac = (text, hash = hashOf(key.alg)) => crypto.createHmac(hash, text).update(input).digest()
  const others = {
    'the empty key': '',
    'a newline behind': Buffer.concat([secret, Buffer.from('\n')]),
    quotes: Buffer.concat([Buffer.from('"'), secret, Buffer.from('"')]),
    'a space behind': Buffer.concat([secret, Buffer.from(' ')]),
    'its base64': secret.toString('base64'),
    'its hex': secret.toString('hex'),
    // a zero in the end is what a MAC fills a short key up with (RFC 2104): the same key without it
    'without its last byte': secret.at(-1) === 0 ? 'another' : secret.subarray(0, -1),
    undefined: 'undefined',
    null: 'null',
    'the fallback': 'your-secret-key',
  }
  for (const [what, text] of Object.entries(others)) yield [`${key.alg} with ${what}`, mac(text)]
  for (const hash of ['sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'md5'].filter((one) => one !== hashOf(key.alg)))
    yield [`a MAC with ${hash}`, mac(secret, hash)]
  for (const alg of ['HS256', 'HS384', 'HS512'].filter((one) => one !== key.alg))
    yield [`${alg} by the same secret`, { token: token(alg, secret, { alg }, CLAIMS) }, ALG]
  yield [
    'a hash and no MAC',
    crypto
      .createHash(hashOf(key.alg))
      .update(Buffer.concat([secret, Buffer.from(input)]))
      .digest(),
  ]
}

// r and s at and over their edges (CVE-2022-21449), DER, other sizes.
function* onEcdsa(key) {
  const n = orderOf(key.alg)
  const good = sign(key.alg, key.sign, inputOf(key.alg))
  const size = good.length / 2
  const [r, s] = [number(good.subarray(0, size)), number(good.subarray(size))]
  const both = (one, two) => Buffer.concat([sized(one, size), sized(two, size)])
  const edges = { 0: 0n, 1: 1n, 2: 2n, 'n - 1': n - 1n, n, 'n + 1': n + 1n, '2^bits - 1': 2n ** BigInt(8 * size) - 1n }
  for (const [one, a] of Object.entries(edges)) {
    for (const [two, b] of Object.entries(edges)) yield [`r = ${one}, s = ${two} (CVE-2022-21449)`, both(a, b)]
    yield [`r = ${one}`, both(a, s)]
    yield [`s = ${one}`, both(r, a)]
  }
  yield ['s = n - s, which is as good (no low S is asked for)', both(r, n - s), '']
  if (r + n < 2n ** BigInt(8 * size)) yield ['r + n', both(r + n, s)]
  if (s + n < 2n ** BigInt(8 * size)) yield ['s + n', both(r, s + n)]
  yield ['r and s swapped', both(s, r)]
  yield ['r negative', both(n - r, s)]
  yield ['DER', crypto.sign(hashOf(key.alg), Buffer.from(inputOf(key.alg)), key.sign)]
  yield ['a zero before each', Buffer.concat([Buffer.of(0), good.subarray(0, size), Buffer.of(0), good.subarray(size)])]
  yield ['r and s in longer fields', Buffer.concat([sized(r, size + 16), sized(s, size + 16)])]
  yield ['a zero behind each', Buffer.concat([good.subarray(0, size), Buffer.of(0), good.subarray(size), Buffer.of(0)])]
  for (const alg of ['ES256', 'ES384', 'ES512'].filter((one) => one !== key.alg)) {
    const other = pairOf(alg)
    yield [`a signature of ${alg}`, sign(alg, other.privateKey, inputOf(key.alg))]
    yield [`alg ${alg} with another key`, { token: token(alg, other.privateKey, { alg }, CLAIMS) }, ALG]
    yield [`alg ${alg} with this key`, { token: token(alg, key.sign, { alg }, CLAIMS) }, ALG]
  }
  yield [
    'another hash',
    crypto.sign(key.alg === 'ES256' ? 'sha512' : 'sha256', Buffer.from(inputOf(key.alg)), {
      key: key.sign,
      dsaEncoding: 'ieee-p1363',
    }),
  ]
}

function cubeRoot(value) {
  let [low, high] = [0n, 1n << BigInt(Math.ceil(value.toString(2).length / 3) + 1)]
  while (low < high) {
    const middle = (low + high) >> 1n
    if (middle ** 3n < value) low = middle + 1n
    else high = middle
  }
  return low
}

const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex')

// What a verifier takes that looks at the beginning of the padded block only (Bleichenbacher, 2006).
function forgedByCubeRoot(input, size) {
  const hash = crypto.createHash('sha256').update(input).digest()
  const front = Buffer.concat([Buffer.from('0001', 'hex'), Buffer.alloc(8, 0xff), Buffer.of(0), DIGEST_INFO, hash])
  return sized(cubeRoot(number(Buffer.concat([front, Buffer.alloc(size - front.length)]))), size)
}

function* onRsa(key) {
  const { alg } = key
  const input = inputOf(alg)
  const good = sign(alg, key.sign, input)
  const jwk = key.verify.export({ format: 'jwk' })
  const n = number(Buffer.from(jwk.n, 'base64url'))
  const size = good.length
  const padded = (block) => crypto.privateEncrypt({ key: key.sign, padding: crypto.constants.RSA_NO_PADDING }, block)
  const hash = crypto.createHash(hashOf(alg)).update(input).digest()
  const filled = (tail, fill = 0xff, kind = 1) =>
    Buffer.concat([Buffer.of(0, kind), Buffer.alloc(size - 3 - tail.length, fill), Buffer.of(0), tail])
  for (const [what, value] of Object.entries({ 0: 0n, 1: 1n, 'n - 1': n - 1n, n, 'n + 1': n + 1n }))
    yield [`the number ${what}`, sized(value, size)]
  if (number(good) + n < 2n ** BigInt(8 * size)) yield ['s + n', sized(number(good) + n, size)]
  yield ['-s', sized(n - number(good), size)]
  const swapped = alg.startsWith('RS') ? alg.replace('RS', 'PS') : alg.replace('PS', 'RS')
  yield [`by ${swapped}, said to be ${alg}`, sign(swapped, key.sign, input)]
  yield [`by ${swapped}, and says so`, { token: token(swapped, key.sign, { alg: swapped }, CLAIMS) }, ALG]
  for (const bits of ['256', '384', '512'].filter((one) => !alg.endsWith(one)))
    yield [`with SHA-${bits}`, sign(alg.slice(0, 2) + bits, key.sign, input)]
  yield ['with SHA-1', crypto.sign('sha1', Buffer.from(input), key.sign)]
  if (alg.startsWith('PS')) {
    for (const salt of [0, 1, 20, 32, 48, 64, size - hash.length - 2])
      yield [`a salt of ${salt} bytes`, sign(alg, key.sign, input, { salt }), salt === hash.length ? '' : SIGNATURE]
    return
  }
  yield ['a hash without DigestInfo', padded(filled(hash))]
  yield ['padding of zeros', padded(filled(Buffer.concat([DIGEST_INFO, hash]), 0))]
  yield ['padding of kind 2', padded(filled(Buffer.concat([DIGEST_INFO, hash]), 0xff, 2))]
  if (alg !== 'RS256') return
  const info = Buffer.concat([DIGEST_INFO, hash])
  yield ['a block made by hand, as it must be', padded(filled(info)), '']
  yield [
    'DigestInfo without NULL',
    padded(
      filled(Buffer.concat([Buffer.from('302f300b0609608648016503040201', 'hex'), Buffer.from('0420', 'hex'), hash])),
    ),
  ]
  yield [
    'DigestInfo with a long length',
    padded(filled(Buffer.concat([Buffer.from('308131300d060960864801650304020105000420', 'hex'), hash]))),
  ]
  yield ['bytes behind DigestInfo', padded(filled(Buffer.concat([info, Buffer.of(0)])))]
  yield [
    'short padding, bytes behind',
    padded(
      Buffer.concat([
        Buffer.of(0, 1),
        Buffer.alloc(8, 0xff),
        Buffer.of(0),
        info,
        Buffer.alloc(size - 11 - info.length),
      ]),
    ),
  ]
  yield ['a cube root (CVE-2006-4339)', forgedByCubeRoot(input, size)]
}

function* onEdwards(key) {
  const input = inputOf('EdDSA')
  const good = sign('EdDSA', key.sign, input)
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  const [point, scalar] = [good.subarray(0, 32), good.subarray(32)]
  const little = (value) => Buffer.from(sized(value, 32)).reverse()
  const s = number(Buffer.from(scalar).reverse())
  for (let times = 1n; s + times * order < 2n ** 256n && times < 4n; times++)
    yield [`S + ${times} L`, Buffer.concat([point, little(s + times * order)])]
  for (const [what, value] of Object.entries({ 0: 0n, 1: 1n, L: order, 'L - 1': order - 1n }))
    yield [`S = ${what}`, Buffer.concat([point, little(value)])]
  for (const [what, hex] of Object.entries({
    identity: `01${'00'.repeat(31)}`,
    'order 2': `ec${'ff'.repeat(30)}7f`,
    'order 4': '00'.repeat(32),
    'identity, not canonical': `ee${'ff'.repeat(30)}7f`,
  }))
    for (const tail of [scalar, Buffer.alloc(32)])
      yield [`R of ${what}`, Buffer.concat([Buffer.from(hex, 'hex'), tail])]
  yield ['R and S swapped', Buffer.concat([scalar, point])]
  yield ['over a hash of it', sign('EdDSA', key.sign, crypto.createHash('sha512').update(input).digest())]
  yield ['alg Ed25519, which is the same', { token: token('EdDSA', key.sign, { alg: 'Ed25519' }, CLAIMS) }, '']
  for (const alg of ['Ed448', 'ed25519', 'EDDSA', 'eddsa', 'Ed25519ph'])
    yield [`alg ${alg}`, { token: token('EdDSA', key.sign, { alg }, CLAIMS) }, ALG]
}

const families = {
  HS: [onHmac],
  RS: [onRsa, confused],
  PS: [onRsa, confused],
  ES: [onEcdsa, confused],
  Ed: [onEdwards, confused],
}

// What is made for a key: { id, profile, token, want }.
export function* forgeriesFor(key) {
  for (const make of [onAny, ...families[key.alg.slice(0, 2)]])
    for (const [what, made, want = SIGNATURE] of make(key)) {
      const text = made.token ?? `${inputOf(key.alg)}.${b64(made)}`
      yield { id: `${key.name}: ${what}`, profile: key.name, token: text, want }
    }
}
