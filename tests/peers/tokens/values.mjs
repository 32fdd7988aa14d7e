// JSON as texts, so that everything that it allows, and what it does not, can be written: values,
// and objects with white space and escapes in odd places.
// SPDX-License-Identifier: MIT
import { now } from './keys.mjs'

export const AROUND = 5 // seconds from a boundary that no token comes nearer to, for clocks go on

export const quoted = JSON.stringify

// A name or text with some characters as escapes.
export function escaped(random, text) {
  const inside = [...JSON.stringify(text).slice(1, -1)]
  if (inside.includes('\\')) return JSON.stringify(text)
  const hex = (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
  return `"${inside.map((c) => (c.length === 1 && random.once(4) ? hex(c) : c)).join('')}"`
}

const space = (random) => (random.once(12) ? random.one([' ', '\n', '\t', ' \r\n ']) : '')

export function write(random, members) {
  const pair = ([name, value]) =>
    `${space(random)}${random.once(16) ? escaped(random, name) : quoted(name)}${space(random)}:${space(random)}${value}`
  return `${space(random)}{${members.map(pair).join(',')}${space(random)}}${space(random)}`
}

const nested = (depth) => '['.repeat(depth) + ']'.repeat(depth)
const many = (count) => `[${Array(count).fill(1).join()}]`
const wide = (count) => `{${Array.from({ length: count }, (_, i) => `"m${i}":0`).join()}}`

export const anything = (random) =>
  random.one([
    'null',
    'true',
    'false',
    '0',
    '-0',
    '1',
    '1.5e3',
    '""',
    '"x"',
    '[]',
    '{}',
    '[null]',
    '{"a":1}',
    '"\\u0000"',
    '"é"',
    '"\\ud83d\\udd11"',
    '"\\ud800"',
    '"\\udc00x"',
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '[{"b":[{"c":1,"c":1}]}]',
    nested(20),
    nested(31),
    nested(32),
    nested(40),
    many(1024),
    many(1025),
    wide(400),
    wide(520),
    '1' + '0'.repeat(30),
    '1' + '0'.repeat(31),
    '1' + '0'.repeat(32),
    '0.' + '1'.repeat(40),
    '01',
    '+1',
    '.5',
    '1.',
    'NaN',
    '0x10',
    "'x'",
    'undefined',
  ])

const moment = (random, base) => {
  const away = AROUND + random.below(random.one([10, 100, 5000, 1e6, 1e9]))
  return base + (random.once(2) ? away : -away)
}

export function date(random, base) {
  const at = moment(random, base)
  const formed = random.one([String(at), String(at), `${at}.0`, `${at}.25`, `${at / 10}e1`, `${at}e0`, `${at}E+0`])
  return random.once(3)
    ? random.one([
        `"${at}"`,
        'null',
        '-1',
        '1e400',
        '-1e400',
        '1e-400',
        `${at * 1000}`,
        '253402300799',
        '253402300800',
        '-253402300799',
        '-253402300801',
        '9223372036854775808',
        '4294967297',
        '2147483648',
        anything(random),
      ])
    : formed
}

export const text = (random, good) =>
  random.one([
    quoted(good),
    escaped(random, good),
    quoted(`${good}\0`),
    quoted(`${good}\0evil`),
    quoted(`${good} `),
    quoted(good.toUpperCase()),
    quoted(`${good}/`),
    quoted(good.slice(0, -1)),
    '""',
    `[${quoted(good)}]`,
    anything(random),
  ])

export const audience = (random, good) =>
  random.one([
    quoted(good),
    `[${quoted(good)}]`,
    `["other",${quoted(good)}]`,
    `[${quoted(good)},7]`,
    `[[${quoted(good)}]]`,
    `{"a":${quoted(good)}}`,
    `"x ${good}"`,
    '[]',
    text(random, good),
    anything(random),
  ])
