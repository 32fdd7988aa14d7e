// Goal: packaging/nginx/session.conf as it is shipped, in a real nginx: cookies arrive one by one, pages
// lead to the login and programs get a status, nobody says who they are but samekeyd, and a crowd at
// the end of a token is one refresh.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { chromium } from './browser.mjs'
import { certificate, nginx, nginxWords, readdressed } from './nginx.mjs'
import {
  ACCESS, COOKIES, PASSWORD, REFRESH, ask, ends, generationOf, keepsSilent, lives, sessions, visitor,
} from './sessions.mjs'
import { freePort, run } from './stand.mjs'

const shipped = readFileSync(new URL('../../packaging/nginx/session.conf', import.meta.url), 'utf8')
const PARALLEL = 200
const names = (answer) => Object.keys(answer.cookies).sort()

const LOGIN_PAGE = `<button>Log in</button><script>
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify(${JSON.stringify({ email: 'user-7@shop.example', password: PASSWORD })})
  document.querySelector('button').onclick = () =>
    fetch('/auth/login', { method: 'POST', headers, body }).then(() => location.assign('/'))
</script>`

// The app behind: says what it was told; its page of the login logs in.
const behind = createServer((request, response) => {
  if (request.url === '/login') return response.setHeader('content-type', 'text/html').end(LOGIN_PAGE)
  response.setHeader('set-cookie', ['theme=dark', 'seen=1'])
  return response.end(JSON.stringify({ url: request.url, headers: request.headers }))
})
before(() => new Promise((resolve) => behind.listen(0, '127.0.0.1', resolve)))
after(() => behind.close())

// nginx with the shipped settings, their addresses replaced.
function fronted(changes, use, { profile = 'access', port: given, listen = (port) => `127.0.0.1:${port}` } = {}) {
  return sessions(changes, async (daemon) => {
    const settings = (port) =>
      readdressed(shipped, [
        ['/run/samekey/session.sock', daemon.session],
        ['127.0.0.1:8080', listen(port)],
        ['127.0.0.1:3000', `127.0.0.1:${behind.address().port}`],
        ['/auth/check/access', `/auth/check/${profile}`],
      ])
    await nginx(
      daemon.folder,
      settings,
      async (server) => {
        await use({ port: server.port, daemon, who: visitor(server.port), output: server.output })
        keepsSilent(server.output())
      },
      { port: given },
    )
  })
}

test('login, page, api, logout: each cookie in a line of its own, beside those of the app', () =>
  fronted({}, async ({ who }) => {
    const login = await who.login()
    assert.equal(login.status, 200)
    assert.deepEqual(names(login), [...COOKIES].sort())
    for (const path of ['/page', '/api/items']) {
      const page = await who.visit('GET', path)
      assert.equal(page.status, 200)
      const { headers, url } = JSON.parse(page.body)
      assert.deepEqual([url, headers['x-auth-claim-userid'], headers['x-auth-claim-role']], [path, 'user-7', 'clerk'])
      assert.deepEqual(names(page), ['seen', 'theme'])
    }
    assert.equal((await who.session()).body.claims.userId, 'user-7')
    assert.equal((await who.check()).status, 404, 'what a check tells is for proxies')
    assert.equal((await who.logout()).status, 200)
    for (const name of COOKIES) assert.ok(!who.jar.has(name), name)
    assert.equal((await who.visit('GET', '/page')).status, 302)
  }))

test('silent refresh: both cookies reach the client with the page', () =>
  fronted(lives('2s'), async ({ who }) => {
    await who.login()
    const before = new Map(who.jar)
    await ends(who.cookie(ACCESS))
    const page = await who.visit('GET', '/page')
    assert.equal(page.status, 200)
    assert.equal(JSON.parse(page.body).headers['x-auth-claim-role'], 'clerk')
    assert.deepEqual(names(page), [ACCESS, REFRESH, 'seen', 'theme'])
    assert.equal(generationOf(who.cookie(REFRESH)), generationOf(before.get(REFRESH)) + 1)
  }))

test('the end: pages lead to /login with all four cookies cleared, programs get 401 with them', () =>
  fronted({ ...lives('2s', '2s'), 'session/pass_lifetime': '7d' }, async ({ port }) => {
    const [page, api] = [visitor(port), visitor(port)]
    await page.login()
    await api.login()
    await ends(api.cookie(REFRESH))
    const sent = await page.visit('GET', '/page?x=1')
    assert.deepEqual([sent.status, sent.headers.location], [302, '/login'])
    assert.deepEqual(names(sent), [...COOKIES].sort())
    assert.equal(page.jar.size, 0)
    const refused = await api.visit('GET', '/api/items')
    assert.equal(refused.status, 401)
    assert.deepEqual(names(refused), [...COOKIES].sort())
    assert.equal(api.jar.size, 0)
    assert.equal((await visitor(port).visit('GET', '/login')).status, 200, 'open')
  }))

test('403 where the profile is not there, and no way round the question', () =>
  fronted({}, async ({ who, port }) => {
    await who.login()
    assert.equal((await who.visit('GET', '/page')).status, 403)
    for (const path of ['/.samekey/check', '/login/../page', '/auth/check/access', '/auth/../page', '//page', '/login%2f..%2fpage', '/Login'])
      assert.notEqual((await ask(port, 'GET', path)).status, 200, path)
  }, { profile: 'no-such' }))

// nginx decodes a path before it chooses a location; an app need not
test('whatever nginx takes for the open page reaches the app as that page', () =>
  fronted({}, async ({ port }) => {
    const paths = []
    const note = ({ url }) => paths.push(url)
    behind.on('request', note)
    for (const path of ['/page/..%2flogin', '/page/7/..%2F..%2flogin', '/api/%2e%2e%2flogin', '/page/../login', '//login', '/%6cogin?x=1'])
      assert.equal((await ask(port, 'GET', path)).status, 200, path)
    behind.off('request', note)
    assert.deepEqual(new Set(paths), new Set(['/login', '/login?x=1']))
  }))

