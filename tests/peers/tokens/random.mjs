// Random tokens, good and changed, judged by samekeyd and by the second opinion of policy.mjs for as
// long as there is time: both must say the same of each, and read the same claims. With
// PEERS_TOKENS=N it goes on until there were N.
// SPDX-License-Identifier: MIT
import { makeKeys, profileOf, secretsOf } from './keys.mjs'
import { draw, twinOf } from './draw.mjs'
import { judge } from './policy.mjs'
import { chance, pause, seconds, seed, Tally, withStand } from './stand.mjs'

const TWINS = 3 // of each token that was drawn
const SETTLED_MS = 2000
const BATCH = 48
const BATCH_BYTES = 600_000
const wanted = Number(process.env.PEERS_TOKENS ?? 0)

const keys = makeKeys()
const byName = (name) => keys.find((key) => key.name === name)

// Profiles as samekeyd.ini has them, and as policy.mjs sees them.
const ring = [
  { ...byName('HS256-text'), kid: 'k1', state: 'active' },
  { ...byName('HS256-hex'), kid: 'k2', state: 'retiring' },
  { ...byName('ES256-pem'), kid: 'k3', state: 'active' },
  { ...byName('HS256-base64'), kid: 'k4', state: 'pending' },
  { ...byName('RS256-pem'), kid: 'k5', state: 'retired' },
]
const strict = {
  name: 'strict',
  keys: [byName('HS256-jwk')],
  issuer: 'https://issuer.example',
  audience: ['api', 'https://ws.example/'],
  typ: 'at+jwt',
  require: ['exp', 'sub', 'role'],
  forward: ['name', 'sub'],
  leeway: 10,
  maxAge: 3600,
}
const profiles = [
  ...keys.map((key) => ({ name: key.name, keys: [key] })),
  strict,
  strict,
  strict,
  strict, // drawn as often as several plain ones
  { name: 'ring', keys: ring },
  { name: 'ring', keys: ring },
  { name: 'ring', keys: ring },
  { name: 'ring', keys: ring },
]

const settingsOf = (key) => ({ ...profileOf(key)[1], ...(key.kid ? { kid: key.kid, state: key.state } : {}) })
const sections = [
  ...keys.map((key) => profileOf(key)),
  [
    'profile strict',
    {
      ...settingsOf(strict.keys[0]),
      issuer: strict.issuer,
      typ: strict.typ,
      require: strict.require.join(', '),
      forward: strict.forward.join(', '),
      leeway: `${strict.leeway}s`,
      max_age: `${strict.maxAge}s`,
      audience: strict.audience.join('\naudience = '),
    },
  ],
  ['profile ring', settingsOf(ring[0])],
  ...ring.slice(1).map((key) => ['key ring', settingsOf(key)]),
]

const show = ({ profile, token, how }, ours, theirs) =>
  `${profile.name}, ${how.join(', ') || 'unchanged'}: samekeyd ${ours.ok ? 'accepts' : `refuses: ${ours.code}: ${ours.detail}`}; ` +
  `the policy ${theirs.fault ? `refuses: ${theirs.fault}` : 'accepts'}\n    ${token.slice(0, 2000)}`

const isSame = (ours, theirs) =>
  ours.ok === !theirs.fault && (!ours.ok || JSON.stringify(ours.claims) === JSON.stringify(theirs.claims))

// Both verdicts about one token once more: an end that passed between the first two is no difference.
async function again(stand, one) {
  await pause(SETTLED_MS)
  const [ours] = await stand.client.verifyBatch([one.token], { profile: one.profile.name })
  return [ours, await judge(one.token, one.profile)]
}

// Tokens of one profile, for a batch has one.
async function compare(stand, tally, drawn) {
  const tokens = drawn.map(({ token }) => token)
  const judged = await stand.client.verifyBatch(tokens, { profile: drawn[0].profile.name })
  for (const [i, one] of drawn.entries()) {
    let [ours, theirs] = [judged[i], await judge(one.token, one.profile)]
    if (!isSame(ours, theirs)) [ours, theirs] = await again(stand, one)
    tally.check(isSame(ours, theirs), () => show(one, ours, theirs))
    tally.count(theirs.fault ? 'refused' : 'accepted')
  }
}

const tally = new Tally()
const random = chance(seed)
await withStand(sections, async (stand) => {
  stand.offer('web', { secrets: secretsOf(keys) })
  const { reasons } = await stand.client.health()
  tally.check(!reasons.length, () => `not ready: ${JSON.stringify(reasons)}`)
  const end = Date.now() + seconds * 900
  const waiting = new Map()
  const isOver = () => tally.wrong.length > 20 || (wanted ? tally.tried >= wanted : Date.now() > end)
  while (!isOver()) {
    const one = draw(random, profiles, keys)
    const { name } = one.profile
    const batch = waiting.get(name) ?? []
    batch.push(one)
    for (let i = 0; i < TWINS; i++) batch.push(twinOf(random, one))
    waiting.set(name, batch)
    const size = batch.reduce((sum, { token }) => sum + token.length, 0)
    if (batch.length < BATCH && size < BATCH_BYTES) continue
    waiting.delete(name)
    await compare(stand, tally, batch)
  }
})
tally.end('tokens')
