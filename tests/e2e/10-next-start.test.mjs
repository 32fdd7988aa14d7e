// Goal: `next start` serves exactly the bytes that samekey resolved, in every deployment in which
// Next by itself serves something else. One build serves all of them: a dynamic route reads its
// variables at start. `alone` is what Next does without samekey, so each case can fail.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import {
  DOLLAR,
  OTHER,
  PLAIN,
  lay,
  makeApp,
  nextStart,
  refused,
  samekey,
  serve,
  succeed,
  versions,
  withSamekey,
  write,
} from './stand.mjs'

const REQUIRED = '[key NEXTAUTH_SECRET]\nrequired = yes\n'

const cases = [
  {
    name: 'a secret that begins with $',
    files: { '.env': `NEXTAUTH_SECRET=${DOLLAR}\n` },
    alone: '',
    holds: DOLLAR,
  },
  {
    name: 'a secret that begins with $ in single quotes, in the file of production mode',
    files: { '.env.production': `NEXTAUTH_SECRET='${DOLLAR}'\n` },
    alone: '',
    holds: DOLLAR,
  },
  {
    name: 'a $ in a value of the process environment that a file also has',
    files: { '.env': `NEXTAUTH_SECRET=${PLAIN}\n` },
    env: { NEXTAUTH_SECRET: `${OTHER}${DOLLAR}` },
    alone: OTHER,
    holds: `${OTHER}${DOLLAR}`,
    says: 'code=conflict',
  },
  {
    name: 'NODE_ENV=test with the secret in the file of production mode',
    files: { '.env.production': `NEXTAUTH_SECRET=${DOLLAR}\n` },
    env: { NODE_ENV: 'test' },
    alone: null,
    holds: DOLLAR,
    says: 'code=mode-differs',
  },
  {
    name: 'a start script that loads .env.production and spawns next',
    files: { '.env': `NEXTAUTH_SECRET=${DOLLAR}\n`, '.env.production': `NEXTAUTH_SECRET=${DOLLAR}\n` },
    command: () => (port) => ['node', 'start-production.js', '-H', '127.0.0.1', '-p', `${port}`],
    alone: '',
    holds: DOLLAR,
  },
  {
    name: 'a start script, NODE_ENV=test',
    files: { '.env': `NEXTAUTH_SECRET=${DOLLAR}\n` },
    env: { NODE_ENV: 'test' },
    command: () => (port) => ['node', 'start-production.js', '-H', '127.0.0.1', '-p', `${port}`],
    alone: '',
    holds: DOLLAR,
  },
  {
    name: 'npm start, which reads its script from package.json',
    files: { '.env': `NEXTAUTH_SECRET=${DOLLAR}\n` },
    command: () => (port) => ['npm', 'start', '--', '-H', '127.0.0.1', '-p', `${port}`],
    env: { NODE_ENV: 'test' },
    alone: '',
    holds: DOLLAR,
    says: 'why="next start"',
  },
  {
    name: 'a blank line in .env.production',
    files: { '.env': `NEXTAUTH_SECRET=${PLAIN}\n`, '.env.production': 'NEXTAUTH_SECRET=\n' },
    alone: '',
    holds: PLAIN,
    says: 'code=empty',
  },
  {
    name: 'an empty variable inherited from the supervisor',
    files: { '.env': `NEXTAUTH_SECRET=${PLAIN}\n` },
    env: { NEXTAUTH_SECRET: '' },
    alone: '',
    holds: PLAIN,
    says: 'code=empty',
  },
  {
    name: '__NEXT_PROCESSED_ENV leaks in',
    files: { '.env': `NEXTAUTH_SECRET=${PLAIN}\n` },
    env: { __NEXT_PROCESSED_ENV: 'true' },
    alone: null,
    holds: PLAIN,
  },
  {
    name: 'literal quotes and a carriage return from the supervisor',
    files: { '.env': `NEXTAUTH_SECRET=${PLAIN}\n` },
    env: { NEXTAUTH_SECRET: `"${PLAIN}"\r` },
    alone: `"${PLAIN}"\r`,
    holds: PLAIN,
    says: 'code=quotes-stripped',
  },
  {
    name: 'PM2 replays a stale value',
    files: { '.env': `NEXTAUTH_SECRET=${PLAIN}\n` },
    env: { NEXTAUTH_SECRET: OTHER, pm_id: '0' },
    alone: OTHER,
    holds: PLAIN,
    says: 'code=captured',
  },
  {
    name: 'SAMEKEY_MODE=development, which is not how next start runs',
    files: { '.env.development': `NEXTAUTH_SECRET=${DOLLAR}\n` },
    env: { SAMEKEY_MODE: 'development' },
    alone: null,
    holds: DOLLAR,
  },
  {
    name: 'next start FOLDER',
    files: { '.env': `NEXTAUTH_SECRET=${DOLLAR}\n` },
    above: { '.env': `NEXTAUTH_SECRET=${OTHER}\n` },
    command: (app) => (port) => [app.next, 'start', '-H', '127.0.0.1', '-p', `${port}`, 'web'],
    inRoot: true,
    alone: '',
    holds: DOLLAR,
  },
  {
    name: 'a shell that enters the folder',
    files: { '.env': `NEXTAUTH_SECRET=${DOLLAR}\n` },
    command: () => (port) => ['sh', '-c', `cd web && exec npx next start -H 127.0.0.1 -p ${port}`],
    inRoot: true,
    alone: '',
    holds: DOLLAR,
  },
  {
    name: 'npm --prefix FOLDER start',
    files: { '.env': `NEXTAUTH_SECRET=${DOLLAR}\n` },
    command: () => (port) => ['npm', '--prefix', 'web', 'start', '--', '-H', '127.0.0.1', '-p', `${port}`],
    inRoot: true,
    alone: '',
    holds: DOLLAR,
  },
  {
    name: '.env one directory up, with samekey.ini there',
    above: { '.env': `NEXTAUTH_SECRET=${PLAIN}\n`, 'samekey.ini': REQUIRED },
    alone: null,
    holds: PLAIN,
  },
]

