// What the end-to-end tests of sessions stand on: samekeyd with conf/examples/seed, what they change in
// it, the API behind the login, and requests with a cookie jar. Holds no test.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { PASSWORD, loginApi } from './apps/login-api/server.mjs'
import { OTHER, PLAIN, freePort, lay, samekey, succeed, until, verifier, versions } from './stand.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const seed = join(here, '../../conf/examples/seed')
const cache = join(here, '../../build/e2e/cache')
export const debian = join(here, '../../build/e2e/debian')

export { PASSWORD, loginApi }
export const ACCESS = 'accessTokenEtls'
export const REFRESH = 'refreshTokenEtls'
export const COOKIES = [ACCESS, REFRESH, 'accessToken', 'refreshToken']
export const ORIGIN = 'https://shop.example'

// What npm's jose makes of a token: the seed's own code path.
export const { SignJWT, decodeJwt, jwtVerify } = await import(
  createRequire(join(cache, versions('main')[0], 'package.json')).resolve('jose')
)
export const bytes = (secret) => new TextEncoder().encode(secret)
export const verifies = async (token, secret) => (await jwtVerify(token, bytes(secret), { algorithms: ['HS256'] })).payload

// What a token's jti says: FAMILY.GENERATION.
export const familyOf = (token) => decodeJwt(token).jti.split('.')[0]
export const generationOf = (token) => Number(decodeJwt(token).jti.split('.')[1])

// Waits until a token is over, by the clock that judges it.
export const ends = (token) => until('the token ends', () => decodeJwt(token).exp * 1000 <= Date.now(), 15_000)

// Settings of an ini file, changed: { 'section/name': value }; null takes the line away.
export function change(ini, changes) {
  for (const [place, value] of Object.entries(changes)) {
    const cut = place.lastIndexOf('/')
    const [section, name] = [place.slice(0, cut), place.slice(cut + 1)]
    const head = `[${section}]\n`
    if (!ini.includes(head)) ini += `\n${head}`
    const begin = ini.indexOf(head) + head.length
    const end = ini.indexOf('\n[', begin) < 0 ? ini.length : ini.indexOf('\n[', begin) + 1
    const body = ini.slice(begin, end).replace(new RegExp(`^${name} =.*\n`, 'm'), '')
    ini = ini.slice(0, begin) + (value === null ? '' : `${name} = ${value}\n`) + body + ini.slice(end)
  }
  return ini
}

// Lives of the tokens, for `change`: the two access profiles differ in `redirect` alone.
export const lives = (access, refresh = '7d') => ({
  'profile access/lifetime': access,
  'profile page/lifetime': access,
  'profile refresh/lifetime': refresh,
})

// One request, to a Unix socket or a port of 127.0.0.1 (`to`). Gives { status, headers, cookies, body }:
// of each Set-Cookie line the cookie, as { value, ...attributes in lower case }; of JSON the value.
export function ask(to, method, path, { headers = {}, json, body = json && JSON.stringify(json), agent } = {}) {
  const where = typeof to === 'string' ? { socketPath: to } : { host: '127.0.0.1', port: to }
  const typed = json ? { 'content-type': 'application/json' } : {}
  return new Promise((resolve, reject) => {
    const asked = request({ ...where, agent, method, path, headers: { ...typed, ...headers } }, async (answer) => {
      let text = ''
      for await (const part of answer.setEncoding('utf8')) text += part
      const isJson = /json/.test(answer.headers['content-type'] ?? '')
      resolve({
        status: answer.statusCode,
        headers: answer.headers,
        cookies: cookiesOf(answer.headers['set-cookie'] ?? []),
        body: isJson ? JSON.parse(text) : text,
      })
    })
    asked.on('error', reject).end(body)
  })
}

export function cookiesOf(lines) {
  const all = {}
  for (const line of lines) {
    const [first, ...attributes] = line.split('; ')
    const cut = first.indexOf('=')
    assert.ok(!(first.slice(0, cut) in all), `twice: ${first.slice(0, cut)}`)
    all[first.slice(0, cut)] = Object.fromEntries([
      ['value', first.slice(cut + 1)],
      ...attributes.map((text) => text.split('=')).map(([name, value]) => [name.toLowerCase(), value ?? true]),
    ])
  }
  return all
}

