// Sessions of next-auth 4 and of @auth/core at samekeyd, and samekeyd's at both, through what an app
// calls: encode, decode, and getToken over the cookies of a request.
// SPDX-License-Identifier: MIT
import { twinOf } from './draw.mjs'
import { chance, seed, stack, Tally, withStand } from './stand.mjs'

const { require } = stack('sessions')
const v4 = require('next-auth/jwt')
const v5 = await stack('sessions').import('@auth/core/jwt.js')
const quiet = { debug() {}, warn() {}, error() {} }
const HOUR = 3600
const TWINS = 1000 // of a session
const BATCH = 50

const SECRETS = {
  plain: 'kZ9!vW2#qL7$eR4%tY8^uI1&oP5*aS3(',
  base64: 'c2FtZWtleS1zYW1la2V5LXNhbWVrZXktc2FtZWtleS0xMjM=',
  utf8: 'clé-ключ-鍵-🔑-and-some-more-of-it',
  long: 'abcdefghij'.repeat(20),
  short: 'q7',
}

// Each kind: the names of its cookies, the salt that a cookie stands for, and the library.
const KINDS = {
  'nextauth-v4': {
    lib: v4,
    cookies: ['next-auth.session-token', '__Secure-next-auth.session-token'],
    salt: () => '',
    request: (name, value) => ({ cookies: { [name]: value }, headers: {} }),
  },
  'authjs-v5': {
    lib: v5,
    cookies: ['authjs.session-token', '__Secure-authjs.session-token'],
    salt: (cookie) => cookie,
    request: (name, value) => ({ headers: new Headers({ cookie: `${name}=${value}` }) }),
  },
}

const CLAIMS = [
  { sub: 'u-1842', name: 'Ada', email: 'ada@example.org', picture: null },
  { sub: '1', user: { roles: ['a', 'b'], n: 1.5e3 }, name: 'Zoë 東京 🔑' },
  { sub: '1', data: 'x'.repeat(3000) },
]

const alike = (got, given) =>
  Object.entries(given).every(([name, value]) => JSON.stringify(got?.[name]) === JSON.stringify(value))
const variable = (name) => `${name.toUpperCase()}_SECRET`
const profileName = (kind, name) => `${kind}-${name}`

const quietly = async (decode) => {
  try {
    return await decode()
  } catch (error) {
    return { refused: error.message }
  }
}

// The library encodes, samekeyd verifies, whether or not it is told the cookie.
async function fromLibrary(stand, tally, kind, name, cookie, claims) {
  const { lib, salt } = KINDS[kind]
  const profile = profileName(kind, name)
  const token = await lib.encode({ token: claims, secret: SECRETS[name], salt: salt(cookie), maxAge: HOUR })
  for (const told of [undefined, cookie]) {
    const judged = await stand.client.verify(token, { profile, cookie: told })
    tally.check(
      judged.ok && alike(judged.claims, claims),
      () => `${profile}: samekeyd refuses a session: ${judged.detail}`,
    )
  }
  if (kind === 'authjs-v5') {
    const other = KINDS[kind].cookies.find((one) => one !== cookie)
    const judged = await stand.client.verify(token, { profile, cookie: other })
    tally.check(!judged.ok, `${profile}: taken from the cookie of another name`)
  }
  const expired = await lib.encode({ token: claims, secret: SECRETS[name], salt: salt(cookie), maxAge: -HOUR })
  const judged = await stand.client.verify(expired, { profile })
  tally.check(judged.code === 'expired', () => `${profile}: an ended session: ${JSON.stringify(judged)}`)
}

// samekeyd mints, the library decodes it and finds it in a request.
async function fromSamekeyd(stand, tally, kind, name, claims) {
  const { lib, salt, cookies, request } = KINDS[kind]
  const profile = profileName(kind, name)
  const { token } = await stand.client.issue(claims, { profile })
  const secret = SECRETS[name]
  const good = []
  for (const cookie of cookies) {
    const decoded = await quietly(() => lib.decode({ token, secret, salt: salt(cookie) }))
    const found = await quietly(() =>
      lib.getToken({
        req: request(cookie, token),
        secret,
        salt: salt(cookie) || undefined,
        cookieName: cookie,
        logger: quiet,
      }),
    )
    if (alike(decoded, claims) && alike(found, claims)) good.push(cookie)
  }
  // Auth.js' salt is the cookie's name, so a session fits one cookie: that of HTTPS.
  const wanted = kind === 'authjs-v5' ? [cookies[1]] : cookies
  tally.check(`${good}` === `${wanted}`, () => `${profile}: the library takes samekeyd's session from: ${good}`)
}

// A session of one kind is none of the other, nor is a signed token one.
async function fromTheOther(stand, tally) {
  for (const [kind, { lib, salt, cookies }] of Object.entries(KINDS)) {
    const other = Object.keys(KINDS).find((one) => one !== kind)
    const token = await lib.encode({ token: CLAIMS[0], secret: SECRETS.plain, salt: salt(cookies[0]), maxAge: HOUR })
    const judged = await stand.client.verify(token, { profile: profileName(other, 'plain') })
    tally.check(!judged.ok, `a session of ${kind} is taken as one of ${other}`)
    const signed = await stand.client.verify(token, { profile: 'signed' })
    tally.check(
      signed.code === 'malformed',
      () => `a session on a profile for signed tokens: ${JSON.stringify(signed)}`,
    )
  }
}

// Whatever is changed of a session, it is none any more: all of it is authentic, and has one spelling.
async function changed(stand, tally, random) {
  for (const [kind, { lib, salt, cookies }] of Object.entries(KINDS)) {
    const token = await lib.encode({ token: CLAIMS[1], secret: SECRETS.plain, salt: salt(cookies[0]), maxAge: HOUR })
    for (let done = 0; done < TWINS; done += BATCH) {
      const twins = Array.from({ length: BATCH }, () => twinOf(random, { token, how: [] }))
      const judged = await stand.client.verifyBatch(
        twins.map((twin) => twin.token),
        { profile: profileName(kind, 'plain') },
      )
      for (const [i, twin] of twins.entries())
        tally.check(judged[i].ok === (twin.token === token), () => `${kind}: ${twin.how} is taken: ${twin.token}`)
    }
  }
}

const sections = Object.keys(KINDS).flatMap((kind) =>
  Object.keys(SECRETS).map((name) => [
    `profile ${profileName(kind, name)}`,
    { kind, app: 'web', key: variable(name), allow_short_key: name === 'short' ? 'yes' : 'no' },
  ]),
)
sections.push(['profile signed', { app: 'web', key: variable('plain') }])

const tally = new Tally()
await withStand(sections, async (stand) => {
  stand.offer('web', {
    secrets: Object.fromEntries(Object.entries(SECRETS).map(([name, text]) => [variable(name), text])),
  })
  for (const [kind, { cookies }] of Object.entries(KINDS))
    for (const name of Object.keys(SECRETS))
      for (const claims of CLAIMS) {
        for (const cookie of cookies) await fromLibrary(stand, tally, kind, name, cookie, claims)
        await fromSamekeyd(stand, tally, kind, name, claims)
      }
  await fromTheOther(stand, tally)
  await changed(stand, tally, chance(seed))
})
tally.end('judgements')
