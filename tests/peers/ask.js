// Asks a loader that is a library of npm: fixtures on stdin, a line each; what it leaves in
// process.env on stdout. One process asks for all of them, but not the one that reads and writes:
// a loader that does not come to an end is ended, and the next fixture goes to a new process.
// SPDX-License-Identifier: MIT
'use strict'
const { fork } = require('child_process')
const fs = require('fs')
const os = require('os')
const path = require('path')
const readline = require('readline')

const USUAL = { PATH: '/usr/bin:/bin', HOME: '/home/u', LANG: 'C.UTF-8' }
const PATIENCE = 3000 // milliseconds

function setEnvironment (wanted) {
  for (const name of Object.keys(process.env)) delete process.env[name]
  for (const name of Object.keys(wanted)) process.env[name] = wanted[name]
}

async function answer (fixture, load, names) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'samekey-peer-'))
  const texts = [fixture.file].flat()
  const files = names(texts.length).map(name => path.join(folder, name))
  texts.forEach((text, i) => fs.writeFileSync(files[i], Buffer.from(text, 'base64')))
  process.chdir(folder)
  setEnvironment({ ...USUAL, ...fixture.process_env })
  try {
    const outcome = await load(files, folder)
    if (outcome) return outcome
    const set = Object.entries(process.env).filter(([name, value]) => USUAL[name] !== value)
    return { env: Object.fromEntries(set) }
  } catch (error) {
    return { error: String(error) }
  } finally {
    process.chdir('/')
    fs.rmSync(folder, { recursive: true })
  }
}

function answerAll (load, names) {
  process.on('message', async fixture => process.send(await answer(fixture, load, names)))
}

// Sends one fixture to the child of `state`, which is started where there is none.
function askOne (state, fixture, silence) {
  return new Promise(resolve => {
    state.child ??= fork(process.argv[1], ['answer'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const child = state.child
    const settle = (outcome, lost) => {
      clearTimeout(timer)
      child.removeAllListeners()
      if (lost) {
        child.kill('SIGKILL')
        state.child = null
      }
      resolve(outcome)
    }
    const timer = setTimeout(() => settle(silence, true), PATIENCE)
    child.once('message', outcome => settle(outcome, false))
    child.once('exit', () => settle({ error: 'the process died' }, true))
    child.send(fixture)
  })
}

async function askAll (silence) {
  const state = { child: null }
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await askOne(state, JSON.parse(line), silence)) + '\n')
  }
  state.child?.disconnect()
}

// The real package, as tests/install-stacks installed it.
exports.real = (stack, name) =>
  require(require.resolve(name, { paths: [path.join(process.env.PEERS_STACKS, stack)] }))

// What so many files are called that a loader is given by name.
const anyNames = count => ['.env', '.env.2', '.env.3'].slice(0, count)

// `open` makes the function that loads files, and gives back an outcome where that is not what is
// set then; `silence` is the outcome where the loader is still at it after a while; `names` is what
// so many files must be called to be read in their order.
exports.ask = (open, { silence = { error: 'does not end' }, names = anyNames } = {}) =>
  process.argv[2] === 'answer' ? answerAll(open(), names) : askAll(silence)
