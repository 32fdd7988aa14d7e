// Where the native program lies: the package of this platform holds it. Says what a machine without
// one is told. Starts nothing.
// SPDX-License-Identifier: MIT
'use strict'

const { join } = require('node:path')

const PACKAGES = { 'linux-x64': 'samekey-linux-x64', 'linux-arm64': 'samekey-linux-arm64' }
const EXIT_REQUIRED = 78
const NO = ['', '0', 'false', 'no', 'off']

const platform = () => `${process.platform}-${process.arch}`

// The path of the program, or undefined. SAMEKEY_BINARY names another one than the package's.
function find(env = process.env) {
  if (env.SAMEKEY_BINARY) return env.SAMEKEY_BINARY
  const name = PACKAGES[platform()]
  if (!name) return undefined
  try {
    return join(require.resolve(`${name}/package.json`), '../bin/samekey')
  } catch {
    return undefined
  }
}

const isSet = (text) => text !== undefined && !NO.includes(text.toLowerCase())

// Which variable says that nothing may start unchecked, or undefined.
const requiredBy = (env = process.env) => ['SAMEKEY_REQUIRED', 'CI'].find((name) => isSet(env[name]))

// Why there is none, and what to do.
function absence() {
  const name = PACKAGES[platform()]
  return name
    ? `the package ${name} is not installed (hint: install without --omit=optional, or set SAMEKEY_BINARY to a samekey built from source)`
    : `there is no samekey for ${platform()} (hint: it runs on Linux; a container or WSL has it)`
}

module.exports = { find, requiredBy, absence, EXIT_REQUIRED }
