// The mistakes behind "invalid signature", made by the libraries themselves: in turn they sign with
// the bytes that a mistake gives them, samekeyd refuses the token, and its diagnosis names the key, the
// place it comes from and the mistake. No answer holds a secret.
// SPDX-License-Identifier: MIT
import crypto from 'node:crypto'
import { now, token } from './keys.mjs'
import { stack, Tally, withStand } from './stand.mjs'

const { require } = stack('tokens')
const { SignJWT } = await stack('tokens').import('jose/dist/webapi/index.js')
const jsonwebtoken = require('jsonwebtoken')
const { createSigner } = require('fast-jwt')
const v4 = stack('sessions').require('next-auth/jwt')
const v5 = await stack('sessions').import('@auth/core/jwt.js')

const SECRET = 'kZ9!vW2qL7eR4tY8uI1oP5aS3dF6gH0j'
const OLDER = 'Xw3nV8rTq1ZbK6yHc0LmD5sPg9JfRe2u'
const REFRESH = 'Ub7oE4jNs2MxC9vQw6TzA1kYh8GdFi3p'
const RETIRED = 'Qm5tB8wLz3XsN7vKc1RjH6yPd9GfUa4e'
const TEXT = crypto.randomBytes(32).toString('base64') // the key is the text
const BYTES = crypto.randomBytes(32).toString('base64') // the key is what it stands for
const HASHED = 'pL4#kR7fQz2mWv9x T4bNc8=Jp0HsYd3Gu'
const COOKIE = '__Secure-authjs.session-token'

const claims = () => ({ sub: 'u-1842', exp: now() + 600 })

// Libraries take no empty key, as jose 5 did; such a token is signed without them.
const signers = {
  jose: (bytes) => new SignJWT(claims()).setProtectedHeader({ alg: 'HS256' }).sign(bytes),
  jsonwebtoken: (bytes) => jsonwebtoken.sign(claims(), bytes, { algorithm: 'HS256' }),
  'fast-jwt': (bytes) => createSigner({ key: bytes, algorithm: 'HS256' })(claims()),
  'node:crypto': (bytes) => token('HS256', bytes, { alg: 'HS256' }, claims()),
}

const SHOP = `NEXTAUTH_SECRET="${SECRET}"\nETLS_REFRESH=${REFRESH}\nTEXT_SECRET=${TEXT}\nBYTES_SECRET=${BYTES}\nHASHED_SECRET='${HASHED}'\n`
const OLD = `# what the app had before\nNEXTAUTH_SECRET=${OLDER}\nETLS_RETIRED=${RETIRED}\n`
const SECTIONS = [
  ['profile session', { app: 'web', key: 'NEXTAUTH_SECRET' }],
  ['key session', { key: 'ETLS_RETIRED', state: 'retired' }],
  ['profile refresh', { app: 'web', key: 'ETLS_REFRESH' }],
  ['profile text', { app: 'web', key: 'TEXT_SECRET' }],
  ['profile bytes', { app: 'web', key: 'BYTES_SECRET', encoding: 'base64' }],
  ['profile hashed', { app: 'web', key: 'HASHED_SECRET' }],
  ['profile v4', { kind: 'nextauth-v4', app: 'web', key: 'NEXTAUTH_SECRET' }],
  ['profile v5', { kind: 'authjs-v5', app: 'web', key: 'NEXTAUTH_SECRET' }],
]

// Each mistake: the profile that refuses, the bytes that signed, and what the diagnosis must say.
const mistakes = [
  ['the fallback in the code', 'session', 'your-secret-key', { what: 'placeholder', text: /your-secret-key/ }],
  ['an unset variable as text', 'session', 'undefined', { what: 'placeholder', text: /undefined/ }],
  ['null as text', 'session', 'null', { what: 'placeholder', text: /null/ }],
  [
    'double quotes kept',
    'session',
    `"${SECRET}"`,
    { what: 'reading', key: 'NEXTAUTH_SECRET', line: 1, mistake: 'quotes-double' },
  ],
  ['single quotes kept', 'session', `'${SECRET}'`, { key: 'NEXTAUTH_SECRET', line: 1, mistake: 'quotes-single' }],
  ['a newline kept', 'session', `${SECRET}\n`, { key: 'NEXTAUTH_SECRET', line: 1, mistake: 'newline' }],
  ['CRLF kept', 'session', `${SECRET}\r\n`, { key: 'NEXTAUTH_SECRET', mistake: 'crlf' }],
  ['a CR kept', 'session', `${SECRET}\r`, { key: 'NEXTAUTH_SECRET', mistake: 'cr' }],
  ['a space behind', 'session', `${SECRET} `, { key: 'NEXTAUTH_SECRET', mistake: 'space-after' }],
  ['a byte order mark', 'session', `\ufeff${SECRET}`, { key: 'NEXTAUTH_SECRET', mistake: 'bom' }],
  ['the name left on', 'session', `NEXTAUTH_SECRET=${SECRET}`, { key: 'NEXTAUTH_SECRET', mistake: 'name-kept' }],
  ['encoded as base64', 'session', Buffer.from(SECRET).toString('base64'), { mistake: 'base64-encoded' }],
  ['encoded as hex', 'session', Buffer.from(SECRET).toString('hex'), { mistake: 'hex-encoded' }],
  ['base64 text decoded', 'text', Buffer.from(TEXT, 'base64'), { key: 'TEXT_SECRET', mistake: 'base64-decoded' }],
  ['base64 text as it is', 'bytes', BYTES, { key: 'BYTES_SECRET' }],
  ['base64 without its padding', 'text', TEXT.replace(/=+$/, ''), { key: 'TEXT_SECRET', mistake: 'padding-lost' }],
  ['cut at #', 'hashed', HASHED.split('#')[0], { key: 'HASHED_SECRET', mistake: 'cut-hash' }],
  ['cut at a space', 'hashed', HASHED.split(' ')[0], { key: 'HASHED_SECRET', mistake: 'cut-space' }],
  ['cut at =', 'hashed', HASHED.split('=')[0], { key: 'HASHED_SECRET', mistake: 'cut-equals' }],
  ['.env, which .env.production beats', 'session', OLDER, { what: 'shadowed', key: 'NEXTAUTH_SECRET', line: 2 }],
  [
    'the other secret of the app',
    'session',
    REFRESH,
    { what: 'winner', key: 'ETLS_REFRESH', line: 2, finding: 'other-key' },
  ],
  ['a key that was retired', 'session', RETIRED, { what: 'retired', key: 'ETLS_RETIRED' }],
]

