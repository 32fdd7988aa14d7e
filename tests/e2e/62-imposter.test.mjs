// Goal: whatever stands behind the socket and however it answers, the client keeps its deadline, fails
// with an error of its own that repeats nothing that harms a log, and sends no value.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { SamekeyError, connect } from '../../packaging/npm/samekey/client.mjs'

const VALUE = 'canary-7f3a9c1e5b2d8064'
const TIMEOUT = 500
const NONCE = 'A'.repeat(43)

const http = (status, body) => `HTTP/1.1 ${status} x\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
const nonce = http(200, JSON.stringify({ app: 'web', nonces: { KEY: NONCE } }))
const verdict = (answer) => [nonce, http(200, `{"keys":{"KEY":${answer}}}`)]

// Answers each request with the next of these bytes, and then with nothing. Gives what it heard.
async function imposter(answers, use) {
  const folder = mkdtempSync(join(tmpdir(), 'ski.'))
  const socket = join(folder, 'api.sock')
  const connections = new Set()
  let heard = ''
  const server = createServer((connection) => {
    const left = [...answers]
    connections.add(connection)
    connection.on('error', () => {})
    connection.on('data', (bytes) => {
      heard += bytes
      if (left.length) connection.write(left.shift())
    })
  })
  await new Promise((done) => server.listen(socket, done))
  const sk = connect({ socket, timeout: TIMEOUT, app: 'web' })
  try {
    await use(sk)
  } finally {
    sk.close()
    for (const connection of connections) connection.destroy()
    server.close()
    rmSync(folder, { recursive: true })
  }
  return heard
}

const deep = `${'['.repeat(100000)}${']'.repeat(100000)}`
const cases = [
  ['says nothing', 'slow', ''],
  ['never ends its answer', 'slow', nonce.slice(0, -5)],
  ['only says that it will answer', 'slow', 'HTTP/1.1 103 x\r\nA: b\r\n\r\n'.repeat(100)],
  ['changes the protocol', 'protocol', 'HTTP/1.1 101 x\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nx'],
  ['speaks no HTTP', 'protocol', '\0\0\0\0'],
  ['has headers without end', 'protocol', `HTTP/1.1 200 x\r\n${'A: b\r\n'.repeat(20000)}`],
  ['answers 5 MB', 'protocol', http(200, `{"a":"${'x'.repeat(5e6)}"}`)],
  ['redirects', 'protocol', http(302, '{}')],
  ['answers HTML', 'protocol', http(200, '<html>')],
  ['answers null', 'protocol', http(200, 'null')],
  ['refuses with an object for a code', 'protocol', http(403, '{"code":{"toString":1},"detail":{"toString":1}}')],
  ['refuses with a deep detail', 'denied', http(403, `{"code":"x","detail":${deep}}`)],
  ['refuses with a name of every object', 'denied', http(403, '{"code":"__proto__","detail":"x"}')],
  ['refuses with a name of every function', 'slow', http(429, '{"code":"constructor"}')],
  ['refuses with marks and lines', 'denied', http(403, '{"code":"x","detail":"\\u001b[31m\\r\\nforged \\u202e"}')],
  ['refuses at great length', 'denied', http(403, `{"code":"x","detail":"${'d'.repeat(500000)}"}`)],
  ['has an app of 300 letters', 'protocol', http(200, `{"app":"${'w'.repeat(300)}","nonces":{"KEY":"${NONCE}"}}`)],
  ['gives a nonce with a spare bit', 'protocol', http(200, `{"app":"web","nonces":{"KEY":"${'A'.repeat(42)}B"}}`)],
  ['gives nonces of its prototype', 'protocol', http(200, `{"app":"web","__proto__":{"nonces":{"KEY":"${NONCE}"}}}`)],
  ['judges with null', 'protocol', ...verdict('null')],
  ['judges with a text', 'protocol', ...verdict('"same"')],
  ['judges by its prototype', 'protocol', ...verdict('{"__proto__":{"state":"same"}}')],
  ['judges with a number', 'protocol', ...verdict('{"state":1}')],
  ['judges with dialects that are none', 'protocol', ...verdict('{"state":"same","dialects":[1]}')],
]
for (const [what, code, ...answers] of cases)
  test(`who ${what}: ${code}`, async () => {
    const heard = await imposter(answers, async (sk) => {
      const began = Date.now()
      const error = await sk.attest({ KEY: VALUE }).then(assert.fail, (thrown) => thrown)
      assert.ok(error instanceof SamekeyError, error.stack)
      assert.equal(error.code, code)
      assert.equal(typeof error.hint, 'string')
      assert.ok(error.message.length < 2000)
      assert.doesNotMatch(error.message, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/)
      assert.ok(Date.now() - began < 4 * TIMEOUT, `after ${Date.now() - began} ms`)
    })
    assert.ok(!heard.includes(VALUE))
  })

test('nothing but what is said of a value comes back', async () => {
  await imposter(verdict('{"state":"same","at":1,"more":2,"__proto__":5}'), async (sk) => {
    const { KEY } = await sk.attest({ KEY: VALUE })
    assert.deepEqual(Object.keys(KEY), ['state', 'origin', 'dialects', 'spelling', 'text', 'fix', 'at'])
    assert.ok(KEY.at > 1)
  })
})
