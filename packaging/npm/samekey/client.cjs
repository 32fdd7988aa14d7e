// Asks samekeyd about tokens. A token that is not good is a value; a verifier that cannot be asked is
// an error, and never a reason to use another key. Needs nothing but node.
// SPDX-License-Identifier: MIT
'use strict'

const { existsSync } = require('node:fs')
const { Agent } = require('node:http')

const { attestAll } = require('./attest.cjs')
const { ask, parse, post, refusalOf, SamekeyError } = require('./question.cjs')

const CLOSE_EXPIRED = 4401 // of a WebSocket whose token has ended
const TIMEOUT_MS = 1000
const CONNECTIONS = 8 // kept at most; samekeyd gives one user 64 by default
const TOKEN_MAX = 16 * 1024 // bytes; samekeyd takes no longer one
const BATCH_MAX = 64 // tokens of one question, and
const BATCH_BYTES = 60000 // of them as JSON: samekeyd reads 64 KiB by default
const TIMER_MAX_MS = 0x7fffffff // what setTimeout can wait

const SYSTEM_SOCKET = '/run/samekey/api.sock'

function defaultSocket() {
  const named = process.env.SAMEKEY_API_SOCKET
  const runtime = process.env.XDG_RUNTIME_DIR
  if (named) return named
  if (runtime && existsSync(`${runtime}/samekey/api.sock`)) return `${runtime}/samekey/api.sock`
  return SYSTEM_SOCKET
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
function judgement(client, body, at) {
  if (body?.active !== true) {
    const { code = body?.active === false ? 'inactive' : undefined, detail, stage, kid, alg } = body ?? {}
    if (typeof code === 'string') return { ok: false, code, detail, stage, kid, alg }
    throw new SamekeyError('protocol', `${client.socket} did not say whether the token is good`, { socket: client.socket })
  }
  const { claims, kid, alg, key_state: keyState, profile } = body
  const expiresAt = typeof body.expires_in === 'number' ? at + body.expires_in * 1000 : undefined
  return { ok: true, claims, kid, alg, keyState, profile, expiresAt }
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
    return judgement(this.#client, body, Date.now())
  }

  async verifyBatch(tokens, { profile = this.#client.profile, audience } = {}) {
    const judged = tokens.map(misfit)
    const asked = []
    for (const list of batches(tokens.filter((_, i) => !judged[i]))) {
      const body = await post(this.#client, '/v1/verify-batch', { tokens: list, profile, aud: audience })
      const at = Date.now()
      if (!Array.isArray(body.results) || body.results.length !== list.length)
        throw new SamekeyError('protocol', `${this.socket} judged another number of tokens`, { socket: this.socket })
      asked.push(...body.results.map((result) => judgement(this.#client, result, at)))
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
    return attestAll(this.#client, app, values)
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