const secrets = [SECRET, OLDER, REFRESH, RETIRED, TEXT, BYTES, HASHED]

// What is not said as it must be, or ''.
function missing(said, wanted) {
  const { signed_by: by, findings } = said
  if (said.verdict !== 'reject' || said.code !== 'signature_invalid' || said.verified) return 'it is not refused'
  if (secrets.some((secret) => JSON.stringify(said).includes(secret))) return 'it shows a secret'
  if (!by) return 'nobody is named'
  for (const name of ['what', 'key', 'mistake'])
    if (wanted[name] && by[name] !== wanted[name]) return `${name} is ${by[name]}`
  if (wanted.line && !by.origin.includes(`:${wanted.line}:`)) return `origin is ${by.origin}`
  if (wanted.text && !wanted.text.test(by.text)) return `text is ${by.text}`
  if (wanted.finding && !findings.some(({ code }) => code === wanted.finding)) return `no finding ${wanted.finding}`
  const mends = by.fix || findings.some(({ code, hint }) => code === wanted.finding && hint)
  return by.text && mends ? '' : 'no sentence says what mends it'
}

async function refused(stand, tally, what, profile, signed, wanted) {
  const judged = await stand.client.verify(signed, { profile })
  tally.check(
    judged.code === 'signature_invalid' || judged.code === 'key_unknown',
    () => `${what}: ${JSON.stringify(judged)}`,
  )
  const said = await stand.diagnose(signed, profile)
  tally.check(!missing(said, wanted), () => `${what}: ${missing(said, wanted)}: ${JSON.stringify(said)}`)
}

// A variable that is not set was the empty key for jose 4 and 5; libraries of today refuse it.
async function empty(stand, tally) {
  const signed = signers['node:crypto']('')
  await refused(stand, tally, 'a missing variable', 'session', signed, { what: 'empty', finding: 'anybody-can-sign' })
}

async function right(stand, tally, library, sign) {
  const good = await sign(Buffer.from(SECRET))
  const said = await stand.diagnose(good, 'session')
  const isRight =
    said.verdict === 'accept' && said.verified && said.signed_by.key === 'NEXTAUTH_SECRET' && !said.findings.length
  tally.check(isRight, () => `${library}, the right key: ${JSON.stringify(said)}`)
  const foreign = await stand.diagnose(await sign(crypto.randomBytes(32)), 'session')
  const isNobody = foreign.signed_by === null && foreign.findings.some(({ code }) => code === 'unknown-key')
  tally.check(isNobody, () => `${library}, a stranger's key: ${JSON.stringify(foreign)}`)
}

// Sessions that were sealed with a secret that is misspelt. Auth.js says which key by its kid, so
// that such a token stops there already.
async function sealed(stand, tally) {
  const kinds = { v4: [v4, ''], v5: [v5, COOKIE] }
  const wanted = {
    'double quotes kept': [`"${SECRET}"`, 'quotes-double'],
    'a newline kept': [`${SECRET}\n`, 'newline'],
  }
  for (const [profile, [lib, salt]] of Object.entries(kinds))
    for (const [what, [secret, mistake]] of Object.entries(wanted)) {
      const session = await lib.encode({ token: { sub: 'u-1842' }, secret, salt, maxAge: 600 })
      const judged = await stand.client.verify(session, { profile })
      const said = await stand.diagnose(session, profile)
      const isNamed = !judged.ok && said.verdict === 'reject' && said.signed_by?.mistake === mistake
      tally.check(isNamed, () => `${profile}, ${what}: ${JSON.stringify(said)}`)
    }
}

const tally = new Tally()
await withStand(SECTIONS, async (stand) => {
  const files = { '.env.production': SHOP, '.env': OLD }
  stand.offer('web', { files, words: ['--loaders', 'docker,compose'] })
  const libraries = Object.entries(signers)
  for (const [i, [what, profile, bytes, wanted]] of mistakes.entries()) {
    const [library, sign] = libraries[i % libraries.length] // in turn, for a user may not ask without end
    await refused(stand, tally, `${library}, ${what}`, profile, await sign(Buffer.from(bytes)), wanted)
  }
  for (const [library, sign] of libraries) await right(stand, tally, library, sign)
  await empty(stand, tally)
  await sealed(stand, tally)
})
tally.end('judgements')
