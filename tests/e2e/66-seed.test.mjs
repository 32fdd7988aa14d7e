// Goal: the seed's three files are replaced. A Next.js app without a key and without JWT code, behind
// nginx with TLS, in Debian's Chromium: login, page, silent refresh, the end of a session, logout here
// and everywhere; what the browser stores, and what another site can do.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { chromium } from './browser.mjs'
import { certificate, nginx } from './nginx.mjs'
import {
  ACCESS, COOKIES, PASSWORD, REFRESH, ask, ends, generationOf, keepsSilent, lives, sessions, verifies, visitor,
} from './sessions.mjs'
import { OTHER, PLAIN, freePort, makeApp, nextStart, serve, succeed, toolOf, until, versions } from './stand.mjs'

const EMAIL = 'user-7@shop.example'
const DAY_S = 24 * 60 * 60

// Before Next 16 the proxy has another name.
function nameProxy(app, version) {
  if (Number(version.split('-')[1]) >= 16) return
  const text = readFileSync(join(app.folder, 'proxy.js'), 'utf8')
  writeFileSync(join(app.folder, 'middleware.js'), text.replace('const proxy', 'const middleware'))
  renameSync(join(app.folder, 'proxy.js'), join(app.folder, 'proxy.js.unused'))
}

// TLS in front of Next, and nothing else.
const front = (folder, lines, next) => (port) => `
  server {
    listen 127.0.0.1:${port} ssl; ${lines}
    location / {
      proxy_pass http://127.0.0.1:${next}; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto https; proxy_buffer_size 16k; proxy_buffers 8 16k;
    }
  }`

// What TypeScript makes of the helper.
async function typed(app) {
  const text = `import { guard, type GuardOptions } from 'samekey/next'
    import type { NextRequest } from 'next/server'
    const options: GuardOptions = { profile: 'page', timeout: 500 }
    const answer: Promise<Response> = guard(options)({} as NextRequest)
    void answer
    // @ts-expect-error: there is no such option
    guard({ profil: 'page' })
  `
  const compilerOptions = {
    noEmit: true, strict: true, module: 'esnext', moduleResolution: 'bundler', target: 'es2022', types: [], skipLibCheck: true,
  }
  writeFileSync(join(app.folder, 'use.mts'), text)
  writeFileSync(join(app.folder, 'use.json'), JSON.stringify({ compilerOptions, files: ['use.mts'] }))
  await succeed([toolOf('types', 'tsc'), '-p', 'use.json'], { cwd: app.folder })
}

// What it says where nobody told it of samekeyd. Node alone finds next/server by its whole name only.
async function untold(app) {
  const helper = readFileSync(join(app.folder, 'node_modules/samekey/next.mjs'), 'utf8').replace("'next/server'", "'next/server.js'")
  const asks = "console.log('status', (await guard({ url: '' })({ headers: new Headers() })).status)"
  writeFileSync(join(app.folder, 'untold.mjs'), `${helper}\n${asks}\n`)
  const said = await succeed([process.execPath, 'untold.mjs'], { cwd: app.folder })
  assert.match(said, /guard\(\) does not know where samekeyd listens: set SAMEKEY_SESSIONS/)
  assert.match(said, /status 503/)
}

async function login(page, site) {
  assert.equal(await page.visit(`${site}/login`), '/login')
  await page.type('#email', EMAIL)
  await page.type('#password', PASSWORD)
  await page.click('#login')
  await page.at('/')
  assert.equal(await page.text('#who'), 'user-7 clerk')
}

// What the browser holds is as the seed's code meant it.
async function holdsAll(cookies, life) {
  assert.deepEqual(Object.keys(cookies).sort(), [...COOKIES].sort())
  for (const [name, cookie] of Object.entries(cookies)) {
    const { httpOnly, secure, sameSite, path, domain, session } = cookie
    assert.deepEqual(
      [name, httpOnly, secure, sameSite, path, domain, session],
      [name, true, true, 'Strict', '/', 'shop.example', false],
    )
    const left = cookie.expires - Date.now() / 1000
    const whole = name === ACCESS ? life : 7 * DAY_S
    assert.ok(left <= whole + 1 && left > Math.max(0, whole - 60), `${name} lives for ${left} s of ${whole}`)
  }
  assert.deepEqual(Object.keys(await verifies(cookies[ACCESS].value, PLAIN)).sort(), ['exp', 'iat', 'jti', 'role', 'userId'])
  assert.deepEqual(Object.keys(await verifies(cookies[REFRESH].value, OTHER)).sort(), ['exp', 'iat', 'jti', 'userId'])
}

