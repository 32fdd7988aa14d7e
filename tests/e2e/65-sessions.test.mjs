// Goal: login, check, refresh and logout as a program meets them: what is in the cookies, what jose
// makes of the tokens, what is refused, and a WebSocket that ends with its token.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'

import {
  ACCESS, COOKIES, ORIGIN, PASSWORD, REFRESH, SignJWT, ask, bytes, decodeJwt, ends, lives, sessions, verifies,
} from './sessions.mjs'
import { DOLLAR, OTHER, PLAIN, makeApp, run, serve, versions, write } from './stand.mjs'

const EMAIL = 'user-7@shop.example'
const app = makeApp('sessions', versions('main')[0], {}, 'seed')
const { WebSocket } = createRequire(join(app.folder, 'package.json'))('ws')

const members = (object) => Object.keys(object).sort()
const lines = (answer) => answer.headers['set-cookie'] ?? []

function clearsAll(answer) {
  assert.deepEqual(members(answer.cookies), [...COOKIES].sort())
  for (const [name, { value, 'max-age': age, path }] of Object.entries(answer.cookies))
    assert.deepEqual([name, value, age, path], [name, '', '0', '/'])
}

test("login: the seed's four cookies and tokens, and nothing else", () =>
  sessions({}, async ({ visitor }) => {
    const who = visitor()
    const answer = await who.login()
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    assert.deepEqual(members(answer.body), ['message', 'userData'])
    assert.deepEqual(answer.body.userData, { id: 'user-7', role: 'clerk', email: EMAIL, name: 'Jürgen' })
    assert.equal(lines(answer).length, 4)
    assert.deepEqual(members(answer.cookies), [...COOKIES].sort())
    for (const [name, cookie] of Object.entries(answer.cookies)) {
      const { value, 'max-age': age, ...attributes } = cookie
      const life = name === ACCESS ? 900 : 604800
      assert.ok(value, name)
      assert.ok(Number(age) <= life && Number(age) >= life - 2, `${name} lives for ${age} s of ${life}`)
      assert.deepEqual(attributes, { path: '/', httponly: true, secure: true, samesite: 'Strict' })
    }
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.match(who.cookie('accessToken'), /^a\./)
    assert.match(who.cookie('refreshToken'), /^r\./)
    const access = await verifies(who.cookie(ACCESS), PLAIN)
    assert.deepEqual(members(access), ['exp', 'iat', 'jti', 'role', 'userId'])
    assert.deepEqual([access.userId, access.role, access.exp - access.iat], ['user-7', 'clerk', 15 * 60])
    const refresh = await verifies(who.cookie(REFRESH), OTHER)
    assert.deepEqual(members(refresh), ['exp', 'iat', 'jti', 'userId'])
    assert.deepEqual([refresh.userId, refresh.exp - refresh.iat], ['user-7', 7 * 24 * 60 * 60])
    await assert.rejects(verifies(who.cookie(ACCESS), OTHER), /signature/)
    await assert.rejects(verifies(who.cookie(REFRESH), PLAIN), /signature/)
  }))

