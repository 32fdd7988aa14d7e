// Goal: whatever the API behind the login does, the answer comes in time, is honest, and tells nobody
// a password; and a clock that is set logs nobody out who is not out by the meaning of the times.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { ACCESS, REFRESH, ask, decodeJwt, familyOf, lives, sessions } from './sessions.mjs'
import { pause } from './stand.mjs'

const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'
const QUICK = { 'upstream/timeout': '1s', 'upstream/connect_timeout': '1s' }

// By what the user's name makes the API do.
const faults = [
  ['hangs', 504, 'it never answers'],
  ['drips', 504, 'it sends a byte now and then'],
  ['drops', 502, 'it ends the connection'],
  ['fails', 502, 'it answers 500'],
  ['moves', 502, 'it redirects'],
  ['text', 502, 'it answers with a page'],
  ['cut', 502, 'half a JSON'],
  ['types', 502, 'numbers and lists where texts belong'],
  ['bare', 502, 'nothing says who it is'],
  ['crlf', 502, 'tokens that no cookie can hold'],
  ['huge', 502, 'an answer without end'],
]

test('the API behind the login is broken in every way', () =>
  sessions(QUICK, async ({ visitor, api }) => {
    for (const [user, status, name] of faults) {
      const who = visitor()
      const began = Date.now()
      const answer = await who.login(`${user}@shop.example`)
      assert.equal(answer.status, status, `${name}: ${JSON.stringify(answer.body)}`)
      assert.deepEqual(Object.keys(answer.cookies), [], name)
      assert.deepEqual(Object.keys(answer.body).sort(), ['code', 'error'], name)
      assert.ok(Date.now() - began < 3000, `${name}: ${Date.now() - began} ms`)
    }
    assert.equal(api.elsewhere, 0, 'the password went where the redirect pointed')
    assert.equal((await visitor().login()).status, 200, 'and then it works again')
  }))

test('many logins that hang keep nobody else waiting', () =>
  sessions(QUICK, async ({ visitor }) => {
    const who = visitor()
    await who.login()
    const hanging = Array.from({ length: 40 }, () => visitor().login('hangs@shop.example'))
    const began = Date.now()
    assert.equal((await who.check()).status, 204)
    assert.equal((await who.refresh()).status, 200)
    assert.equal((await visitor().login('user-8@shop.example')).status, 200)
    assert.ok(Date.now() - began < 800, `${Date.now() - began} ms`)
    for (const { status } of await Promise.all(hanging)) assert.ok([503, 504].includes(status), String(status))
  }))

test('nobody listens there: 502 at once, and sessions go on', () =>
  sessions(QUICK, async ({ visitor, api }) => {
    const who = visitor()
    await who.login()
    await api.close()
    const began = Date.now()
    assert.equal((await visitor().login()).status, 502)
    assert.ok(Date.now() - began < 1000)
    assert.equal((await who.refresh()).status, 200)
    assert.equal((await who.check()).status, 204)
  }))

// samekeyd with a clock that can be set by hours while it runs; `use` gets set(hours) as well.
function withClock(changes, use) {
  const folder = mkdtempSync(join(tmpdir(), 'clock.'))
  const file = join(folder, 'step')
  const set = (hours) => writeFileSync(file, `${hours < 0 ? '-' : '+'}${Math.abs(hours)}h\n`)
  set(0)
  const env = { LD_PRELOAD: FAKETIME, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_DONT_FAKE_MONOTONIC: '1', FAKETIME_NO_CACHE: '1' }
  const done = () => rmSync(folder, { recursive: true })
  // the file with the time lies where the sandbox opens nothing
  const open = { 'sandbox/landlock': 'no', ...changes }
  return sessions(open, (stand) => use({ ...stand, set }), { env }).finally(done)
}
const iat = (token) => decodeJwt(token).iat

test('the clock is set forth by an hour and back: everybody stays, nothing looks like reuse', () => {
  assert.ok(existsSync(FAKETIME), 'packaging/install-deps e2e installs libfaketime')
  return withClock({}, async ({ visitor, session, set, output }) => {
    const all = [visitor(), visitor(), visitor()]
    for (const who of all) await who.login()
    const [idle, busy, torn] = all
    const family = familyOf(torn.cookie(REFRESH))

    // many refreshes of one token, in the midst of which the clock is set
    const tear = async (hours) => {
      const cookie = `${REFRESH}=${torn.cookie(REFRESH)}`
      const refresh = () => ask(session, 'POST', '/auth/refresh', { headers: { cookie } })
      const answers = Array.from({ length: 60 }, refresh)
      set(hours)
      answers.push(...Array.from({ length: 60 }, refresh))
      const done = await Promise.all(answers)
      assert.deepEqual([...new Set(done.map(({ status }) => status))], [200])
      assert.equal(new Set(done.map(({ cookies }) => cookies[REFRESH].value)).size, 1)
      torn.jar.set(REFRESH, done.at(-1).cookies[REFRESH].value)
      torn.jar.set(ACCESS, done.at(-1).cookies[ACCESS].value)
    }
    await tear(1)
    assert.equal((await busy.check()).status, 204, 'the access token is over, the refresh token is not')
    assert.ok(iat(busy.cookie(ACCESS)) > Date.now() / 1000 + 3500, 'the clock was set')
    assert.equal((await torn.check()).status, 204)
    await tear(0)
    // what was made while the clock was ahead
    assert.equal((await busy.check()).status, 204)
    assert.equal((await busy.refresh()).status, 200)
    assert.ok(Math.abs(iat(busy.cookie(ACCESS)) - Date.now() / 1000) < 5, 'issued by the clock as it is now')
    assert.equal((await torn.check()).status, 204)
    await tear(-1)
    for (const who of all) assert.equal((await who.check()).status, 204)
    for (const who of all) assert.equal((await who.refresh()).status, 200)
    set(0)
    for (const who of all) assert.equal((await who.check()).status, 204)
    assert.equal(familyOf(torn.cookie(REFRESH)), family)
    assert.equal((await idle.session()).status, 200)
    assert.doesNotMatch(output(), /reuse/)
  })
})

test('what is over by the clock is over, and a grace that has passed does not come back', () =>
  withClock({ 'session/grace': '1s', ...lives('15m', '2h') }, async ({ visitor, set }) => {
    const [late, who, thief] = [visitor(), visitor(), visitor()]
    await late.login()
    set(3)
    assert.equal((await late.check()).status, 401)
    set(0)
    await who.login()
    thief.jar.set(REFRESH, who.cookie(REFRESH))
    await who.refresh()
    await pause(1100) // the grace itself
    set(-1)
    assert.equal((await thief.refresh()).body.code, 'reuse_detected')
    assert.equal((await who.check()).status, 401)
  }))
