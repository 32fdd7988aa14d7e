// A samekeyd of the tests' own in a scratch folder, secrets handed to it by `samekey offer`, and the
// client that packaging/npm ships. Also what every part shares: a seeded generator and the tally.
// SPDX-License-Identifier: MIT
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const require = createRequire(import.meta.url)
const { connect } = require(join(root, 'packaging/npm/samekey/client.cjs'))
const DEADLINE_MS = 20_000
const SHOWN = Number(process.env.SHOWN ?? 10) // differences that are printed

const samekey = process.env.SAMEKEY ?? join(root, 'build/samekey')
const samekeyd = process.env.SAMEKEYD ?? join(root, 'build/samekeyd')
export const seconds = Number(process.env.PEERS_SECONDS ?? 20)
export const PROFILES_MAX = 64 // of one samekeyd
export const seed = Number(process.env.PEERS_SEED ?? Math.floor(Math.random() * 1e9))

// A package of one of the stacks, as that stack's programs get it.
export function stack(name) {
  const folder = join(process.env.PEERS_STACKS ?? join(root, 'build/peers/stacks'), name)
  return {
    folder,
    require: createRequire(join(folder, 'x.js')),
    import: (path) => import(join(folder, 'node_modules', path)),
  }
}

// Numbers from a seed (mulberry32), and choices by them.
export function chance(start) {
  let state = start >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const below = (limit) => Math.floor(next() * limit)
  return {
    below,
    one: (list) => list[below(list.length)],
    once: (times) => below(times) === 0, // in so many
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  }
}

// Counts what was tried, keeps what was wrong, and ends the program with both.
export class Tally {
  tried = 0
  wrong = []
  counts = {}

  check(good, say) {
    this.tried++
    if (!good) this.wrong.push(typeof say === 'function' ? say() : say)
  }

  count(name) {
    this.counts[name] = (this.counts[name] ?? 0) + 1
  }

  end(what) {
    for (const text of this.wrong.slice(0, SHOWN)) console.log(`  ${text}`)
    const counts = Object.entries(this.counts).map(([name, count]) => `, ${count} ${name}`)
    console.log(`${this.tried} ${what}, ${this.wrong.length} wrong${counts.join('')}`)
    process.exitCode = this.wrong.length || !this.tried ? 1 : 0
  }
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

// Polls until `ask` gives true, or `over` does; errors of `ask` count as not yet.
async function until(what, ask, over) {
  const end = Date.now() + DEADLINE_MS
  for (;;) {
    if (await ask().catch(() => false)) return
    if (over()) throw new Error(`${what}: it has ended`)
    if (Date.now() > end) throw new Error(`${what}: not within ${DEADLINE_MS} ms`)
    await pause(20)
  }
}

const section = ([head, settings]) =>
  `[${head}]\n${Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('')}\n`

export class Stand {
  // `sections`: of samekeyd.ini, as [head, settings].
  static async start(sections) {
    const stand = new Stand()
    stand.folder = mkdtempSync(join(tmpdir(), 'skp.'))
    stand.handoff = join(stand.folder, 'handoff.sock')
    stand.api = join(stand.folder, 'api.sock')
    stand.env = { PATH: process.env.PATH, HOME: stand.folder, XDG_STATE_HOME: stand.folder }
    for (const name of ['ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS'])
      if (process.env[name]) stand.env[name] = process.env[name]
    const ini = join(stand.folder, 'samekeyd.ini')
    const own = [
      ['listen', { handoff: stand.handoff, api: stand.api }],
      ['limits', { body: '1M' }],
    ]
    writeFileSync(ini, [...own, ...sections].map(section).join(''), { mode: 0o600 })
    // a file, which takes what it says while this process waits for another one
    const log = openSync(join(stand.folder, 'log'), 'w')
    stand.daemon = spawn(samekeyd, ['--ini', ini], { env: stand.env, stdio: ['ignore', 'ignore', log] })
    closeSync(log)
    stand.ended = new Promise((resolve) => stand.daemon.on('close', (code) => resolve((stand.code = code ?? -1))))
    stand.client = connect({ socket: stand.api, timeout: DEADLINE_MS })
    try {
      const answers = async () => (await stand.ask('GET', '/healthz')).status === 200
      await until('samekeyd', answers, () => stand.code !== undefined)
    } catch (error) {
      throw new Error(`${error.message}\n${stand.log}`)
    }
    return stand
  }

  get log() {
    return readFileSync(join(this.folder, 'log'), 'utf8')
  }

  // Hands secrets over for an app: files of a secrets folder, so that every byte counts, and other
  // files of the app, such as .env.
  offer(app, { secrets = {}, files = {}, words = [] }) {
    const folder = join(this.folder, app)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(join(folder, 'secrets'), { recursive: true })
    for (const [name, value] of Object.entries(secrets))
      writeFileSync(join(folder, 'secrets', name), value, { mode: 0o600 })
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 })
    const options = ['--name', app, '--socket', this.handoff, '--secrets', join(folder, 'secrets'), '--quiet']
    execFileSync(samekey, ['offer', ...options, ...words], {
      cwd: folder,
      env: this.env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    return folder
  }

  // One request past the client.
  ask(method, target, body, type = 'application/json', more = {}) {
    return new Promise((resolve, reject) => {
      const own = body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }
      const headers = { ...own, ...more }
      const asked = request({ socketPath: this.api, method, path: target, headers, agent: false }, (answer) => {
        const parts = []
        answer.on('data', (part) => parts.push(part))
        answer.on('end', () => {
          const text = Buffer.concat(parts).toString()
          resolve({ status: answer.statusCode, text, headers: answer.headers })
        })
      })
      asked.on('error', reject)
      asked.setTimeout(DEADLINE_MS, () => asked.destroy(new Error('no answer')))
      asked.end(body)
    })
  }

  // The diagnosis of a token; a user may not ask without end, and waits.
  async diagnose(token, profile) {
    for (;;) {
      const { status, text } = await this.ask('POST', '/v1/diagnose', JSON.stringify({ token, profile }))
      if (status === 200) return JSON.parse(text)
      if (status !== 429) throw new Error(`diagnose: ${status} ${text}`)
      await pause(100)
    }
  }

  // Ends the daemon, which must do so without complaint.
  async stop() {
    this.client.close()
    if (this.code === undefined) this.daemon.kill('SIGTERM')
    const code = await this.ended
    const said = this.log.slice(-4000)
    rmSync(this.folder, { recursive: true, force: true })
    if (code !== 0) throw new Error(`samekeyd ended with ${code}\n${said}`)
  }
}

// Runs a part with a daemon and ends it whatever happens.
export async function withStand(sections, part) {
  const stand = await Stand.start(sections)
  try {
    await part(stand)
  } finally {
    await stand.stop()
  }
}

export const versionOf = (folder, name) =>
  JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'))).version
