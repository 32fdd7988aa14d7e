// Goal: the npm packages hold what they should, install without a registry, and start samekey as if it
// stood there itself.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { serve } from '../e2e/stand.mjs'
import { OTHER, SECRET, makeProject, nodes, remove, root, run, scratch, stacks, succeed, tarballs, until, version, write } from './npm.mjs'

const [main, native] = tarballs
// 32 and 33, which the C library keeps to itself, are left as whoever started the tests had them
const LIBC_SIGNALS = 3n << 31n
const env = (value) => ({ '.env': `NEXTAUTH_SECRET=${value}\nPORT=3000\n` })
let project

before(async () => (project = await makeProject(env(SECRET))))
after(() => remove(project))

// MODE NAME of each file of a tarball.
const listed = (tarball) =>
  execFileSync('tar', ['tvf', tarball], { encoding: 'utf8' })
    .trimEnd()
    .split('\n')
    .map((line) => `${line.split(' ')[0]} ${line.split(' ').at(-1)}`)
    .sort()

// ---- the packages

test('the tarballs hold exactly what was meant, with the modes that it needs', () => {
  const plain = ['README.md', 'attest.cjs', 'become.cjs', 'binary.cjs', 'client.cjs', 'client.d.ts', 'client.mjs', 'config.cjs', 'config.d.ts',
    'config.mjs', 'configure.cjs', 'configure.d.ts', 'configure.mjs', 'next.d.ts', 'next.mjs', 'package.json',
    'question.cjs', 'unaided.cjs']
  assert.deepEqual(listed(main), [...plain.map((name) => `-rw-r--r-- package/${name}`), '-rwxr-xr-x package/bin/samekey.js'].sort())
  assert.deepEqual(listed(native), ['-rw-r--r-- package/README.md', '-rw-r--r-- package/package.json', '-rwxr-xr-x package/bin/samekey'])
})

test('no package has a script, and each has the version of the Makefile', () => {
  for (const tarball of tarballs) {
    const said = JSON.parse(execFileSync('tar', ['xOf', tarball, 'package/package.json']))
    assert.equal(said.scripts, undefined)
    assert.equal(said.dependencies, undefined)
    assert.equal(said.version, version)
  }
  const { optionalDependencies } = JSON.parse(execFileSync('tar', ['xOf', main, 'package/package.json']))
  assert.deepEqual(optionalDependencies, { 'samekey-linux-x64': version })
})

test('packed twice, the bytes are the same', () => {
  const to = scratch()
  execFileSync(join(root, 'packaging/npm/pack'), [version, to, `x64=${join(root, 'build/static/samekey')}`], { stdio: 'pipe' })
  for (const tarball of tarballs)
    assert.ok(readFileSync(tarball).equals(readFileSync(join(to, tarball.split('/').at(-1)))), tarball)
  execFileSync('rm', ['-r', to])
})

test('the program for arm64 is packed where somebody built one, and is asked for then', () => {
  const to = scratch()
  write(to, { samekey: 'not really one' })
  execFileSync(join(root, 'packaging/npm/pack'), [version, join(to, 'out'), `x64=${join(root, 'build/static/samekey')}`, `arm64=${join(to, 'samekey')}`], { stdio: 'pipe' })
  const { optionalDependencies } = JSON.parse(execFileSync('tar', ['xOf', join(to, `out/samekey-${version}.tgz`), 'package/package.json']))
  assert.deepEqual(optionalDependencies, { 'samekey-linux-x64': version, 'samekey-linux-arm64': version })
  assert.ok(existsSync(join(to, `out/samekey-linux-arm64-${version}.tgz`)))
  execFileSync('rm', ['-r', to])
})

test('npx samekey is the native program of the package', async () => {
  const { out } = await succeed(['npx', 'samekey', '--version'], { cwd: project })
  assert.equal(out, `samekey ${version}\n`)
  assert.equal(statSync(join(project, 'node_modules/samekey-linux-x64/bin/samekey')).mode & 0o777, 0o755)
})

// ---- the launcher

const launcher = () => join(project, 'node_modules/samekey/bin/samekey.js')
const nodeOf = (major) => (process.versions.node.startsWith(`${major}.`) ? process.execPath : join(stacks, 'nodes/node_modules', nodes[major], 'bin/node'))
const majors = Object.keys(nodes).filter((major) => existsSync(nodeOf(major)))

