// Goal: the incident itself. A Next app signs, a ws server verifies; without samekey they hold
// different keys, under `samekey run` the same one, also under PM2 and through a rotation.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { DOLLAR, OTHER, PLAIN, freePort, keepsSecrets, lay, makeApp, nextStart, refused, run, samekey, serve, succeed, toolOf, until, versions, withSamekey, write } from './stand.mjs'

const wsServer = () => ['node', 'ws-server.js']

// What the ws server says about a token.
function ask(app, port, token) {
  const { WebSocket } = createRequire(join(app.folder, 'package.json'))('ws')
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/?token=${token}`)
    socket.on('message', (text) => resolve(String(text)))
    socket.on('error', reject)
  })
}

// Both servers, each started as `wrap` says; gives ws's word on a fresh token of the app.
function both(app, wrap, { env, wsFolder = app.folder } = {}) {
  return serve(wrap(nextStart(app)), { cwd: app.folder, env }, (web) =>
    serve(
      wrap(() => ['node', join(app.folder, 'ws-server.js')]),
      { cwd: wsFolder, env, portName: 'WS_PORT' },
      async (ws) => ask(app, ws.port, await web.get('/api/token')),
    ),
  )
}

const alone = (command) => command
const guarded = (command) => withSamekey(command)

const deployments = [
  { name: 'a secret that begins with $', files: { '.env': `NEXTAUTH_SECRET=${DOLLAR}\n` } },
  {
    name: 'the secret only in .env.production, which ws never reads',
    files: { '.env.production': `NEXTAUTH_SECRET=${PLAIN}\n` },
  },
  {
    name: '.env.production copied, then .env rotated',
    files: { '.env.production': `NEXTAUTH_SECRET=${PLAIN}\n`, '.env': `NEXTAUTH_SECRET=${OTHER}\n` },
  },
  {
    name: 'a blank line in .env.production',
    files: { '.env.production': 'NEXTAUTH_SECRET=\n', '.env': `NEXTAUTH_SECRET=${PLAIN}\n` },
  },
  {
    name: '.env at the root of the repository, where ws runs',
    above: { '.env': `NEXTAUTH_SECRET=${PLAIN}\n`, 'samekey.ini': '[key NEXTAUTH_SECRET]\nrequired = yes\n' },
    wsAbove: true,
  },
]

for (const version of versions('main')) {
  const app = makeApp(`two-${version}`, version)

  test(`${version}: the build`, async () => {
    lay(app.folder, { '.env': `NEXTAUTH_SECRET=${PLAIN}\n` })
    await succeed([samekey, 'run', '--', app.next, 'build'], { cwd: app.folder })
  })

  for (const d of deployments) {
    const options = { wsFolder: d.wsAbove ? app.root : app.folder }
    const prepare = () => {
      lay(app.root, d.above ?? {})
      lay(app.folder, d.files ?? {})
    }
    test(`${version}: alone, ws rejects the app's token: ${d.name}`, async () => {
      prepare()
      assert.equal(await both(app, alone, options), 'invalid signature')
    })
    test(`${version}: with samekey, ws accepts it: ${d.name}`, async () => {
      prepare()
      assert.equal(await both(app, guarded, options), 'accepted')
    })
  }

  test(`${version}: blank in both: alone everybody can forge, with samekey neither starts`, async () => {
    lay(app.root, {})
    lay(app.folder, { '.env': 'NEXTAUTH_SECRET=\n' })
    assert.equal(await both(app, alone), 'accepted')
    await refused(withSamekey(nextStart(app)), { cwd: app.folder }, 'all-empty')
    await refused(withSamekey(wsServer), { cwd: app.folder }, 'all-empty')
  })

  pm2Tests(version, app)
}

// PM2 with a home of its own; `use` gets pm2(...words), which runs the client. Ends the daemon.
async function withPm2(use, env = {}) {
  const home = mkdtempSync(join(tmpdir(), 'pm2-'))
  const options = { cwd: home, env: { PM2_HOME: home, ...env } }
  const pm2 = (words, more = {}) =>
    succeed([toolOf('pm2', 'pm2'), ...words], { ...options, ...more, deadline: 60_000 })
  const logs = () => {
    const folder = join(home, 'logs')
    return readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('')
  }
  try {
    await use(pm2, logs)
    keepsSecrets(logs())
  } finally {
    await run([toolOf('pm2', 'pm2'), 'kill'], { ...options, deadline: 60_000 })
    rmSync(home, { recursive: true, force: true })
  }
}

function ecosystem(app, ports, guard) {
  const entry = (name, script, args, env) =>
    guard
      ? { name, cwd: app.folder, script: samekey, args: ['run', '--', script, ...args], interpreter: 'none', env }
      : { name, cwd: app.folder, script, args, env }
  const web = entry('web', app.next, ['start', '-H', '127.0.0.1', '-p', String(ports.web)], {})
  const ws = entry('ws', guard ? 'node' : join(app.folder, 'ws-server.js'), guard ? ['ws-server.js'] : [], {
    WS_PORT: String(ports.ws),
  })
  return `module.exports = ${JSON.stringify({ apps: [web, ws] })}\n`
}

function pm2Tests(version, app) {
  const seen = async (ports) => {
    const answer = await fetch(`http://127.0.0.1:${ports.web}/api/seen`, { signal: AbortSignal.timeout(5000) })
    return (await answer.json()).secret
  }
  const word = async (ports) => {
    const token = await (await fetch(`http://127.0.0.1:${ports.web}/api/token`)).text()
    return ask(app, ports.ws, token)
  }
  const holds = (ports, secret) => until('the app holds the secret', async () => (await seen(ports)) === secret)
  // A shell that exports yesterday's secret, and the .env of today.
  const stale = { env: { NEXTAUTH_SECRET: OTHER } }

  async function startAll(pm2, guard) {
    const ports = { web: await freePort(), ws: await freePort() }
    lay(app.root, {})
    lay(app.folder, { '.env': `NEXTAUTH_SECRET=${PLAIN}\n` })
    write(app.folder, { 'ecosystem.config.js': ecosystem(app, ports, guard) })
    await pm2(['start', join(app.folder, 'ecosystem.config.js')])
    return ports
  }

  test(`${version}: PM2 alone: a captured variable outlives the rotation of .env and a restart`, async () => {
    await withPm2(async (pm2) => {
      const ports = await startAll(pm2, false)
      await holds(ports, OTHER)
      lay(app.folder, { '.env': `NEXTAUTH_SECRET=${DOLLAR}\n` })
      await pm2(['restart', 'all'])
      await holds(ports, OTHER)
    }, stale.env)
  })

  test(`${version}: PM2 with samekey: .env wins, and pm2 restart takes up its rotation in both`, async () => {
    await withPm2(async (pm2, logs) => {
      const ports = await startAll(pm2, true)
      await holds(ports, PLAIN)
      await until('ws accepts the key', async () => (await word(ports)) === 'accepted')
      assert.ok(logs().includes('code=captured'), logs())
      lay(app.folder, { '.env': `NEXTAUTH_SECRET=${DOLLAR}\n` })
      await pm2(['restart', 'all'])
      await holds(ports, DOLLAR)
      await until('ws accepts the new key', async () => (await word(ports)) === 'accepted')
    }, stale.env)
  })

  test(`${version}: samekey run in front of pm2 is refused`, async () => {
    lay(app.folder, { '.env': `NEXTAUTH_SECRET=${PLAIN}\n` })
    await refused(withSamekey(() => [toolOf('pm2', 'pm2'), 'start', 'ecosystem.config.js']), { cwd: app.folder }, 'pm2')
  })
}
