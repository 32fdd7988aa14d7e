// Goal: many tabs that refresh at the same moment are one session with one successor, over every way
// in and over two verifiers that share a real Redis; a token that is used again later ends it; and
// what happens while Redis is away is what the settings say.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { test } from 'node:test'

import { ACCESS, REFRESH, ask, ends, familyOf, generationOf, lives, loginApi, redis, sessions, visitor } from './sessions.mjs'
import { pause, until } from './stand.mjs'

const PARALLEL = 200
const CROWD = 300 // more than the usual length of a queue
const all = (count, make) => Promise.all(Array.from({ length: count }, (_, i) => make(i)))

// Uses one token many times at once, by turns at each of `places`; all answers are the same pair.
async function race(places, cookie, agent) {
  const answers = await all(PARALLEL, (i) =>
    ask(places[i % places.length], 'POST', '/auth/refresh', { headers: { cookie: `${REFRESH}=${cookie}` }, agent }),
  )
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  const pairs = new Set(answers.map(({ cookies }) => `${cookies[ACCESS].value} ${cookies[REFRESH].value}`))
  assert.equal(pairs.size, 1)
  const fresh = answers[0].cookies
  assert.equal(generationOf(fresh[REFRESH].value), generationOf(cookie) + 1)
  assert.equal(familyOf(fresh[REFRESH].value), familyOf(cookie))
  return fresh
}

for (const way of ['the Unix socket', 'TCP'])
  test(`${PARALLEL} refreshes of one token at once over ${way}: one successor, and everybody has it`, () =>
    sessions({}, async ({ session, http, visitor, output }) => {
      const who = visitor()
      await who.login()
      const agent = new Agent({ keepAlive: true })
      try {
        const fresh = await race([way === 'TCP' ? http : session], who.cookie(REFRESH), agent)
        for (const [name, { value }] of Object.entries(fresh)) who.jar.set(name, value)
      } finally {
        agent.destroy()
      }
      assert.equal((await who.check()).status, 204)
      assert.equal((await who.refresh()).status, 200, 'the session goes on')
      assert.doesNotMatch(output(), /reuse/)
    }))

test(`${CROWD} connections at once, while samekeyd is busy: they wait, and are answered`, () =>
  sessions({}, async ({ session, http, visitor, pid }) => {
    const who = visitor()
    await who.login()
    for (const to of [session, http]) {
      process.kill(pid(), 'SIGSTOP')
      const headers = { cookie: `${ACCESS}=${who.cookie(ACCESS)}` }
      const asked = all(CROWD, () =>
        ask(to, 'GET', '/auth/check/access', { headers }).then(({ status }) => status, ({ code }) => code),
      )
      await pause(200) // all have tried to connect
      process.kill(pid(), 'SIGCONT')
      assert.deepEqual([...new Set(await asked)], [204])
    }
  }))

test('an old token after the grace ends the session, the newest token too', () =>
  sessions({ 'session/grace': '1s' }, async ({ visitor, output }) => {
    const [who, thief] = [visitor(), visitor()]
    await who.login()
    const stolen = who.cookie(REFRESH)
    assert.equal((await who.refresh()).status, 200)
    thief.jar.set(REFRESH, stolen)
    assert.equal((await thief.refresh()).status, 200, 'within the grace')
    assert.equal(thief.cookie(REFRESH), who.cookie(REFRESH))
    await pause(1100) // the grace itself
    thief.jar.set(REFRESH, stolen)
    const reused = await thief.refresh()
    assert.deepEqual([reused.status, reused.body.code], [401, 'reuse_detected'])
    assert.equal((await who.refresh()).status, 401, 'the newest')
    assert.equal((await who.check()).status, 401, 'its access token')
    assert.match(output(), /reuse/)
  }))

// Two verifiers that share a Redis, each with what it was given; `rules` are for both.
function shared(rules, use) {
  return redis(async (store) => {
    const api = await loginApi()
    const changes = { 'store/url': store.url, ...rules }
    try {
      await sessions(changes, (one) => sessions(changes, (two) => use({ one, two, store }), { api }), { api })
    } finally {
      await api.close()
    }
  })
}

test(`two verifiers with one Redis: ${PARALLEL} refreshes at once, one successor; a logout counts at both`, () =>
  shared({ 'session/grace': '1s' }, async ({ one, two }) => {
    const here = one.visitor()
    const there = visitor(two.session)
    await here.login()
    const old = here.cookie(REFRESH)
    const fresh = await race([one.session, two.session, one.http, two.http], old)
    for (const [name, { value }] of Object.entries(fresh)) {
      here.jar.set(name, value)
      there.jar.set(name, value)
    }
    assert.equal((await there.check()).status, 204)
    assert.equal((await there.refresh()).status, 200)
    assert.equal((await here.refresh()).status, 200, 'within the grace, elsewhere')
    assert.equal(here.cookie(REFRESH), there.cookie(REFRESH))

    assert.equal((await here.logout({ everywhere: true })).status, 200)
    await until('the other one knows', async () => (await there.check()).status === 401, 5000)

    await here.login()
    const stolen = visitor(two.session)
    stolen.jar.set(REFRESH, here.cookie(REFRESH))
    await here.refresh()
    await pause(1100) // the grace itself
    assert.equal((await stolen.refresh()).body.code, 'reuse_detected')
    await until('the first one knows', async () => (await here.check()).status === 401, 5000)
  }))

test('Redis is killed and comes back: closed, or as long as the settings say; then all is as before', () =>
  redis((store) => {
    const rules = { 'store/url': store.url, ...lives('2s') }
    return sessions(rules, (closed) =>
      sessions({ ...rules, 'store/away_check': '30s' }, async (open) => {
        const [who, page] = [closed.visitor(), open.visitor()]
        await who.login()
        await page.login()
        const [before, held] = [new Map(who.jar), new Map(page.jar)]
        await ends(page.cookie(ACCESS))
        await store.kill()

        for (const answer of [await who.check(), await who.refresh(), await who.login(), await who.logout()]) {
          assert.equal(answer.status, 503, JSON.stringify(answer.body))
          assert.deepEqual(answer.cookies, {}, 'nobody is logged out by it')
        }
        const silent = await page.check()
        assert.deepEqual([silent.status, silent.headers['x-auth-claim-userid']], [204, 'user-7'])
        assert.deepEqual(Object.keys(silent.cookies), [ACCESS], 'no successor that nobody would know')
        assert.equal((await page.check()).status, 204)
        assert.equal((await page.refresh()).status, 503)
        assert.match((await ask(closed.verifierApi, 'GET', '/metrics')).body, /^samekey_store_up 0$/m)

        await store.start()
        await until('it is repaired', async () => (await who.check()).status === 204, 15_000)
        assert.equal(generationOf(who.cookie(REFRESH)), generationOf(before.get(REFRESH)) + 1)
        await until('there too', async () => (await page.refresh()).status === 200, 15_000)
        assert.equal(generationOf(page.cookie(REFRESH)), generationOf(held.get(REFRESH)) + 1)
        assert.equal(familyOf(page.cookie(REFRESH)), familyOf(held.get(REFRESH)))
      }),
    )
  }))
