// What vite's loadEnv makes of fixtures. An environment would hold a name up to its first NUL.
// SPDX-License-Identifier: MIT
'use strict'
const path = require('path')
const { ask } = require('./ask.js')

const NAMES = ['.env', '.env.local', '.env.production', '.env.production.local']

ask(() => {
  const opened = import(path.join(process.env.PEERS_STACKS, 'vite/node_modules/vite/dist/node/index.js'))
  return async (files, folder) => {
    const { loadEnv } = await opened
    const made = Object.entries(loadEnv('production', folder, ''))
    const changed = made.filter(([name, value]) => process.env[name] !== value)
    return { env: Object.fromEntries(changed.map(([name, value]) => [name.split('\0')[0], value])) }
  }
}, { names: count => NAMES.slice(0, count) })
