// Goal: with the ecosystem file that we ship, real PM2 starts what the files say now, and keeps no secret.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

import { OTHER, SECRET, freePort, makeProject, remove, root, run, scratch, until, write } from './npm.mjs'

const pm2 = join(root, 'build/e2e/cache/pm2/node_modules/.bin/pm2')
const says = `require('http').createServer((q, s) => s.end(JSON.stringify({
  secret: require('crypto').createHash('sha256').update(process.env.NEXTAUTH_SECRET ?? '').digest('hex'), pid: process.pid,
})))`
const SERVER = `${says}.listen(process.env.PORT, '127.0.0.1')\n`
const WEB = `const server = ${says}.listen(process.env.WEB_PORT, '127.0.0.1', () => process.send('ready'))\nprocess.on('SIGINT', () => server.close(() => process.exit(0)))\n`
const hash = async (value) => (await import('node:crypto')).createHash('sha256').update(value).digest('hex')
const env = (value, ports) => ({ '.env': `NEXTAUTH_SECRET=${value}\nPORT=${ports[0]}\nWEB_PORT=${ports[1]}\n` })

// A project as the how-to has it, with a PM2 of its own; `use` gets what a test asks.
async function withPm2(use) {
  const home = scratch('pm2.')
  const ports = [await freePort(), await freePort()]
  const folder = await makeProject({ ...env(SECRET, ports), 'server.js': SERVER, 'web.js': WEB })
  mkdirSync(join(folder, '.git'))
  copyFileSync(join(root, 'packaging/pm2/ecosystem.config.js'), join(folder, 'ecosystem.config.js'))
  const surroundings = (more) => ({
    PM2_HOME: home,
    PATH: `${join(folder, 'node_modules/samekey-linux-x64/bin')}:${process.env.PATH}`,
    ...more,
  })
  const go = (words, more = {}) => run([pm2, ...words], { cwd: folder, env: surroundings(more), deadline: 60_000 })
  const app = {
    home,
    folder,
    ports,
    rotate: (value) => write(folder, env(value, ports)),
    pm2: async (words, more) => {
      const done = await go(words, more)
      assert.equal(done.code, 0, `pm2 ${words.join(' ')}:\n${done.out}\n${done.err}`)
      return done.out
    },
    list: async () => JSON.parse((await go(['jlist'])).out.split('\n').find((line) => line.startsWith('['))),
    ask: async (port) => {
      try {
        const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(2000) })
        return await answer.json()
      } catch {
        return undefined
      }
    },
    holds: async (port, value) => {
      const wanted = await hash(value)
      return until(`port ${port} has the value`, async () => (await app.ask(port))?.secret === wanted && app.ask(port))
    },
    doctor: (...more) => run(['samekey', 'doctor', 'pm2', ...more], { cwd: folder, env: surroundings() }),
  }
  try {
    await use(app)
  } finally {
    await go(['kill'])
    remove(folder)
  }
}

// No file of PM2 holds a value, the logs among them.
function keepsSecrets(folder) {
  for (const entry of readdirSync(folder, { recursive: true })) {
    const path = join(folder, entry)
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) continue
    const text = readFileSync(path, 'latin1')
    assert.ok(!text.includes(SECRET) && !text.includes(OTHER), `${path} holds a secret`)
  }
}

test('started, rotated, restarted and saved: fresh values, and PM2 has none of them', async () => {
  await withPm2(async ({ home, ports, pm2, rotate, holds, doctor }) => {
    // the shell has an old value: PM2 would capture and save it
    await pm2(['start', 'ecosystem.config.js'], { NEXTAUTH_SECRET: OTHER })
    const before = [await holds(ports[0], SECRET), await holds(ports[1], SECRET)]
    rotate(OTHER)
    await pm2(['restart', 'shop'])
    const after = await holds(ports[0], OTHER)
    assert.notEqual(after.pid, before[0].pid)
    await pm2(['restart', 'ecosystem.config.js'], { NEXTAUTH_SECRET: SECRET })
    await holds(ports[0], OTHER)
    await holds(ports[1], OTHER)
    await pm2(['save'])
    assert.ok(existsSync(join(home, 'dump.pm2')))
    keepsSecrets(home)
    const seen = await doctor()
    assert.equal(seen.code, 0, seen.out + seen.err)
  })
})