const scenes = {
  async 'login, page, silent refresh with both cookies, many requests at the end of a token'({ site, open, play }) {
    // long enough for a busy machine to load a page in
    await play(lives('8s'), async () => {
      const browser = await open()
      const page = await browser.page()
      assert.equal(await page.visit(`${site}/`), '/login', 'nobody is sent to the login page')
      await page.type('#email', EMAIL)
      await page.type('#password', 'canary-wrong')
      await page.click('#login')
      await until('the form says why', async () => (await page.text('#error')) === 'Invalid credentials', 10_000)
      assert.deepEqual(await browser.cookies(), {})
      await login(page, site)
      const first = await browser.cookies()
      await holdsAll(first, 8)
      assert.equal(await page.evaluate('document.cookie'), '', 'no script reads them')

      await ends(first[ACCESS].value)
      assert.equal(await page.visit(`${site}/`), '/')
      assert.equal(await page.text('#who'), 'user-7 clerk')
      const second = await browser.cookies()
      await holdsAll(second, 8)
      assert.equal(generationOf(second[REFRESH].value), generationOf(first[REFRESH].value) + 1)
      assert.notEqual(second[ACCESS].value, first[ACCESS].value)
      assert.equal(second.accessToken.value, first.accessToken.value, "the API's own stay")
      assert.equal(await page.text('#access'), second[ACCESS].value, 'the page itself has the new one already')

      await ends(second[ACCESS].value)
      const statuses = await page.evaluate("Promise.all(Array.from({ length: 12 }, () => fetch('/').then((a) => a.url + ' ' + a.status)))")
      assert.deepEqual([...new Set(statuses)], [`${site}/ 200`])
      const third = await browser.cookies()
      assert.equal(generationOf(third[REFRESH].value), generationOf(second[REFRESH].value) + 1, 'one successor')
      await holdsAll(third, 8)
    })
  },

  async 'the refresh token ends: the login page, and all four cookies gone'({ site, open, play }) {
    await play({ ...lives('2s', '8s'), 'session/pass_lifetime': '7d' }, async () => {
      const browser = await open()
      const page = await browser.page()
      await login(page, site)
      const held = await browser.cookies()
      await ends(held[REFRESH].value)
      assert.ok((await browser.cookies()).accessToken, 'this one would live on by itself')
      assert.equal(await page.visit(`${site}/`), '/login')
      assert.deepEqual(await browser.cookies(), {})
    })
  },

  async 'logout, and logout everywhere from another browser'({ site, open, play }) {
    await play({}, async () => {
      const [here, there] = [await open(), await open()]
      const [page, other] = [await here.page(), await there.page()]
      await login(page, site)
      await login(other, site)
      await page.click('#logout')
      await page.at('/login')
      assert.deepEqual(await here.cookies(), {})
      assert.equal(await page.visit(`${site}/`), '/login')
      assert.equal(await other.visit(`${site}/`), '/', 'the other one stays')
      await login(page, site)
      await other.click('#everywhere')
      await other.at('/login')
      assert.deepEqual(await there.cookies(), {})
      assert.equal(Object.keys(await here.cookies()).length, 4)
      assert.equal(await page.visit(`${site}/`), '/login')
      assert.deepEqual(await here.cookies(), {})
    })
  },

  async 'a page of another site logs nobody out'({ site, evil, open, play }) {
    await play({}, async () => {
      const browser = await open()
      const [page, bad] = [await browser.page(), await browser.page()]
      await login(page, site)
      const before = await browser.cookies()
      await bad.visit(`${evil}/login`)
      await bad.evaluate(`Promise.all(['logout', 'refresh'].map((name) =>
        fetch('${site}/auth/' + name, { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{"everywhere":true}' })))`)
      await bad.evaluate(`(() => { const form = document.createElement('form'); form.method = 'post'
        form.action = '${site}/auth/logout'; document.body.append(form); form.submit() })()`)
      await bad.at('/auth/logout')
      assert.match(await bad.text('body'), /"code"/)
      assert.deepEqual(await browser.cookies(), before)
      assert.equal(await page.visit(`${site}/`), '/')
    })
  },

  async 'through the rewrites of Next: lines stay lines, strangers stay outside'({ site, next, play }) {
    await play({}, async () => {
      const who = visitor(next)
      const answer = await who.login()
      assert.equal(answer.status, 200)
      assert.equal(answer.headers['set-cookie'].length, 4)
      assert.deepEqual(Object.keys(answer.cookies).sort(), [...COOKIES].sort())
      assert.equal((await who.visit('GET', '/')).status, 200)
      who.jar.delete(ACCESS)
      // cookies of others: Next would decode the one, and leave the other out
      for (const [name, value] of [['theme', 'a%3B%20x%3Db%25'], ['part', '100%']]) who.jar.set(name, value)
      const silent = await who.visit('GET', '/')
      assert.equal(silent.status, 200)
      assert.deepEqual(Object.keys(silent.cookies).sort(), [ACCESS, REFRESH].sort())
      const sent = /<p id="sent">([^<]*)/.exec(silent.body)[1].split('; ').sort()
      assert.deepEqual(sent, [...who.jar].map(([name, value]) => `${name}=${value}`).sort(), 'the page has all cookies as the browser has them')
      for (const path of ['login', 'refresh', 'logout']) {
        const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
        const json = { email: EMAIL, password: PASSWORD }
        assert.equal((await who.visit('POST', `/auth/${path}`, { headers, json })).status, 403, path)
      }
      assert.equal((await who.visit('POST', '/auth/refresh', { headers: { origin: site } })).status, 200)
      const forged = { 'x-auth-claim-userid': 'user-8', x_auth_claim_role: 'admin', 'x-auth-scope': 'admin' }
      const { body } = await who.visit('GET', '/', { headers: forged })
      assert.match(body, /user-7 clerk/)
      assert.doesNotMatch(body, /user-8|admin/)
      const nobody = await ask(next, 'GET', '/', { headers: forged })
      assert.deepEqual([nobody.status, new URL(nobody.headers.location, site).pathname], [302, '/login'])
    })
  },

  async 'nobody goes on while samekeyd is away'({ next, play }) {
    const who = visitor(next)
    await play({}, () => who.login())
    const away = await who.visit('GET', '/')
    assert.equal(away.status, 503)
    assert.deepEqual(away.cookies, {})
    assert.equal((await who.visit('GET', '/login')).status, 200)
  },
}

