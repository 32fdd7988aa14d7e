// A key for each algorithm, in every way in which a key can be written, and the profiles that hold
// them. Tokens are signed here with node:crypto alone, so that no library judges its own work.
// SPDX-License-Identifier: MIT
import crypto from 'node:crypto'

const { PKCS1: RSA_PKCS1_PADDING, PSS: RSA_PKCS1_PSS_PADDING } = {
  PKCS1: crypto.constants.RSA_PKCS1_PADDING,
  PSS: crypto.constants.RSA_PKCS1_PSS_PADDING,
}
const CURVES = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }

export const b64 = (bytes) => Buffer.from(bytes).toString('base64url')
export const json = (value) => b64(typeof value === 'string' ? value : JSON.stringify(value))
export const now = () => Math.floor(Date.now() / 1000)
export const hashOf = (alg) => `sha${alg === 'EdDSA' ? 512 : alg.slice(2)}`

// The signature's bytes by an algorithm; `key` is bytes, or a private key.
export function sign(alg, key, input, { salt } = {}) {
  const hash = hashOf(alg)
  switch (alg.slice(0, 2)) {
    case 'HS':
      return crypto.createHmac(hash, key).update(input).digest()
    case 'RS':
      return crypto.sign(hash, Buffer.from(input), { key, padding: RSA_PKCS1_PADDING })
    case 'PS':
      return crypto.sign(hash, Buffer.from(input), {
        key,
        padding: RSA_PKCS1_PSS_PADDING,
        saltLength: salt ?? Number(alg.slice(2)) / 8,
      })
    case 'ES':
      return crypto.sign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
    default:
      return crypto.sign(null, Buffer.from(input), key)
  }
}

// A compact JWS; header and payload are values, or texts and bytes to stand as they are.
export function token(alg, key, header, payload, options) {
  const part = (value) => (Buffer.isBuffer(value) ? b64(value) : json(value))
  const input = `${part(header)}.${part(payload)}`
  return `${input}.${b64(sign(alg, key, input, options))}`
}

const secretFor = (alg) => crypto.randomBytes(Number(alg.slice(2)) / 8)

// Text that is as long as the hash, so that it may be a key as it is.
const textFor = (alg) =>
  crypto
    .randomBytes(Number(alg.slice(2)) / 8)
    .toString('base64')
    .slice(0, Number(alg.slice(2)) / 8)

function symmetric(name, alg, encoding, extra = {}) {
  const bytes = extra.bytes ?? (encoding === 'text' ? Buffer.from(extra.text ?? textFor(alg)) : secretFor(alg))
  const jwk = { kty: 'oct', k: b64(bytes), alg }
  const value = encoding === 'text' ? bytes : encoding === 'jwk' ? JSON.stringify(jwk) : bytes.toString(encoding)
  return { name, alg, encoding, value, secret: bytes, verify: bytes, sign: bytes, short: extra.short }
}

export function pairOf(alg) {
  if (alg === 'EdDSA') return crypto.generateKeyPairSync('ed25519')
  if (alg in CURVES) return crypto.generateKeyPairSync('ec', { namedCurve: CURVES[alg] })
  return crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })
}

function asymmetric(name, alg, encoding, { isPublic = false, pair = pairOf(alg) } = {}) {
  const half = isPublic ? pair.publicKey : pair.privateKey
  const value =
    encoding === 'pem'
      ? half.export({ type: isPublic ? 'spki' : 'pkcs8', format: 'pem' })
      : JSON.stringify({ ...half.export({ format: 'jwk' }), alg, use: 'sig' })
  return { name, alg, encoding, value, sign: pair.privateKey, verify: pair.publicKey, isPublic, pair }
}

// The odd secrets of the incident: what differs between libraries is never the bytes' look.
const ODD = {
  utf8: 'clé-ключ-鍵-🔑-and-some-more-of-it',
  bytes: 'q7',
  long: 'abcdefghij'.repeat(20),
  base64text: 'c2FtZWtleS1zYW1la2V5LXNhbWVrZXktc2FtZWtleS0xMjM=',
  hextext: '5f'.repeat(32),
  spaces: '  two spaces in front and behind  ',
  quotes: 'with "quotes" and \'quotes\' and a \\ inside',
  dollar: '$kR7fQz2mWv9LxT4bNc8Jp0HsYd3GuEa#=!',
}

// Every key: name of its profile, algorithm, encoding, the value that is handed over, both halves.
export function makeKeys() {
  const keys = []
  for (const alg of ['HS256', 'HS384', 'HS512'])
    for (const encoding of ['text', 'base64', 'base64url', 'hex', 'jwk'])
      keys.push(symmetric(`${alg}-${encoding}`, alg, encoding))
  for (const alg of ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']) {
    const own = asymmetric(`${alg}-pem`, alg, 'pem')
    keys.push(own, asymmetric(`${alg}-public`, alg, 'pem', { isPublic: true, pair: own.pair }))
    keys.push(asymmetric(`${alg}-jwk`, alg, 'jwk'))
  }
  for (const [name, text] of Object.entries(ODD))
    keys.push({ ...symmetric(`odd-${name}`, 'HS256', 'text', { text, short: text.length < 32 }), odd: true })
  return keys
}

// One byte, which everybody guesses: every library takes it, samekeyd does not, however it is asked.
export const makeGuessable = () => ({
  ...symmetric('one-byte', 'HS256', 'base64', { bytes: Buffer.of(0xc7) }),
  short: true,
})

const variable = (name) => name.toUpperCase().replaceAll('-', '_')

// What samekeyd.ini says of a key, further settings behind; and what the app hands over.
export function profileOf(key, settings = {}) {
  return [
    `profile ${key.name}`,
    {
      app: 'web',
      key: variable(key.name),
      encoding: key.encoding,
      algorithm: key.alg,
      ...(key.short ? { allow_short_key: 'yes' } : {}),
      ...settings,
    },
  ]
}

export const secretsOf = (keys) => Object.fromEntries(keys.map((key) => [variable(key.name), key.value]))

// A key pair with the exponent 3, which is allowed and easily verified badly.
export function makeWeakExponent() {
  const pair = crypto.generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })
  return asymmetric('RS256-three', 'RS256', 'pem', { pair })
}
