// Goal: a real browser whose person is logged in, at the status page and at the session listener, visits
// a page that means no good: of another site, of another port of this host, or under a name that
// leads here since it was rebound. It reads nothing, changes nothing and ends no session.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { createServer, request } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { chromium } from './browser.mjs'
import { PLAIN, freePort, samekey, succeed, verifier, write } from './stand.mjs'

const TOKEN = 'status-page-token-0123456789abcdef'
const ACCOUNT = { email: 'ann@shop.example', password: 'correct-horse-battery' }
const VISIBLE = /TOKEN_SECRET|samekey_|access_token|"active"/

// The site of somebody else; beside it the server that knows passwords.
const site = createServer((asked, answer) => {
  if (asked.url !== '/login') return answer.setHeader('content-type', 'text/html').end('<h1>Win a prize</h1>')
  asked.resume().on('end', () => answer.setHeader('content-type', 'application/json').end('{"userData":{"id":"ann"}}'))
})
let evil
before(() => new Promise((resolve) => site.listen(0, '127.0.0.1', () => resolve((evil = site.address().port)))))
after(() => site.close())

const ask = (socketPath, path) =>
  new Promise((resolve, reject) =>
    request({ socketPath, path }, async (answer) => {
      let text = ''
      for await (const part of answer) text += part
      resolve(text)
    }).on('error', reject).end())

// What a script gets: `reads` with the server's leave, `sends` without a look at the answer.
const reads = (address, init = {}) =>
  `fetch(${JSON.stringify(address)}, ${JSON.stringify({ credentials: 'include', ...init })})
    .then(async (answer) => answer.status + ' ' + (await answer.text()), (error) => error.name)`
const sends = (address, body, type = 'text/plain') =>
  `fetch(${JSON.stringify(address)}, { method: 'POST', mode: 'no-cors', credentials: 'include',
    headers: { 'content-type': ${JSON.stringify(type)} }, body: ${JSON.stringify(body)} })
    .then((answer) => answer.type + answer.status, (error) => error.name)`
// An element that loads it; `load` where the browser took what came, else `error`.
const loads = (tag, member, address) =>
  `new Promise((resolve) => {
    const element = document.createElement(${JSON.stringify(tag)})
    element.onload = element.onloadeddata = () => resolve('load')
    element.onerror = () => resolve('error')
    Object.assign(element, { rel: 'stylesheet', ${member}: ${JSON.stringify(address)} })
    document.body.append(element)
  })`
// A form as a person would send it, into a frame of the page.
const posts = (address, name, value) =>
  `new Promise((resolve) => {
    const frame = Object.assign(document.createElement('iframe'), { name: 'frame' + Math.random() })
    document.body.append(frame)
    const form = Object.assign(document.createElement('form'),
      { method: 'post', enctype: 'text/plain', action: ${JSON.stringify(address)}, target: frame.name })
    form.append(Object.assign(document.createElement('input'), { name: ${JSON.stringify(name)}, value: ${JSON.stringify(value)} }))
    document.body.append(form)
    frame.onload = () => resolve('sent')
    form.submit()
  })`

async function stand(use) {
  const [port, session] = [await freePort(), await freePort()]
  const settings = (folder) => {
    write(folder, {
      token: `${TOKEN}\n`,
      access: 'f3a1b7c9d2e84650af1b2c3d4e5f6071\n',
      refresh: '07f6e5d4c3b2a1fa056840e2d9c7b1a3\n',
      'web/.env': `TOKEN_SECRET=${PLAIN}\n`,
    })
    return `http = 127.0.0.1:${port}
token_file = ${join(folder, 'token')}
tcp_verbs = status, verify, issue, revoke
[profile web]
app = web
key = TOKEN_SECRET
[profile access]
key_file = ${join(folder, 'access')}
lifetime = 1h
[profile refresh]
key_file = ${join(folder, 'refresh')}
lifetime = 1d
[session]
http = 127.0.0.1:${session}
access = access
refresh = refresh
subject = userData.id
[upstream]
url = http://127.0.0.1:${evil}/login
[store]
url = sqlite:${join(folder, 'sessions.db')}
`
  }
  await verifier(settings, async ({ folder, api, env }) => {
    await succeed([samekey, 'offer', '--name', 'web', '--root', join(folder, 'web')], { env })
    await chromium(['evil.example', 'rebound.example'], async (person) => use({ person: await person(), api, port, session }))
  })
}

const denied = async (api) => Number((await ask(api, '/metrics')).match(/samekey_denied_total\{door="tcp"\} (\d+)/)[1])
const counted = async (api) => (await ask(api, '/metrics')).split('\n').filter((line) => /^samekey_(verify_requests|tokens_issued|tokens_by_key)_total/.test(line)).join('\n')