for (const version of versions('main'))
  test(`${version}: the seed's app in a browser`, async (t) => {
    const [http, tls] = [await freePort(), await freePort()]
    const app = makeApp(`seed-${version}`, version, {}, 'seed')
    const folder = mkdtempSync(join(tmpdir(), 'seed.'))
    const env = { SAMEKEY_SESSIONS: `http://127.0.0.1:${http}` }
    const site = `https://shop.example:${tls}`
    nameProxy(app, version)
    mkdirSync(join(folder, 'nginx'))
    try {
      await succeed([app.next, 'build'], { cwd: app.folder, env })
      await t.test('the types of samekey/next', () => typed(app))
      await t.test('without an address it says which setting it lacks', () => untold(app))
      const lines = await certificate(folder, 'shop.example')
      await serve(nextStart(app), { cwd: app.folder, env }, (web) =>
        nginx(
          join(folder, 'nginx'),
          front(folder, lines, web.port),
          (server) =>
            chromium(['shop.example', 'evil.example'], async (open) => {
              const play = (changes, use) => sessions({ 'session/origin': site, ...changes }, use, { http })
              const scene = { site, evil: `https://evil.example:${tls}`, next: web.port, open, play }
              for (const [name, act] of Object.entries(scenes)) await t.test(name, () => act(scene))
              keepsSilent(web.output() + server.output())
            }),
          { port: tls },
        ),
      )
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
