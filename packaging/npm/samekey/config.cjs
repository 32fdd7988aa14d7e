// In place of dotenv/config: sets process.env, or ends the process as `samekey run` would have ended.
// SPDX-License-Identifier: MIT
'use strict'

const { SamekeyConfigError, configure } = require('./configure.cjs')

try {
  configure({ name: process.env.SAMEKEY_APP })
} catch (error) {
  if (!(error instanceof SamekeyConfigError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(error.status)
}
