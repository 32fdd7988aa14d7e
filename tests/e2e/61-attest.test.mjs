// Goal: a process says which value it really uses, and is believed only as far as it proves it: in
// plain node, and in a real Next server whose code holds a value that the environment does not.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { SamekeyError, attest, connect } from '../../packaging/npm/samekey/client.mjs'
import { OTHER, PLAIN, lay, makeApp, nextStart, run, samekey, serve, succeed, verifier, versions, withSamekey } from './stand.mjs'

const ATTESTING = "import { connect } from 'samekey'\nconst sk = connect()\n"
// The secret as compiled code spells it, and as the process has it.
const DYNAMIC = `${ATTESTING}
export const dynamic = 'force-dynamic'
export async function GET(request) {
  const name = new URL(request.url).searchParams.get('name')
  return Response.json(await sk.attest({ NEXTAUTH_SECRET: name ? process.env[name] : process.env.NEXTAUTH_SECRET }))
}
`
const STATIC = `${ATTESTING}
export const dynamic = 'force-static'
export async function GET() {
  return Response.json(await sk.attest({ NEXTAUTH_SECRET: process.env.NEXTAUTH_SECRET }))
}
`
const apps = versions('main').map((version) => ({
  version,
  ...makeApp(`attest-${version}`, version, {
    'app/api/attest/route.js': DYNAMIC,
    'app/api/attested/route.js': STATIC,
    'next.config.js': "module.exports = { env: { NEXTAUTH_SECRET: process.env.NEXTAUTH_SECRET || 'your-secret-key' } }\n",
  }),
}))
const [app] = apps

// A verifier that holds the app's secrets, and a beaten one.
function held(use) {
  return verifier('', async (daemon) => {
    lay(app.folder, {
      '.env.production': `NEXTAUTH_SECRET=${PLAIN}\nETLS_REFRESH=${PLAIN}-refresh\n`,
      '.env': `NEXTAUTH_SECRET=${OTHER}\n`,
    })
    await succeed([samekey, 'offer', '--name', 'web'], { cwd: app.folder, env: daemon.env })
    const sk = connect({ socket: daemon.api })
    try {
      return await use(sk, daemon)
    } finally {
      sk.close()
    }
  })
}

async function failure(promise) {
  const error = await promise.then(
    (value) => assert.fail(`no error but ${JSON.stringify(value)}`),
    (thrown) => thrown,
  )
  for (const text of [error.stack, JSON.stringify(error)]) assert.ok(!text.includes(PLAIN), text)
  return error
}

test('what it uses is said, and the value is not', () =>
  held(async (sk) => {
    const stateOf = async (value) => {
      const answer = await sk.attest({ NEXTAUTH_SECRET: value })
      for (const secret of [PLAIN, OTHER]) assert.ok(!JSON.stringify(answer).includes(secret))
      return answer.NEXTAUTH_SECRET.state
    }
    assert.equal(await stateOf(PLAIN), 'same')
    assert.equal(await stateOf(Buffer.from(PLAIN)), 'same')
    assert.equal(await stateOf(OTHER), 'shadowed')
    assert.equal(await stateOf(`${PLAIN}\n`), 'near-miss')
    assert.equal(await stateOf(String(undefined)), 'placeholder')
    for (const nothing of [undefined, null, '']) assert.equal(await stateOf(nothing), 'empty')
    const both = await sk.attest({ NEXTAUTH_SECRET: PLAIN, ETLS_REFRESH: PLAIN })
    assert.equal(both.NEXTAUTH_SECRET.state, 'same')
    assert.equal(both.ETLS_REFRESH.state, 'other-key')
    assert.match(both.ETLS_REFRESH.text, /NEXTAUTH_SECRET/)
    assert.ok(Math.abs(both.ETLS_REFRESH.at - Date.now()) < 5000)
    assert.deepEqual(await sk.attest({}), {})
  }))

test('many keys, CommonJS, and a call without a client', () =>
  held(async (sk, { api, env }) => {
    const names = Array.from({ length: 130 }, (_, i) => `KEY_${i}`)
    lay(app.folder, { '.env': names.map((name) => `${name}=${PLAIN}-${name}\n`).join('') })
    await succeed([samekey, 'offer', '--name', 'web'], { cwd: app.folder, env })
    const answer = await attest(Object.fromEntries(names.map((name) => [name, `${PLAIN}-${name}`])), { socket: api, app: 'web' })
    assert.deepEqual(Object.keys(answer), names)
    assert.ok(Object.values(answer).every(({ state }) => state === 'same'))
    const { attest: required } = createRequire(import.meta.url)('../../packaging/npm/samekey/client.cjs')
    assert.equal((await required({ KEY_7: 'undefined' }, { socket: api })).KEY_7.state, 'placeholder')
  }))

