// Goal: a real nginx in front asks samekeyd about every request, as packaging/nginx/samekey.conf has
// it: what samekeyd says arrives, the app learns who is there from nobody else, and nothing is
// smuggled past the question.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { nginx, nginxWords, readdressed } from './nginx.mjs'
import { OTHER, PLAIN, lay, makeApp, run, samekey, succeed, verifier, versions } from './stand.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const shipped = readFileSync(join(here, '../../packaging/nginx/samekey.conf'), 'utf8')
const app = makeApp('nginx', versions('main')[0])
const { SignJWT } = await import(createRequire(join(app.folder, 'package.json')).resolve('jose'))

const INI = `[profile session]
app = web
key = NEXTAUTH_SECRET
forward = role
cookie = __Host-session
`

const sign = (secret, claims = {}, end = '5m') =>
  new SignJWT({ sub: 'user-7', role: 'clerk', ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(end)
    .sign(new TextEncoder().encode(secret))

// The app behind: answers every request with what it saw.
const seen = []
const behind = createServer((request, response) => {
  seen.push(request)
  response.end(JSON.stringify({ url: request.url, headers: request.headers }))
})
before(() => new Promise((resolve) => behind.listen(0, '127.0.0.1', resolve)))
after(() => behind.close())

// nginx with the shipped settings, their addresses replaced; `profile` is what its path names.
function fronted(use, profile = 'session') {
  return verifier(INI, async (daemon) => {
    lay(app.folder, { '.env': `NEXTAUTH_SECRET=${PLAIN}\n` })
    const offer = [samekey, 'offer', '--name', 'web', '--root', app.folder]
    await succeed(offer, { cwd: app.folder, env: daemon.env })
    const settings = (port) =>
      readdressed(shipped, [
        ['/run/samekey/api.sock', daemon.api],
        ['127.0.0.1:8080', `127.0.0.1:${port}`],
        ['127.0.0.1:3000', `127.0.0.1:${behind.address().port}`],
        ['/v1/auth/session', `/v1/auth/${profile}`],
      ])
    await nginx(daemon.folder, settings, async ({ port }) => {
      seen.length = 0
      const ask = async (headers = {}, path = '/page') => {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
        const text = await answer.text()
        return { status: answer.status, headers: answer.headers, body: answer.status === 200 ? JSON.parse(text) : text }
      }
      await use({ ask, port, daemon })
    })
  })
}

// Sends bytes as they are; gives what came back.
function raw(port, text) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'))
    let said = ''
    socket.setEncoding('latin1').on('data', (part) => (said += part))
    socket.on('error', reject).on('close', () => resolve(said))
  })
}

test('200 with who it is, 401 with the scheme', () =>
  fronted(async ({ ask }) => {
    const good = await ask({ authorization: `Bearer ${await sign(PLAIN)}` })
    assert.equal(good.status, 200)
    assert.equal(good.body.headers['x-auth-subject'], 'user-7')
    assert.equal(good.body.headers['x-auth-claim-role'], 'clerk')
    const cookie = await ask({ cookie: `theme=dark; __Host-session=${await sign(PLAIN)}` })
    assert.equal(cookie.status, 200)
    for (const headers of [{}, { authorization: `Bearer ${await sign(OTHER)}` }, { authorization: 'Bearer x' }]) {
      const refused = await ask(headers)
      assert.equal(refused.status, 401)
      assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer/)
    }
  }))

test('403 where the profile is not there', () =>
  fronted(async ({ ask }) => {
    assert.equal((await ask({ authorization: `Bearer ${await sign(PLAIN)}` })).status, 403)
    assert.equal((await ask()).status, 403)
  }, 'no-such'))

test('a token in two places is refused', () =>
  fronted(async ({ ask }) => {
    const token = await sign(PLAIN)
    assert.equal((await ask({ authorization: `Bearer ${token}`, cookie: `__Host-session=${token}` })).status, 401)
  }))

test('who the client says to be is overwritten, also in disguise', () =>
  fronted(async ({ port }) => {
    const token = await sign(PLAIN, { role: undefined })
    const said = await raw(
      port,
      `GET /page HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n` +
        'X-Auth-Subject: root\r\nX_Auth_Subject: root\r\nx-auth-claim-role: admin\r\nX_Auth-Claim_Role: admin\r\n' +
        'X-Auth-Scope: admin\r\nX-Auth-Kid: root\r\nX-Auth-Expires: root\r\n\r\n',
    )
    const body = JSON.parse(said.slice(said.indexOf('\r\n{')).match(/\{.*\}/s)[0])
    assert.equal(body.headers['x-auth-subject'], 'user-7')
    const names = Object.keys(body.headers).map((name) => name.toLowerCase().replaceAll('_', '-'))
    assert.equal(names.filter((name) => name === 'x-auth-subject').length, 1)
    assert.ok(!said.includes('admin') && !said.includes('root'), said)
  }))

