// Goal: an app that holds no key: the package `samekey` asks the real samekeyd, from a ws server, from
// a Next route and from plain node, and says clearly when it cannot.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { CLOSE_EXPIRED, SamekeyError, connect } from '../../packaging/npm/samekey/client.mjs'
import { OTHER, PLAIN, client, lay, makeApp, nextStart, run, samekey, serve, succeed, toolOf, until, verifier, versions, withSamekey } from './stand.mjs'

const SESSION = `[profile session]
app = web
key = NEXTAUTH_SECRET
issuer = https://shop.example
audience = shop
`
const ISSUER = { iss: 'https://shop.example', aud: 'shop' }
const app = makeApp('client', versions('main')[0])
const require = createRequire(join(app.folder, 'package.json'))
const { SignJWT } = await import(require.resolve('jose'))
const { WebSocket, WebSocketServer } = require('ws')

const sign = (secret, claims = {}, end = '5m') =>
  new SignJWT({ ...ISSUER, sub: 'user-7', ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime(end)
    .sign(new TextEncoder().encode(secret))

// A verifier that holds the app's secret.
function held(use, ini = SESSION) {
  return verifier(ini, async (daemon) => {
    const offer = () =>
      succeed([samekey, 'offer', '--name', 'web', '--root', app.folder], { cwd: app.folder, env: daemon.env })
    lay(app.folder, { '.env': `NEXTAUTH_SECRET=${PLAIN}\n` })
    await offer()
    const sk = connect({ socket: daemon.api })
    try {
      return await use(sk, { ...daemon, offer })
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
  assert.ok(error instanceof SamekeyError, error.stack)
  return error
}

test('no text of a stranger makes it throw, alone or among others', () =>
  held(async (sk) => {
    const strange = [
      ['a\ud800b', 'malformed'],
      ['\0'.repeat(16384), 'malformed'],
      ['"\\'.repeat(8192), 'malformed'],
      ['a'.repeat(16385), 'too_large'],
      ['a'.repeat(5e6), 'too_large'],
      [{ toString: () => 'x' }, 'token_missing'],
    ]
    for (const [token, code] of strange) assert.equal((await sk.verify(token)).code, code)
    const good = await sign(PLAIN, { more: 'x'.repeat(900) })
    const judged = await sk.verifyBatch([...strange.map(([token]) => token), ...Array(130).fill(good)])
    assert.deepEqual(
      judged.slice(0, strange.length).map(({ code }) => code),
      strange.map(([, code]) => code),
    )
    assert.equal(judged.length, strange.length + 130)
    assert.ok(judged.slice(strange.length).every(({ ok }) => ok))
    assert.deepEqual(await sk.verifyBatch([]), [])
  }))

test('a good token gives its claims, the key, and when it ends', () =>
  held(async (sk) => {
    const judged = await sk.verify(await sign(PLAIN, { role: 'admin' }))
    assert.equal(judged.ok, true, JSON.stringify(judged))
    assert.equal(judged.claims.sub, 'user-7')
    assert.equal(judged.claims.role, 'admin')
    assert.equal(judged.alg, 'HS256')
    assert.equal(judged.keyState, 'active')
    assert.ok(Math.abs(judged.expiresAt - Date.now() - 300_000) < 5000, judged.expiresAt)
  }))

test('a bad token is a value with a stable code', () =>
  held(async (sk) => {
    for (const [token, code] of [
      [await sign(OTHER), 'signature_invalid'],
      [await sign(PLAIN, {}, '-1m'), 'expired'],
      [await sign(PLAIN, { aud: 'elsewhere' }), 'aud_mismatch'],
      ['no.token', 'malformed'],
      ['', 'token_missing'],
      [undefined, 'token_missing'],
    ])
      assert.equal((await sk.verify(token)).code, code)
  }))

test('white space around a token makes it none', () =>
  held(async (sk) => {
    const token = await sign(PLAIN)
    for (const text of [`${token}\n`, ` ${token}`, token.replace('.', '\n.'), ' \n'])
      assert.equal((await sk.verify(text)).code, 'malformed', JSON.stringify(text))
    assert.deepEqual(
      (await sk.verifyBatch([token, `${token}\n`])).map(({ ok, code }) => code ?? ok),
      [true, 'malformed'],
    )
  }))

test('a batch is judged in its order', () =>
  held(async (sk) => {
    const judged = await sk.verifyBatch([await sign(OTHER), await sign(PLAIN), 'x'])
    assert.deepEqual(
      judged.map(({ ok, code }) => code ?? ok),
      ['signature_invalid', true, 'malformed'],
    )
  }))

test('what is minted here verifies here and with jose', () =>
  held(async (sk) => {
    const { jwtVerify } = await import(require.resolve('jose'))
    const minted = await sk.issue({ sub: 'user-8', role: 'clerk' }, { lifetime: 60 })
    assert.equal(minted.expiresIn, 60)
    assert.equal((await sk.verify(minted.token)).claims.sub, 'user-8')
    const { payload } = await jwtVerify(minted.token, new TextEncoder().encode(PLAIN), { audience: 'shop' })
    assert.equal(payload.role, 'clerk')
    assert.equal(payload.jti, minted.id)
  }))

test('health says whether, and why not', () =>
  held(async (sk) => {
    assert.deepEqual(await sk.health(), { ready: true, reasons: [] })
  }).then(() =>
    verifier(SESSION, async ({ api }) => {
      const { ready, reasons } = await connect({ socket: api }).health()
      assert.equal(ready, false)
      assert.ok(reasons.length)
    }),
  ))

test('a ws server lets in whom samekeyd accepts and closes with 4401 at the end of the token', () =>
  held(async (sk) => {
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port: 0,
      verifyClient: ({ req }, done) =>
        sk.verify(new URL(req.url, 'ws://h').searchParams.get('token')).then((judged) => {
          req.judged = judged
          done(judged.ok, 401, judged.code)
        }),
    })
    server.on('connection', (ws, req) => {
      sk.closeAtExpiry(ws, req.judged)
      ws.send(req.judged.claims.sub)
      ws.on('message', async (token) => sk.closeAtExpiry(ws, await sk.verify(String(token))))
    })
    const visit = async (token, again) => {
      const ws = new WebSocket(`ws://127.0.0.1:${server.address().port}/?token=${token}`)
      const said = { began: Date.now() }
      ws.on('message', (text) => {
        said.hello = String(text)
        if (again) ws.send(again)
      })
      ws.on('unexpected-response', (_, answer) => (said.refused = answer.statusCode) && ws.terminate())
      ws.on('error', () => {}) // said by unexpected-response
      await new Promise((resolve) => ws.on('close', (code) => resolve((said.code = code))))
      return { ...said, lasted: Date.now() - said.began }
    }
    try {
      assert.equal((await visit(await sign(OTHER))).refused, 401)
      const short = await visit(await sign(PLAIN, {}, '2s'))
      assert.equal(short.hello, 'user-7')
      assert.equal(short.code, CLOSE_EXPIRED)
      const prolonged = await visit(await sign(PLAIN, {}, '2s'), await sign(PLAIN, {}, '4s'))
      assert.equal(prolonged.code, CLOSE_EXPIRED)
      assert.ok(prolonged.lasted > 2000, `it ended with the first token, after ${prolonged.lasted} ms`)
      const worsened = await visit(await sign(PLAIN), await sign(OTHER))
      assert.equal(worsened.code, CLOSE_EXPIRED)
    } finally {
      server.close()
    }
  }))

test('a Next route asks samekeyd and holds no key', () =>
  held(async (sk, { env }) => {
    await succeed([samekey, 'run', '--', app.next, 'build'], { cwd: app.folder, env })
    await serve(withSamekey(nextStart(app), '--name', 'web'), { cwd: app.folder, env }, async (web) => {
      const ask = async (token) => {
        const answer = await fetch(`http://127.0.0.1:${web.port}/api/judge?token=${token}`)
        return [answer.status, await answer.json()]
      }
      const [status, judged] = await ask(await sign(PLAIN))
      assert.equal(status, 200)
      assert.equal(judged.claims.sub, 'user-7')
      assert.deepEqual((await ask(await sign(OTHER)))[1].code, 'signature_invalid')
    })
  }))

test('nobody listens: an error that says where and what to do', async () => {
  const error = await failure(connect({ socket: '/nonexistent/api.sock' }).verify('a.b.c'))
  assert.equal(error.code, 'absent')
  assert.equal(error.socket, '/nonexistent/api.sock')
  assert.match(error.hint, /start samekeyd/)
})

test('a socket that somebody left behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ske.'))
  const socket = join(folder, 'left.sock')
  const leave = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`
  await run(['node', '-e', leave], { cwd: folder })
  assert.equal((await failure(connect({ socket }).verify('a.b.c'))).code, 'refused')
  rmSync(folder, { recursive: true })
})

test('the socket for loaders', () =>
  held(async (sk, { api }) => {
    const error = await failure(connect({ socket: join(api, '../handoff.sock') }).verify('a.b.c'))
    assert.equal(error.code, 'protocol')
    assert.match(error.hint, /the socket for loaders.*api\.sock beside it/)
  }))

test('a user whom no [admit] section gives the verb', { skip: process.getuid() !== 0 && 'needs root to become another user' }, () =>
  held(
    async (sk, { api, folder }) => {
      const place = mkdtempSync(join(tmpdir(), 'ske.'))
      cpSync(client, place, { recursive: true })
      await run(['chmod', '-R', 'a+rX', place, folder], { cwd: place })
      const program = `
      process.setgid(12345); process.setuid(12345)
      require(${JSON.stringify(join(place, 'client.cjs'))}).connect({ socket: ${JSON.stringify(api)} })
        .verify('a.b.c').catch((error) => console.log(error.code, error.status, error.message))`
      const { output } = await run(['node', '-e', program], { cwd: '/' })
      assert.match(output, /^denied 403 .*uid 12345 lacks the verb verify: .*hint: samekeyd.ini decides/)
      assert.doesNotMatch(output, /0660/)
      rmSync(place, { recursive: true })
    },
    `${SESSION}[admit other]\nuid = 12345\nverbs = status\n`,
  ))

test('a user whom the socket does not let in', { skip: process.getuid() !== 0 && 'needs root to become another user' }, () =>
  held(async (sk, { api, folder }) => {
    const place = mkdtempSync(join(tmpdir(), 'ske.'))
    cpSync(client, place, { recursive: true })
    await run(['chmod', '-R', 'a+rX', place, folder], { cwd: place })
    await run(['chmod', '0660', api], { cwd: place })
    const program = `
      process.setgid(12345); process.setuid(12345)
      require(${JSON.stringify(join(place, 'client.cjs'))}).connect({ socket: ${JSON.stringify(api)} })
        .verify('a.b.c').catch((error) => console.log(error.code, error.hint))`
    const { output } = await run(['node', '-e', program], { cwd: '/' })
    assert.match(output, /^denied root:samekey 0660; add the user to the group samekey/)
    rmSync(place, { recursive: true })
  }))

test('a verifier that does not answer in time', () =>
  held(async (sk, { api, pid }) => {
    const token = await sign(PLAIN)
    process.kill(pid(), 'SIGSTOP')
    try {
      assert.equal((await failure(connect({ socket: api, timeout: 100 }).verify(token))).code, 'slow')
    } finally {
      process.kill(pid(), 'SIGCONT')
    }
    assert.equal((await sk.verify(token)).ok, true)
  }))

test('a profile without a key, and one that is not there', () =>
  verifier(SESSION, async ({ api }) => {
    const sk = connect({ socket: api })
    const token = await sign(PLAIN)
    assert.equal((await failure(sk.verify(token))).code, 'unusable')
    const unknown = await failure(sk.verify(token, { profile: 'no-such' }))
    assert.equal(unknown.code, 'request')
    assert.equal(unknown.status, 400)
    sk.close()
  }))

// Calls with a client of a server that says this to every question, whatever it is.
async function answered(status, body, call) {
  const folder = mkdtempSync(join(tmpdir(), 'skc.'))
  const api = join(folder, 'api.sock')
  const server = createServer((_, answer) => answer.writeHead(status).end(JSON.stringify(body))).listen(api)
  const sk = connect({ socket: api })
  try {
    return await call(sk)
  } finally {
    sk.close()
    server.close()
    rmSync(folder, { recursive: true })
  }
}

test('a verifier that has no room is slow, and no word is said of its keys', async () => {
  const problem = { type: 'urn:samekey:error:busy', status: 503, code: 'busy', detail: 'too many connections of this user' }
  const error = await answered(503, problem, (sk) => failure(sk.verify('a.b.c')))
  assert.equal(error.code, 'slow')
  assert.doesNotMatch(error.hint, /good key/)
})

test('what judges other tokens than it was asked about is no samekeyd', async () => {
  for (const results of [undefined, [], [{ active: true }], [{ active: true }, null], [{ active: true }, {}, {}]]) {
    const error = await answered(200, { results }, (sk) => failure(sk.verifyBatch(['a.b.c', 'd.e.f'])))
    assert.equal(error.code, 'protocol', JSON.stringify(results))
  }
  for (const judged of [{}, [], { active: 'true' }]) {
    const error = await answered(200, judged, (sk) => failure(sk.verify('a.b.c')))
    assert.equal(error.code, 'protocol', JSON.stringify(judged))
  }
})

test('kept connections outlive a restart of samekeyd', () =>
  held(async (sk, { restart, offer }) => {
    const token = await sign(PLAIN)
    assert.equal((await sk.verify(token)).ok, true)
    await restart()
    await offer()
    assert.equal((await sk.verify(token)).ok, true)
  }))

// Like samekeyd after 30 s without a question; says so by a file, for who asks does not turn its loop.
const FORGETFUL = `
  const server = require('node:http').createServer((_, answer) => answer.end('{"active":true}')).listen('api.sock')
  process.on('SIGUSR2', () => {
    server.closeIdleConnections()
    setImmediate(() => require('node:fs').writeFileSync('closed', ''))
  })`

test('all kept connections may be closed at once while the process is busy', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'skc.'))
  const server = spawn(process.execPath, ['-e', FORGETFUL], { cwd: folder, stdio: 'inherit' })
  const sk = connect({ socket: join(folder, 'api.sock'), timeout: 20000 })
  const askMany = (count) => Promise.all(Array.from({ length: count }, () => sk.verify('a.b.c')))
  try {
    await until('the server listens', () => existsSync(sk.socket))
    await askMany(8)
    server.kill('SIGUSR2')
    const deadline = Date.now() + 20000
    while (!existsSync(join(folder, 'closed'))) assert.ok(Date.now() < deadline, 'nothing was closed')
    for (const { ok } of await askMany(3)) assert.equal(ok, true)
  } finally {
    sk.close()
    server.kill()
    rmSync(folder, { recursive: true })
  }
})

test('errors and judgements repeat no token', () =>
  held(async (sk) => {
    const token = await sign(OTHER)
    const judged = JSON.stringify(await sk.verify(token))
    const error = await failure(connect({ socket: '/nonexistent/api.sock' }).verify(token))
    for (const text of [judged, error.stack, JSON.stringify(error)])
      for (const part of token.split('.').slice(1)) assert.ok(!text.includes(part), text)
  }))

test('the types say what the client does', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ske.'))
  mkdirSync(join(folder, 'node_modules'))
  cpSync(client, join(folder, 'node_modules/samekey'), { recursive: true })
  writeFileSync(
    join(folder, 'use.mts'),
    `import { connect, SamekeyError, type Judgement } from 'samekey'
     const sk = connect({ timeout: 500 })
     const judged: Judgement = await sk.verify('token', { profile: 'session' })
     if (judged.ok) { const sub: string | undefined = judged.claims.sub; const end: number | undefined = judged.expiresAt; void sub; void end }
     else { const code: string = judged.code; void code }
     // @ts-expect-error: a refusal has no claims
     if (!judged.ok) judged.claims
     sk.closeAtExpiry({ close() {} }, judged)
     const minted: { token: string } = await sk.issue({ sub: 'a', role: 'b' }, { lifetime: 60 })
     try { await sk.health('web') } catch (error) { if (error instanceof SamekeyError) void error.hint }
     void minted
    `,
  )
  const compilerOptions = { noEmit: true, strict: true, module: 'nodenext', target: 'es2022', types: [] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.mts'] }))
  await succeed([toolOf('types', 'tsc'), '-p', folder], { cwd: folder })
  rmSync(folder, { recursive: true })
})

test('many questions at once are all answered', () =>
  held(async (sk) => {
    const token = await sign(PLAIN)
    const judged = await Promise.all(Array.from({ length: 500 }, () => sk.verify(token)))
    assert.ok(judged.every(({ ok }) => ok))
  }))