for (const major of majors) {
  const go = (words, options) => run([nodeOf(major), launcher(), ...words], { cwd: project, ...options })
  const sh = (script, ...more) => ['run', '--quiet', '--reach=off', '--', 'sh', '-c', script, ...more]

  test(`node ${major}: statuses, words, stdin and a bad command pass as they are`, async () => {
    for (const code of [0, 1, 7, 78, 126, 127, 255]) assert.equal((await go(sh(`exit ${code}`))).code, code)
    const odd = ['', ' ', 'a b', '"', "'", '$HOME', '*', '--', '-x', 'ü\n']
    const { out } = await go(sh('for w; do printf "<%s>" "$w"; done', 'sh', ...odd))
    assert.equal(out, odd.map((word) => `<${word}>`).join(''))
    assert.equal((await go(sh('cat'), { input: 'through' })).out, 'through')
    assert.equal((await go(['run', '--', './no-such-program'])).code, 127)
    assert.equal((await go(['run', '--', './package.json'])).code, 126)
    assert.equal((await go(['no-such-command'])).code, 2)
  })

  test(`node ${major}: a signal that ends the command ends the launcher`, async () => {
    for (const name of ['TERM', 'INT', 'HUP', 'QUIT', 'USR2', 'KILL', 'SEGV', 'ABRT'])
      assert.equal((await go(sh(`ulimit -c 0; kill -${name} $$`))).signal, `SIG${name}`, name)
  })

  test(`node ${major}: a signal that comes in reaches the command`, async () => {
    for (const name of ['TERM', 'INT', 'HUP', 'QUIT', 'USR1', 'USR2']) {
      const script = `trap 'echo got; exit 3' ${name}; echo ready; while :; do sleep 0.05; done`
      const began = (child, seen) => void until('it is ready', () => seen.out.includes('ready')).then(() => child.kill(`SIG${name}`))
      const done = await go(sh(script), { began })
      assert.equal(done.code, 3, `${name}: ${done.err}`)
      assert.match(done.out, /got/)
    }
  })

  test(`node ${major}: the command has no signal ignored or blocked, and no further variable`, async () => {
    const { out } = await go(sh('grep -E "^Sig(Ign|Blk)" /proc/self/status; env'))
    for (const [, name, mask] of out.matchAll(/^(SigBlk|SigIgn):\s(\w+)$/gm))
      assert.equal(BigInt(`0x${mask}`) & ~LIBC_SIGNALS, 0n, `${name} ${mask}`)
    assert.doesNotMatch(out, /^(NODE_|npm_)/m)
    assert.ok(out.includes(`NEXTAUTH_SECRET=${SECRET}`))
  })

  test(`node ${major}: a variable that node would change is told, and nothing starts`, async () => {
    const words = ['-c', 'export LATIN="$(printf "caf\\351")" PLAIN=café; exec "$@"', 'sh', nodeOf(major), launcher(), 'run', '--quiet', '--', 'touch', 'started']
    const { code, err } = await run(['sh', ...words], { cwd: project })
    assert.equal(code, 65, err)
    assert.match(err, /what is not UTF-8: LATIN \(hint: run .*samekey itself/)
    assert.doesNotMatch(err, /caf/)
    assert.ok(!existsSync(join(project, 'started')))
  })

  test(`node ${major}: ${major >= 22 ? 'no node stays' : 'node stays as a small parent'}`, async () => {
    let pid
    const { out, err } = await go(sh('echo $$'), { began: (child) => (pid = child.pid) })
    assert.equal(Number(out) === pid, major >= 22)
    assert.equal(err, '', 'no warning of node')
  })
}

test('a refused start is 78, and the reason is told', async () => {
  write(project, { 'samekey.ini': '[key A_TOKEN]\nrequired = yes\n' })
  const done = await run(['npx', 'samekey', 'run', '--', 'touch', 'started'], { cwd: project })
  execFileSync('rm', [join(project, 'samekey.ini')])
  assert.equal(done.code, 78)
  assert.match(done.err, /A_TOKEN/)
  assert.ok(!existsSync(join(project, 'started')))
})

test('SAMEKEY_BINARY names another program; one that is not there is 127', async () => {
  const own = join(root, 'build/samekey')
  const { out } = await succeed(['npx', 'samekey', '--version'], { cwd: project, env: { SAMEKEY_BINARY: own } })
  assert.equal(out, `samekey ${version}\n`)
  assert.equal((await run(['npx', 'samekey', '--version'], { cwd: project, env: { SAMEKEY_BINARY: '/no/such' } })).code, 127)
})

test('a program that cannot be run ends the launcher with 126 or 127, by no signal', async () => {
  const foreign = Buffer.from(readFileSync(process.execPath).subarray(0, 64))
  foreign.writeUInt16LE(0x1234, 18) // another machine's
  write(project, { closed: foreign, foreign, script: '#!/no/such/shell\n' })
  execFileSync('chmod', ['755', join(project, 'foreign'), join(project, 'script')])
  for (const major of majors)
    for (const program of ['closed', 'foreign', 'script', 'node_modules']) {
      const env = { SAMEKEY_BINARY: join(project, program) }
      const done = await run([nodeOf(major), launcher(), 'run', '--', 'true'], { cwd: project, env })
      assert.ok([126, 127].includes(done.code), `${major}, ${program}: ${done.signal ?? done.code}\n${done.err}`)
    }
})

// ---- samekey/config

const printer = 'console.log(process.env.NEXTAUTH_SECRET?.length, process.env.PORT, !!process.env.SAMEKEY_RUN)\n'
const seen = `${SECRET.length} 3000 true\n`
const node = (...words) => [process.execPath, ...words]

test('samekey/config: preloaded, required and imported; the files win over nothing, the environment over them', async () => {
  write(project, {
    'plain.js': printer,
    'cjs.cjs': `require('samekey/config')\n${printer}`,
    'esm.mjs': `import 'samekey/config'\n${printer}`,
    'twice.cjs': `require('samekey/config')\nconst { configure } = require('samekey/configure')\nconsole.log(configure().loaded)\n`,
  })
  for (const words of [['-r', 'samekey/config', 'plain.js'], ['--import', 'samekey/config', 'plain.js'], ['cjs.cjs'], ['esm.mjs']]) {
    const { out, err } = await succeed(node(...words), { cwd: project })
    assert.equal(out, seen, words.join(' '))
    assert.ok(!err.includes(SECRET))
  }
  const { out } = await succeed(node('cjs.cjs'), { cwd: project, env: { PORT: '4000' } })
  assert.equal(out, `${SECRET.length} 4000 true\n`)
  assert.equal((await succeed(node('twice.cjs'), { cwd: project })).out, 'false\n')
})

test('samekey/config below samekey run does nothing; a child process inherits', async () => {
  write(project, { 'child.cjs': `require('samekey/config')\nprocess.stdout.write(require('child_process').execFileSync(process.execPath, ['cjs.cjs']))\n` })
  const { out } = await succeed(['npx', 'samekey', 'run', '--quiet', '--', 'node', 'cjs.cjs'], { cwd: project, env: { SAMEKEY_BINARY: '' } })
  assert.equal(out, seen)
  assert.equal((await succeed(node('child.cjs'), { cwd: project })).out, seen)
})

test('samekey/configure: its options, and an error in place of the end', async () => {
  write(project, {
    'other.env': `NEXTAUTH_SECRET=${OTHER}\n`,
    'strict.ini': '[key A_TOKEN]\nrequired = yes\n',
    'options.mjs': `import { configure, SamekeyConfigError } from 'samekey/configure'
try { configure({ ini: 'strict.ini' }) } catch (error) { console.log(error instanceof SamekeyConfigError, error.status, error.message) }
console.log(configure({ dotenv: 'other.env', name: 'shop', mode: 'staging', quiet: true, offer: false }).keys.join())
console.log(process.env.NEXTAUTH_SECRET === '${OTHER}')\n`,
  })
  const { out } = await succeed(node('options.mjs'), { cwd: project })
  assert.equal(out, 'true 78 samekey: refused, as it says above\nNEXTAUTH_SECRET\ntrue\n')
})

test('samekey/config: a refusal ends the process with 78 before the app, and tells why', async () => {
  write(project, { 'samekey.ini': '[key A_TOKEN]\nrequired = yes\n' })
  for (const words of [['-r', 'samekey/config', 'plain.js'], ['cjs.cjs'], ['esm.mjs']]) {
    const done = await run(node(...words), { cwd: project })
    assert.equal(done.code, 78, words.join(' '))
    assert.equal(done.out, '')
    assert.match(done.err, /A_TOKEN/)
    assert.ok(!done.err.includes(SECRET))
  }
  execFileSync('rm', [join(project, 'samekey.ini')])
})

test('samekey/config: a program that says no JSON, or too much, is no reason to show what it said', async () => {
  for (const [script, text] of [[`echo '${OTHER}'`, 'gave no JSON'], ['echo null', 'gave no JSON'], ['echo {}', 'gave no JSON'], [`head -c 20000000 /dev/zero | tr '\\0' ${OTHER[0]}`, 'ENOBUFS'], ['kill -9 $$', 'SIGKILL']]) {
    write(project, { fake: `#!/bin/sh\n${script}\n` })
    execFileSync('chmod', ['755', join(project, 'fake')])
    const done = await run(node('cjs.cjs'), { cwd: project, env: { SAMEKEY_BINARY: join(project, 'fake') } })
    assert.equal(done.code, 78)
    assert.ok(done.err.includes(text) && !done.err.includes(OTHER), done.err)
  }
})

test('samekey/config in vitest and in jest: setup files of the real ones', async () => {
  const modules = join(stacks, 'testers/node_modules')
  const check = `test('has it', () => { expect(process.env.NEXTAUTH_SECRET).toBe('${SECRET}') })\n`
  for (const name of ['vitest', 'jest']) execFileSync('ln', ['-sfn', join(modules, name), join(project, 'node_modules', name)])
  write(project, {
    'vitest.config.mjs': "export default { test: { setupFiles: ['samekey/config'], include: ['v*.test.mjs'], pool: process.env.POOL } }\n",
    'v1.test.mjs': `import { expect, test } from 'vitest'\n${check}`,
    'v2.test.mjs': `import { expect, test } from 'vitest'\n${check}`,
    'jest.config.cjs': "module.exports = { setupFiles: ['samekey/config'], testMatch: ['<rootDir>/j*.test.cjs'] }\n",
    'j1.test.cjs': check,
    'j2.test.cjs': check,
  })
  for (const POOL of ['forks', 'threads'])
    await succeed(node(join(modules, 'vitest/vitest.mjs'), 'run'), { cwd: project, env: { POOL } })
  await succeed(node(join(modules, 'jest/bin/jest.js'), '--workerThreads=false', '-w', '2'), { cwd: project })
})

test('TypeScript knows samekey/config and samekey/configure', () => {
  for (const name of ['config', 'configure']) {
    const text = readFileSync(join(project, `node_modules/samekey/${name}.d.ts`), 'utf8')
    const exported = [...text.matchAll(/^export (?:function|class) (\w+)/gm)].map((match) => match[1]).sort()
    const given = execFileSync(process.execPath, ['-p', `Object.keys(require('samekey/${name}')).join()`], { cwd: project, encoding: 'utf8' })
    assert.deepEqual(given.trim().split(',').filter(Boolean).sort(), exported)
  }
})

// ---- where there is no program

const elsewhere = (platform, arch) => ({ NODE_OPTIONS: `-r ${join(project, 'elsewhere.cjs')}`, PLATFORM: platform, ARCH: arch })
const FAKE = `for (const [name, value] of [['platform', process.env.PLATFORM], ['arch', process.env.ARCH]])
  Object.defineProperty(process, name, { value })\n`

test('macOS, Windows on arm, Linux on arm64: run starts the command as it is, with one notice', async () => {
  write(project, { 'elsewhere.cjs': FAKE })
  for (const [platform, arch, says] of [['darwin', 'arm64', 'no samekey for darwin-arm64'], ['linux', 'arm64', 'samekey-linux-arm64 is not installed'], ['freebsd', 'x64', 'no samekey for']]) {
    const go = (words, more) => run(node(launcher(), ...words), { cwd: project, env: { ...elsewhere(platform, arch), ...more } })
    const done = await go(['run', '--mode', 'x', '--', 'sh', '-c', 'echo "$1 $NEXTAUTH_SECRET"; exit 7', 'sh', 'a b'])
    assert.equal(done.code, 7)
    assert.equal(done.out, 'a b \n')
    assert.equal(done.err.trimEnd().split('\n').length, 1, done.err)
    assert.ok(done.err.includes(says), done.err)
    assert.equal((await go(['run', '--', 'sh', '-c', 'kill -TERM $$'])).signal, 'SIGTERM')
    assert.equal((await go(['run', '--', './no-such'])).code, 127)
    assert.equal((await go(['run', 'node'])).code, 2)
    assert.equal((await go(['check'])).code, 69)
    assert.equal((await go(['--version'])).out, `${version}\n`)
    for (const name of ['CI', 'SAMEKEY_REQUIRED']) {
      const refused = await go(['run', '--', 'touch', 'started'], { [name]: 'true' })
      assert.equal(refused.code, 78)
      assert.ok(refused.err.includes(`${name} is set`))
      assert.equal((await go(['run', '--', 'true'], { [name]: 'false' })).code, 0)
    }
    assert.ok(!existsSync(join(project, 'started')))
  }
})

test('samekey/config where there is no program: a notice and process.env as it is, 78 in CI', async () => {
  const env = elsewhere('darwin', 'arm64')
  const done = await succeed(node('cjs.cjs'), { cwd: project, env })
  assert.equal(done.out, 'undefined undefined true\n')
  assert.match(done.err, /process\.env stays as it is: there is no samekey for darwin-arm64/)
  const refused = await run(node('cjs.cjs'), { cwd: project, env: { ...env, CI: '1' } })
  assert.equal(refused.code, 78)
  assert.equal(refused.out, '')
})

test('Windows: a .cmd of npm is run by cmd.exe, with every word quoted for both', async () => {
  write(project, {
    'node_modules/.bin/tool.cmd': '', 'bin/other.exe': '', 'bin/batch.bat': '',
    'windows.cjs': `const { forWindows } = require('./node_modules/samekey/unaided.cjs')
const env = { PATH: ['bin', 'node_modules/.bin'].map((p) => require('path').resolve(p)).join(require('path').delimiter), PATHEXT: '.EXE;.BAT;.CMD', comspec: 'C:\\\\cmd.exe' }
console.log(JSON.stringify([['other', 'a b'], ['tool', 'a b', '%PATH%', 'x"y', 'e\\\\'], ['batch', '&calc'], ['none']].map((words) => forWindows(words, env))))\n`,
  })
  const [exe, shim, batch, none] = JSON.parse((await succeed(node('windows.cjs'), { cwd: project })).out)
  assert.ok(exe.program.endsWith('other.exe'))
  assert.deepEqual(exe.words, ['a b'])
  assert.equal(shim.program, 'C:\\cmd.exe')
  assert.equal(shim.options.windowsVerbatimArguments, true)
  assert.deepEqual(shim.words.slice(0, 3), ['/d', '/s', '/c'])
  assert.ok(shim.words[3].includes('^^^"a^^^ b^^^"'), shim.words[3])
  assert.ok(shim.words[3].includes('^^^%PATH^^^%'))
  assert.ok(batch.words[3].includes('^"^&calc^"'), batch.words[3])
  assert.equal(none.program, 'none')
})

// ---- with the real Next

test('npx samekey run -- next start serves with the values of the files', async () => {
  const folder = await makeProject(env(SECRET))
  const next = join(root, 'build/e2e/cache/next-15')
  const link = 'for f in "$1"/node_modules/* "$1"/node_modules/.bin/next; do ln -sfn "$f" "node_modules/${f##*node_modules/}"; done'
  try {
    execFileSync('sh', ['-c', link, 'sh', next], { cwd: folder })
    write(folder, {
      'pages/index.js': 'export default () => null\n',
      'pages/api/length.js': 'export default (q, s) => s.json({ length: (process.env["NEXTAUTH_" + "SECRET"] ?? "").length })\n',
    })
    await succeed(['npx', 'samekey', 'run', '--', 'next', 'build'], { cwd: folder, env: { NEXT_TELEMETRY_DISABLED: '1' } })
    const command = (port) => ['npx', 'samekey', 'run', '--', 'next', 'start', '-H', '127.0.0.1', '-p', String(port)]
    await serve(command, { cwd: folder }, async ({ json, output }) => {
      assert.deepEqual(await json('/api/length'), { length: SECRET.length })
      assert.ok(!output().includes(SECRET))
    })
  } finally {
    remove(folder)
  }
})

test('docs/how-to/node.md runs as it stands', async () => {
  const page = readFileSync(join(root, 'docs/how-to/node.md'), 'utf8')
  const script = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1]).join('')
  const folder = scratch()
  const install = `npm install --offline --no-audit --no-fund --loglevel=error ${tarballs.join(' ')}`
  const { out } = await succeed(['bash', '-euc', script.replace('npm install samekey', install)], { cwd: folder })
  assert.deepEqual(out.match(/^signing with 43 characters$/gm)?.length, 3)
  assert.match(out, /^SESSION_SECRET$/m)
  execFileSync('rm', ['-r', folder])
})
