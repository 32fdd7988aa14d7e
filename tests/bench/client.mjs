// How long an app waits for a judgement: client.mjs SOCKET FILE, with tokens that `tokens --write` made
// and a samekeyd that holds their key as profile `bench`. Prints `p50|p99 TAB MICROSECONDS` of each
// batch: one question after the other, over one kept connection.
import { readFileSync } from 'node:fs'

import { connect } from '../../packaging/npm/samekey/client.mjs'

const BATCHES = Math.min(15, process.env.ROUNDS || 15)
const BATCH = 2000
const sk = connect({ socket: process.argv[2] })
const { token } = JSON.parse(readFileSync(process.argv[3])).HS256

for (let batch = -1; batch < BATCHES; batch++) {
  const times = []
  for (let i = 0; i < BATCH; i++) {
    const began = process.hrtime.bigint()
    const { ok, code } = await sk.verify(token)
    if (!ok) throw new Error(code)
    times.push(Number(process.hrtime.bigint() - began) / 1000)
  }
  if (batch < 0) continue // the first one warms up
  times.sort((a, b) => a - b)
  console.log(`p50\t${times[BATCH >> 1].toFixed(1)}`)
  console.log(`p99\t${times[Math.floor(BATCH * 0.99)].toFixed(1)}`)
}
sk.close()
