// Goal: the same holds on the older versions of Next, whose builds are made by webpack. A few
// deployments only; E2E=full runs every other test on them as well.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { DOLLAR, OTHER, PLAIN, lay, makeApp, nextStart, refused, samekey, serve, succeed, versions, withSamekey } from './stand.mjs'

for (const version of versions('older')) {
  const app = makeApp(`older-${version}`, version, {
    'next.config.js': 'module.exports = { env: { API_TOKEN: process.env.API_TOKEN } }\n',
  })
  const options = { cwd: app.folder, env: { NODE_ENV: 'test' } }

  test(`${version}: build, with NODE_ENV=test, a secret that begins with $ and a frozen setting`, async () => {
    lay(app.folder, { '.env.production': `NEXTAUTH_SECRET=${DOLLAR}\nAPI_TOKEN=${PLAIN}\n` })
    await succeed([samekey, 'run', '--', app.next, 'build'], options)
  })
  test(`${version}: Next alone cuts or misses the secret`, async () => {
    await serve(nextStart(app), { cwd: app.folder }, async ({ json }) => {
      assert.equal((await json('/api/seen')).secret, '')
      assert.equal((await json('/api/built')).secret, DOLLAR)
    })
    await serve(nextStart(app), options, async ({ json }) => {
      assert.equal((await json('/api/seen')).secret, null)
    })
  })
  for (const [name, command] of [
    ['next start', nextStart(app)],
    ['a start script', (port) => ['node', 'start-production.js', '-H', '127.0.0.1', '-p', `${port}`]],
  ])
    test(`${version}: healed: ${name}`, async () => {
      lay(app.folder, { '.env': `NEXTAUTH_SECRET=${DOLLAR}\nAPI_TOKEN=${PLAIN}\n` })
      await serve(withSamekey(command), options, async ({ json }) => {
        assert.equal((await json('/api/seen')).secret, DOLLAR)
      })
    })
  test(`${version}: refused: the frozen setting after a rotation`, async () => {
    lay(app.folder, { '.env': `NEXTAUTH_SECRET=${DOLLAR}\nAPI_TOKEN=${OTHER}\n` })
    await refused(withSamekey(nextStart(app)), options, 'frozen', '.next/required-server-files.json', 'API_TOKEN')
  })
}
