// Goal: a real Prometheus with the rules that we ship scrapes three verifiers: the host that holds
// another secret is named, a rotation wakes nobody, and every query of the dashboard is answered.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { DOLLAR, OTHER, PLAIN, background, freePort, samekey, succeed, until, verifier, write } from '../e2e/stand.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const tools = join(root, 'build/ops/debian/usr/bin')
const promtool = join(tools, 'promtool')
const packaged = join(root, 'packaging/prometheus')
const read = (...parts) => readFileSync(join(root, ...parts), 'utf8')
const rules = read('packaging/prometheus/samekey.rules.yml')
const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map((match) => match[1])
const records = [...rules.matchAll(/- record: (\S+)/g)].map((match) => match[1])

const HOLD_MS = 12_000 // what every `for` becomes
const TOKEN = 'scrape-token-6uYt4RbN9mQe2wXz'
const scratch = mkdtempSync(join(tmpdir(), 'prom.'))
after(() => rmSync(scratch, { recursive: true, force: true }))
write(scratch, { 'fingerprint.key': 'fingerprints-by-one-key-for-all!', token: `${TOKEN}\n` })

// ---- what is written, before anything runs

test('the rules are well-formed, and their tests pass', async () => {
  await succeed([promtool, 'check', 'rules', join(packaged, 'samekey.rules.yml')], { cwd: scratch })
  const tests = readdirSync(join(packaged, 'tests')).map((name) => join(packaged, 'tests', name))
  await succeed([promtool, 'test', 'rules', ...tests], { cwd: scratch })
})

