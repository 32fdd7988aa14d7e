// What samekey/config does: the process gets the environment that `samekey run` would have given it,
// and the bundle is held by samekeyd while the process lives. Values come through a pipe, and are in no
// argument, file or error.
// SPDX-License-Identifier: MIT
'use strict'

const { spawnSync } = require('node:child_process')

const { EXIT_REQUIRED, absence, find, requiredBy } = require('./binary.cjs')

const OUTPUT_MAX = 16 * 1024 * 1024 // bytes
const DEADLINE_MS = 60_000
const GIVEN = 'SAMEKEY_RUN' // of `samekey run`, or of us, here or in a process above
const PM2 = 'pm2_env' // what PM2's cluster mode is about to make of the environment

class SamekeyConfigError extends Error {
  constructor(message, status) {
    super(`samekey: ${message}`)
    this.name = 'SamekeyConfigError'
    this.status = status // as `samekey run` would have exited
  }
}

// PM2 lays its own copy of the environment over ours before the app starts. Without cluster mode: undefined.
function readPm2() {
  try {
    const kept = JSON.parse(process.env[PM2])
    return kept && typeof kept === 'object' ? kept : undefined
  } catch {
    return undefined
  }
}

// What starts here: { words, cwd, env } as `samekey run -- words` would see it.
function place(kept) {
  const [node, ...words] = process.argv
  if (!kept) return { words: [node, ...words], cwd: process.cwd(), env: process.env }
  const env = { ...process.env }
  delete env[PM2]
  for (const [name, value] of Object.entries(kept))
    if (typeof value === 'string' || typeof value === 'number') env[name] = String(value)
  const given = Array.isArray(kept.args) ? kept.args : []
  return { words: [node, String(kept.pm_exec_path), ...given.map(String)], cwd: String(kept.pm_cwd), env }
}

function ask(program, options, { words, cwd, env }) {
  const given = ['export', '--for', 'process']
  if (options.offer ?? env.NODE_ENV !== 'test') given.push('--offer')
  if (options.quiet) given.push('--quiet')
  for (const name of ['ini', 'name', 'mode']) if (options[name]) given.push(`--${name}=${options[name]}`)
  for (const file of [options.dotenv ?? []].flat()) given.push(`--dotenv=${file}`)
  const { status, signal, error, stdout } = spawnSync(program, [...given, '--', ...words], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: OUTPUT_MAX,
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
    windowsHide: true,
  })
  if (error) throw new SamekeyConfigError(`cannot ask ${program}: ${error.code ?? 'failed'}`, EXIT_REQUIRED)
  if (signal) throw new SamekeyConfigError(`${program} was ended by ${signal}`, EXIT_REQUIRED)
  if (status !== 0) throw new SamekeyConfigError('refused, as it says above', status)
  try {
    const { set, unset } = JSON.parse(stdout.toString('utf8'))
    return { set: { ...set }, unset: [...unset] }
  } catch {
    throw new SamekeyConfigError(`${program} gave no JSON`, EXIT_REQUIRED) // the parser's error would quote it
  } finally {
    stdout.fill(0)
  }
}

function apply({ set, unset }, kept) {
  for (const name of unset) delete process.env[name]
  Object.assign(process.env, set)
  if (!kept) return
  for (const name of [...unset, ...Object.keys(set)]) delete kept[name]
  process.env[PM2] = JSON.stringify(kept)
}

// Without a native program nothing can be checked: the environment stays as it is.
function unaided(options) {
  const required = requiredBy()
  if (required) throw new SamekeyConfigError(`${absence()}, and ${required} is set`, EXIT_REQUIRED)
  if (!options.quiet) process.stderr.write(`samekey: nothing is checked, process.env stays as it is: ${absence()}\n`)
  process.env[GIVEN] = 'none' // one notice, not one for each worker
  return { loaded: false, keys: [] }
}

// Sets process.env. Throws a SamekeyConfigError when `samekey run` would refuse to start.
function configure(options = {}) {
  const kept = readPm2()
  if (process.env[GIVEN] !== undefined && !kept) return { loaded: false, keys: [] }
  const program = find()
  if (!program) return unaided(options)
  const answer = ask(program, options, place(kept))
  apply(answer, kept)
  return { loaded: true, keys: Object.keys(answer.set).filter((name) => name !== GIVEN) }
}

module.exports = { configure, SamekeyConfigError }
