// Goal: `next dev` keeps reading its own files. A key added while it runs arrives, a leaked flag
// does not blind it, and a value that it will rewrite whatever samekey does is named.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { DOLLAR, PLAIN, lay, makeApp, serve, until, versions, withSamekey, write } from './stand.mjs'

const FLAG = '__NEXT_PROCESSED_ENV'

for (const version of versions('main')) {
  const app = makeApp(`dev-${version}`, version)
  const files = { '.env.development': `NEXTAUTH_SECRET=${PLAIN}\n`, '.env.production': 'NEXTAUTH_SECRET=production\n' }
  const words = (port) => ['-H', '127.0.0.1', '-p', String(port)]
  const commands = [
    ['next dev', (port) => [app.next, 'dev', ...words(port)]],
    ['npm run dev, whose script is a bare next', (port) => ['npm', 'run', 'dev', '--', ...words(port)]],
  ]

  for (const [name, command] of commands)
    test(`${version}: not guarded, in mode development: ${name}`, async () => {
      lay(app.folder, files)
      const options = { cwd: app.folder, env: { [FLAG]: 'true' } }
      await serve(withSamekey(command), options, async ({ json, output, pid }) => {
        assert.ok(!readFileSync(`/proc/${pid}/environ`, 'latin1').includes(FLAG))
        assert.ok(output().includes('code=leaked-flag'))
        assert.equal((await json('/api/seen')).secret, PLAIN)
        write(app.folder, { '.env.development.local': 'ADDED=later\n' })
        await until('the new key arrives', async () => (await json('/api/seen?names=ADDED')).byName.ADDED === 'later')
      })
    })

  test(`${version}: names a value that next dev will rewrite`, async () => {
    lay(app.folder, { '.env': `NEXTAUTH_SECRET=${DOLLAR}\n` })
    await serve(withSamekey(commands[0][1]), { cwd: app.folder }, async ({ json, output }) => {
      assert.equal((await json('/api/seen')).secret, '')
      assert.match(output(), /code=dev-dollar key=NEXTAUTH_SECRET origin=\.env:1/)
    })
  })
}
