// What a soak says at its end, and with RECORD writes into docs/RELIABILITY.md, below its heading.
// SPDX-License-Identifier: MIT
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { fileURLToPath } from 'node:url'

const paper = fileURLToPath(new URL('../../docs/RELIABILITY.md', import.meta.url))
const BEGIN = '<!-- make soak RECORD=yes writes from here -->'
const END = '<!-- to here -->'

// Several counts by kind, `NAME, KIND`, as one sum and its parts.
function family(book, name) {
  const parts = book.counts().filter(([what]) => what.startsWith(`${name}, `))
  const sum = parts.reduce((all, [, count]) => all + count, 0)
  return [name, `${sum}${sum ? ` (${parts.map(([what, count]) => `${what.slice(name.length + 2)} ${count}`).join(', ')})` : ''}`]
}

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`
const SINGLE = [
  'tokens let in', 'tokens refused', 'sets looked at', 'sets resolved', 'logins', 'refreshes', 'silent refreshes', 'WebSockets',
  'logouts', 'revocations', 'ended sessions tried', 'sessions outrun by rotations', 'sessions not answered within the grace',
  'rotations that overtook one', 'rotations put off by a full disk', 'times the disk was full',
]

function rows({ book, measures }) {
  const away = book.counts().filter(([what]) => what.endsWith(', away')).reduce((all, [, count]) => all + count, 0)
  return [
    ['requests', `${book.counted('requests')}, of which ${away} found nobody`],
    family(book, 'rotations'),
    family(book, 'kills'),
    ...SINGLE.map((name) => [name, String(book.counted(name))]),
    ...book.counts().filter(([what]) => what.endsWith('ended by itself')).map(([what, count]) => [what, String(count)]),
    ...book.times().map(([what, ms]) => [`longest ${what}`, seconds(ms)]),
    ...book.outages().map(([route, ms]) => [`longest without an answer: ${route}`, seconds(ms)]),
    ...measures.map(({ round, name, kib, descriptors }) => [
      `${name} with ${round}, second and last quarter`,
      `${kib[0]} and ${kib[1]} KiB, ${descriptors[0]} and ${descriptors[1]} descriptors`,
    ]),
  ]
}

function record(lines) {
  const text = existsSync(paper) ? readFileSync(paper, 'utf8') : ''
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`${paper} does not hold '${BEGIN}' and '${END}'`)
  writeFileSync(paper, `${text.slice(0, from + BEGIN.length)}\n${lines.join('\n')}\n${text.slice(to)}`)
}

// Returns whether all was well.
export function summary(run) {
  const { book, seed, disk, rounds } = run
  const faults = book.faults()
  const table = rows(run)
  const title = `${run.seconds} s, SOAK_SEED=${seed}, stores: ${rounds.join(', ')}${disk ? '' : '; no disk of its own, so none was filled'}`
  console.log(`soak: ${title}`)
  for (const [what, count] of table) console.log(`  ${what.padEnd(52)} ${count}`)
  for (const fault of faults) console.log(`FAULT ${fault}`)
  console.log(faults.length ? `soak: ${faults.length} kinds of faults` : 'soak: no fault')
  if (process.env.RECORD) {
    const machine = `${cpus()[0].model}, ${cpus().length} cores, Linux ${release().match(/^[\d.]*\d/)[0]}, node ${process.versions.node}`
    const date = new Date().toISOString().slice(0, 10)
    record([
      `${date}, ${title}. Machine: ${machine}. Faults: ${faults.length}.`, '',
      '| what | how often, how much |', '| --- | --- |', ...table.map(([what, count]) => `| ${what} | ${count} |`),
    ])
  }
  return faults.length === 0
}