test('no WebSocket comes in by the open page, and no other protocol by any', () =>
  fronted({}, async ({ who, port }) => {
    const upgrades = []
    const note = ({ headers, url }) => upgrades.push([url, headers.upgrade])
    behind.on('request', note)
    await who.login()
    const headers = (upgrade) => ({ connection: 'Upgrade', upgrade, 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' })
    assert.equal((await ask(port, 'GET', '/login', { headers: headers('websocket') })).status, 403)
    for (const upgrade of ['WebSocket', 'h2c', 'websocket, h2c'])
      assert.equal((await who.visit('GET', `/page?${upgrade.length}`, { headers: headers(upgrade) })).status, 200)
    behind.off('request', note)
    assert.deepEqual(upgrades, [['/page?9', 'websocket'], ['/page?3', undefined], ['/page?14', undefined]])
  }))

test('who the client says to be is overwritten, on open pages too', () =>
  fronted({}, async ({ who, port }) => {
    const forged = {
      'x-auth-subject': 'root', x_auth_subject: 'root', 'x-auth-claim-userid': 'root', 'X-Auth-Claim_role': 'root',
      'x-auth-scope': 'root', 'x-auth-kid': 'root', 'x-auth-expires': 'root',
    }
    await who.login()
    const { headers } = JSON.parse((await who.visit('GET', '/page', { headers: forged })).body)
    assert.deepEqual([headers['x-auth-claim-userid'], headers['x-auth-claim-role']], ['user-7', 'clerk'])
    assert.ok(!JSON.stringify(headers).includes('root'))
    const open = new Promise((resolve) => behind.prependOnceListener('request', (request) => resolve(request.headers)))
    assert.equal((await ask(port, 'GET', '/login', { headers: forged })).status, 200)
    assert.ok(!JSON.stringify(await open).includes('root'))
  }))

test('another site changes nothing, the own one may', () =>
  fronted({ 'session/origin': null }, async ({ who, port }) => {
    await who.login()
    const post = (origin) => who.visit('POST', '/auth/refresh', { headers: { origin } })
    assert.equal((await post('http://evil.example')).status, 403)
    assert.equal((await post(`http://127.0.0.1:${port + 1}`)).status, 403)
    const own = await ask(port, 'POST', '/auth/refresh', { headers: { host: 'shop.example', origin: 'https://shop.example', cookie: `${REFRESH}=${who.cookie(REFRESH)}` } })
    assert.equal(own.status, 200)
  }))

test(`${PARALLEL} pages at the moment when the token ends: all are shown, one successor`, () =>
  fronted(lives('2s'), async ({ who, port, daemon }) => {
    await who.login()
    const cookie = [...who.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    await ends(who.cookie(ACCESS))
    const answers = await Promise.all(Array.from({ length: PARALLEL }, () => ask(port, 'GET', '/page', { headers: { cookie } })))
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
    const fresh = new Set(answers.map(({ cookies }) => cookies[REFRESH]?.value))
    assert.equal(fresh.size, 1)
    const [token] = fresh
    assert.equal(generationOf(token), generationOf(who.cookie(REFRESH)) + 1)
    assert.equal((await ask(port, 'GET', '/page', { headers: { cookie: `${REFRESH}=${token}` } })).status, 200, 'the session goes on')
    assert.doesNotMatch(daemon.output(), /reuse/)
  }))

test('a samekeyd that hangs costs seconds, and lets nobody in', () =>
  fronted({}, async ({ who, daemon }) => {
    await who.login()
    process.kill(daemon.pid(), 'SIGSTOP')
    const began = Date.now()
    try {
      assert.equal((await who.visit('GET', '/page')).status, 500)
    } finally {
      process.kill(daemon.pid(), 'SIGCONT')
    }
    assert.ok(Date.now() - began < 6000)
    assert.equal((await who.visit('GET', '/page')).status, 200)
  }))

test('in a browser: login, silent refresh, the login page at the end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tls.'))
  const port = await freePort()
  const site = `https://shop.example:${port}`
  const lines = await certificate(folder, 'shop.example')
  const play = (open) =>
    fronted(
      { ...lives('2s', '4s'), 'session/pass_lifetime': '7d', 'session/origin': null },
      async () => {
        const browser = await open()
        const page = await browser.page()
        assert.equal(await page.visit(`${site}/page`), '/login')
        await page.click('button')
        await page.at('/')
        const first = await browser.cookies()
        assert.deepEqual(Object.keys(first).sort(), [...COOKIES, 'seen', 'theme'].sort())
        await ends(first[ACCESS].value)
        assert.equal(await page.visit(`${site}/page`), '/page')
        const second = await browser.cookies()
        for (const name of [ACCESS, REFRESH]) assert.notEqual(second[name].value, first[name].value, name)
        assert.equal(generationOf(second[REFRESH].value), generationOf(first[REFRESH].value) + 1)
        await ends(second[REFRESH].value)
        assert.equal(await page.visit(`${site}/page`), '/login')
        assert.deepEqual(Object.keys(await browser.cookies()).sort(), ['seen', 'theme'])
      },
      { port, listen: () => `127.0.0.1:${port} ssl; ${lines.slice(0, -1)}` },
    )
  try {
    await chromium(['shop.example'], play)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('the settings are good by nginx itself', () =>
  fronted({}, async ({ daemon }) => {
    const { code, output } = await run([...nginxWords(daemon.folder), '-t'], { cwd: daemon.folder })
    assert.equal(code, 0, output)
  }))