test('a claim that would end a header line never becomes one', () =>
  fronted(async ({ ask }) => {
    const answer = await ask({ authorization: `Bearer ${await sign(PLAIN, { role: 'a\r\nX-Evil: 1' })}` })
    assert.equal(answer.status, 401)
    const umlaut = await ask({ authorization: `Bearer ${await sign(PLAIN, { sub: 'Jürgen 100%' })}` })
    assert.equal(decodeURIComponent(umlaut.body.headers['x-auth-subject']), 'Jürgen 100%')
  }))

const hidden = (token) => `GET /hidden HTTP/1.1\r\nHost: shop\r\n${token ? `Authorization: Bearer ${token}\r\n` : ''}\r\n`
const smuggling = [
  ['two Content-Length', (t) => `POST /page HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer ${t}\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n${hidden()}`],
  ['Content-Length and chunked', (t) => `POST /page HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer ${t}\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden()}`],
  ['a folded header', (t) => `GET /page HTTP/1.1\r\nHost: shop\r\nX-A: b\r\n Authorization: Bearer ${t}\r\n\r\n${hidden()}`],
  ['a space before the colon', (t) => `GET /page HTTP/1.1\r\nHost: shop\r\nAuthorization : Bearer ${t}\r\n\r\n${hidden()}`],
]
for (const [name, text] of smuggling)
  test(`nothing is smuggled by ${name}`, () =>
    fronted(async ({ port }) => {
      const said = await raw(port, text(await sign(PLAIN)))
      assert.match(said, /^HTTP\/1\.1 40[01]/, said)
      assert.ok(!seen.some(({ url }) => url === '/hidden'), said)
    }))

test('nothing that the client says of itself changes the question', () =>
  fronted(async ({ ask }) => {
    for (const headers of [
      { 'x-original-uri': '/login', 'x-forwarded-uri': '/login' },
      { 'x-forwarded-method': 'OPTIONS', 'x-original-method': 'OPTIONS' },
      { 'x-samekey-token': 'anything' },
    ])
      assert.equal((await ask(headers)).status, 401)
  }))

test('a WebSocket reaches the app with its upgrade', () =>
  fronted(async ({ port }) => {
    const { WebSocket, WebSocketServer } = createRequire(join(app.folder, 'package.json'))('ws')
    const server = new WebSocketServer({ server: behind })
    server.on('connection', (ws, request) => ws.send(request.headers['x-auth-subject']))
    const visit = async (headers) =>
      new Promise((resolve) => {
        const ws = new WebSocket(`ws://127.0.0.1:${port}/`, { headers })
        ws.on('message', (text) => resolve(String(text)) ?? ws.terminate())
        ws.on('unexpected-response', (_, answer) => resolve(answer.statusCode) ?? ws.terminate())
        ws.on('error', () => {}) // said by unexpected-response
      })
    assert.equal(await visit({ authorization: `Bearer ${await sign(PLAIN)}` }), 'user-7')
    assert.equal(await visit({}), 401)
    server.close()
  }))

test('no other protocol is offered to the app', () =>
  fronted(async ({ port }) => {
    const said = await raw(
      port,
      `GET /page HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer ${await sign(PLAIN)}\r\n` +
        'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n',
    )
    assert.match(said, /^HTTP\/1\.1 200/, said)
    assert.deepEqual(seen.map(({ headers }) => [headers.upgrade, headers.connection]), [[undefined, 'close']])
  }))

test('a samekeyd that hangs costs a second, and lets nobody in', () =>
  fronted(async ({ ask, daemon }) => {
    const headers = { authorization: `Bearer ${await sign(PLAIN)}` }
    process.kill(daemon.pid(), 'SIGSTOP')
    const began = Date.now()
    try {
      assert.equal((await ask(headers)).status, 500)
    } finally {
      process.kill(daemon.pid(), 'SIGCONT')
    }
    assert.ok(Date.now() - began < 5000)
    assert.equal((await ask(headers)).status, 200)
  }))

test('the settings are good by nginx itself', () =>
  fronted(async ({ daemon }) => {
    const { code, output } = await run([...nginxWords(daemon.folder), '-t'], { cwd: daemon.folder })
    assert.equal(code, 0, output)
  }))