test('every alert says what to do, has a page, and a test in which it fires and one in which it does not', () => {
  const tests = readdirSync(join(packaged, 'tests')).map((name) => read('packaging/prometheus/tests', name)).join('\n')
  const page = read('docs/reference/alerts.md')
  assert.ok(alerts.length > 20)
  assert.deepEqual([...page.matchAll(/^## (\w+)$/gm)].map((match) => match[1]), alerts)
  for (const name of alerts) {
    const rule = rules.slice(rules.indexOf(`- alert: ${name}\n`)).split('\n      - alert:')[0]
    assert.match(rule, /\n {10}severity: (critical|warning|info)\n/, name)
    assert.match(rule, /\n {10}summary: '.+'\n {10}description: '.+'\n/, name)
    assert.ok(rule.includes(`runbook_url: docs/reference/alerts.md#${name.toLowerCase()}`), name)
    assert.match(tests, new RegExp(`alertname: ${name}\n +exp_alerts: \\[\\]`), `${name} is never silent`)
    assert.match(tests, new RegExp(`alertname: ${name}\n +exp_alerts:\n +- exp_labels`), `${name} never fires`)
  }
})

// ---- hosts

// A samekeyd that is scraped, with everything on: the store and sessions, a profile, the login's way out.
const settings = (port, login) => (folder) => {
  write(folder, { 'refresh.key': `refresh-key-${OTHER}` })
  return `http = 127.0.0.1:${port}
token_file = ${join(scratch, 'token')}
[fingerprint]
key = ${join(scratch, 'fingerprint.key')}
[profile access]
app = web
key = AUTH_SECRET
cookie = access
[profile refresh]
key_file = ${join(folder, 'refresh.key')}
cookie = refresh
[session]
socket = ${join(folder, 'session.sock')}
access = access
refresh = refresh
subject = id
[upstream]
url = http://127.0.0.1:${login}/login
[store]
url = sqlite:${join(folder, 'sessions.db')}
`
}

// Hands a value of AUTH_SECRET over to a host, in the name of an app.
async function offer(host, value, { app = 'web', more = '' } = {}) {
  const folder = join(host.folder, app)
  mkdirSync(folder, { recursive: true })
  write(folder, { '.env': `AUTH_SECRET='${value}'\n${more}` })
  await succeed([samekey, 'offer', '--name', app, '--group', 'shop', '--quiet'], { cwd: folder, env: host.env })
}

const curl = (host, target, ...words) =>
  succeed(['curl', '-sS', '--max-time', '10', '--unix-socket', host.api, ...words, `http://localhost${target}`], { cwd: host.folder })

// Three hosts of one fleet, and where they are scraped.
async function fleet(use) {
  const login = createServer((_, answer) => answer.end('{"id":"user-7"}')).listen(0, '127.0.0.1')
  await new Promise((resolve) => login.on('listening', resolve))
  const hosts = []
  const grow = async () => {
    if (hosts.length === 3) return use(hosts)
    const port = await freePort()
    return verifier(settings(port, login.address().port), (host) => {
      hosts.push({ ...host, port, instance: `127.0.0.1:${port}` })
      return grow()
    })
  }
  try {
    return await grow()
  } finally {
    login.close()
  }
}

const scrape = async (host, headers = {}) => {
  const answer = await fetch(`http://${host.instance}/metrics`, { headers, signal: AbortSignal.timeout(10_000) })
  assert.equal(answer.status, 200)
  return answer.text()
}
const bearing = { authorization: `Bearer ${TOKEN}` }

// ---- Prometheus

// The rules in a hurry: each `for` and each window is seconds. `sed` of a person would be
// sed -E 's/for: .*/for: 12s/; s/\[(5|15)m\]/[10s]/; s/offset 30m/offset 20s/'.
const hurried = rules
  .replace(/for: .*/g, `for: ${HOLD_MS}ms`)
  .replace(/\[(5|15)m\]/g, '[10s]')
  .replace(/offset 30m/g, 'offset 20s')

async function watching(hosts, use) {
  const folder = mkdtempSync(join(scratch, 'run.'))
  const port = await freePort()
  write(folder, {
    'samekey.rules.yml': hurried,
    'prometheus.yml': read('packaging/prometheus/prometheus.yml')
      .replace(/_interval: 15s/g, '_interval: 500ms')
      .replaceAll('/etc/samekey/token', join(scratch, 'token'))
      .replace('- 127.0.0.1:9464', hosts.map((host) => `- ${host.instance}`).join('\n          ')),
  })
  await succeed([promtool, 'check', 'config', 'prometheus.yml'], { cwd: folder })
  const command = [join(tools, 'prometheus'), '--config.file=prometheus.yml', `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`, '--log.level=warn']
  return background(command, { cwd: folder }, async () => {
    const ask = async (path) => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`, { signal: AbortSignal.timeout(10_000) })
      const { status, data, error } = await answer.json()
      if (status !== 'success') throw new Error(`${path}: ${error}`)
      return data
    }
    const query = async (text) => (await ask(`query?query=${encodeURIComponent(text)}`)).result
    const states = async (name) => (await ask('alerts')).alerts.filter(({ labels }) => labels.alertname === name)
    await until('Prometheus answers', () => query('1'))
    return use({ query, states, port })
  })
}

const FLEET = 'SamekeyFleetDiffers'
const named = (list, state) => list.filter((alert) => alert.state === state).map(({ labels }) => labels.instance).sort()

// Until Prometheus has seen that so many hosts hold one value, and none another.
const agreed = (prometheus, count) =>
  until(`${count} hosts agree`, async () => {
    const held = await prometheus.query('samekey:secret_hosts:count{key="AUTH_SECRET"}')
    return held.length === 1 && Number(held[0].value[1]) === count
  })

async function theOddHostIsNamed(prometheus, hosts) {
  const odd = hosts[2]
  await offer(odd, OTHER)
  const pending = await until('the alert waits', async () => {
    const list = await prometheus.states(FLEET)
    return list.length && list
  })
  assert.deepEqual([named(pending, 'pending'), named(pending, 'firing')], [[odd.instance], []])
  const [alert, ...others] = await until('the alert fires', async () => {
    const list = await prometheus.states(FLEET)
    return named(list, 'firing').length && list
  })
  assert.deepEqual(others, [])
  const { instance, group, key, severity } = alert.labels
  assert.deepEqual([instance, group, key, severity], [odd.instance, 'shop', 'AUTH_SECRET', 'critical'])
  assert.ok(alert.annotations.summary.startsWith(`${odd.instance} holds another AUTH_SECRET`))
  assert.ok(Date.now() - Date.parse(alert.activeAt) >= HOLD_MS)
  await offer(odd, PLAIN)
  await until('the alert is over', async () => (await prometheus.states(FLEET)).length === 0)
  await agreed(prometheus, 3)
}

// One host after the other: first the new value is the odd one, then the old one is, and each waits for
// less than the alert does.
async function aRotationWakesNobody(prometheus, hosts) {
  const waiting = [[hosts[0].instance], [hosts[2].instance], []]
  const began = Date.now()
  for (const [i, host] of hosts.entries()) {
    await offer(host, DOLLAR)
    await until(`${i + 1} of three hosts hold the new value`, async () => {
      const list = await prometheus.states(FLEET)
      assert.deepEqual(named(list, 'firing'), [])
      return named(list, 'pending').join() === waiting[i].join()
    })
  }
  await agreed(prometheus, 3)
  const fired = await prometheus.query(`max_over_time(ALERTS{alertname="${FLEET}",alertstate="firing"}[${Date.now() - began}ms])`)
  assert.deepEqual(fired, [])
}

// ---- the dashboard

// Where a healthy fleet has nothing to show.
const quiet = new Set(['Why it is not ready', 'Keys that apps of one host disagree on', 'Hosts with another value than most',
  'Drift by finding', 'Not admitted', 'Bad tokens by what signed them', 'New values'])

function queriesOf(dashboard) {
  const of = (title, { expr, instant }) => ({ title, expr, instant })
  return [...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map((target) => of(title, target))),
    ...dashboard.annotations.list.map((note) => of(note.name, note)),
    ...dashboard.templating.list.filter(({ type }) => type === 'query').map(({ name, definition }) =>
      of(name, { expr: /^label_values\((.*), \w+\)$/.exec(definition)[1] }))]
}

const filled = (expr) => expr.replace(/\$job|\$instance/g, '.*').replaceAll('$__rate_interval', '10s')

async function everyQueryIsAnswered(prometheus) {
  const dashboard = JSON.parse(read('packaging/grafana/samekey.json'))
  const queries = queriesOf(dashboard)
  assert.ok(dashboard.schemaVersion >= 36 && queries.length > 30)
  for (const title of quiet) assert.ok(queries.some((query) => query.title === title), `no panel '${title}'`)
  for (const { title, expr } of queries) {
    const text = filled(expr)
    assert.ok(!text.includes('$'), `${title}: ${text}`)
    const result = await prometheus.query(text)
    assert.ok(result.length > 0 || quiet.has(title), `${title} shows nothing: ${text}`)
  }
  const places = dashboard.panels.map(({ gridPos: { x, y, w, h } }) => ({ x, y, right: x + w, bottom: y + h }))
  for (const [i, a] of places.entries()) {
    assert.ok(a.right <= 24)
    for (const b of places.slice(i + 1))
      assert.ok(a.right <= b.x || b.right <= a.x || a.bottom <= b.y || b.bottom <= a.y, `panel ${i} covers another`)
  }
  for (const metric of new Set(JSON.stringify(queries).match(/samekey:[a-z_0-9:]+/g))) assert.ok(records.includes(metric), metric)
}

// ---- all of it

// Labels of a metric as the page has them: `| \`name\` | type | \`a\`, \`b\` |`.
const page = new Map([...read('docs/reference/metrics.md').matchAll(/^\| `(\w+)` \| (\w+)(, \*names\*)? \|([^|]*)\|/gm)].map(
  ([, name, type, names, labels]) => [name, { type, names: Boolean(names), labels: [...labels.matchAll(/`(\w+)`/g)].map((match) => match[1]) }]))

function areAsThePageSays(text, names) {
  const types = new Map([...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]))
  for (const [name, { type, names: needs }] of page)
    assert.equal(types.get(name), needs && !names ? undefined : type, name)
  assert.deepEqual([...types.keys()].filter((name) => !page.has(name)), [])
  for (const [, name, labels] of text.matchAll(/^(\w+)\{(.*)\} /gm)) {
    const base = page.get(name) ?? page.get(name.replace(/_bucket$/, ''))
    assert.deepEqual([...labels.matchAll(/(\w+)="/g)].map((match) => match[1]), base.labels, name)
  }
}

test('a fleet of three, watched by Prometheus', { timeout: 200_000 }, () =>
  fleet(async (hosts) => {
    for (const host of hosts) await offer(host, PLAIN)
    await watching(hosts, async (prometheus) => {
      await until('three are up', async () => (await prometheus.query('samekey_up')).length === 3)
      await agreed(prometheus, 3)
      await theOddHostIsNamed(prometheus, hosts)
      await aRotationWakesNobody(prometheus, hosts)
      await until('work is seen', async () => {
        await someWork(hosts[0])
        const rates = ['samekey_tokens_by_key_total', 'samekey_session_requests_total'].map((name) => `rate(${name}[10s]) > 0`)
        return (await Promise.all(rates.map(prometheus.query))).every((result) => result.length > 0)
      })
      await everyQueryIsAnswered(prometheus)
      assert.deepEqual((await prometheus.states('SamekeyDown')).length, 0)
    })
    await scrapesAreClean(hosts[0])
  }))

// A token that is minted and judged, and a question to the session listener.
async function someWork(host) {
  const token = await succeed([samekey, 'issue', '--profile', 'access', '--claim', 'sub=user-7'], { cwd: host.folder, env: host.env })
  await curl(host, '/v1/verify?profile=access', '-H', 'Content-Type: application/jwt', '-d', token.trim())
  await succeed(['curl', '-sS', '--max-time', '10', '--unix-socket', join(host.folder, 'session.sock'), 'http://localhost/auth/check/access'], { cwd: host.folder })
}

async function scrapesAreClean(host) {
  await offer(host, `${DOLLAR}x`, { app: 'ws' })
  const [open, named] = [await scrape(host), await scrape(host, bearing)]
  for (const [text, file] of [[open, 'open.txt'], [named, 'named.txt']]) {
    write(scratch, { [file]: text })
    const said = await succeed(['sh', '-c', `"${promtool}" check metrics <${file}`], { cwd: scratch })
    assert.equal(said.trim(), '')
    for (const secret of [PLAIN, OTHER, DOLLAR, TOKEN, 'user-7']) assert.ok(!text.includes(secret))
  }
  assert.ok(!open.includes('AUTH_SECRET'))
  assert.match(named, /^samekey_key_drift\{group="shop",key="AUTH_SECRET",code="drift-app"\} 1$/m)
  areAsThePageSays(open, false)
  areAsThePageSays(named, true)
}

test('what the how-to says works as it stands there', async () => {
  const text = read('docs/how-to/monitoring.md')
  const blocks = (kind) => [...text.matchAll(new RegExp(`\`\`\`${kind}\n([^]*?)\`\`\``, 'g'))].map((match) => match[1])
  const folder = mkdtempSync(join(scratch, 'etc.'))
  const port = await freePort()
  const moved = (words) => words.replaceAll('/etc/', `${folder}/`).replaceAll('9464', String(port))
  write(folder, {
    'samekey/none': '',
    'prometheus/prometheus.yml': moved(read('packaging/prometheus/prometheus.yml')),
    'prometheus/samekey.rules.yml': rules,
  })
  const env = { PATH: `${dirname(samekey)}:${tools}:${process.env.PATH}` }
  const [token, fingerprints, ask, check] = blocks('sh').map(moved)
  const sh = (script, more = {}) => succeed(['sh', '-euc', script], { cwd: root, env: { ...env, ...more } })
  await sh(token)
  await sh(fingerprints)
  await verifier(moved(blocks('ini')[0]).replace('[listen]\n', ''), async (host) => {
    await offer(host, PLAIN)
    const answer = await sh(ask, host.env)
    assert.match(answer, /^samekey_secret_info\{group="shop",app="web",.*key="AUTH_SECRET"/m)
    assert.match(answer, /^samekey_ready 1$/m)
  })
  await sh(check)
})
