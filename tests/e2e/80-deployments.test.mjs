// Goal: the deployments of the incident, one by one. Alone each shows its fault; with samekey in
// front of build, start and ws each is healed, or refused with the cause named. Once without any
// settings, once with a samekey.ini, once with one literal file as the source of truth.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'

import { DOLLAR, OTHER, PLAIN, lay, makeApp, nextStart, run, samekey, serve, until, versions, write } from './stand.mjs'

const INVALID = 'invalid signature'
const MIDDLE = PLAIN.slice(0, 20) + DOLLAR
const key = (value) => `NEXTAUTH_SECRET=${value}\n`
const startScript = () => (port) => ['node', 'start-production.js', '-H', '127.0.0.1', '-p', `${port}`]
const standalone = (app) => () => ['node', join(app.folder, '.next/standalone/server.js')]
const frozen = (expression) => `module.exports = { env: { NEXTAUTH_SECRET: ${expression} } }\n`
const above = "require('dotenv').config({ path: require('path').join(__dirname, '../.env'), quiet: true })\n"
const lean = "module.exports = { output: 'standalone', outputFileTracingRoot: __dirname }\n"
const plainScript = readFileSync(new URL('apps/next/start-production.js', import.meta.url), 'utf8')
const onlyThree = `
const { spawn } = require('child_process')
const { PATH, PORT } = process.env
const words = ['node_modules/next/dist/bin/next', 'start', ...process.argv.slice(2)]
const child = spawn('node', words, { stdio: 'inherit', env: { PATH, NODE_ENV: 'production', PORT } })
process.on('SIGTERM', () => child.kill())
child.on('exit', (code) => process.exit(code ?? 1))
`
const late = `setTimeout(() => {${onlyThree}}, 11_000)\n`

