// What the end-to-end tests stand on: app folders with real packages, programs that run to their
// end, servers on 127.0.0.1 that are stopped by process group. Holds no test.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const build = join(here, '../../build/e2e')
const DEADLINE_MS = 60_000
const BUILD_DEADLINE_MS = 240_000

export const samekey = process.env.SAMEKEY ?? join(here, '../../build/samekey')
export const samekeyd = process.env.SAMEKEYD ?? join(here, '../../build/samekeyd')
export const client = join(here, '../../packaging/npm/samekey')

// The secrets of all tests. None of them may show in what samekey or a server prints.
export const DOLLAR = '$kR7fQz2mWv9LxT4bNc8Jp0HsYd3GuEa'
export const PLAIN = 'Xw3nV8rTq1ZbK6yHc0LmD5sPg9JfRe2u'
export const OTHER = 'Ub7oE4jNs2MxC9vQw6TzA1kYh8GdFi3p'
const secrets = [DOLLAR, PLAIN, OTHER]

// Which installed versions of Next a test runs on: 'main' is the newest, or with E2E=full every one;
// 'older' is all but the newest.
export function versions(which) {
  const all = readdirSync(join(build, 'cache'))
    .filter((name) => name.startsWith('next-'))
    .sort()
    .reverse()
  if (which === 'older') return all.slice(1)
  return process.env.E2E === 'full' ? all : all.slice(0, 1)
}

export function toolOf(stack, program) {
  return join(build, 'cache', stack, 'node_modules/.bin', program)
}

// A repository with one app in it: .../shop/web, of a folder of apps/, the packages as hard links. Old
// ones go first.
export function makeApp(name, stack, files = {}, of = 'next') {
  const root = join(build, 'work', name, 'shop')
  const folder = join(root, 'web')
  rmSync(root, { recursive: true, force: true })
  mkdirSync(join(root, '.git'), { recursive: true })
  cpSync(join(here, 'apps', of), folder, { recursive: true })
  cpSync(join(here, 'stacks', stack, 'package.json'), join(folder, 'package.json'))
  execFileSync('cp', ['-al', join(build, 'cache', stack, 'node_modules'), folder])
  cpSync(client, join(folder, 'node_modules/samekey'), { recursive: true })
  write(folder, files)
  return { root, folder, next: join(folder, 'node_modules/.bin/next') }
}

export function write(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text, { mode: 0o600 })
  }
}

// Takes away every settings file of a folder and lays these.
export function lay(folder, files) {
  for (const name of readdirSync(folder))
    if (name === '.env' || name.startsWith('.env.') || name === 'samekey.ini')
      rmSync(join(folder, name))
  write(folder, files)
}

// Nothing of the caller's surroundings but what programs need, nor a verifier of this host.
export function surroundings(extra) {
  const env = { NEXT_TELEMETRY_DISABLED: '1', NO_UPDATE_NOTIFIER: '1', npm_config_update_notifier: 'false' }
  if (existsSync('/run/samekey')) env.SAMEKEY_SOCKET = join(build, 'nobody')
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'LC_ALL', 'ASAN_OPTIONS', 'UBSAN_OPTIONS'])
    if (process.env[name]) env[name] = process.env[name]
  return { ...env, ...extra }
}