test('what cannot be asked is an error that says why', () =>
  held(async (sk, { api }) => {
    const unknown = await failure(sk.attest({ NO_SUCH_KEY: PLAIN }))
    assert.equal(unknown.code, 'request')
    assert.match(unknown.message, /NO_SUCH_KEY.*samekey status lists the keys|NO_SUCH_KEY.*`samekey status`/)
    const other = await failure(sk.attest({ NEXTAUTH_SECRET: PLAIN }, { app: 'ws' }))
    assert.equal(other.code, 'denied')
    assert.match(other.hint, /samekey run/)
    for (const value of [7, {}, [PLAIN], () => PLAIN])
      assert.ok((await failure(sk.attest({ NEXTAUTH_SECRET: value }))) instanceof TypeError)
    assert.equal((await failure(connect({ socket: `${api}.none` }).attest({ NEXTAUTH_SECRET: PLAIN }))).code, 'absent')
    for (let i = 0; i < 10; i++) await sk.attest({ NEXTAUTH_SECRET: `guess-${i}-0123456789` })
    assert.equal((await failure(sk.attest({ NEXTAUTH_SECRET: PLAIN }))).code, 'slow')
  }))

// Somebody else behind the socket. Gives what it was sent.
async function imposter(answers, use) {
  const folder = mkdtempSync(join(tmpdir(), 'ski.'))
  const socket = join(folder, 'api.sock')
  const heard = []
  const server = createServer(async (request, answer) => {
    let body = ''
    for await (const part of request) body += part
    heard.push(body)
    answer.end(JSON.stringify(answers[heard.length - 1]))
  }).listen(socket)
  const sk = connect({ socket })
  try {
    await use(sk)
  } finally {
    sk.close()
    server.close()
    rmSync(folder, { recursive: true })
  }
  return heard
}

const NONCE = Buffer.alloc(32, 7).toString('base64url')
for (const [what, nonces] of [
  ['of 31 bytes', { KEY: Buffer.alloc(31).toString('base64url') }],
  ['of 33 bytes', { KEY: Buffer.alloc(33).toString('base64url') }],
  ['with = at its end', { KEY: `${NONCE}=` }],
  ['that is a number', { KEY: 7 }],
  ['with a line end', { KEY: `${NONCE}\n` }],
  ['for another key', { OTHER: NONCE }],
  ['for one key more', { KEY: NONCE, OTHER: NONCE }],
  ['that is missing', {}],
])
  test(`nothing is proved to who gives a nonce ${what}`, async () => {
    const heard = await imposter([{ v: 1, app: 'web', nonces }], async (sk) => {
      const error = await failure(sk.attest({ KEY: PLAIN }, { app: 'web' }))
      assert.ok(error instanceof SamekeyError)
      assert.equal(error.code, 'protocol')
    })
    assert.equal(heard.length, 1)
  })

test('nothing is proved for another app, and no answer for another key is taken', async () => {
  const nonces = { v: 1, app: 'ws', nonces: { KEY: NONCE } }
  const heard = await imposter([nonces], async (sk) =>
    assert.equal((await failure(sk.attest({ KEY: PLAIN }, { app: 'web' }))).code, 'protocol'),
  )
  assert.equal(heard.length, 1)
  await imposter([nonces, { keys: { OTHER: { state: 'same' } } }], async (sk) =>
    assert.equal((await failure(sk.attest({ KEY: PLAIN }))).code, 'protocol'),
  )
})

test('a proof is what the protocol says, and no signature of a token', async () => {
  const answers = [{ v: 1, app: 'wéb', nonces: { KEY: NONCE } }, { keys: { KEY: { state: 'same' } } }]
  const [, said] = await imposter(answers, (sk) => sk.attest({ KEY: PLAIN }))
  const be32 = (text) => Buffer.concat([Buffer.from([0, 0, 0, Buffer.byteLength(text)]), Buffer.from(text)])
  const message = Buffer.concat([Buffer.from(NONCE, 'base64url'), be32('wéb'), be32('KEY')])
  const k = createHash('sha256').update(Buffer.from(`samekey attest v1\0${PLAIN}`)).digest()
  const proof = createHmac('sha256', k).update(message).digest('base64url')
  assert.deepEqual(JSON.parse(said).attestations, [{ key: 'KEY', nonce: NONCE, proof }])
  assert.notEqual(proof, createHmac('sha256', PLAIN).update(message).digest('base64url'))
})

for (const app of apps)
  test(`${app.version}: a route says that the build inlined a fallback, though the environment is right`, () =>
    verifier('', async ({ env }) => {
      const files = { '.env.production': `NEXTAUTH_SECRET=${PLAIN}\n` }
      lay(app.folder, {})
      await succeed([app.next, 'build'], { cwd: app.folder, env })
      lay(app.folder, files)
      const command = withSamekey(nextStart(app), '--name', 'web', '--allow', 'frozen')
      await serve(command, { cwd: app.folder, env }, async (web) => {
        const inlined = (await web.json('/api/attest')).NEXTAUTH_SECRET
        assert.equal(inlined.state, 'placeholder', JSON.stringify(inlined))
        assert.match(inlined.text, /your-secret-key/)
        const drift = await run([samekey, 'status'], { cwd: app.folder, env })
        assert.match(drift.output, /error \[attested\] NEXTAUTH_SECRET/)
        assert.match(drift.output, /your-secret-key/)
        assert.equal((await web.json('/api/attest?name=NEXTAUTH_SECRET')).NEXTAUTH_SECRET.state, 'same')
        const later = await run([samekey, 'status'], { cwd: app.folder, env })
        assert.doesNotMatch(later.output, /attested/)
        // what was prerendered says so, and not what the build's process had
        const built = (await web.json('/api/attested')).NEXTAUTH_SECRET
        assert.equal(built.state, 'prerendered')
        assert.match(built.fix, /force-dynamic/)
      })
    }))
