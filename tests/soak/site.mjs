// The site under test: three loaders (an app that is started anew with new keys, one that is told of
// them, the keys of the sessions), a WebSocket server, samekeyd with a store, nginx before all.
// SPDX-License-Identifier: MIT
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync, copyFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { nginx } from '../e2e/nginx.mjs'
import { ask, change, debian, loginApi } from '../e2e/sessions.mjs'
import { client, freePort, samekey, samekeyd, until, versions } from '../e2e/stand.mjs'
import { WINDOW, plainFile, ring, volume } from './keys.mjs'
import { service } from './service.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const top = join(here, '../..')
const read = (path) => readFileSync(join(top, path), 'utf8')
const UP_MS = 20_000

// key, previous, and a [key] section for each further one
const aged = (app, key) => `app = ${app}\nkey = ${key}\nprevious = ${key}_1\n`
const older = (profile, key) =>
  Array.from({ length: WINDOW - 1 }, (_, i) => `[key ${profile}]\nkey = ${key}_${i + 2}\nstate = retiring\n\n`).join('')
const ofApp = (app) => `[profile ${app}]\n${aged(app, 'SIGNING_KEY')}require = sub\n\n${older(app, 'SIGNING_KEY')}`

const INI = `[profile access]
${aged('auth', 'ETLS_ACCESS')}require = exp, userId
lifetime = 6s
cookie = accessTokenEtls
forward = userId, role

${older('access', 'ETLS_ACCESS')}[profile refresh]
${aged('auth', 'ETLS_REFRESH')}require = exp, userId
lifetime = 1m
cookie = refreshTokenEtls

${older('refresh', 'ETLS_REFRESH')}${ofApp('web')}${ofApp('api')}[session]
access = access
refresh = refresh
absolute = 2m
grace = 20s
claims = userId:userData.id, role:userData.role
refresh_claims = userId:userData.id
subject = userData.id
user_data = userData
same_site = strict
login_page = /login
origin = https://shop.example

[upstream]
app = auth
key = EXTERNAL_API_URL
path = /login

[limits]
dead = 8
connections = 128
`

const APP_INI = `[key SIGNING_KEY]
required = yes
min_length = 32
[key PAIR_A_SECRET]
required = yes
differs_from = PAIR_B_SECRET
[key PAIR_B_SECRET]
required = yes
`

// Where an app's packages are: what tests/install-stacks installed, and the client as it is here.
function layPrograms(folder) {
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  const cache = join(top, 'build/e2e/cache', versions('main')[0], 'node_modules')
  for (const name of ['jose', 'ws']) symlinkSync(join(cache, name), join(folder, 'node_modules', name))
  symlinkSync(client, join(folder, 'node_modules/samekey'))
  copyFileSync(join(here, 'apps/app.mjs'), join(folder, 'app.mjs'))
  copyFileSync(join(top, 'tests/e2e/apps/seed/ws-server.mjs'), join(folder, 'ws-server.mjs'))
}

function layApp(folder, name, more) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'samekey.ini'), `[app]\nname = ${name}\ngroup = ${name}\n${more}`)
}

// What the shipped settings of nginx become: bearer tokens at /, sessions at the second port.
function settingsOf(paths, ports) {
  const changed = (text, changes) => changes.reduce((all, [from, to]) => all.replaceAll(from, to), text)
  return (port) => {
    const tokens = changed(read('packaging/nginx/samekey.conf'), [
      ['/run/samekey/api.sock', paths.api],
      ['127.0.0.1:8080', `127.0.0.1:${port}`],
      ['127.0.0.1:3000', `127.0.0.1:${ports.web}`],
      ['/v1/auth/session', '/v1/auth/web'],
    ])
    const sessions = changed(read('packaging/nginx/session.conf'), [
      ['/run/samekey/session.sock', paths.session],
      ['127.0.0.1:8080', `127.0.0.1:${ports.door}`],
      ['127.0.0.1:3000', `127.0.0.1:${ports.web}`],
    ])
    return tokens + sessions
  }
}

