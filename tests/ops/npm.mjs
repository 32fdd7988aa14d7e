// Scratch projects with the packed npm packages in them, and programs that run there. Holds no test.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
export const stacks = join(root, 'build/ops/stacks')
export const version = /^VERSION := (.*)$/m.exec(readFileSync(join(root, 'Makefile'), 'utf8'))[1]
export const tarballs = ['samekey', 'samekey-linux-x64'].map((name) => join(root, `build/npm/${name}-${version}.tgz`))
export const nodes = { 18: 'node18', 20: 'node20', 22: 'node22', 24: 'node24' }

// Nothing of it may show in what is printed.
export const SECRET = 'canaryXw3nV8rTq1ZbK6yHc0LmD5sPg9J'
export const OTHER = 'canaryUb7oE4jNs2MxC9vQw6TzA1kYh8G'

export function write(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text, { mode: 0o600 })
  }
}

export function scratch(prefix = 'npm.') {
  return mkdtempSync(join(tmpdir(), prefix))
}

// Runs to the end. Gives { code, signal, out, err }; `began` gets the child at once.
export function run([program, ...words], { cwd, env = {}, input, began, deadline = 120_000 } = {}) {
  return new Promise((resolve, reject) => {
    const surroundings = { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, ...env }
    const child = spawn(program, words, { cwd, env: surroundings, stdio: ['pipe', 'pipe', 'pipe'], timeout: deadline, killSignal: 'SIGKILL' })
    const seen = { out: '', err: '' }
    child.stdout.setEncoding('utf8').on('data', (text) => (seen.out += text))
    child.stderr.setEncoding('utf8').on('data', (text) => (seen.err += text))
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, ...seen }))
    child.stdin.on('error', () => {}).end(input ?? '')
    began?.(child, seen)
  })
}

export async function succeed(words, options) {
  const done = await run(words, options)
  assert.equal(done.code, 0, `${words.join(' ')}: ${done.signal ?? done.code}\n${done.out}\n${done.err}`)
  return done
}

// A project with the packages from the tarballs; nothing is asked of a registry.
export async function makeProject(files = {}, more = []) {
  const folder = join(scratch(), 'shop')
  write(folder, { 'package.json': '{"name":"shop","private":true}\n', ...files })
  await succeed(['npm', 'install', '--offline', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs, ...more], { cwd: folder })
  return folder
}

export const remove = (folder) => rmSync(dirname(folder), { recursive: true, force: true })

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

export async function until(what, ask, deadline = 30_000) {
  const end = Date.now() + deadline
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (Date.now() > end) throw new Error(`${what}: not within ${deadline} ms`)
    await pause(50)
  }
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