test('login: a wrong password, and what is no login', () =>
  sessions({}, async ({ visitor, session }) => {
    const who = visitor()
    const wrong = await who.login(EMAIL, 'canary-wrong')
    assert.equal(wrong.status, 401)
    assert.equal(wrong.body.error, 'Invalid credentials')
    assert.deepEqual(lines(wrong), [])
    const stranger = await who.login('nobody@shop.example')
    assert.deepEqual([stranger.status, stranger.body], [wrong.status, wrong.body])
    for (const body of ['', '{', '[]', '{"email":"a"}', '{"email":1,"password":2}', 'email=a&password=b'])
      assert.equal(Math.floor((await ask(session, 'POST', '/auth/login', { body, headers: { 'content-type': 'application/json' } })).status / 100), 4, body)
    const form = { body: `email=${EMAIL}&password=${PASSWORD}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    assert.equal(Math.floor((await ask(session, 'POST', '/auth/login', form)).status / 100), 4)
  }))

test('check: who it is; then, silently, both cookies anew with the role', () =>
  sessions(lives('2s'), async ({ visitor }) => {
    const who = visitor()
    await who.login()
    const good = await who.check()
    assert.equal(good.status, 204)
    assert.deepEqual(lines(good), [])
    assert.equal(good.headers['x-auth-claim-userid'], 'user-7')
    assert.equal(good.headers['x-auth-claim-role'], 'clerk')
    const before = { access: who.cookie(ACCESS), refresh: who.cookie(REFRESH) }
    await ends(who.cookie(ACCESS))
    const silent = await who.visit('GET', '/auth/check/access', { headers: { 'sec-samekey-cookies': 'numbered' } })
    assert.equal(silent.status, 204)
    assert.equal(silent.headers['x-auth-claim-role'], 'clerk')
    assert.deepEqual(members(silent.cookies), [ACCESS, REFRESH].sort())
    const further = Object.keys(silent.headers).filter((name) => name.startsWith('x-samekey-cookie-')).sort()
    assert.deepEqual(further, ['x-samekey-cookie-1', 'x-samekey-cookie-2'])
    assert.deepEqual(further.map((name) => silent.headers[name]), lines(silent))
    assert.notEqual(who.cookie(ACCESS), before.access)
    assert.notEqual(who.cookie(REFRESH), before.refresh)
    assert.equal((await verifies(who.cookie(ACCESS), PLAIN)).role, 'clerk')
    await verifies(who.cookie(REFRESH), OTHER)
    assert.equal((await who.check()).status, 204)
  }))

test('check: the access cookie is gone, the refresh cookie is there', () =>
  sessions({}, async ({ visitor }) => {
    const who = visitor()
    await who.login()
    who.jar.delete(ACCESS)
    const silent = await who.check()
    assert.equal(silent.status, 204)
    assert.ok(who.cookie(ACCESS))
  }))

test('check: both are over: 401, or 302 where the profile says so, and all four cookies cleared', () =>
  sessions(lives('1s', '2s'), async ({ visitor }) => {
    const [who, page] = [visitor(), visitor()]
    await who.login()
    await page.login()
    await ends(page.cookie(REFRESH))
    const refused = await who.check()
    assert.equal(refused.status, 401)
    clearsAll(refused)
    const sent = await page.check('page')
    assert.deepEqual([sent.status, sent.headers.location], [302, '/login'])
    clearsAll(sent)
    assert.equal(page.jar.size, 0)
    const nobody = await visitor().check('page')
    assert.deepEqual([nobody.status, nobody.headers.location], [302, '/login'])
    assert.equal((await visitor().check('no-such')).status, 403)
  }))

test('check: tokens of others and tokens in disguise are nobody', () =>
  sessions({}, async ({ visitor }) => {
    const who = visitor()
    await who.login()
    const sign = (claims, secret) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setIssuedAt().setExpirationTime('5m').sign(bytes(secret))
    const strange = [
      ['signed with another key', { [ACCESS]: await sign({ userId: 'user-8', role: 'admin' }, 'your-secret-key'.padEnd(32, '!')) }],
      ['the refresh token as access token', { [ACCESS]: who.cookie(REFRESH) }],
      ['the access token as refresh token', { [REFRESH]: who.cookie(ACCESS) }],
      ['a refresh token that was never given out', { [REFRESH]: await sign({ userId: 'user-8', jti: `${'0'.repeat(32)}.1` }, OTHER) }],
      ['a refresh token of the old code, without jti', { [REFRESH]: await sign({ userId: 'user-8' }, OTHER) }],
      ["the API's own tokens", { [ACCESS]: who.cookie('accessToken'), [REFRESH]: who.cookie('refreshToken') }],
    ]
    for (const [name, cookies] of strange) {
      const other = visitor()
      for (const [cookie, value] of Object.entries(cookies)) other.jar.set(cookie, value)
      const answer = await other.check()
      assert.equal(answer.status, 401, name)
      clearsAll(answer)
    }
  }))

test('logout: the cookies are cleared, and copies of the tokens are worth nothing', () =>
  sessions({}, async ({ visitor }) => {
    const [who, copy, other] = [visitor(), visitor(), visitor()]
    await who.login()
    await other.login()
    for (const [name, value] of who.jar) copy.jar.set(name, value)
    const left = await who.logout()
    assert.equal(left.status, 200)
    clearsAll(left)
    assert.equal((await copy.check()).status, 401)
    for (const [name, value] of [...other.jar]) copy.jar.set(name, value)
    assert.equal((await copy.check()).status, 204, 'the same user elsewhere')
  }))

test('logout everywhere: every session of the user, and of nobody else', () =>
  sessions({}, async ({ visitor }) => {
    const [here, there, other] = [visitor(), visitor(), visitor()]
    await here.login()
    await there.login()
    await other.login('user-8@shop.example')
    assert.equal((await here.logout({ everywhere: true })).status, 200)
    assert.equal((await there.check()).status, 401)
    assert.equal((await there.refresh()).status, 401)
    assert.equal((await other.check()).status, 204)
    await here.login()
    assert.equal((await here.check()).status, 204, 'a login after it')
  }))

test('both keys are rotated: nobody is logged out, and the next tokens are of the new ones', () => {
  const changes = Object.fromEntries(
    [['access', 'ACCESS'], ['page', 'ACCESS'], ['refresh', 'REFRESH']].map(([name, key]) => [`profile ${name}/previous`, `ETLS_${key}_OLD`]),
  )
  return sessions(changes, async ({ visitor, shop, api, offer }) => {
    const who = visitor()
    await who.login()
    const keys = { ETLS_ACCESS: DOLLAR, ETLS_REFRESH: [...PLAIN].reverse().join(''), ETLS_ACCESS_OLD: PLAIN, ETLS_REFRESH_OLD: OTHER, EXTERNAL_API_URL: api.url }
    write(shop, { '.env': Object.entries(keys).map(([name, value]) => `${name}='${value}'\n`).join('') })
    await offer()
    assert.equal((await who.check()).status, 204)
    who.jar.delete(ACCESS)
    assert.equal((await who.check()).status, 204)
    await verifies(who.cookie(ACCESS), DOLLAR)
    await verifies(who.cookie(REFRESH), keys.ETLS_REFRESH)
    assert.equal((await who.refresh()).status, 200)
  })
})

test('another site changes nothing', () =>
  sessions({}, async ({ visitor }) => {
    const who = visitor()
    await who.login()
    const before = new Map(who.jar)
    const foreign = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://shop.example' },
      { origin: 'https://shop.example:444' },
      { origin: 'https://shop.example.evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-site' },
    ]
    for (const headers of foreign)
      for (const [path, json] of [['/auth/login', { email: EMAIL, password: PASSWORD }], ['/auth/refresh'], ['/auth/logout', { everywhere: true }]]) {
        const answer = await who.visit('POST', path, { json, headers })
        assert.equal(answer.status, 403, `${path} ${JSON.stringify(headers)}`)
        assert.deepEqual(lines(answer), [])
      }
    assert.deepEqual(who.jar, before)
    assert.equal((await who.visit('POST', '/auth/refresh', { headers: { origin: ORIGIN, 'sec-fetch-site': 'same-origin' } })).status, 200)
  }))

test('curl with a cookie jar: login, who am I, refresh, logout', () =>
  sessions({}, async ({ http, folder }) => {
    const jar = join(folder, 'jar')
    const curl = async (path, ...words) => {
      const command = ['curl', '-sS', '-b', jar, '-c', jar, '-w', '\n%{http_code}', ...words, `http://127.0.0.1:${http}${path}`]
      const { code, output } = await run(command, { cwd: folder })
      assert.equal(code, 0, output)
      const [body, status] = output.trim().split(/\n(?=\d+$)/)
      return { status: Number(status), body: JSON.parse(body) }
    }
    const json = (value) => ['-H', 'Content-Type: application/json', '-d', JSON.stringify(value)]
    assert.equal((await curl('/auth/session')).status, 401)
    assert.equal((await curl('/auth/login', ...json({ email: EMAIL, password: PASSWORD }))).body.userData.id, 'user-7')
    const who = await curl('/auth/session')
    assert.equal(who.status, 200)
    assert.deepEqual([who.body.active, who.body.claims.userId, who.body.claims.role], [true, 'user-7', 'clerk'])
    assert.ok(who.body.expires_in > 890 && who.body.expires_in <= 900, String(who.body.expires_in))
    const fresh = await curl('/auth/refresh', '-X', 'POST')
    assert.equal(fresh.status, 200)
    assert.ok(fresh.body.expires_in > 890, JSON.stringify(fresh.body))
    assert.equal((await curl('/auth/logout', '-X', 'POST')).status, 200)
    assert.equal((await curl('/auth/session')).status, 401)
    assert.equal((await curl('/auth/refresh', '-X', 'POST')).status, 401)
  }))