function redisWords(folder) {
  const words = ['--port', '0', '--unixsocket', join(folder, 'redis.sock'), '--dir', join(folder, 'disk/redis')]
  return [join(debian, 'usr/bin/redis-server'), ...words, '--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
}

function rings(folder, api) {
  const paired = ['PAIR_A_SECRET', 'PAIR_B_SECRET']
  return {
    web: ring({ app: 'web', named: ['SIGNING_KEY'], paired, put: plainFile(join(folder, 'disk/web')) }),
    api: ring({ app: 'api', named: ['SIGNING_KEY'], paired, put: volume(join(folder, 'disk/secrets')) }),
    auth: ring({
      app: 'auth',
      named: ['ETLS_ACCESS', 'ETLS_REFRESH'],
      constant: { EXTERNAL_API_URL: api.url },
      put: plainFile(join(folder, 'disk/auth')),
    }),
  }
}

function lay(folder, store) {
  const disk = join(folder, 'disk')
  const ini = { 'session/socket': join(folder, 'session.sock'), 'store/url': store === 'redis' ? `redis://${join(folder, 'redis.sock')}` : `sqlite:${join(disk, 'sessions.db')}` }
  const listen = `[listen]\nhandoff = ${join(folder, 'handoff.sock')}\napi = ${join(folder, 'api.sock')}\n\n`
  writeFileSync(join(folder, 'samekeyd.ini'), change(listen + INI, ini))
  if (store === 'redis') mkdirSync(join(disk, 'redis'))
  layPrograms(folder)
  layApp(join(disk, 'web'), 'web', APP_INI)
  layApp(join(folder, 'api'), 'api', `[sources]\nsecrets = ${join(disk, 'secrets')}\n${APP_INI}`)
  layApp(join(disk, 'auth'), 'auth', '[key EXTERNAL_API_URL]\nsecret = no\nrequired = yes\ntype = url\n')
}

// What runs, as a service manager has it. `full()`: no byte is free on the disk.
function services(book, folder, store, ports, full) {
  const env = { SAMEKEY_SOCKET: join(folder, 'handoff.sock'), SAMEKEY_API_SOCKET: join(folder, 'api.sock'), XDG_STATE_HOME: folder }
  const run = (name, change) => [samekey, 'run', '--name', name, '--supervise', '--on-change', ...change, '--', 'node', join(folder, 'app.mjs')]
  const of = (name, words, cwd, more = {}, mayEnd) => service(book, { name, words, cwd, env: { ...env, ...more }, mayEnd })
  const reads = { SOAK_READS: samekey, SOAK_NAME: 'api', PORT: String(ports.api) }
  const all = {
    samekeyd: of('samekeyd', [samekeyd, '--ini', join(folder, 'samekeyd.ini')], folder),
    web: of('web', run('web', ['restart']), join(folder, 'disk/web'), { PORT: String(ports.web) }),
    api: of('api', run('api', ['signal', 'HUP']), join(folder, 'api'), reads),
    auth: of('auth', [samekey, 'offer', '--watch', '--name', 'auth'], join(folder, 'disk/auth'), {}, (code) => code === 69),
    ws: of('ws', ['node', join(folder, 'ws-server.mjs')], folder, { WS_PORT: String(ports.ws) }),
  }
  if (store !== 'redis') return all
  const libraries = { LD_LIBRARY_PATH: join(debian, 'usr/lib/x86_64-linux-gnu') }
  // it ends by itself where its log cannot be written
  return { redis: of('redis', redisWords(folder), folder, libraries, full), ...all }
}

// Starts a site in `folder`, whose `disk` is there; hands it to `use`, and ends it: everything must end
// well when it is told to.
export async function site(book, folder, store, full, use) {
  const api = await loginApi()
  const ports = {}
  for (const name of ['web', 'api', 'ws', 'door']) ports[name] = await freePort()
  const paths = Object.fromEntries(['api', 'session', 'handoff'].map((name) => [name, join(folder, `${name}.sock`)]))
  lay(folder, store)
  const apps = rings(folder, api)
  for (const app of Object.values(apps)) app.lay()
  const running = services(book, folder, store, ports, full)
  const begun = []
  try {
    for (const one of Object.values(running)) {
      begun.push(one)
      one.start()
      if (one.name === 'redis') await until('Redis listens', () => existsSync(join(folder, 'redis.sock')), UP_MS)
      if (one.name === 'samekeyd') await until('samekeyd listens', () => existsSync(paths.api), UP_MS)
    }
    for (const name of ['web', 'api', 'ws']) await until(`${name} listens`, () => ask(ports[name], 'GET', '/'), UP_MS)
    await until('sessions are answered', async () => (await ask(paths.session, 'GET', '/auth/session')).status === 401, UP_MS)
    return await nginx(folder, settingsOf(paths, ports), ({ port }) => use({ folder, paths, ports: { ...ports, tokens: port }, rings: apps, running, store }))
  } catch (error) {
    for (const one of begun) error.message += `\n${one.name}: ${one.said()}`
    throw error
  } finally {
    for (const one of begun.reverse()) {
      const ran = one.runs()
      const end = await one.stop()
      if (ran && end !== 0 && one.name !== 'ws') book.fault(`${one.name} ended with ${end} when it was told to`, one.said())
    }
    await api.close()
    rmSync(join(folder, 'node_modules'), { recursive: true })
  }
}
