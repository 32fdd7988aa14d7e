// Asks samekeyd over its Unix socket. A token that is not good is a value; a verifier that cannot
// be asked is an error, and never a reason to use another key. Needs nothing but node.
// SPDX-License-Identifier: MIT
'use strict'

const { createHash, createHmac } = require('node:crypto')
const { existsSync } = require('node:fs')
const { Agent, request } = require('node:http')

const CLOSE_EXPIRED = 4401 // of a WebSocket whose token has ended
const TIMEOUT_MS = 1000
const CONNECTIONS = 8 // kept at most; samekeyd gives one user 64 by default
const ANSWER_MAX = 1024 * 1024 // bytes
const TOKEN_MAX = 16 * 1024 // bytes; samekeyd takes no longer one
const BATCH_MAX = 64 // tokens of one question, and
const BATCH_BYTES = 60000 // of them as JSON: samekeyd reads 64 KiB by default
const ATTEST_KEYS = 64 // of one question
const ATTEST_LABEL = 'samekey attest v1\0'
const DIGITS_32 = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/ // base64url of 32 bytes
const APP_MAX = 255 // bytes of an app's name
const SAID_MAX = 1000 // characters of what is repeated of an answer
const TIMER_MAX_MS = 0x7fffffff // what setTimeout can wait

const SYSTEM_SOCKET = '/run/samekey/api.sock'

// What a person can do about each way of not reaching the verifier.
const hints = {
  absent: 'start samekeyd, or `samekey run --private-verifier -- ...` while developing; SAMEKEY_API_SOCKET says where it listens',
  refused: 'samekeyd has ended and left its socket behind: start it again',
  denied: 'samekeyd.ini decides: [admit NAME] with uid = and verbs =, as the answer says; then reload samekeyd',
  slow: 'samekeyd is stopped or overloaded: see its log and /metrics; the timeout is an option of connect()',
  unusable: 'samekeyd holds no good key for this profile: ask /readyz, or `samekey status`',
  protocol: 'is another program behind this socket?',
  request: 'see the message; the profiles stand in samekeyd.ini',
  stale: 'the nonce is too old or was used: the route that asks may have been prerendered, or its answer is cached; make it dynamic',
}

// What mends a refusal that says more than its status.
const mends = {
  no_live_bundle: 'start the app with `samekey run`, as the user that it runs as; what a build says of itself is frozen and counts for nothing',
  no_such_key: '`samekey status` lists the keys of the app',
  attests_too_often: 'keep the answer and ask less often: 10 times a minute a key may be proved with a value that nobody knows',
  app_required: "name it: connect({ app }), attest(values, { app }) or SAMEKEY_APP",
}

// What is said instead of an answer that would be frozen.
const PRERENDERED = {
  state: 'prerendered',
  origin: null,
  dialects: [],
  spelling: null,
  text: 'this was said by `next build`: the route that asks is prerendered, and no running server said it',
  fix: "export const dynamic = 'force-dynamic' in the route, then build again",
}

const closed = {
  code: 'denied',
  hint: 'root:samekey 0660; add the user to the group samekey. With an [admit] section in samekeyd.ini the socket is open to all, and the section decides',
}

// What it means that the kernel does not connect.
const causes = {
  ENOENT: { code: 'absent' },
  ECONNREFUSED: { code: 'refused' },
  EACCES: closed,
  EPERM: closed,
  EAGAIN: { code: 'slow' },
  EPROTOTYPE: { code: 'protocol', hint: 'this is the socket for loaders; the API has another one, by default api.sock beside it' },
}

class SamekeyError extends Error {
  constructor(code, message, { socket, status, hint = hints[code], cause } = {}) {
    super(`samekey: ${message}${hint ? ` (hint: ${hint})` : ''}`, { cause })
    this.name = 'SamekeyError'
    this.code = code
    this.socket = socket
    this.hint = hint
    if (status !== undefined) this.status = status
  }
}

function defaultSocket() {
  const named = process.env.SAMEKEY_API_SOCKET
  const runtime = process.env.XDG_RUNTIME_DIR
  if (named) return named
  if (runtime && existsSync(`${runtime}/samekey/api.sock`)) return `${runtime}/samekey/api.sock`
  return SYSTEM_SOCKET
}