const refusals = [
  {
    name: '.env one directory up: names the file that is not read',
    above: { '.env': `NEXTAUTH_SECRET=${PLAIN}\n` },
    files: { 'samekey.ini': REQUIRED },
    says: ['missing', '../.env'],
  },
  {
    name: 'a \\$ that Next and every other reader take differently',
    files: { '.env': `NEXTAUTH_SECRET=\\${DOLLAR}\n` },
    says: ['next-dollar', '.env:1'],
  },
  {
    name: 'a $NAME of a known key',
    files: { '.env': `SALT=${PLAIN}\nNEXTAUTH_SECRET=${OTHER}$SALT\n` },
    says: ['next-dollar', '.env:2'],
  },
  {
    name: 'every candidate empty',
    files: { '.env': 'NEXTAUTH_SECRET=\n' },
    says: ['all-empty'],
  },
  {
    name: 'the fallback of the code as the secret',
    files: { '.env': 'NEXTAUTH_SECRET=your-secret-key\n' },
    says: ['placeholder'],
  },
]

// What every dialect's corner makes of it, and what a route has to read.
const FILE_OF_MANY = [
  `NEXTAUTH_SECRET=${PLAIN}`,
  'NEXT_PUBLIC_NAME=shop',
  'BCRYPT=$2b$10$abcdefghijklmnopqrstuv',
  "SINGLE='pa$word9 # kept'",
  'DOUBLE="two\\nlines"',
  'TRIMMED=  value  ',
  'HASH="a#b"',
  'EMPTY_SETTING=',
  'LOCAL=from .env',
  '',
].join('\n')
const MANY = {
  NEXT_PUBLIC_NAME: 'shop',
  BCRYPT: '$2b$10$abcdefghijklmnopqrstuv',
  SINGLE: 'pa$word9 # kept',
  DOUBLE: 'two\nlines',
  TRIMMED: 'value',
  HASH: 'a#b',
  EMPTY_SETTING: '',
  LOCAL: 'from .env.local',
}

function layBoth(app, { above = {}, files = {} }) {
  lay(app.root, above)
  lay(app.folder, files)
}

