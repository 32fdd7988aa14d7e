// Plays the deployments of the incident: builds, starts Next and ws, and tells how it ended. Alone
// each shows its fault; with samekey in front of build, start and ws each is healed, or refused with
// the cause named. Holds no test.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'

import { deployments, key, plainScript } from './deployments.mjs'
import { lay, makeApp, nextStart, run, samekey, serve, until, versions, write } from './stand.mjs'

// How samekey is set up: options, and files at the root of the repository.
const setups = {
  bare: { options: () => [], root: () => ({}) },
  ini: {
    options: () => [],
    root: () => ({ 'samekey.ini': '[app]\ngroup = shop\n\n[key NEXTAUTH_SECRET]\nrequired = yes\nmin_length = 32\n' }),
  },
  truth: {
    options: (app) => ['--dotenv', join(app.root, 'truth.env'), '--dialect', 'literal'],
    root: (d) => ({ 'truth.env': key(d.truth) }),
  },
}

const wrapped = (app, setup) => (command) =>
  setup ? (port) => [samekey, 'run', ...setups[setup].options(app), '--', ...command(port)] : command

function layAll(app, d, setup, files) {
  rmSync(join(app.root, 'truth.env'), { force: true })
  lay(app.root, { ...d.root, ...(setup ? setups[setup].root(d) : {}) })
  lay(app.folder, files)
}

// What a ws server says about a token; both as the deployment starts them.
function ask(app, port, token) {
  const { WebSocket } = createRequire(join(app.folder, 'package.json'))('ws')
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/?token=${token}`)
    socket.on('message', (text) => resolve(String(text)))
    socket.on('error', reject)
  })
}

// The end of a start: { said } by ws, or { refused } with what samekey printed.
async function start(app, d, setup) {
  const wrap = wrapped(app, setup)
  const env = { HOSTNAME: '127.0.0.1' }
  const web = { cwd: app.folder, env: { ...env, ...d.webEnv }, portName: 'PORT' }
  const ws = { cwd: d.wsAbove ? app.root : app.folder, env, portName: 'WS_PORT' }
  try {
    return await serve(wrap((d.command ?? nextStart)(app)), web, async (server) => {
      let said
      try {
        const token = await server.get('/api/token')
        if (d.wsFiles) lay(app.folder, d.wsFiles)
        said = await serve(wrap(() => ['node', join(app.folder, 'ws-server.js')]), ws, ({ port }) =>
          ask(app, port, token),
        )
      } catch (error) {
        if (!setup) throw error // else the server may be gone already
      }
      if (!setup || said === 'accepted') return { said }
      await until('samekey stops a server that the secret did not reach', () => server.ended(), 20_000)
      return { refused: server.output() }
    })
  } catch (error) {
    if (!error.final) throw error
    return { refused: error.message }
  }
}

const builds = new Map()

// The build of a deployment, shared by all that are built alike. Gives { app } or { refused }.
async function built({ version, flags }, d, setup) {
  const made = { files: d.files ?? {}, env: {}, ...d.built }
  // dynamic routes take nothing from a build, so one serves all that have no config of their own
  const own = d.config ? [made, d.root, setup === 'truth' && d.truth] : null
  const kind = JSON.stringify([version, flags, d.config, setup, own])
  if (!builds.has(kind)) {
    const name = `deployed-${setup ?? 'alone'}-${version}-${builds.size}`
    const app = makeApp(name, version, d.config ? { 'next.config.js': d.config } : {})
    layAll(app, d, setup, made.files)
    const [program, ...words] = wrapped(app, setup)(() => [app.next, 'build', ...flags])(0)
    const { code, output } = await run([program, ...words], { cwd: app.folder, env: made.env })
    builds.set(kind, code === 0 ? { app } : { app, refused: output })
  }
  return builds.get(kind)
}

async function deploy(bundler, d, setup) {
  const { app, refused } = await built(bundler, d, setup)
  if (refused) return { refused }
  write(app.folder, { 'start-production.js': d.script ?? plainScript })
  layAll(app, d, setup, d.files ?? {})
  return start(app, d, setup)
}

// Next 16 builds with Turbopack and, where it is told to, as the older ones do.
const bundlers = versions('main').flatMap((version) =>
  version === 'next-16' && process.env.E2E === 'full'
    ? [
        { version, flags: [] },
        { version, flags: ['--webpack'] },
      ]
    : [{ version, flags: [] }],
)

// Tests of every deployment in one of the setups, or alone where none is given. A file each, so that
// they run side by side.
export function deployAll(setup) {
  for (const bundler of bundlers)
    for (const d of deployments) {
      // a build each; what Next makes of it alone is another with another Next only
      const rare = d.config && (!setup || (setup === 'ini' && d.refused?.ini !== 'missing'))
      if (rare && process.env.E2E !== 'full') continue
      const title = [bundler.version, ...bundler.flags].join(' ')
      test(`${title}: ${setup ? `with samekey, ${setup}` : 'alone'}: ${d.name}`, async () => {
        const { said, refused } = await deploy(bundler, d, setup)
        if (!setup) assert.deepEqual({ said, refused }, { said: d.alone, refused: undefined })
        else if (!d.refused?.[setup]) assert.equal(said ?? refused, 'accepted')
        else assert.ok(refused?.includes(d.refused[setup]), `said '${said}', refused with:\n${refused}`)
      })
    }
}