function start([program, ...words], { cwd, env = {} }) {
  const child = spawn(program, words, {
    cwd,
    env: surroundings(env),
    detached: true, // a group of its own: stop() reaches what it spawned
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const running = { child, output: '', ended: false }
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (running.output += text))
  running.end = new Promise((resolve) => {
    child.on('error', (error) => (running.output += error.message))
    child.on('close', (code) => {
      running.ended = true
      resolve(code)
    })
  })
  return running
}

function signal(running, name) {
  try {
    process.kill(-running.child.pid, name)
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

// Polls until `ask` gives something; its errors count as nothing.
export async function until(what, ask, deadline = DEADLINE_MS) {
  const end = Date.now() + deadline
  let last
  for (;;) {
    try {
      const answer = await ask()
      if (answer) return answer
    } catch (error) {
      if (error.final) throw error
      last = error
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${deadline} ms: ${last?.message ?? ''}`)
    await pause(50)
  }
}

export function keepsSecrets(output) {
  for (const secret of secrets) assert.ok(!output.includes(secret), `a secret was printed:\n${output}`)
}

// Runs to the end. Gives { code, output }.
export async function run(command, options) {
  const running = start(command, options)
  const timer = setTimeout(() => signal(running, 'SIGKILL'), options.deadline ?? BUILD_DEADLINE_MS)
  const code = await running.end
  clearTimeout(timer)
  keepsSecrets(running.output)
  return { code, output: running.output }
}

export async function succeed(command, options) {
  const { code, output } = await run(command, options)
  assert.equal(code, 0, `${command.join(' ')}:\n${output}`)
  return output
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

// Starts a server, hands it to `use` once it answers on its port, and stops it in any case.
// `command` is made from the port, a free one or that of `options`. `use` gets { port, get, json,
// output, pid, ended }.
export async function serve(command, options, use) {
  const port = options.port ?? (await freePort())
  const words = command(port)
  const running = start(words, {
    ...options,
    env: { ...options.env, ...(options.portName ? { [options.portName]: String(port) } : {}) },
  })
  const get = async (path) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(20_000) })
    const text = await answer.text()
    assert.equal(answer.status, 200, text.slice(0, 500))
    return text
  }
  try {
    await until(`${words.join(' ')} listens`, async () => {
      if (running.ended)
        throw Object.assign(new Error(`ended early:\n${running.output}`), { final: true })
      await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(20_000) })
      return true
    })
    return await use({
      port,
      get,
      json: async (path) => JSON.parse(await get(path)),
      output: () => running.output,
      pid: running.child.pid,
      ended: () => running.ended,
    })
  } catch (error) {
    if (!error.final) error.message += `\n${running.output}`
    throw error
  } finally {
    signal(running, 'SIGTERM')
    const timer = setTimeout(() => signal(running, 'SIGKILL'), 5000)
    await running.end
    clearTimeout(timer)
    signal(running, 'SIGKILL') // what a start script left behind
    keepsSecrets(running.output)
  }
}

// Starts a program, hands it to `use` while it runs, and ends it and what it spawned in any case.
export async function background(command, options, use) {
  const running = start(command, options)
  try {
    return await use(running.child)
  } catch (error) {
    error.message += `\n${running.output}`
    throw error
  } finally {
    signal(running, 'SIGTERM')
    const timer = setTimeout(() => signal(running, 'SIGKILL'), 5000)
    await running.end
    clearTimeout(timer)
    signal(running, 'SIGKILL')
    keepsSecrets(running.output)
  }
}

export const nextStart = (app) => (port) => [app.next, 'start', '-H', '127.0.0.1', '-p', String(port)]
export const withSamekey = (command, ...options) => (port) =>
  [samekey, 'run', ...options, '--', ...command(port)]

// Starts samekeyd with sockets of its own in a folder with a short path, hands it to `use` once it
// answers, and stops it in any case. `ini` may be made of that folder; `more` is for its environment.
// `use` gets { folder, api, env, output, pid, restart }: `env` tells samekey and its clients where it
// is.
export async function verifier(ini, use, more = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ske.'))
  const [handoff, api] = ['handoff.sock', 'api.sock'].map((name) => join(folder, name))
  const rules = typeof ini === 'function' ? ini(folder) : ini
  write(folder, { 'samekeyd.ini': `[listen]\nhandoff = ${handoff}\n${rules}` })
  const env = { SAMEKEY_SOCKET: handoff, SAMEKEY_API_SOCKET: api, XDG_STATE_HOME: folder }
  let running
  const stop = async () => {
    signal(running, 'SIGTERM')
    assert.equal(await running.end, 0, running.output)
  }
  const begin = async () => {
    const before = running?.output ?? ''
    running = start([samekeyd, '--ini', join(folder, 'samekeyd.ini')], { cwd: folder, env: { ...env, ...more } })
    running.output = before
    await until('samekeyd listens', () => {
      if (running.ended) throw Object.assign(new Error(`ended early:\n${running.output}`), { final: true })
      return existsSync(api)
    })
  }
  try {
    await begin()
    return await use({
      folder,
      api,
      env,
      output: () => running.output,
      pid: () => running.child.pid,
      restart: () => stop().then(begin),
    })
  } finally {
    await stop()
    keepsSecrets(running.output)
    rmSync(folder, { recursive: true })
  }
}

// The end that no server may reach: samekey refuses, says why, and starts nothing.
export async function refused(command, options, ...says) {
  const { code, output } = await run(command(await freePort()), { ...options, deadline: DEADLINE_MS })
  assert.equal(code, 78, output)
  for (const text of says) assert.ok(output.includes(text), `does not say '${text}':\n${output}`)
}
