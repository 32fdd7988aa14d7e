// Who logs in: pages, silent refreshes, two tabs at the same moment, WebSockets, and the end, after which
// nothing of the session may live.
// SPDX-License-Identifier: MIT
import { ACCESS, PASSWORD, REFRESH, decodeJwt, familyOf, generationOf } from '../e2e/sessions.mjs'

const USERS = ['user-7', 'user-8']
const GRACE_MS = 20_000
const SURELY_MS = GRACE_MS - 5000 // within the grace, whatever the machine did
const LIFE_MS = 25_000 // a session that is older logs out: long before its tokens could be over
const REFRESHES = 12 // of one session; 16 in one grace would be held back
const REMEMBERED = 300

const isOver = (token, margin = 2) => decodeJwt(token).exp - margin <= Date.now() / 1000
const claimsOf = (token) => token.slice(0, token.lastIndexOf('.'))

// A minted token is signed by the newest key that is known.
function judgeMinted(world, token, name, floor) {
  const ring = world.site.rings.auth
  const number = ring.signerOf(token, name)
  if (number < 0) world.book.fault('a session has a token of a key that was never given')
  else if (number < floor) world.book.fault(`a session has a token of a key ${floor - number} sets old`)
}

function take(world, me, cookies, floor) {
  if (cookies[ACCESS]) {
    me.access = cookies[ACCESS].value
    judgeMinted(world, me.access, 'ETLS_ACCESS', floor)
    if (decodeJwt(me.access).userId !== me.id) world.book.fault('a session has a token of another user')
    me.old.push(me.access)
  }
  if (!cookies[REFRESH] || cookies[REFRESH].value === me.refresh) return
  const token = cookies[REFRESH].value
  judgeMinted(world, token, 'ETLS_REFRESH', floor)
  if (me.refresh && generationOf(token) !== generationOf(me.refresh) + 1)
    world.book.fault(`generation ${generationOf(me.refresh)} gave ${generationOf(token)}`)
  me.refresh = token
  me.usedFirst = undefined
  me.refreshes++
}

// A session was refused: that is right when the keys of its token are out of the window, or when it was
// not answered for longer than the grace.
function lockedOut(world, me, floor, how, code) {
  const ring = world.site.rings.auth
  const number = ring.signerOf(me.refresh, 'ETLS_REFRESH')
  me.over = true
  if (!ring.mustPass(number, floor)) return world.book.count('sessions outrun by rotations')
  if (me.usedFirst && Date.now() - me.usedFirst > SURELY_MS) return world.book.count('sessions not answered within the grace')
  return world.book.fault(`${how} locked a session out: ${code}, ${ring.written - number} sets old, generation ${generationOf(me.refresh)}`)
}

async function login(world, die) {
  const id = die.one(USERS)
  const floor = world.site.rings.auth.confirmed
  const answer = await world.ask.login(`${id}@shop.example`, PASSWORD)
  if (!answer) return undefined
  if (answer.status !== 200) return world.book.fault(`login: ${answer.status} ${answer.body.code}`)
  const me = { id, began: Date.now(), refreshes: 0, old: [] }
  take(world, me, answer.cookies, floor)
  world.book.count('logins')
  return me
}

async function check(world, die, me) {
  const floor = world.site.rings.auth.confirmed
  const before = me.usedFirst
  me.usedFirst ??= Date.now() // it may be refreshed, and nobody hear of it
  const answer = await world.ask.check(die.happens(0.3) ? { refresh: me.refresh } : me)
  if (!answer) return
  if (answer.status === 401) return lockedOut(world, me, floor, 'a check', answer.body.code)
  if (answer.status !== 204) world.book.fault(`check: ${answer.status}`)
  if (answer.headers['x-auth-claim-userid'] !== me.id) world.book.fault('a check mistook one user for another')
  if (answer.cookies[REFRESH]) world.book.count('silent refreshes')
  me.usedFirst = before
  take(world, me, answer.cookies, floor)
}

async function page(world, die, me) {
  const floor = world.site.rings.auth.confirmed
  const before = me.usedFirst
  me.usedFirst ??= Date.now()
  const answer = await world.ask.sessionPage(me)
  if (!answer) return
  if (answer.status === 302) return lockedOut(world, me, floor, 'a page', 'sent to the login page')
  if (answer.status !== 200 || answer.body.user !== me.id) world.book.fault(`a page: ${answer.status}, or another user's`)
  if (answer.cookies[REFRESH]) world.book.count('silent refreshes')
  me.usedFirst = before
  take(world, me, answer.cookies, floor)
}