function failureOf(error, socket) {
  if (String(error.code).startsWith('HPE_'))
    return new SamekeyError('protocol', `${socket} does not answer as samekeyd does: ${error.code}`, { socket, cause: error })
  const { code, hint } = causes[error.code] ?? { code: 'refused', hint: 'samekeyd ended the connection: see its log' }
  return new SamekeyError(code, `cannot reach samekeyd at ${socket}: ${error.code ?? error.message}`, { socket, hint, cause: error })
}

// One request; gives { status, text }. Without an agent it has a connection of its own.
function exchange({ socket, timeout }, agent, method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    let begun = false
    const asked = request({ socketPath: socket, agent, method, path, headers }, (answer) => {
      begun = true
      const parts = []
      let size = 0
      answer.on('data', (part) => {
        size += part.length
        parts.push(part)
        if (size > ANSWER_MAX)
          asked.destroy(new SamekeyError('protocol', `the answer of ${socket} is too long`, { socket }))
      })
      answer.on('end', () => {
        clearTimeout(timer)
        resolve({ status: answer.statusCode, text: Buffer.concat(parts).toString('utf8') })
      })
      answer.on('error', fail)
    })
    const timer = setTimeout(() => {
      fail(new SamekeyError('slow', `no answer from samekeyd at ${socket} within ${timeout} ms`, { socket }))
      asked.destroy()
    }, timeout)
    function fail(error) {
      clearTimeout(timer)
      error.unasked = asked.reusedSocket && !begun
      reject(error)
    }
    asked.on('error', fail)
    // nobody else takes the connection then: without this, no other event would ever come
    asked.on('upgrade', (_, connection) => {
      connection.destroy()
      fail(new SamekeyError('protocol', `${socket} wants to speak something else than HTTP`, { socket }))
    })
    asked.end(body)
  })
}

async function ask(client, method, path, body) {
  const text = body === undefined ? undefined : JSON.stringify(body)
  for (let { agent } = client; ; agent = false) {
    try {
      return await exchange(client, agent, method, path, text)
    } catch (error) {
      if (error instanceof SamekeyError) throw error
      // a kept connection that samekeyd closed meanwhile, as at its restart: nothing was asked yet.
      // The other kept ones may be closed too, and node not know it yet
      const stale = error.unasked && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      if (!stale) throw failureOf(error, client.socket)
    }
  }
}

function parse(client, { status, text }) {
  try {
    const body = JSON.parse(text)
    if (body && typeof body === 'object') return body
  } catch {
    // said below
  }
  throw new SamekeyError('protocol', `${client.socket} answered ${status} without JSON`, { socket: client.socket, status })
}

const refusals = { 403: 'denied', 409: 'stale', 429: 'slow', 503: 'unusable' }

// A text of an answer as it may stand in a message or a log.
function said(text) {
  if (typeof text !== 'string') return ''
  return text.slice(0, SAID_MAX).replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '?')
}

// What is neither an answer nor the token's fault. Every refusal of samekeyd has a code.
function refusalOf(client, status, body) {
  if (typeof body.code !== 'string')
    return new SamekeyError('protocol', `${client.socket} answered ${status}, and not as samekeyd does`, {
      socket: client.socket,
      status,
    })
  const busy = status === 503 && body.code !== 'key_unusable' // too many connections, or out of memory
  const code = busy ? 'slow' : (refusals[status] ?? 'request')
  const why = [said(body.code), said(body.detail)].filter(Boolean).join(': ')
  return new SamekeyError(code, `samekeyd at ${client.socket} answered ${status}: ${why}`, {
    socket: client.socket,
    status,
    hint: Object.hasOwn(mends, body.code) ? mends[body.code] : hints[code],
  })
}

const unfit = (code, detail) => ({ ok: false, code, detail, stage: 'form' })

// What is wrong with a text that cannot even be asked about: no stranger's text makes the question
// too long, or no JSON, for that would be thrown.
function misfit(token) {
  if (typeof token !== 'string' || !token) return unfit('token_missing', 'no token was given')
  if (token.length > TOKEN_MAX)
    return unfit('too_large', `it has ${token.length} characters, and the most are ${TOKEN_MAX}`)
  if (/[^\t\r\n -~]/.test(token)) return unfit('malformed', 'it holds characters that no token has')
  return undefined
}

