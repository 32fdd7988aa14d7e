// Goal: what a build leaves behind does not decide over a start unseen. Frozen settings are
// refused by file name, a standalone server gets the app's files over the build's copies, and a
// secret that only the start may have is in no output.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { cpSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { DOLLAR, OTHER, PLAIN, lay, makeApp, nextStart, refused, run, samekey, serve, succeed, versions, withSamekey, write } from './stand.mjs'

const env = { HOSTNAME: '127.0.0.1' }

// Every file below a folder that holds the text.
function holders(folder, text) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => readFileSync(path).includes(text))
}

for (const version of versions('main')) {
  const frozen = makeApp(`frozen-${version}`, version, {
    'next.config.js': `module.exports = { env: {
      NEXTAUTH_SECRET: process.env.NEXTAUTH_SECRET || 'your-secret-key',
      API_TOKEN: process.env.API_TOKEN,
    } }\n`,
  })
  const FILE = '.next/required-server-files.json'
  const GOOD = `NEXTAUTH_SECRET=${PLAIN}\nAPI_TOKEN=${OTHER}\n`
  const inFrozen = { cwd: frozen.folder }

  test(`${version}: next.config.js env: freezes the fallback when CI builds without the secret`, async () => {
    lay(frozen.folder, {})
    await succeed([frozen.next, 'build'], { ...inFrozen, env: { API_TOKEN: DOLLAR } })
    lay(frozen.folder, { '.env': GOOD })
    await serve(nextStart(frozen), inFrozen, async ({ json }) => {
      const seen = await json('/api/seen?names=NEXTAUTH_SECRET')
      assert.equal(seen.secret, 'your-secret-key') // compiled code
      assert.equal(seen.byName.NEXTAUTH_SECRET, PLAIN) // the process
    })
  })
  test(`${version}: refused: a frozen build, by key and file`, async () => {
    lay(frozen.folder, { '.env': GOOD })
    await refused(withSamekey(nextStart(frozen)), inFrozen, 'frozen', FILE, 'NEXTAUTH_SECRET', 'API_TOKEN')
  })
  test(`${version}: refused: a frozen build behind a start script`, async () => {
    lay(frozen.folder, { '.env': GOOD })
    await refused(withSamekey(() => ['node', 'start-production.js']), inFrozen, 'frozen', FILE)
  })
  test(`${version}: refused: a frozen fallback for a secret that no source has`, async () => {
    lay(frozen.folder, {})
    await refused(withSamekey(nextStart(frozen)), inFrozen, 'frozen', FILE, 'NEXTAUTH_SECRET')
  })
  test(`${version}: check names the frozen build without starting anything`, async () => {
    lay(frozen.folder, { '.env': GOOD })
    const { code, output } = await run([samekey, 'check'], inFrozen)
    assert.equal(code, 1, output)
    assert.ok(output.includes(FILE), output)
  })
  test(`${version}: --allow starts the frozen build all the same, and says so`, async () => {
    lay(frozen.folder, { '.env': GOOD })
    await serve(withSamekey(nextStart(frozen), '--allow', 'frozen'), inFrozen, async ({ json, output }) => {
      assert.equal((await json('/api/seen')).secret, 'your-secret-key')
      assert.ok(output().includes('code=frozen'))
    })
  })
  test(`${version}: a frozen build made with the same values starts; after a rotation it does not`, async () => {
    lay(frozen.folder, { '.env': GOOD })
    await succeed([samekey, 'run', '--', frozen.next, 'build'], inFrozen)
    await serve(withSamekey(nextStart(frozen)), inFrozen, async ({ json }) => {
      assert.equal((await json('/api/seen')).secret, PLAIN)
    })
    lay(frozen.folder, { '.env': `NEXTAUTH_SECRET=${DOLLAR}\nAPI_TOKEN=${OTHER}\n` })
    await refused(withSamekey(nextStart(frozen)), inFrozen, 'frozen', FILE, 'NEXTAUTH_SECRET')
  })

  // One standalone build with a sentinel for the secret serves the rest.
  const lean = makeApp(`standalone-${version}`, version, {
    'next.config.js': "module.exports = { output: 'standalone', outputFileTracingRoot: __dirname }\n",
  })
  const output = join(lean.folder, '.next/standalone')
  const ini = '[key NEXTAUTH_SECRET]\nrequired = yes\nphases = start\n'
  const server = (folder) => () => ['node', join(folder, 'server.js')]
  const at = (cwd) => ({ cwd, env, portName: 'PORT' })

  test(`${version}: phases = start: no output of the build holds the secret`, async () => {
    lay(lean.folder, { '.env': 'NAME=shop\n', '.env.local': `NEXTAUTH_SECRET=${DOLLAR}\n`, 'samekey.ini': ini })
    // the build is refused by its static route, in which the stand-in is frozen
    const built = await run([samekey, 'run', '--', lean.next, 'build'], { cwd: lean.folder, env: { NODE_ENV: 'test' } })
    assert.equal(built.code, 78, built.output)
    for (const said of ['frozen-value', 'NEXTAUTH_SECRET', '.next/server/app/api/built.body'])
      assert.ok(built.output.includes(said), `does not say ${said}:\n${built.output}`)
    assert.deepEqual(holders(join(lean.folder, '.next'), DOLLAR), [])
    await serve(withSamekey(nextStart(lean)), { cwd: lean.folder }, async ({ json }) => {
      assert.notEqual((await json('/api/built')).secret, DOLLAR)
      assert.ok((await json('/api/built')).secret, 'the build had a stand-in')
      assert.equal((await json('/api/seen')).secret, DOLLAR)
    })
  })

  // The build copied an .env; since then the app's own was edited.
  function edit() {
    rmSync(join(output, '.env'))
    write(output, { '.env': `NEXTAUTH_SECRET=${OTHER}\nNAME=copy\nONLY_IN_COPY=1\n` })
    lay(lean.folder, { '.env': `NEXTAUTH_SECRET=${DOLLAR}\nNAME=app\n` })
  }
  const NAMES = '/api/seen?names=NAME,ONLY_IN_COPY'

  test(`${version}: Next alone: a standalone server reads the build's copy`, async () => {
    edit()
    await serve(server(output), at(lean.folder), async ({ json }) => {
      assert.equal((await json('/api/seen')).secret, OTHER)
    })
  })
  for (const [name, cwd] of [['from the app folder', lean.folder], ['from the output', output], ['from the root', lean.root]])
    test(`${version}: healed: a standalone server ${name} gets the app's files over the copies`, async () => {
      edit()
      await serve(withSamekey(server(output)), at(cwd), async ({ json, output: said }) => {
        const seen = await json(NAMES)
        assert.equal(seen.secret, DOLLAR)
        assert.deepEqual(seen.byName, { NAME: 'app', ONLY_IN_COPY: '1' })
        assert.ok(said().includes('code=build-copy'))
      })
    })
  test(`${version}: healed: a standalone server behind npm start`, async () => {
    edit()
    const file = join(lean.folder, 'package.json')
    const text = readFileSync(file, 'utf8')
    write(lean.folder, { 'package.json': text.replace('"next start"', '"node .next/standalone/server.js"') })
    await serve(withSamekey(() => ['npm', 'start']), at(lean.folder), async ({ json }) => {
      assert.equal((await json('/api/seen')).secret, DOLLAR)
    })
  })
  test(`${version}: a standalone server that was copied elsewhere is guarded by the files beside it`, async () => {
    const deployed = join(lean.root, 'deployed')
    rmSync(deployed, { recursive: true, force: true })
    cpSync(output, deployed, { recursive: true, verbatimSymlinks: true })
    lay(deployed, { '.env': `NEXTAUTH_SECRET=${DOLLAR}\nNAME=deployed\n` })
    await serve(server(deployed), at('/'), async ({ json }) => {
      assert.equal((await json('/api/seen')).secret, '')
    })
    for (const cwd of ['/', deployed])
      await serve(withSamekey(server(deployed)), at(cwd), async ({ json }) => {
        const seen = await json(NAMES)
        assert.equal(seen.secret, DOLLAR)
        assert.equal(seen.byName.NAME, 'deployed')
      })
  })
}