// A browser without a window: asks with the cookies that it holds, and keeps what it is given.
export function visitor(to, more = {}) {
  const jar = new Map()
  const visit = async (method, path, options = {}) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...(cookie ? { cookie } : {}), ...more, ...options.headers }
    const answer = await ask(to, method, path, { ...options, headers })
    for (const [name, { value, 'max-age': age }] of Object.entries(answer.cookies))
      if (age === '0') jar.delete(name)
      else jar.set(name, value)
    return answer
  }
  return {
    jar,
    cookie: (name) => jar.get(name),
    visit,
    login: (email = 'user-7@shop.example', password = PASSWORD) =>
      visit('POST', '/auth/login', { json: { email, password } }),
    check: (profile = 'access') => visit('GET', `/auth/check/${profile}`),
    refresh: () => visit('POST', '/auth/refresh'),
    logout: (json) => visit('POST', '/auth/logout', { json }),
    session: () => visit('GET', '/auth/session'),
  }
}

// What is written down about a session tells neither who it is nor how to be them.
export function keepsSilent(text) {
  for (const secret of [PASSWORD, 'canary', 'user-7', 'user-8', '@shop.example'])
    assert.ok(!text.includes(secret), `'${secret}' was printed:\n${text}`)
  assert.doesNotMatch(text, /eyJ[\w-]{8}/, 'a token was printed')
}

// An app's folder with the seed's keys.
export function layShop(folder, api) {
  mkdirSync(folder, { recursive: true })
  lay(folder, {
    'samekey.ini': readFileSync(join(seed, 'samekey.ini'), 'utf8'),
    '.env': `ETLS_ACCESS=${PLAIN}\nETLS_REFRESH=${OTHER}\nEXTERNAL_API_URL=${api}\n`,
  })
}

// Starts samekeyd with the seed's settings, `changes` in them, and the API of the login; hands all to
// `use` once keys are there and sessions are answered. `use` gets what verifier() gives
// and { verifierApi, api, shop, session, http, visitor, offer }.
export async function sessions(changes, use, { env, api, http, offer = true } = {}) {
  const port = http ?? (await freePort())
  const mine = api ? undefined : await loginApi()
  const shop = mkdtempSync(join(tmpdir(), 'shop.'))
  const rules = (folder) =>
    change(readFileSync(join(seed, 'samekeyd.ini'), 'utf8'), {
      'session/socket': join(folder, 'session.sock'),
      'session/http': `127.0.0.1:${port}`,
      'store/url': `sqlite:${join(folder, 'sessions.db')}`,
      ...(typeof changes === 'function' ? changes(folder) : changes),
    })
  try {
    layShop(shop, (api ?? mine).url)
    return await verifier(
      rules,
      async (daemon) => {
        const session = join(daemon.folder, 'session.sock')
        const handOver = () => succeed([samekey, 'offer', '--root', shop], { cwd: shop, env: daemon.env })
        if (offer) {
          await handOver()
          await until('sessions are answered', async () => (await ask(session, 'GET', '/auth/session')).status === 401, 15_000)
        }
        try {
          return await use({ ...daemon, verifierApi: daemon.api, api: api ?? mine, shop, session, http: port, visitor: (more) => visitor(session, more), offer: handOver })
        } finally {
          keepsSilent(daemon.output())
        }
      },
      env,
    )
  } finally {
    await mine?.close()
    rmSync(shop, { recursive: true, force: true })
  }
}

// A Redis that writes down every change, on a Unix socket; handed to `use` as { url, start, kill }.
export async function redis(use) {
  const folder = mkdtempSync(join(tmpdir(), 'redis.'))
  const socket = join(folder, 'redis.sock')
  const libraries = join(debian, 'usr/lib/x86_64-linux-gnu')
  const words = ['--port', '0', '--unixsocket', socket, '--dir', folder, '--appendonly', 'yes', '--appendfsync', 'always']
  let child
  const start = async () => {
    child = spawn(join(debian, 'usr/bin/redis-server'), [...words, '--save', ''], {
      cwd: folder,
      env: { LD_LIBRARY_PATH: libraries },
      stdio: 'ignore',
    })
    child.ended = new Promise((resolve) => child.on('close', resolve).on('error', resolve))
    await until('Redis listens', () => existsSync(socket), 10_000)
  }
  const kill = async () => {
    child.kill('SIGKILL')
    await child.ended
    rmSync(socket, { force: true })
  }
  try {
    await start()
    return await use({ url: `redis://${socket}`, start, kill })
  } finally {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  }
}
