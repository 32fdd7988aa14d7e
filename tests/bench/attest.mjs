// How long an app waits until it knows what it holds: attest.mjs SOCKET, with a samekeyd that holds
// SECRET of app `bench`. Prints `STATE TAB p50|p99 TAB MICROSECONDS` of each batch: both questions of
// an attestation, one after the other, over one kept connection.
import { connect } from '../../packaging/npm/samekey/client.mjs'

const BATCHES = Math.min(15, process.env.ROUNDS || 15)
const BATCH = 500
const sk = connect({ socket: process.argv[2], app: 'bench' })
// What is found at once, and what is found last: after every value and every public text.
const held = { same: process.argv[3], 'near-miss': `${process.argv[3]}\r\n` }

for (const [expected, SECRET] of Object.entries(held))
  for (let batch = -1; batch < BATCHES; batch++) {
    const times = []
    for (let i = 0; i < BATCH; i++) {
      const began = process.hrtime.bigint()
      const { state } = (await sk.attest({ SECRET })).SECRET
      if (state !== expected) throw new Error(state)
      times.push(Number(process.hrtime.bigint() - began) / 1000)
    }
    if (batch < 0) continue // the first one warms up
    times.sort((a, b) => a - b)
    console.log(`${expected}\tp50\t${times[BATCH >> 1].toFixed(1)}`)
    console.log(`${expected}\tp99\t${times[Math.floor(BATCH * 0.99)].toFixed(1)}`)
  }
sk.close()
