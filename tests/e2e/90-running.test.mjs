// Goal: what PM2, npx and start scripts leave running is named: `samekey ps` and `samekey doctor`
// against the real ones, a row of the incident's table each.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { DOLLAR, OTHER, PLAIN, background, freePort, keepsSecrets, lay, makeApp, run, samekey, succeed, toolOf, until, versions, write } from './stand.mjs'

const key = (value) => `NEXTAUTH_SECRET=${value}\n`
const SERVER = "require('http').createServer((q, s) => s.end('ok')).listen(process.env.PORT, '127.0.0.1')\n"

// What a command of samekey says as JSON, from the folder of a project.
async function told(words, { cwd, env }) {
  const { code, output } = await run([samekey, ...words, '--json', '--quiet'], { cwd, env })
  return { code, json: JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1)) }
}

// A project with a plain server, and a PM2 of its own; `use` gets what a test asks.
async function withPm2(name, env, use) {
  const home = mkdtempSync(join(tmpdir(), 'pm2-'))
  const folder = join(home, name)
  mkdirSync(join(folder, '.git'), { recursive: true })
  write(folder, { 'server.js': SERVER, '.env': key(PLAIN) })
  const surroundings = { PM2_HOME: home, ...env }
  const pm2 = (words, more = {}) =>
    succeed([toolOf('pm2', 'pm2'), ...words], { cwd: folder, env: { ...surroundings, ...more }, deadline: 60_000 })
  const port = await freePort()
  const start = (options, own = {}) => {
    const app = { name: 'web', script: 'server.js', cwd: folder, env: { PORT: String(port), ...own }, ...options }
    write(folder, { 'ecosystem.config.js': `module.exports = ${JSON.stringify({ apps: [app] })}\n` })
    return pm2(['start', 'ecosystem.config.js'])
  }
  // The state of the secret in the process of the app, once it listens.
  const state = () =>
    until('samekey ps sees the app', async () => {
      const { json } = await told(['ps'], { cwd: folder, env: { PM2_HOME: home } })
      const web = json.processes.find((p) => p.pm2?.name === 'web' && p.folder === folder)
      return web?.keys.find((k) => k.key === 'NEXTAUTH_SECRET')?.state
    })
  const doctor = () => told(['doctor'], { cwd: folder, env: { PM2_HOME: home } })
  try {
    await use({ home, folder, pm2, start, state, doctor, port })
  } finally {
    await run([toolOf('pm2', 'pm2'), 'kill'], { cwd: folder, env: surroundings, deadline: 60_000 })
    rmSync(home, { recursive: true, force: true })
  }
}

const codes = ({ json }) => json.examinations.flatMap((e) => e.findings.map((f) => f.code))

for (const mode of ['fork', 'cluster']) {
  const options = mode === 'cluster' ? { exec_mode: 'cluster', instances: 1 } : {}

  test(`PM2 ${mode}: a value that the shell exported is captured, outlives .env and a restart`, async () => {
    await withPm2('captured', { NEXTAUTH_SECRET: OTHER }, async ({ pm2, start, state }) => {
      await start(options)
      assert.equal(await state(), 'other')
      await pm2(['restart', 'web'], { NEXTAUTH_SECRET: PLAIN })
      assert.equal(await state(), 'other')
      await pm2(['restart', 'web', '--update-env'], { NEXTAUTH_SECRET: PLAIN })
      await until('--update-env takes the new one', async () => (await state()) === 'same')
    })
  })

  test(`PM2 ${mode}: an ecosystem file edited, and the app restarted by its name`, async () => {
    await withPm2('edited', {}, async ({ folder, pm2, start, state }) => {
      await start(options, { NEXTAUTH_SECRET: OTHER })
      assert.equal(await state(), 'other')
      const file = join(folder, 'ecosystem.config.js')
      write(folder, { 'ecosystem.config.js': readFileSync(file, 'utf8').replace(OTHER, PLAIN) })
      await pm2(['restart', 'web'])
      assert.equal(await state(), 'other')
      await pm2(['restart', 'ecosystem.config.js'])
      await until('the file is read', async () => (await state()) === 'same')
    })
  })

  test(`PM2 ${mode}: rotated, and the app not restarted; an empty and a missing one`, async () => {
    await withPm2('rotated', {}, async ({ folder, pm2, start, state }) => {
      await start(options, { NEXTAUTH_SECRET: PLAIN })
      assert.equal(await state(), 'same')
      lay(folder, { '.env': key(DOLLAR), '.env.old': key(PLAIN) })
      assert.equal(await state(), 'other')
      lay(folder, { '.env': key(DOLLAR), '.env.production': key(DOLLAR), '.env.local': '' })
      await pm2(['delete', 'web'])
      await start(options, { NEXTAUTH_SECRET: '' })
      assert.equal(await state(), 'empty')
    })
  })

  test(`PM2 ${mode}: env_file is ignored, and a dump keeps what was captured in clear text`, async () => {
    await withPm2('dumped', { NEXTAUTH_SECRET: OTHER }, async ({ home, folder, pm2, start, doctor }) => {
      await start({ ...options, env_file: '.env.production' })
      await pm2(['save'])
      assert.ok(existsSync(join(home, 'dump.pm2')))
      const seen = await doctor()
      assert.equal(seen.code, 1)
      for (const code of ['pm2-dump-open', 'pm2-env-file', 'feeds-other'])
        assert.ok(codes(seen).includes(code), `${code} is not among ${codes(seen)}`)
      keepsSecrets(JSON.stringify(seen.json))
      lay(folder, { '.env': key(OTHER) })
      assert.ok(!codes(await doctor()).includes('feeds-other'))
    })
  })
}

for (const version of versions('main').slice(0, 1)) {
  const app = makeApp(`running-${version}`, version)
  const at = { cwd: app.folder, env: {} }

  test(`${version}: the build`, async () => {
    lay(app.folder, { '.env': key(PLAIN) })
    await succeed([samekey, 'run', '--', app.next, 'build'], at)
  })

  // What owns a port, once somebody listens there.
  const owner = (port) =>
    until('somebody listens', async () => {
      const { code, json } = await told(['ps', '--listen', String(port)], at)
      return json.processes.length && { code, json, process: json.processes[0] }
    })

  test(`${version}: npx, sh, node: the server below them, its port and its secret`, async () => {
    const port = await freePort()
    const words = ['npx', 'next', 'start', '-H', '127.0.0.1', '-p', String(port)]
    await background([samekey, 'run', '--', ...words], at, async () => {
      const seen = await owner(port)
      assert.deepEqual(seen.process.ports, [port])
      assert.equal(seen.process.keys.find((k) => k.key === 'NEXTAUTH_SECRET').state, 'same')
      assert.equal(seen.code, 0)
    })
  })

  test(`${version}: a start script that was killed leaves an orphan on the port, with the old secret`, async () => {
    const port = await freePort()
    const words = ['node', 'start-production.js', '-H', '127.0.0.1', '-p', String(port)]
    lay(app.folder, { '.env': key(PLAIN), '.env.production': key(OTHER) })
    await background(words, at, async (child) => {
      await owner(port)
      process.kill(child.pid, 'SIGKILL')
      lay(app.folder, { '.env': key(PLAIN) })
      await until('it is an orphan', async () => {
        const { code, json } = await told(['ps', '--listen', String(port)], at)
        const found = json.findings.map((f) => f.code)
        return code === 1 && found.includes('process-orphan') && found.includes('process-other')
      })
    })
  })

  test(`${version}: nobody listens there`, async () => {
    const { code } = await told(['ps', '--listen', String(await freePort())], at)
    assert.equal(code, 1)
  })
}
