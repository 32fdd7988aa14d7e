// Debian's Chromium without a window, over its DevTools protocol on a pipe: pages in contexts that
// share nothing, and their cookies as the browser stores them. Holds no test.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { until } from './stand.mjs'

const ANSWER_MS = 30_000
const WORDS = [
  '--headless=new',
  '--remote-debugging-pipe',
  '--ignore-certificate-errors', // ours is made for the test
  '--no-first-run',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-proxy-server',
  '--password-store=basic',
]

// Commands go to descriptor 3, answers and events come from 4, each ended by a NUL.
function protocol(child) {
  const waiting = new Map()
  let id = 0
  let rest = ''
  child.stdio[4].setEncoding('utf8').on('data', (text) => {
    const messages = (rest + text).split('\0')
    rest = messages.pop()
    for (const { id, result, error } of messages.map((message) => JSON.parse(message))) {
      waiting.get(id)?.({ result, error })
      waiting.delete(id)
    }
  })
  return (method, params = {}, sessionId) =>
    new Promise((resolve, reject) => {
      const mine = ++id
      const timer = setTimeout(() => reject(new Error(`${method}: no answer of the browser`)), ANSWER_MS)
      waiting.set(mine, ({ result, error }) => {
        clearTimeout(timer)
        if (error) reject(new Error(`${method}: ${error.message}`))
        else resolve(result)
      })
      child.stdio[3].write(`${JSON.stringify({ id: mine, method, params, sessionId })}\0`)
    })
}

// A tab: goes to addresses, reads what is there, types and clicks as a person does.
async function openPage(send, browserContextId) {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank', browserContextId })
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true })
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await send(
      'Runtime.evaluate',
      { expression, awaitPromise: true, returnByValue: true },
      sessionId,
    )
    assert.ok(!exceptionDetails, exceptionDetails?.exception?.description)
    return result.value
  }
  const find = (selector) => `document.querySelector(${JSON.stringify(selector)})`
  // loaded, and what can be clicked works
  const shows = (selector) =>
    until(`the page shows ${selector}`, () => evaluate(`!!${find(selector)} && !${find(selector)}.disabled`), ANSWER_MS)
  const page = {
    evaluate,
    shows,
    text: async (selector) => (await shows(selector)) && evaluate(`${find(selector)}.textContent`),
    path: () => evaluate('location.pathname'),
    // gives the path where it ended up
    async visit(url) {
      const { errorText } = await send('Page.navigate', { url }, sessionId)
      assert.ok(!errorText, `${url}: ${errorText}`)
      await until(`${url} is loaded`, () => evaluate("location.protocol !== 'about:' && document.readyState === 'complete'"), ANSWER_MS)
      return page.path()
    },
    async type(selector, text) {
      await shows(selector)
      await evaluate(`${find(selector)}.focus()`)
      await send('Input.insertText', { text }, sessionId)
    },
    async click(selector) {
      await shows(selector)
      const { x, y } = await evaluate(
        `(({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 }))(${find(selector)}.getBoundingClientRect())`,
      )
      for (const type of ['mousePressed', 'mouseReleased'])
        await send('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount: 1 }, sessionId)
    },
    // how large the window is, and what its person prefers
    async window(width, height, scheme) {
      await send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 }, sessionId)
      await send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] }, sessionId)
    },
    // the whole page as a PNG
    async picture(file) {
      const { cssContentSize } = await send('Page.getLayoutMetrics', {}, sessionId)
      const clip = { x: 0, y: 0, width: cssContentSize.width, height: cssContentSize.height, scale: 1 }
      const { data } = await send('Page.captureScreenshot', { clip, captureBeyondViewport: true }, sessionId)
      writeFileSync(file, Buffer.from(data, 'base64'))
    },
    at: (path) => until(`the page is ${path}`, async () => (await page.path()) === path, ANSWER_MS),
  }
  return page
}

// Starts Chromium in which each of `hosts` is 127.0.0.1, hands it to `use`, and ends it in any case.
// `use` gets a function that opens a person's browser: { page(), cookies() }.
export async function chromium(hosts, use) {
  const folder = mkdtempSync(join(tmpdir(), 'chromium.'))
  const words = [...WORDS, `--user-data-dir=${folder}`, `--host-resolver-rules=${hosts.map((host) => `MAP ${host} 127.0.0.1`).join(', ')}`]
  if (process.getuid() === 0) words.push('--no-sandbox') // it has none for root
  const child = spawn('chromium', words, { detached: true, stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text))
  const ended = new Promise((resolve) => child.on('close', resolve).on('error', (error) => resolve((said += error.message))))
  for (const pipe of child.stdio.slice(3)) pipe?.on('error', () => {})
  try {
    const send = protocol(child)
    await Promise.race([
      send('Browser.getVersion'),
      ended.then(() => Promise.reject(new Error(`chromium ended (packaging/install-deps e2e installs it):\n${said}`))),
    ])
    return await use(async () => {
      const { browserContextId } = await send('Target.createBrowserContext')
      return {
        page: () => openPage(send, browserContextId),
        // by name
        cookies: async () => {
          const { cookies } = await send('Storage.getCookies', { browserContextId })
          return Object.fromEntries(cookies.map((cookie) => [cookie.name, cookie]))
        },
      }
    })
  } finally {
    try {
      process.kill(-child.pid, 'SIGKILL') // a group of its own: with what it started
    } catch {
      // it has ended, or never began
    }
    await ended
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}
