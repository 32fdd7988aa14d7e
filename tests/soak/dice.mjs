// Chance that can be had again: each actor has a die of its own, made of the run's seed and its name.
// SPDX-License-Identifier: MIT
import { createHash } from 'node:crypto'

// mulberry32
function stream(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export function dice(seed, name) {
  const next = stream(createHash('sha256').update(`${seed} ${name}`).digest().readInt32LE())
  const below = (count) => Math.floor(next() * count)
  return {
    below,
    between: (low, high) => low + next() * (high - low),
    happens: (probability) => next() < probability,
    one: (list) => list[below(list.length)],
    // a key of { name: weight }
    of(weights) {
      let left = next() * Object.values(weights).reduce((sum, weight) => sum + weight, 0)
      return Object.keys(weights).find((name) => (left -= weights[name]) < 0)
    },
  }
}