// Cuts a list into such as one question holds.
function batches(tokens) {
  const lists = []
  let bytes = Infinity
  for (const token of tokens) {
    const more = JSON.stringify(token).length + 1
    if (bytes + more > BATCH_BYTES || lists.at(-1).length === BATCH_MAX) {
      lists.push([])
      bytes = 0
    }
    lists.at(-1).push(token)
    bytes += more
  }
  return lists
}

// A judgement as the caller sees it; `at` is when it was made.
function judgement(body, at) {
  if (body.active !== true) {
    const { code = 'inactive', detail, stage, kid, alg } = body
    return { ok: false, code, detail, stage, kid, alg }
  }
  const { claims, kid, alg, key_state: keyState, profile } = body
  const expiresAt = typeof body.expires_in === 'number' ? at + body.expires_in * 1000 : undefined
  return { ok: true, claims, kid, alg, keyState, profile, expiresAt }
}

async function post(client, path, body) {
  const answer = await ask(client, 'POST', path, body)
  const given = parse(client, answer)
  if (answer.status !== 200 && answer.status !== 401) throw refusalOf(client, answer.status, given)
  return given
}

function be32(text) {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

// Proves a value; whatever the nonce is, it is no token's signature, since the key is a hash.
function proofOf(app, key, nonce, value) {
  const k = createHash('sha256').update(ATTEST_LABEL).update(value).digest()
  const proof = createHmac('sha256', k).update(nonce).update(be32(app)).update(be32(key)).digest('base64url')
  k.fill(0)
  return proof
}

// The values as bytes or text; what is missing is empty.
function valuesOf(values) {
  return Object.entries(values).map(([key, value]) => {
    if (value !== undefined && value !== null && typeof value !== 'string' && !(value instanceof Uint8Array))
      throw new TypeError(`samekey: ${key} is neither a text nor bytes`)
    return [key, value ?? '']
  })
}

// An object of an answer that has these members and no other.
function exactly(client, object, keys) {
  const found = object && typeof object === 'object' ? Object.keys(object) : []
  if (found.length === keys.length && keys.every((key) => found.includes(key))) return object
  throw new SamekeyError('protocol', `${client.socket} answered for other keys`, { socket: client.socket })
}

function nonceOf(client, text) {
  if (typeof text !== 'string' || !DIGITS_32.test(text))
    throw new SamekeyError('protocol', `${client.socket} gave a nonce that is not 32 bytes, and nothing was proved to it`, {
      socket: client.socket,
    })
  return Buffer.from(text, 'base64url')
}

const isTextOrNull = (value) => value === null || typeof value === 'string'

// What is said of one value: nothing that a program could take for it is made up here.
function attestationOf(client, answer, at) {
  const { state, origin = null, dialects = [], spelling = null, text = '', fix = '' } = answer ?? {}
  const good =
    [state, text, fix].every((value) => typeof value === 'string') &&
    [origin, spelling].every(isTextOrNull) &&
    Array.isArray(dialects) &&
    dialects.every((dialect) => typeof dialect === 'string')
  if (good) return { state, origin, dialects, spelling, text, fix, at }
  throw new SamekeyError('protocol', `${client.socket} did not say what the values are`, { socket: client.socket })
}

// Attests at most ATTEST_KEYS values.
async function attestSome(client, app, values) {
  const keys = values.map(([key]) => key)
  const given = await post(client, '/v1/attest', { app, keys })
  const nonces = exactly(client, given.nonces, keys)
  if (typeof given.app !== 'string' || given.app.length > APP_MAX || (app !== undefined && given.app !== app))
    throw new SamekeyError('protocol', `${client.socket} answered for another app`, { socket: client.socket })
  const attestations = values.map(([key, value]) => ({
    key,
    nonce: nonces[key],
    proof: proofOf(given.app, key, nonceOf(client, nonces[key]), value),
  }))
  const judged = await post(client, '/v1/attest', { app: given.app, attestations })
  const at = Date.now()
  exactly(client, judged.keys, keys)
  return keys.map((key) => [key, attestationOf(client, judged.keys[key], at)])
}

const timers = new WeakMap() // of sockets: the timer that will close each

class Samekey {
  #client

  constructor({ socket = defaultSocket(), timeout = TIMEOUT_MS, profile, app = process.env.SAMEKEY_APP || undefined } = {}) {
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, maxFreeSockets: CONNECTIONS, scheduling: 'lifo' })
    this.#client = { socket, timeout, profile, app, agent }
  }

  get socket() {
    return this.#client.socket
  }

  async verify(token, { profile = this.#client.profile, audience, cookie } = {}) {
    const unasked = misfit(token)
    if (unasked) return unasked
    const body = await post(this.#client, '/v1/verify', { token, profile, aud: audience, cookie })
    return judgement(body, Date.now())
  }

  async verifyBatch(tokens, { profile = this.#client.profile, audience } = {}) {
    const judged = tokens.map(misfit)
    const asked = []
    for (const list of batches(tokens.filter((_, i) => !judged[i]))) {
      const body = await post(this.#client, '/v1/verify-batch', { tokens: list, profile, aud: audience })
      const at = Date.now()
      if (!Array.isArray(body.results) || body.results.length !== list.length)
        throw new SamekeyError('protocol', `${this.socket} judged another number of tokens`, { socket: this.socket })
      asked.push(...body.results.map((result) => judgement(result, at)))
    }
    return judged.map((unasked) => unasked ?? asked.shift())
  }

  async issue(claims, { profile = this.#client.profile, lifetime } = {}) {
    const body = await post(this.#client, '/v1/issue', { claims, profile, lifetime })
    if (typeof body.access_token !== 'string')
      throw new SamekeyError('protocol', `${this.socket} minted no token`, { socket: this.socket })
    return { token: body.access_token, expiresIn: body.expires_in, id: body.jti }
  }

  async health(app) {
    const query = app === undefined ? '' : `?app=${encodeURIComponent(app)}`
    const answer = await ask(this.#client, 'GET', `/readyz${query}`)
    const body = parse(this.#client, answer)
    if (answer.status !== 200 && answer.status !== 503) throw refusalOf(this.#client, answer.status, body)
    return { ready: body.ready === true, reasons: Array.isArray(body.reasons) ? body.reasons : [] }
  }

  // Proves which values this process really uses, and sends none of them. A value that differs from
  // what the app was given is a state, never thrown.
  async attest(values, { app = this.#client.app } = {}) {
    const all = valuesOf(values)
    const answers = []
    // by a name that no bundler replaces: while Next builds, an answer would be frozen
    if (process.env['NEXT_' + 'PHASE'] === 'phase-production-build')
      return Object.fromEntries(all.map(([key]) => [key, { ...PRERENDERED, at: Date.now() }]))
    for (let i = 0; i < all.length; i += ATTEST_KEYS)
      answers.push(...(await attestSome(this.#client, app, all.slice(i, i + ATTEST_KEYS))))
    return Object.fromEntries(answers)
  }

  // Closes a WebSocket when what it was let in with has ended. Called again with a fresh judgement,
  // as after re-authentication in the connection, the new end counts.
  closeAtExpiry(ws, judged, reason = 'token expired') {
    clearTimeout(timers.get(ws))
    if (!judged.ok) {
      ws.close(CLOSE_EXPIRED, reason)
      return
    }
    if (judged.expiresAt === undefined) return
    const look = () => {
      const left = judged.expiresAt - Date.now()
      if (left <= 0) {
        ws.close(CLOSE_EXPIRED, reason)
        return
      }
      const timer = setTimeout(look, Math.min(left, TIMER_MAX_MS))
      timer.unref?.()
      timers.set(ws, timer)
    }
    if (!timers.has(ws)) {
      const stop = () => clearTimeout(timers.get(ws))
      if (typeof ws.once === 'function') ws.once('close', stop)
      else ws.addEventListener?.('close', stop)
    }
    look()
  }

  // Ends the kept connections; the client may be used again.
  close() {
    this.#client.agent.destroy()
  }
}

// Makes a client; nothing is opened before the first question.
function connect(options) {
  return new Samekey(options)
}

// Attests by a client of its own.
async function attest(values, options) {
  const client = connect(options)
  try {
    return await client.attest(values)
  } finally {
    client.close()
  }
}

module.exports = { attest, connect, SamekeyError, CLOSE_EXPIRED }
