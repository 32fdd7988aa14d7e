// The deployments of the incident: what lies where, how each is built and started, and what comes of
// it alone and with samekey in front. Holds no test; deploying.mjs plays them.
// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { DOLLAR, OTHER, PLAIN } from './stand.mjs'

const INVALID = 'invalid signature'
const MIDDLE = PLAIN.slice(0, 20) + DOLLAR
export const key = (value) => `NEXTAUTH_SECRET=${value}\n`
const startScript = () => (port) => ['node', 'start-production.js', '-H', '127.0.0.1', '-p', `${port}`]
const standalone = (app) => () => ['node', join(app.folder, '.next/standalone/server.js')]
const frozen = (expression) => `module.exports = { env: { NEXTAUTH_SECRET: ${expression} } }\n`
const above = "require('dotenv').config({ path: require('path').join(__dirname, '../.env'), quiet: true })\n"
const lean = "module.exports = { output: 'standalone', outputFileTracingRoot: __dirname }\n"
export const plainScript = readFileSync(new URL('apps/next/start-production.js', import.meta.url), 'utf8')
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
export const deployments = [
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