for (const version of versions('main')) {
  const app = makeApp(`start-${version}`, version)
  const at = ({ env, inRoot } = {}) => ({ cwd: inRoot ? app.root : app.folder, env })

  test(`${version}: the build, with NODE_ENV=test and a secret that begins with $`, async () => {
    layBoth(app, { files: { '.env.production': `NEXTAUTH_SECRET=${DOLLAR}\n` } })
    await succeed([samekey, 'run', '--', app.next, 'build'], at({ env: { NODE_ENV: 'test' } }))
    await serve(withSamekey(nextStart(app)), at({ env: { NODE_ENV: 'test' } }), async ({ json }) => {
      assert.equal((await json('/api/built')).secret, DOLLAR)
      assert.equal((await json('/api/seen')).secret, DOLLAR)
    })
  })

  for (const c of cases) {
    const command = (c.command ?? nextStart)(app)
    test(`${version}: Next alone: ${c.name}`, async () => {
      layBoth(app, c)
      await serve(command, at(c), async ({ json }) => {
        assert.equal((await json('/api/seen?names=NEXTAUTH_SECRET')).secret, c.alone)
      })
    })
    test(`${version}: healed: ${c.name}`, async () => {
      layBoth(app, c)
      await serve(withSamekey(command), at(c), async ({ json, output }) => {
        const seen = await json('/api/seen?names=NEXTAUTH_SECRET')
        assert.equal(seen.secret, c.holds)
        assert.equal(seen.byName.NEXTAUTH_SECRET, c.holds)
        assert.ok(output().includes(c.says ?? ''), `does not say ${c.says}`)
      })
    })
  }

  for (const c of refusals)
    test(`${version}: refused: ${c.name}`, async () => {
      layBoth(app, c)
      await refused(withSamekey(nextStart(app)), at(c), ...c.says)
    })

  test(`${version}: every key of the files that Next would read, in the bytes of the file`, async () => {
    layBoth(app, { files: { '.env': FILE_OF_MANY, '.env.local': 'LOCAL=from .env.local\n' } })
    await serve(withSamekey(nextStart(app)), at(), async ({ json }) => {
      assert.deepEqual((await json(`/api/seen?names=${Object.keys(MANY)}`)).byName, MANY)
    })
  })

  test(`${version}: those keys also when --dotenv names another file`, async () => {
    layBoth(app, { files: { '.env': FILE_OF_MANY, 'other.env': `NEXTAUTH_SECRET=${PLAIN}\nLOCAL=named\n` } })
    await serve(withSamekey(nextStart(app), '--dotenv', 'other.env'), at(), async ({ json }) => {
      const seen = await json(`/api/seen?names=${Object.keys(MANY)}`)
      assert.deepEqual(seen.byName, { ...MANY, LOCAL: 'named' })
      assert.equal(seen.secret, PLAIN)
    })
  })

  test(`${version}: a workspace runner: says that it knows no folder, and leaves Next its own files`, async () => {
    layBoth(app, { files: { '.env': `NEXTAUTH_SECRET=${PLAIN}\n` } })
    write(app.root, { 'package.json': '{ "workspaces": ["web"], "dependencies": { "next": "*" } }' })
    const command = (port) => ['npm', 'start', '-w', 'web', '--', '-H', '127.0.0.1', '-p', `${port}`]
    await serve(withSamekey(command), at({ inRoot: true }), async ({ json, output }) => {
      assert.equal((await json('/api/seen')).secret, PLAIN)
      assert.ok(output().includes('code=unknown-folder'))
    })
    await serve(withSamekey(command, '--root', 'web'), at({ inRoot: true }), async ({ json, output }) => {
      assert.equal((await json('/api/seen')).secret, PLAIN)
      assert.ok(!output().includes('code=unknown-folder'))
    })
    rmSync(join(app.root, 'package.json'))
  })

  test(`${version}: dialect = portable settles a \\$: the bytes of the file reach the route`, async () => {
    layBoth(app, {
      files: { '.env': `NEXTAUTH_SECRET=\\${DOLLAR}\n`, 'samekey.ini': '[sources]\ndialect = portable\n' },
    })
    await serve(withSamekey(nextStart(app)), at(), async ({ json }) => {
      assert.equal((await json('/api/seen')).secret, `\\${DOLLAR}`)
    })
  })
}