// Two tabs: whoever is answered has the same successor.
async function refreshTwice(world, die, me) {
  const floor = world.site.rings.auth.confirmed
  me.usedFirst ??= Date.now()
  const answers = (await Promise.all([world.ask.refresh(me), world.ask.refreshByProxy(me)])).filter(Boolean)
  const good = answers.filter(({ status }) => status === 200)
  const bad = answers.find(({ status }) => status !== 200)
  if (bad) lockedOut(world, me, floor, 'a refresh', `${bad.status} ${bad.body.code}`)
  if (good.length === 0) return
  if (new Set(good.map(({ cookies }) => claimsOf(cookies[REFRESH].value))).size > 1) world.book.fault('two tabs got two successors')
  world.book.count('refreshes', good.length)
  take(world, me, good[0].cookies, floor)
}

async function socket(world, die, me) {
  if (isOver(me.access)) return
  const ring = world.site.rings.auth
  const floor = ring.confirmed
  const said = await world.ask.socket(me.access)
  if (said === undefined) return
  world.book.count('WebSockets')
  if (said === 401 && !isOver(me.access) && ring.mustPass(ring.signerOf(me.access), floor)) world.book.fault('a WebSocket refused who is logged in')
  if (said !== 401 && said !== `hello ${me.id}`) world.book.fault('a WebSocket mistook one user for another')
}

// Ends it, in one of two ways; what was answered is held against everything that comes later.
async function leave(world, die, me) {
  const out = die.happens(0.7)
  const answer = await (out ? world.ask.logout(me) : world.ask.revoke(familyOf(me.refresh)))
  me.over = true
  if (!answer) return
  if (answer.status !== 200) return world.book.fault(`${out ? 'logout' : 'revoke'}: ${answer.status}`)
  if (!out && answer.body.revoked !== 1) return world.book.fault(`revoked ${answer.body.revoked} sessions`)
  world.book.count(out ? 'logouts' : 'revocations')
  world.ended.push({ refresh: me.refresh, access: die.one(me.old.slice(-3)), id: me.id, by: out ? 'logout' : 'revoke', at: Date.now() })
  if (world.ended.length > REMEMBERED) world.ended.shift()
}

const STEPS = { check: 3, page: 3, refresh: 1, socket: 2, leave: 0.4 }

// One step of one person; gives the session that goes on.
export async function step(world, die, me) {
  if (!me) return login(world, die)
  const ring = world.site.rings.auth
  const isOld = ring.signerOf(me.refresh, 'ETLS_REFRESH') < ring.written - 1
  const isDone = Date.now() - me.began > LIFE_MS || me.refreshes >= REFRESHES
  const what = isDone ? 'leave' : isOld ? 'refresh' : die.of(STEPS)
  if (what === 'leave') await leave(world, die, me)
  else await { check, page, refresh: refreshTwice, socket }[what](world, die, me)
  return me.over ? undefined : me
}

// Nothing of a session that was ended works.
const HAUNTS = {
  refresh: async (world, { refresh }) => (await world.ask.refresh({ refresh }))?.status === 200,
  check: async (world, { access }) => (await world.ask.check({ access }))?.status === 204,
  both: async (world, { access, refresh }) => (await world.ask.check({ access, refresh }))?.status === 204,
  page: async (world, { access, refresh }) => (await world.ask.sessionPage({ access, refresh }))?.status === 200,
  verify: async (world, { access }) => (await world.ask.verify('access', access))?.status === 200,
  socket: async (world, { access }) => String((await world.ask.socket(access)) ?? '').startsWith('hello'),
}

export async function haunt(world, die, one = world.ended.length && die.one(world.ended), how = die.one(Object.keys(HAUNTS))) {
  if (!one) return
  const alive = await HAUNTS[how](world, one)
  world.book.count('ended sessions tried')
  if (!alive) return
  world.book.tell(`family ${familyOf(one.refresh)}, ended by ${one.by} ${Date.now() - one.at} ms ago, its generation ${generationOf(one.access)}`)
  world.book.fault(`an ended session is alive: ${how}`)
}