test('a page of another site, and one of another port here, at the listener with the token', { timeout: 180_000 }, () =>
  stand(async ({ person, api, port }) => {
    const page = await person.page()
    await page.visit(`http://anybody:${TOKEN}@127.0.0.1:${port}/`) // the browser keeps the password
    assert.match(await page.text('main'), /TOKEN_SECRET/)
    const before = await counted(api)
    for (const from of ['evil.example', 'localhost', '127.0.0.1']) {
      await page.visit(`http://${from}:${evil}/`)
      const to = (path) => `http://127.0.0.1:${port}${path}`
      for (const path of ['/', '/readyz', '/metrics', '/healthz', '/v1/secrets', '/v1/drift']) {
        const refused = await denied(api)
        assert.equal(await page.evaluate(reads(to(path))), 'TypeError', `${from} reads ${path}`)
        assert.equal(await page.evaluate(loads('img', 'src', to(path))), 'error')
        assert.equal(await page.evaluate(loads('script', 'src', to(path))), 'error')
        assert.equal(await page.evaluate(loads('link', 'href', to(path))), 'error')
        assert.ok((await denied(api)) >= refused + 4, `${from} asks for ${path}`)
      }
      for (const path of ['/v1/issue', '/v1/verify', '/v1/revoke']) {
        const refused = await denied(api)
        await page.evaluate(sends(to(path), '{"profile":"web","claims":{"sub":"a"}}'))
        await page.evaluate(posts(to(path), '{"profile":"web","claims":{"sub":"a', '"}}'))
        assert.ok((await denied(api)) >= refused + 2, `${from} posts to ${path}`)
        // what needs a preflight gets none
        assert.equal(await page.evaluate(reads(to(path), { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })), 'TypeError')
        assert.equal(await page.evaluate(reads(to(path), { headers: { authorization: `Bearer ${TOKEN}` } })), 'TypeError')
      }
    }
    assert.equal(await counted(api), before)
    await page.visit(`http://127.0.0.1:${port}/`) // who is meant still sees it
    assert.match(await page.text('main'), /TOKEN_SECRET/)
  }))

test('a name that was rebound to this host', { timeout: 180_000 }, () =>
  stand(async ({ person, port, session }) => {
    const page = await person.page()
    for (const path of ['/', '/healthz']) {
      await page.visit(`http://rebound.example:${port}${path}`)
      assert.ok(!VISIBLE.test(await page.evaluate('document.documentElement.textContent')))
    }
    // its own origin: it reads whatever comes, with any header it likes
    for (const path of ['/', '/readyz', '/metrics', '/v1/secrets', '/.well-known/jwks.json'])
      for (const headers of [{}, { authorization: `Bearer ${TOKEN}` }, { 'x-samekey-token': TOKEN }]) {
        const answer = await page.evaluate(reads(path, { headers }))
        assert.match(answer, /^421 /, path)
        assert.ok(!VISIBLE.test(answer), path)
      }
    const issued = await page.evaluate(reads('/v1/issue', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"profile":"web"}' }))
    assert.match(issued, /^421 /)
    // the session listener stands behind proxies, whose names it does not know: no session of another name is there
    await page.visit(`http://rebound.example:${session}/auth/session`)
    assert.match(await page.evaluate(reads('/auth/session')), /^401 /)
  }))

test('pages of others at the session listener: nobody is logged out, and nobody is logged in', { timeout: 180_000 }, () =>
  stand(async ({ person, session }) => {
    const page = await person.page()
    const own = `http://localhost:${session}`
    await page.visit(`${own}/auth/session`)
    const json = { 'content-type': 'application/json' }
    const login = await page.evaluate(reads('/auth/login', { method: 'POST', headers: json, body: JSON.stringify(ACCOUNT) }))
    assert.match(login, /^200 /)
    const mine = await person.cookies()
    assert.equal(Object.keys(mine).length, 2, JSON.stringify(mine))
    for (const from of ['evil.example', 'localhost']) {
      await page.visit(`http://${from}:${evil}/`)
      assert.equal(await page.evaluate(reads(`${own}/auth/session`)), 'TypeError')
      for (const path of ['/auth/logout', '/auth/refresh', '/auth/login']) {
        await page.evaluate(sends(own + path, JSON.stringify({ ...ACCOUNT, email: 'mallory@shop.example' })))
        await page.evaluate(posts(own + path, '{"email":"mallory@shop.example","password":"x', '"}'))
        assert.equal(await page.evaluate(reads(own + path, { method: 'POST', headers: json, body: JSON.stringify(ACCOUNT) })), 'TypeError')
      }
      await page.evaluate(loads('img', 'src', `${own}/auth/logout`))
    }
    assert.deepEqual(Object.values(await person.cookies()).map((cookie) => cookie.value), Object.values(mine).map((cookie) => cookie.value))
    await page.visit(`${own}/auth/session`)
    assert.match(await page.evaluate(reads('/auth/session')), /^200 /)
  }))
