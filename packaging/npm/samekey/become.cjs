// Makes this process another program: in place where node can do that (process.execve, from 22.15 and
// 23.11), else as a parent that passes signals on and ends as its child ends.
// SPDX-License-Identifier: MIT
'use strict'

const { isUtf8 } = require('node:buffer')
const { spawn } = require('node:child_process')
const { accessSync, closeSync, constants: modes, openSync, readFileSync, readSync } = require('node:fs')
const { constants } = require('node:os')

// by this name samekey knows to give back the signals that node ignores
const NAME = 'samekey(npm)'
const SCRIPT = '#!'
const EXIT_MALFORMED = 65
const EXIT_CANNOT_RUN = 126
const EXIT_NOT_FOUND = 127
// a terminal sends these to the child itself
const OF_TERMINAL = ['SIGINT', 'SIGQUIT']
const RELAYED = [...OF_TERMINAL, 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGCONT', 'SIGWINCH']
// node takes these for itself; nobody could see that they ended a process
const NOT_FOR_NODE = ['SIGUSR1', 'SIGPROF']

const atTerminal = () => [0, 1, 2].some((fd) => require('node:tty').isatty(fd))

// Ends this process as the child ended.
function endAs(code, signal) {
  if (!signal) process.exit(code)
  const status = 128 + constants.signals[signal]
  if (process.platform === 'win32' || NOT_FOR_NODE.includes(signal)) process.exit(status)
  process.kill(process.pid, signal)
  setTimeout(() => process.exit(status), 1000) // of a signal that does not end us
}

function fail(error, program) {
  const missing = error.code === 'ENOENT'
  process.stderr.write(`samekey: cannot run ${program}: ${missing ? 'there is no such program' : error.code}\n`)
  process.exit(missing ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN)
}

// Starts it as a child and stays. `options` are those of child_process.spawn.
function stay(program, words, options = {}) {
  const shown = options.shown ?? program
  const quiet = atTerminal() ? OF_TERMINAL : []
  let child
  const relays = RELAYED.map((name) => [name, () => quiet.includes(name) || child?.kill(name)])
  for (const [name, relay] of relays) {
    try {
      process.on(name, relay)
    } catch {
      // no such signal on this platform
    }
  }
  try {
    child = spawn(program, words, { stdio: 'inherit', ...options })
  } catch (error) {
    fail(error, shown)
  }
  child.on('error', (error) => child.pid === undefined && fail(error, shown))
  child.on('exit', (code, signal) => {
    for (const [name, relay] of relays) process.off(name, relay)
    endAs(code, signal)
  })
}

// What the kernel knows a program by: its class, byte order and machine. undefined: nobody can read it.
function kindOf(path) {
  const head = Buffer.alloc(20)
  try {
    const file = openSync(path, 'r')
    try {
      readSync(file, head, 0, head.length, 0)
    } finally {
      closeSync(file)
    }
    accessSync(path, modes.X_OK)
  } catch {
    return undefined
  }
  return head.toString('latin1', 0, 2) === '#!' ? SCRIPT : head.toString('hex', 0, 6) + head.toString('hex', 18)
}

// The variables that node has changed: what is no UTF-8 it replaces, and what it starts gets that.
function changedByNode() {
  const names = []
  let block
  try {
    block = readFileSync('/proc/self/environ')
  } catch {
    return names
  }
  for (let at = 0, end; at < block.length; at = end + 1) {
    end = block.indexOf(0, at) < 0 ? block.length : block.indexOf(0, at)
    const name = block.subarray(at, Math.max(at, block.subarray(0, end).indexOf('=', at))).toString('latin1')
    if (!isUtf8(block.subarray(at, end))) names.push(/^[\w.-]+$/.test(name) ? name : 'a variable')
  }
  block.fill(0)
  return names
}

// Ends the process where a program would not get the environment as it is.
function passEnvironment(program) {
  const names = changedByNode()
  if (!names.length) return
  process.stderr.write(`samekey: node cannot pass on what is not UTF-8: ${names.join(', ')} (hint: run ${program} itself, without node)\n`)
  process.exit(EXIT_MALFORMED)
}

// Becomes it, or starts it and stays. What the kernel does not take for a program is not tried:
// process.execve would end node with a core file, which holds the environment, and spawn has a shell
// read it.
function become(program, words) {
  const kind = kindOf(program)
  const native = kind === kindOf(process.execPath)
  if (kind && kind !== SCRIPT && !native) return fail({ code: 'ENOEXEC' }, program)
  passEnvironment(program)
  if (typeof process.execve !== 'function' || !native) return stay(program, words)
  try {
    process.execve(program, [NAME, ...words], process.env)
  } catch (error) {
    return fail(error, program)
  }
}

module.exports = { become, passEnvironment, stay }
