// A program as a service manager keeps it: started again when it ends, but not before all of its group
// is gone; its words are searched for secrets as they come, and not kept.
// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process'
import { appendFileSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { PASSWORD } from '../e2e/sessions.mjs'
import { pause, surroundings, until } from '../e2e/stand.mjs'
import { CANARY } from './keys.mjs'

const GONE_MS = 20_000
const TAIL = 4000 // characters of a log that are kept

// What must not stand anywhere: a value as it is, in hex, in base64 at each of three places; a token.
const inBase64 = (text) =>
  [0, 1, 2].map((shift) => Buffer.from(' '.repeat(shift) + text).toString('base64').replace(/=+$/, '').slice(shift && shift + 1, -2))
const unsaid = [CANARY, PASSWORD].flatMap((text) => [text, Buffer.from(text).toString('hex'), ...inBase64(text)])
export const leaks = (text) => unsaid.some((one) => text.includes(one)) || /eyJ[\w-]{8}/.test(text)

const stat = (pid) => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [state, parent, group] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { pid: Number(pid), state, parent: Number(parent), group: Number(group) }
}
export function processes() {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      return [stat(pid)]
    } catch {
      return [] // it has ended meanwhile
    }
  })
}
export const childrenOf = (pid) => processes().filter((one) => one.parent === pid && one.state !== 'Z').map((one) => one.pid)
const groupOf = (group) => processes().filter((one) => one.group === group && one.state !== 'Z')

// `options`: { name, words, cwd, env, mayEnd }: mayEnd(code) says whether an end that nobody asked for
// is what this program may do.
export function service(ledger, { name, words, cwd, env = {}, mayEnd = () => false }) {
  let child, tail = '', wanted = false, killed = false, turning
  const hear = (text) => {
    if (process.env.SOAK_LOGS) appendFileSync(join(process.env.SOAK_LOGS, `${name}.log`), text)
    tail = (tail + text).slice(-TAIL)
    if (leaks(tail)) {
      ledger.fault(`${name} wrote a secret into its log`)
      tail = ''
    }
  }
  const spawned = () => {
    killed = false
    ledger.tell(`${name} starts`)
    child = spawn(words[0], words.slice(1), { cwd, env: surroundings(env), detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', hear)
    child.over = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)).on('error', resolve))
    turning = turn(child)
  }
  // What it leaves behind must go by itself.
  const gone = async (group) => {
    try {
      await until(`${name} leaves nothing behind`, () => groupOf(group).length === 0, GONE_MS)
    } catch {
      ledger.fault(`${name} left ${groupOf(group).length} processes behind`)
      for (const { pid } of groupOf(group)) process.kill(pid, 'SIGKILL')
    }
  }
  const turn = async (mine) => {
    const end = await mine.over
    await gone(mine.pid)
    if (!wanted) return end
    if (!killed) {
      if (!mayEnd(end)) ledger.fault(`${name} ended with ${end}`, tail)
      ledger.count(`${name} ended by itself`)
      await pause(100)
    }
    if (wanted) spawned()
    return end
  }
  const self = {
    name,
    start() {
      wanted = true
      spawned()
    },
    pid: () => child?.pid,
    runs: () => child && child.exitCode === null && child.signalCode === null,
    said: () => tail,
    // the processes below it
    below: () => childrenOf(child.pid),
    // Ends it, or one below it with which it ends or not.
    kill(pid = child.pid, ends = true) {
      killed ||= ends
      ledger.tell(`${name} is killed at ${pid}`)
      try {
        process.kill(pid, 'SIGKILL')
        return true
      } catch {
        return false
      }
    },
    // Gives what it ended with.
    async stop(signal = 'SIGTERM') {
      wanted = false
      if (self.runs()) child.kill(signal)
      return turning
    },
  }
  return self
}
