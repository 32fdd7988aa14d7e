// How fast node's readers of env files are on a file: readers.mjs FILE. Prints `NAME TAB MB/s` a
// reader, the median of its rounds by processor time.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { join } from 'node:path'

const ROUNDS = Math.min(15, process.env.ROUNDS || 15)
const require = createRequire(join(process.cwd(), 'here.js'))
const bytes = readFileSync(process.argv[2])
const readers = {
  [`dotenv ${require('dotenv/package.json').version}`]: require('dotenv').parse,
  [`node ${process.versions.node} util.parseEnv`]: parseEnv && ((file) => parseEnv(file.toString())),
}

for (const [name, read] of Object.entries(readers).filter(([, read]) => read)) {
  const times = []
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage()
    if (Object.keys(read(bytes)).length < 10000) throw new Error(`${name} lost keys`)
    const spent = process.cpuUsage(before)
    times.push(spent.user + spent.system)
  }
  times.sort((a, b) => a - b)
  console.log(`${name}\t${(bytes.length / times[ROUNDS >> 1]).toFixed(1)}`)
}
