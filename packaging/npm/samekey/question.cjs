// One question to samekeyd over its Unix socket, and what stands between it and an answer.
// SPDX-License-Identifier: MIT
'use strict'

const { request } = require('node:http')

const ANSWER_MAX = 1024 * 1024 // bytes
const SAID_MAX = 1000 // characters of what is repeated of an answer

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
  return text.slice(0, SAID_MAX).replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '?')
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

// What the verifier answers to a question that it can be asked: a refused token is an answer too.
async function post(client, path, body) {
  const answer = await ask(client, 'POST', path, body)
  const given = parse(client, answer)
  if (answer.status !== 200 && answer.status !== 401) throw refusalOf(client, answer.status, given)
  return given
}

module.exports = { ask, parse, post, refusalOf, SamekeyError }
