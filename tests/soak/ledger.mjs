// What happened: counts, faults, how long each way in was shut, and how memory and descriptors went.
// SPDX-License-Identifier: MIT
import { appendFileSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export const COMES_BACK_MS = 20_000 // so soon after a disturbance all must be as before
const FAULTS_SHOWN = 20
const MEMORY_BOUND_KIB = 2048 // what the last quarter may be above the second one
const DESCRIPTORS_BOUND = 8

export function ledger() {
  const counts = new Map()
  const faults = new Map()
  const shut = new Map() // route: { since, longest, longestOfAll }
  const times = new Map()
  const disturbed = new Map() // kind: when it last was, Infinity while it is
  const self = {
    count: (what, by = 1) => counts.set(what, (counts.get(what) ?? 0) + by),
    counted: (what) => counts.get(what) ?? 0,
    counts: () => [...counts].sort(([a], [b]) => a.localeCompare(b)),
    // What was done, where somebody wants to see it: SOAK_LOGS names a folder.
    tell: (text) => process.env.SOAK_LOGS && appendFileSync(join(process.env.SOAK_LOGS, 'soak.log'), `${new Date().toISOString()} ${text}\n`),
    // `said`: what helps to understand the first of its kind
    fault(text, said = '') {
      self.tell(`fault: ${text}`)
      if (!faults.has(text) && faults.size < FAULTS_SHOWN) process.stderr.write(`fault: ${text}\n${said}`)
      faults.set(text, (faults.get(text) ?? 0) + 1)
    },
    faults: () => [...faults].map(([text, times]) => (times > 1 ? `${text} (${times} times)` : text)),

    // ---- disturbances, and what they excuse
    disturb: (kind) => disturbed.set(kind, Infinity),
    calm: (kind) => disturbed.set(kind, Date.now()),
    isDisturbed: (kinds, since = Date.now()) => kinds.some((kind) => (disturbed.get(kind) ?? 0) + COMES_BACK_MS > since),
    // One answer of a way in: it was open, or shut as only a disturbance of these kinds excuses.
    answered(route, open, began, kinds, said) {
      const now = Date.now()
      const one = shut.get(route) ?? { longest: 0 }
      shut.set(route, one)
      self.count('requests')
      self.count(`requests, ${route}`)
      if (open) {
        if (one.since) one.longest = Math.max(one.longest, now - one.since)
        one.since = undefined
        return
      }
      self.count(`requests, ${route}, away`)
      if (!self.isDisturbed(kinds, began)) self.fault(`${route}: ${said}, and nothing was disturbed`)
      one.since ??= began
      if (now - one.since > COMES_BACK_MS && !self.isDisturbed(kinds, one.since + 1)) self.fault(`${route} does not come back`)
    },
    // ---- times
    longest: (what, ms) => times.set(what, Math.max(times.get(what) ?? 0, ms)),
    times: () => [...times].sort(([a], [b]) => a.localeCompare(b)),
    outages: () => [...shut].map(([route, { longest }]) => [route, longest]),
  }
  return self
}

// ---- memory and descriptors

function sample(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return { kib: Number(status.match(/^VmRSS:\s+(\d+)/m)[1]), descriptors: readdirSync(`/proc/${pid}/fd`).length }
}

// Looks at programs, { name: pid }, that live as long as it looks.
export function gauge(book, programs) {
  const seen = Object.entries(programs).map(([name, pid]) => ({ name, pid, samples: [] }))
  const look = () => {
    for (const one of seen)
      try {
        one.samples.push(sample(one.pid))
      } catch {
        book.fault(`${one.name} ended while it was measured`)
      }
  }
  look()
  const timer = setInterval(look, 250)
  const most = (samples, of) => Math.max(...samples.map((one) => one[of]))
  return () => {
    clearInterval(timer)
    return seen.filter(({ samples }) => samples.length >= 8).map(({ name, samples }) => {
      const quarter = samples.length / 4
      const early = samples.slice(quarter, 2 * quarter)
      const late = samples.slice(3 * quarter)
      const row = { name, samples: samples.length }
      for (const of of ['kib', 'descriptors']) row[of] = [most(early, of), most(late, of)]
      if (row.kib[1] > row.kib[0] + MEMORY_BOUND_KIB) book.fault(`${name} grew from ${row.kib[0]} to ${row.kib[1]} KiB`)
      if (row.descriptors[1] > row.descriptors[0] + DESCRIPTORS_BOUND)
        book.fault(`${name} went from ${row.descriptors[0]} to ${row.descriptors[1]} descriptors`)
      return row
    })
  }
}