// files: in the app's folder; root: one folder up; at: what is there while it is built, where that
// differs; truth: the secret that everybody should hold. alone: what ws says, or how the fault shows.
// refused: what samekey may say in place of healing it, by the way it is set up.
const deployments = [
  { name: 'baseline', files: { '.env': key(PLAIN) }, alone: 'accepted', truth: PLAIN },
  { name: 'quoted', files: { '.env': key(`"${PLAIN}"`) }, alone: 'accepted', truth: PLAIN },
  { name: 'line ends of Windows', files: { '.env': `NEXTAUTH_SECRET=${PLAIN}\r\n` }, alone: 'accepted', truth: PLAIN },
  {
    name: 'rotated after the build, and both restarted',
    built: { files: { '.env': key(OTHER) } },
    files: { '.env': key(PLAIN) },
    alone: 'accepted',
    truth: PLAIN,
  },
  {
    name: 'a blank line in .env.production',
    files: { '.env': key(PLAIN), '.env.production': key('') },
    alone: INVALID,
    truth: PLAIN,
  },
  { name: 'begins with $', files: { '.env': key(DOLLAR) }, alone: INVALID, truth: DOLLAR },
  { name: 'begins with $, in single quotes', files: { '.env': key(`'${DOLLAR}'`) }, alone: INVALID, truth: DOLLAR },
  {
    name: "the incident's own fix: .env copied to .env.production, a start script with dotenv",
    files: { '.env': key(DOLLAR), '.env.production': key(DOLLAR) },
    command: startScript,
    alone: INVALID,
    truth: DOLLAR,
  },
  {
    name: 'an empty variable from the supervisor',
    files: { '.env': key(PLAIN) },
    webEnv: { NEXTAUTH_SECRET: '' },
    alone: INVALID,
    truth: PLAIN,
  },
  {
    name: '.env at the root of the repository, where ws runs',
    root: { '.env': key(PLAIN) },
    wsAbove: true,
    alone: INVALID,
    truth: PLAIN,
    refused: { bare: 'falls-back' },
  },
  {
    name: 'the same, next.config.js loads it',
    config: `${above}module.exports = {}\n`,
    root: { '.env': key(PLAIN) },
    wsAbove: true,
    alone: 'accepted',
    truth: PLAIN,
    refused: { bare: 'falls-back' },
  },
  {
    name: 'the same, standalone',
    config: `${above}${lean}`,
    command: standalone,
    root: { '.env': key(PLAIN) },
    wsAbove: true,
    alone: INVALID,
    truth: PLAIN,
    refused: { bare: 'falls-back' },
  },
  {
    name: 'a start script that passes PATH, NODE_ENV and PORT only',
    files: {},
    webEnv: { NEXTAUTH_SECRET: PLAIN },
    wsFiles: { '.env': key(PLAIN) },
    script: onlyThree,
    command: startScript,
    alone: INVALID,
    truth: PLAIN,
    refused: { bare: 'not-reached', ini: 'not-reached', truth: 'not-reached' },
  },
  {
    name: 'the same, eleven seconds after its start',
    built: { files: { '.env': key(PLAIN) } },
    files: {},
    webEnv: { NEXTAUTH_SECRET: PLAIN },
    wsFiles: { '.env': key(PLAIN) },
    script: late,
    command: startScript,
    alone: INVALID,
    truth: PLAIN,
    refused: { bare: 'not-reached', ini: 'not-reached', truth: 'not-reached' },
  },
  {
    name: 'env: with an empty fallback, built without the secret',
    config: frozen("process.env.NEXTAUTH_SECRET || ''"),
    built: { files: {} },
    files: { '.env': key(PLAIN) },
    alone: INVALID,
    truth: PLAIN,
    refused: { bare: 'frozen', ini: 'missing' },
  },
  {
    name: 'env: with a literal fallback, built without the secret',
    config: frozen("process.env.NEXTAUTH_SECRET || 'your-secret-key'"),
    built: { files: {} },
    files: { '.env': key(PLAIN) },
    alone: INVALID,
    truth: PLAIN,
    refused: { bare: 'frozen', ini: 'missing' },
  },
  {
    name: 'NODE_ENV=test, the secret in .env.production',
    files: { '.env.production': key(PLAIN) },
    webEnv: { NODE_ENV: 'test' },
    wsFiles: { '.env': key(PLAIN) },
    alone: INVALID,
    truth: PLAIN,
  },
  {
    name: '__NEXT_PROCESSED_ENV leaks in',
    files: { '.env': key(PLAIN) },
    webEnv: { __NEXT_PROCESSED_ENV: 'true' },
    alone: INVALID,
    truth: PLAIN,
  },
  {
    name: "env: with CI's secret at build",
    config: frozen('process.env.NEXTAUTH_SECRET'),
    built: { files: {}, env: { NEXTAUTH_SECRET: OTHER } },
    files: { '.env': key(PLAIN) },
    alone: INVALID,
    truth: PLAIN,
    refused: { bare: 'frozen', ini: 'frozen', truth: 'frozen' },
  },
  {
    name: '.env.production copied, then .env rotated',
    files: { '.env': key(PLAIN), '.env.production': key(OTHER) },
    alone: INVALID,
    truth: PLAIN,
  },
  { name: 'only in .env.production, ws reads .env', files: { '.env.production': key(PLAIN) }, alone: INVALID, truth: PLAIN },
  { name: '$ in the middle', files: { '.env': key(MIDDLE) }, alone: INVALID, truth: MIDDLE },
  {
    name: 'literal quotes from the supervisor',
    files: { '.env': key(PLAIN) },
    webEnv: { NEXTAUTH_SECRET: `"${PLAIN}"` },
    alone: INVALID,
    truth: PLAIN,
  },
  {
    name: 'a carriage return from the supervisor',
    files: { '.env': key(PLAIN) },
    webEnv: { NEXTAUTH_SECRET: `${PLAIN}\r` },
    alone: INVALID,
    truth: PLAIN,
  },
  {
    name: 'a $ in a variable of the supervisor that a file has as well',
    files: { '.env': key(MIDDLE) },
    webEnv: { NEXTAUTH_SECRET: MIDDLE },
    alone: INVALID,
    truth: MIDDLE,
  },
  {
    name: 'standalone, .env rotated after the build',
    config: lean,
    command: standalone,
    built: { files: { '.env': key(OTHER) } },
    files: { '.env': key(PLAIN) },
    alone: INVALID,
    truth: PLAIN,
  },
  {
    name: 'standalone, no .env at the build',
    config: lean,
    command: standalone,
    built: { files: {} },
    files: { '.env': key(PLAIN) },
    alone: INVALID,
    truth: PLAIN,
    refused: { ini: 'missing' },
  },
  {
    name: "a shell's stale variable, captured by the supervisor of the app",
    files: { '.env': key(PLAIN) },
    webEnv: { NEXTAUTH_SECRET: OTHER, pm_id: '0' },
    alone: INVALID,
    truth: PLAIN,
  },
  {
    name: 'NEXTAUTH_SECRET exported for the build only',
    built: { files: {}, env: { NEXTAUTH_SECRET: PLAIN } },
    files: {},
    wsFiles: { '.env': key(PLAIN) },
    alone: INVALID,
    truth: PLAIN,
    refused: { bare: 'falls-back', ini: 'missing' },
  },
  {
    name: 'blank in both: anybody can forge',
    files: { '.env': key('') },
    alone: 'accepted',
    truth: PLAIN,
    refused: { bare: 'all-empty', ini: 'all-empty' },
  },
]

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
    const name = `deployed-${version}-${builds.size}`
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

for (const bundler of bundlers)
  for (const d of deployments) {
    const title = [bundler.version, ...bundler.flags].join(' ')
    test(`${title}: alone: ${d.name}`, async () => {
      assert.deepEqual(await deploy(bundler, d), { said: d.alone })
    })
    for (const setup of Object.keys(setups)) {
      // a build each: with E2E=full
      if (setup === 'ini' && d.config && d.refused?.ini !== 'missing' && process.env.E2E !== 'full') continue
      test(`${title}: with samekey, ${setup}: ${d.name}`, async () => {
        const { said, refused } = await deploy(bundler, d, setup)
        if (!d.refused?.[setup]) assert.equal(said ?? refused, 'accepted')
        else assert.ok(refused?.includes(d.refused[setup]), `said '${said}', refused with:\n${refused}`)
      })
    }
  }