test('cluster mode: a reload gives every worker the new value, and no request fails meanwhile', async () => {
  await withPm2(async ({ ports, pm2, rotate, holds, ask, list }) => {
    await pm2(['start', 'ecosystem.config.js', '--only', 'shop-web'])
    await holds(ports[1], SECRET)
    assert.equal((await list()).filter((p) => p.name === 'shop-web' && p.pm2_env.status === 'online').length, 2)
    rotate(OTHER)
    let failed = 0
    let over = false
    const asking = (async () => {
      while (!over) failed += (await ask(ports[1])) === undefined
    })()
    await pm2(['reload', 'shop-web'])
    over = true
    await asking
    assert.equal(failed, 0)
    const wanted = await hash(OTHER)
    const seen = new Set()
    await until('both workers were asked', async () => {
      const said = await ask(ports[1])
      assert.equal(said.secret, wanted)
      return seen.add(said.pid).size === 2
    })
  })
})

test('a refused start ends as stopped, once, with the reason in the log', async () => {
  await withPm2(async ({ home, folder, pm2, list }) => {
    write(folder, { 'samekey.ini': '[key A_TOKEN]\nrequired = yes\n' })
    await pm2(['start', 'ecosystem.config.js', '--only', 'shop'])
    const app = await until('it was stopped', async () => (await list()).find((p) => p.pm2_env.status === 'stopped'))
    assert.equal(app.pm2_env.restart_time, 0)
    assert.equal(app.pm2_env.exit_code, 78)
    assert.match(readFileSync(join(home, 'logs/shop-error.log'), 'utf8'), /A_TOKEN/)
  })
})

test('samekey doctor pm2 finds a captured value in the dump, a stale process, and a value in a log', async () => {
  await withPm2(async ({ folder, ports, pm2, rotate, holds, doctor, home }) => {
    // without samekey in front, from a shell that holds the secret
    write(folder, { 'server.js': `console.log(process.env.NEXTAUTH_SECRET)\n${SERVER}` })
    await pm2(['start', 'server.js', '--name', 'plain'], { NEXTAUTH_SECRET: SECRET, PORT: String(ports[0]) })
    const began = Date.now()
    await holds(ports[0], SECRET)
    await pm2(['save'])
    await until('the log has it', () => readFileSync(join(home, 'logs/plain-out.log'), 'utf8').includes(SECRET))
    let seen = await doctor()
    assert.equal(seen.code, 1)
    for (const code of ['pm2-dump-open', 'clear-secret']) assert.ok(seen.out.includes(`[${code}]`), seen.out)
    assert.match(seen.out, /logs\/plain-out\.log/)
    await until('a second has passed, which is as exact as files and processes are', () => Date.now() - began > 2500)
    rotate(OTHER)
    seen = await doctor('--json')
    const found = JSON.parse(seen.out).examinations
    assert.deepEqual(found.map((e) => e.name), ['pm2'])
    const codes = found[0].findings.map((f) => f.code)
    for (const code of ['process-other', 'feeds-other', 'pm2-dump-open']) assert.ok(codes.includes(code), codes.join())
    for (const text of [seen.out, seen.err]) assert.ok(!text.includes(SECRET) && !text.includes(OTHER))
    const texts = found[0].findings.filter((f) => f.code === 'process-other').map((f) => f.text)
    assert.ok(texts.some((text) => /PM2's plain.*before \.env changed/.test(text)), texts.join('\n'))
    assert.ok(texts.some((text) => /PM2's daemon/.test(text)), texts.join('\n'))
  })
})

test('docs/how-to/pm2.md runs as it stands', async () => {
  await withPm2(async ({ home, folder, ports, holds }) => {
    const page = readFileSync(join(root, 'docs/how-to/pm2.md'), 'utf8')
    const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1])
    const PATH = [dirname(pm2), join(folder, 'node_modules/samekey-linux-x64/bin'), process.env.PATH].join(':')
    const seen = []
    for (const block of blocks) {
      const done = await run(['bash', '-euc', block], { cwd: folder, env: { PM2_HOME: home, PATH } })
      assert.equal(done.code, 0, `${block}\n${done.out}\n${done.err}`)
      const [value] = /(?<=^NEXTAUTH_SECRET=).*/m.exec(readFileSync(join(folder, '.env'), 'utf8'))
      for (const port of ports) await holds(port, value)
      seen.push(value)
    }
    assert.equal(new Set(seen).size, 2)
    keepsSecrets(home)
  })
})