test('ws: in with a cookie, out with 4401 when it ends, in again after a refresh', () =>
  sessions(lives('3s'), async ({ visitor, env }) => {
    const command = () => ['node', join(app.folder, 'ws-server.mjs')]
    await serve(command, { cwd: app.folder, env, portName: 'WS_PORT' }, async ({ port }) => {
      const who = visitor()
      const enter = (cookie) =>
        new Promise((resolve) => {
          const said = {}
          const ws = new WebSocket(`ws://127.0.0.1:${port}/`, cookie && { headers: { cookie: `theme=dark; ${ACCESS}=${cookie}` } })
          ws.on('message', (text) => (said.hello = String(text)))
          ws.on('unexpected-response', (_, { statusCode }) => resolve({ status: statusCode }) ?? ws.terminate())
          ws.on('error', () => {}) // said by unexpected-response
          ws.on('close', (code) => resolve({ ...said, code, at: Date.now() }))
        })
      assert.deepEqual(await enter(), { status: 401 })
      await who.login()
      assert.deepEqual(await enter(who.cookie(REFRESH)), { status: 401 })
      const end = decodeJwt(who.cookie(ACCESS)).exp * 1000
      const first = await enter(who.cookie(ACCESS))
      assert.deepEqual([first.hello, first.code], ['hello user-7', 4401])
      assert.ok(first.at >= end - 1000 && first.at < end + 2000, `${first.at - end} ms after its end`)
      await ends(who.cookie(ACCESS))
      assert.deepEqual(await enter(who.cookie(ACCESS)), { status: 401 })
      assert.equal((await who.refresh()).status, 200)
      assert.deepEqual([(await enter(who.cookie(ACCESS))).hello], ['hello user-7'])
    })
  }))
